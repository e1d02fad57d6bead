// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/loadpage"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/terminal"
)

// A loading is one load test of the command line.
type loading struct {
	process *process // as people see it
	machine *process
	plan    load.Plan
	target  wire.Target
	quiet   bool
	screen  *terminal.LoadScreen
	// What was found before the run, or the last step, and how many processes it had.
	findings  []load.Finding
	processes int

	web  WebAddress
	live *liveSite // nil where nobody can watch

	fleet FleetFlags
	bus   *fleet.Bus // nil where this machine carries all out
	lost  []string   // workers, or processes of ours, with what they held
}

// run carries out the plan, and shows how far it is.
func (l *loading) run(ctx context.Context) (r *load.Result, err error) {
	l.target, err = l.process.locator()(ctx, l.plan)
	switch {
	case lookUpFailed(err) && l.fleet.wanted(): // workers may know it
	case lookUpFailed(err):
		fmt.Fprintf(l.process.stderr, "wsspec: %v\nhint: is the name of the host right?\n", err)
		return nil, statusError(exitUnreachable)
	case err != nil:
		return nil, asUsage(err)
	}
	if l.web != "" {
		if l.live, err = l.web.open(ctx, l.process, l.plan); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, l.live.close(r)) }()
	}
	if l.fleet.wanted() {
		leave, err := l.join(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	l.screen = terminal.NewLoadScreen(l.surroundings(), l.quiet, l.plan.Kind, l.plan.Connections)
	defer l.screen.End()
	if l.plan.Kind == load.Find {
		return l.find(ctx)
	}
	plan, findings := l.readied(l.plan)
	if err := refuse(plan, findings); err != nil {
		return nil, err
	}
	l.advise(findings)
	l.findings, l.processes = findings, plan.Processes
	server, own := l.serverUsage(), l.ownUsage()
	server.begin()
	own.begin()
	stop := watchUsage(server, own)
	begin := time.Now()
	total := new(stats.Snapshot)
	end, err := l.carry(ctx, plan, begin, 0, func(s *stats.Snapshot) {
		total.Merge(s)
		l.showing(ctx, total, s, begin, func(known load.Run, s *stats.Snapshot) (*load.Result, error) { return load.Conclude(l.plan, known, s) })
	})
	stop()
	if err != nil {
		return nil, err
	}
	known := l.known(ctx, begin, end.Messaging)
	held, whole := total.Opened-total.Lost, plan.Warmup == 0
	known.Server, known.Client = server.resources(total, held, whole), own.resources(total, held, whole)
	return load.Conclude(l.plan, known, total)
}

// carry carries out a plan, which begins so long after the beginning of the run.
func (l *loading) carry(ctx context.Context, plan load.Plan, begin time.Time, from time.Duration, emit func(*stats.Snapshot)) (drive.End, error) {
	if l.bus != nil {
		return l.shareOut(ctx, plan, from, emit)
	}
	if plan.Processes > 1 {
		return l.shared(ctx, plan, begin, emit)
	}
	end, err := drive.Run(ctx, drive.Config{
		Plan: plan, Target: l.target, Begin: begin, From: from, Every: loadInterval, Precise: true, Emit: emit,
	})
	if err != nil {
		return end, badUsage(err, "")
	}
	return end, nil
}

// known is what is known of a run beside what was measured.
func (l *loading) known(ctx context.Context, begin time.Time, messaging time.Duration) load.Run {
	k := load.Run{Wsspec: version(), Started: begin, Messaging: messaging, Preflight: l.findings, Processes: l.processes}
	if l.bus != nil {
		k.Processes = l.fleet.Workers
	}
	switch {
	case ctx.Err() != nil:
		k.Interrupted = "a signal"
	case len(l.lost) > 0:
		k.Interrupted = load.LossOf + strings.Join(l.lost, ", ")
	}
	return k
}

func (l *loading) surroundings() terminal.Surroundings {
	return terminal.Surroundings{Out: l.process.stdout, Err: l.process.stderr, Width: l.process.width(), Getenv: l.process.getenv}
}

// show prints the summary.
func (l *loading) show(r *load.Result) { terminal.Load(l.surroundings(), r) }

// status is the exit status for a result.
func (l *loading) status(ctx context.Context, r *load.Result) error {
	switch {
	case ctx.Err() != nil:
		return statusError(exitInterrupted)
	case r.Opened == 0 && r.Failed > 0:
		unreachableLoad(l.process, r)
		return statusError(exitUnreachable)
	case !r.OK() || len(l.lost) > 0:
		return statusError(exitVerdict)
	}
	return nil
}

// loadWriters are the kinds of reports of a load test.
func loadWriters() map[string]func(*bytes.Buffer, *load.Result) error {
	return map[string]func(*bytes.Buffer, *load.Result) error{
		"json":  func(b *bytes.Buffer, r *load.Result) error { return load.WriteJSON(b, r) },
		"html":  func(b *bytes.Buffer, r *load.Result) error { return loadpage.Write(b, r) },
		"junit": func(b *bytes.Buffer, r *load.Result) error { return load.WriteJUnit(b, r) },
		"csv":   func(b *bytes.Buffer, r *load.Result) error { return load.WriteCSV(b, r) },
	}
}

// loadOutput is a report to be written: a kind, and a file or "-" for standard output.
type loadOutput struct{ kind, path string }

// parseLoadOutputs reads the values of --report.
func parseLoadOutputs(args []string) ([]loadOutput, error) {
	var os []loadOutput
	for _, arg := range args {
		kind, path, given := strings.Cut(arg, "=")
		if _, ok := loadWriters()[kind]; !ok {
			return nil, badUsage(fmt.Errorf("--report %s: kind %q is unknown: want one of %s", arg, kind, strings.Join(slices.Sorted(maps.Keys(loadWriters())), ", ")), "")
		}
		if given && path == "" {
			return nil, badUsage(fmt.Errorf("--report %s: there is no path after the =", arg), "")
		}
		if path = filepath.Clean(path); !given || path == "/dev/stdout" {
			path = "-"
		}
		if slices.ContainsFunc(os, func(o loadOutput) bool { return o.path == path }) {
			return nil, badUsage(fmt.Errorf("--report %s: another report goes there", arg), "give each a file of its own")
		}
		if path != "-" {
			if err := archive.CheckOutput(path); err != nil {
				return nil, badUsage(err, "choose another file for the report")
			}
		}
		os = append(os, loadOutput{kind, path})
	}
	return os, nil
}

// put writes the report to where it belongs.
func (o loadOutput) put(p *process, r *load.Result) error {
	var b bytes.Buffer
	if err := loadWriters()[o.kind](&b, r); err != nil {
		return err
	}
	if o.path == "-" {
		_, err := p.stdout.Write(b.Bytes())
		return err
	}
	return archive.WriteOutput(o.path, b.Bytes())
}

// besideLoad is beside, for reports of load tests.
func (p *process) besideLoad(outputs []loadOutput) *process {
	if !slices.ContainsFunc(outputs, func(o loadOutput) bool { return o.path == "-" }) {
		return p
	}
	other := *p
	other.stdout = p.stderr
	return &other
}
