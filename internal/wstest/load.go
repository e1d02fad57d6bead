// SPDX-License-Identifier: Apache-2.0

package wstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/massconnect"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/wsperf"
)

// dialer makes ready to connect to a server of a specification. Its certificate is
// accepted, whoever signed it.
func dialer(ctx context.Context, e *wire.Engine, url string, limits wire.Limits) (*wire.Dialer, error) {
	t, err := wire.Locate(ctx, url)
	if err != nil {
		return nil, err
	}
	if t.TLS != nil {
		t.TLS.InsecureSkipVerify = true
	}
	t.Limits = limits
	return e.Dialer(t)
}

// massConnect opens many connections to each server of the specification.
func (p Program) massConnect(ctx context.Context, f flags) (err error) {
	path, err := p.specFile(f, spec.MassConnect, spec.DefaultLoad(spec.MassConnect))
	if err != nil {
		return err
	}
	s, err := spec.ReadMass(path)
	if err != nil {
		return err
	}
	engine, err := wire.New(wire.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	for _, server := range s.Servers {
		d, err := dialer(ctx, engine, server.URL, wire.Limits{})
		if err != nil {
			return fmt.Errorf("%s: server %q: %w", path, server.Name, err)
		}
		fmt.Fprintf(p.Stdout, "Connecting %d clients to %s at %s\n", s.Connections, server.Name, server.URL)
		r := massconnect.Run{
			Dial: d.Dial, Name: server.Name, URL: server.URL,
			Connections: s.Connections, Batch: s.BatchSize, BatchDelay: s.BatchDelay, RetryDelay: s.RetryDelay,
			Out: p.Stdout, Trouble: func(text string) { fmt.Fprintf(p.Stderr, "wstest: %s: %s\n", server.URL, text) },
		}
		if _, err := r.Do(ctx); err != nil {
			return nil // a signal
		}
	}
	return nil
}

// wsperf carries out the tests of the specification, and writes a report for each set.
func (p Program) wsperf(ctx context.Context, f flags) (err error) {
	path, err := p.specFile(f, spec.WsperfControl, spec.DefaultLoad(spec.WsperfControl))
	if err != nil {
		return err
	}
	s, err := spec.ReadPerf(path)
	if err != nil {
		return err
	}
	if f.url != "" {
		fmt.Fprintf(p.Stdout, "No wsperf program at %s is needed: the tests run in this one\n", f.url)
	}
	engine, err := wire.New(wire.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	outs, err := outFiles(s.Sets, p.Stdout)
	if err != nil {
		return err
	}
	results, err := p.perfTests(ctx, engine, path, s)
	if err != nil || ctx.Err() != nil {
		return err
	}
	for i, set := range s.Sets {
		if _, werr := io.WriteString(outs[i], wsperf.Table(set, results[i])); werr != nil {
			err = errors.Join(err, werr)
		}
		if set.OutFile != "" {
			err = errors.Join(err, outs[i].Close())
			fmt.Fprintf(p.Stdout, "Report: %s\n", set.OutFile)
		}
	}
	return err
}

// perfTests carries out all tests, and returns the results of each set. A signal ends it
// without an error.
func (p Program) perfTests(ctx context.Context, e *wire.Engine, path string, s spec.Perf) ([][]wsperf.Result, error) {
	tests := 0
	for _, set := range s.Sets {
		tests += len(set.Cases) * len(s.Servers)
	}
	fmt.Fprintf(p.Stdout, "Running %d tests in total against %d servers: ", tests, len(s.Servers))
	var troubles []string
	results := make([][]wsperf.Result, len(s.Sets))
	for i, set := range s.Sets {
		for j, c := range set.Cases {
			for _, server := range s.Servers {
				d, err := dialer(ctx, e, server.URL, wire.Limits{MaxMessage: c.Size + 1, OpenTimeout: c.Timeout + time.Second})
				if err != nil {
					return nil, fmt.Errorf("%s: server %q: %w", path, server.Name, err)
				}
				r, err := wsperf.Test(ctx, d.Dial, c)
				if err != nil {
					fmt.Fprintln(p.Stdout, " interrupted.")
					return nil, nil
				}
				r.Server = server
				results[i] = append(results[i], r)
				fmt.Fprint(p.Stdout, ".")
				if r.Outcome != wsperf.Passed {
					troubles = append(troubles, fmt.Sprintf("%s: testsets[%d].cases[%d]: %s: %s", server.Name, i, j, r.Outcome, r.Why))
				}
			}
		}
	}
	fmt.Fprintln(p.Stdout, " All tests finished.")
	for _, t := range troubles {
		fmt.Fprintln(p.Stderr, "wstest:", t)
	}
	return results, nil
}

// keptOpen is a writer that is not ours to close.
type keptOpen struct{ io.Writer }

// Close does nothing.
func (keptOpen) Close() error { return nil }

// outFiles opens the report of each set before anything is measured. Where several sets
// name one file, their tables follow one another.
func outFiles(sets []spec.PerfSet, stdout io.Writer) (outs []io.WriteCloser, err error) {
	had := map[string]bool{}
	for i, set := range sets {
		if set.OutFile == "" {
			outs = append(outs, keptOpen{stdout})
			continue
		}
		how := os.O_WRONLY | os.O_CREATE | os.O_APPEND
		if !had[set.OutFile] {
			how |= os.O_TRUNC
		}
		had[set.OutFile] = true
		f, err := os.OpenFile(set.OutFile, how, 0o666)
		if err != nil {
			return nil, &hintedError{fmt.Errorf("testsets[%d].options.outfile: %w", i, err), "its folder has to exist"}
		}
		outs = append(outs, f)
	}
	return outs, nil
}
