// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/ws"
)

// The wstest door: what scripts written for the reference rely on. A completed run
// is status 0 whatever the verdicts; a mistake in the call is status 1.
const wstestMistake = 1

// wstestFlags are the reference's options.
type wstestFlags struct {
	mode, spec, url, webPort, ident, key, cert, outFile string
	version, help                                       bool
}

const wstestHelp = `usage: wstest -m MODE [options]

  -m, --mode MODE       fuzzingclient, fuzzingserver, testeeclient, testeeserver
                        or echoserver
  -s, --spec FILE       specification (JSON); without it MODE.json in the
                        current folder, which is written where there is none
  -w, --wsuri URL       the server to test, where the specification names none;
                        where to listen or to connect in the other modes
  -u, --webport PORT    port of the web server, 0 for none (8080)
  -k, --key FILE        TLS key, PEM
  -c, --cert FILE       TLS certificate, PEM
  -i, --ident NAME      how the program calls itself
  -o, --outfile FILE    accepted and not used
  -d, --debug           accepted and not used
  -a, --autobahnversion print the version
      --help            this text

The other door of the same program, wsspec, does more: run "wsspec --help".
`

// parseWstest reads the reference's command line: short and long options, with
// the value behind a blank, "=" or, for short ones, nothing.
func parseWstest(args []string) (f wstestFlags, err error) {
	values := map[string]*string{
		"m": &f.mode, "mode": &f.mode, "s": &f.spec, "spec": &f.spec, "w": &f.url, "wsuri": &f.url,
		"u": &f.webPort, "webport": &f.webPort, "i": &f.ident, "ident": &f.ident, "k": &f.key, "key": &f.key,
		"c": &f.cert, "cert": &f.cert, "o": &f.outFile, "outfile": &f.outFile,
	}
	ignored := false
	switches := map[string]*bool{
		"d": &ignored, "debug": &ignored, "a": &f.version, "autobahnversion": &f.version, "help": &f.help, "h": &f.help,
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var name, value string
		var has bool
		switch {
		case strings.HasPrefix(arg, "--"):
			name, value, has = strings.Cut(arg[2:], "=")
		case strings.HasPrefix(arg, "-") && len(arg) > 1:
			name, value = arg[1:2], arg[2:]
			has = value != ""
		default:
			return f, fmt.Errorf("unexpected argument %q", arg)
		}
		if s, ok := switches[name]; ok && !has {
			*s = true
			continue
		}
		v, ok := values[name]
		switch {
		case !ok:
			return f, fmt.Errorf("unknown option %q", arg)
		case !has && len(args) == 0:
			return f, fmt.Errorf("option %q needs a value", arg)
		case !has:
			value, args = args[0], args[1:]
		}
		*v = value
	}
	return f, nil
}

// wstest runs a mode of the reference and returns the exit status.
func (p *process) wstest(ctx context.Context) int {
	f, err := parseWstest(p.args)
	switch {
	case err != nil:
		return p.wstestFail(err)
	case f.help:
		fmt.Fprint(p.stdout, wstestHelp)
		return exitOK
	case f.version:
		fmt.Fprintln(p.stdout, "wsspec", version())
		return exitOK
	}
	switch f.mode {
	case "":
		err = errors.New("no mode: -m is missing")
	case "fuzzingclient":
		err = p.fuzzingClient(ctx, f)
	case "fuzzingserver":
		err = p.fuzzingServer(ctx, f)
	case "testeeserver", "echoserver":
		err = p.testeeServer(ctx, f)
	case "testeeclient":
		err = p.testeeClient(ctx, f)
	default:
		err = fmt.Errorf("unknown mode %q", f.mode)
	}
	return p.wstestFail(err)
}

func (p *process) wstestFail(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(p.stderr, "wstest: %v\n", err)
	var usage *usageError
	switch {
	case errors.As(err, &usage) && usage.hint != "":
		fmt.Fprintf(p.stderr, "hint: %s\n", usage.hint)
	case errors.Is(err, fuzzclient.ErrUnreachable):
		fmt.Fprintf(p.stderr, "hint: %s\n", unreachableHint(err))
	default:
		fmt.Fprintln(p.stderr, `hint: run "wstest --help"`)
	}
	return wstestMistake
}

// readWstestSpec reads the specification of a mode, or writes a default one.
func (p *process) readWstestSpec(f wstestFlags, mode spec.Mode) (*spec.Spec, error) {
	path := f.spec
	if path == "" {
		path = string(mode) + ".json"
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := os.WriteFile(path, spec.Default(mode), 0o666); err != nil {
				return nil, fmt.Errorf("write default specification: %w", err)
			}
			fmt.Fprintf(p.stdout, "Wrote the default specification %s\n", path)
		}
	}
	s, err := spec.Read(path, mode)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(p.stdout, "Using specification %s\n", path)
	return s, nil
}

// referencePlan selects cases as a specification says.
func referencePlan(s *spec.Spec, role ws.Role) ([]runner.Planned, error) {
	edition, err := cases.ParseEdition(s.Edition)
	if err != nil {
		return nil, err
	}
	picked, err := conform.Select(cases.Full(edition), s.Cases, s.ExcludeCases)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	// Patterns of old specifications mean the 517: a case beyond them is to be named.
	picked = slices.DeleteFunc(picked, func(c conform.Case) bool { return c.Has(conform.Beyond) && !slices.Contains(s.Cases, c.ID) })
	return runner.Plan(picked, role), nil
}

// fuzzingClient tests the servers of the specification, one case after the other.
func (p *process) fuzzingClient(ctx context.Context, f wstestFlags) error {
	s, err := p.readWstestSpec(f, spec.FuzzingClient)
	if err != nil {
		return err
	}
	servers := specServers(s)
	if len(servers) == 0 && f.url != "" {
		servers = []fuzzclient.Server{{URL: f.url, Options: s.Options}}
	}
	if len(servers) == 0 {
		fmt.Fprintf(p.stderr, "wstest: %s: there are no servers in it, and none is given with -w\n", s.File)
	}
	plan, err := referencePlan(s, ws.Client)
	if err != nil {
		return err
	}
	skip, err := agentFilter(s)
	if err != nil {
		return err
	}
	var endpoints []*fuzzclient.Endpoint
	for _, server := range servers {
		server.TLS.Insecure = true
		e, err := server.Resolve(p.userAgent(f))
		if err != nil {
			return err
		}
		endpoints = append(endpoints, e)
	}
	store, err := openFolder(s.OutDir, true, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Ok, will run %d test cases against %d servers\n", len(plan), len(endpoints))
	var faults error
	for _, e := range endpoints {
		err := p.testOne(ctx, e, plan, skip, store)
		if _, ours := errors.AsType[runner.Faults](err); ours {
			faults = errors.Join(faults, err)
		} else if err != nil {
			return errors.Join(err, store.Finish())
		}
	}
	if err := store.Finish(); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Report: %s\n", store.page())
	return faults
}

// testOne tests a server. A server that cannot be reached, and a signal, end the
// test of it and are no error: the reference goes on, and so does its exit status.
func (p *process) testOne(ctx context.Context, e *fuzzclient.Endpoint, plan []runner.Planned, skip func(agent, id string) bool, store *folder) error {
	run := fuzzclient.Run{
		Server: e, Plan: plan, Pace: runner.Pace{Jobs: 1}, Skip: skip, Settings: runner.Settings{Options: e.Options, Reference: true, Deflate: deflate.NewPool()},
		Begin: func(agent string, _ int) error {
			fmt.Fprintf(p.stdout, "Testing %q at %s\n", agent, e.URL)
			return store.Begin(agent)
		},
		Done: func(r report.Result) error {
			if err := store.Put(r); err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "Case %s: %s, closing %s\n", r.ID, r.Verdict.Behavior, r.Verdict.Close)
			return nil
		},
	}
	_, err := run.Do(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case errors.Is(err, fuzzclient.ErrUnreachable):
		fmt.Fprintf(p.stderr, "wstest: %v\n", err)
		if faults, ours := errors.AsType[runner.Faults](err); ours {
			return faults
		}
		return nil
	}
	return err
}

// userAgent is how we call ourselves.
func (p *process) userAgent(f wstestFlags) string {
	if f.ident != "" {
		return f.ident
	}
	return "wsspec/" + version()
}
