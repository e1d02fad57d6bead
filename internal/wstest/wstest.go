// SPDX-License-Identifier: Apache-2.0

// Package wstest is the command line of the reference, for existing scripts: its options, its
// specification files, its words and its exit status. It is frozen, and knows nothing of
// the other door. Start at Program.Run; the promises that it keeps are the scripts
// testdata/script/contract_*.txtar, which cmd/wsspec plays with the built program.
package wstest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/ws"
)

// Exit statuses: a completed run is 0 whatever the verdicts.
const (
	exitOK  = 0
	mistake = 1 // in the call
)

// Program is the program as this door needs it.
type Program struct {
	Stdout, Stderr io.Writer
	Version        string
}

// flags are the reference's options.
type flags struct {
	mode, spec, url, webPort, ident, key, cert, outFile string
	version, help                                       bool
}

const help = `usage: wstest -m MODE [options]

  -m, --mode MODE       fuzzingclient   test servers
                        fuzzingserver   test the clients that connect
                        testeeserver    an echo server
                        testeeclient    an echo client for a fuzzing server
                        echoserver      an echo server with a page to talk
                        echoclient      connect once and echo what comes
                        broadcastserver send each message to all clients, and
                                        a text every second
                        broadcastclient say hello every two seconds
                        massconnect     open many connections
                        wsperfcontrol   time messages and their echoes
                        serializer      write WAMP messages, or with -s check
                                        a file of them
                        web             serve the folder of reports
  -s, --spec FILE       specification (JSON); without it MODE.json in the
                        current folder, which is written where there is none
  -w, --wsuri URL       the server to test, where the specification names none;
                        where to listen or to connect in the other modes
  -u, --webport PORT    port of the web server, 0 for none (8080)
  -k, --key FILE        TLS key, PEM
  -c, --cert FILE       TLS certificate, PEM
  -i, --ident NAME      how the program calls itself
  -o, --outfile FILE    what serializer writes (standard output)
  -d, --debug           accepted and not used
  -a, --autobahnversion print the version; so does --version
      --help            this text

The other door of the same program, wsspec, does more: run "wsspec --help".
`

// parse reads the reference's command line: short and long options, with
// the value behind a blank, "=" or, for short ones, nothing.
func parse(args []string) (f flags, err error) {
	values := map[string]*string{
		"m": &f.mode, "mode": &f.mode, "s": &f.spec, "spec": &f.spec, "w": &f.url, "wsuri": &f.url,
		"u": &f.webPort, "webport": &f.webPort, "i": &f.ident, "ident": &f.ident, "k": &f.key, "key": &f.key,
		"c": &f.cert, "cert": &f.cert, "o": &f.outFile, "outfile": &f.outFile,
	}
	ignored := false
	switches := map[string]*bool{
		"d": &ignored, "debug": &ignored, "a": &f.version, "autobahnversion": &f.version, "version": &f.version, "help": &f.help, "h": &f.help,
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

// Run runs a mode of the reference and returns the exit status.
func (p Program) Run(ctx context.Context, args []string) (status int) {
	f, err := parse(args)
	switch {
	case err != nil:
		return p.fail(err)
	case f.help:
		fmt.Fprint(p.Stdout, help)
		return exitOK
	case f.version:
		fmt.Fprintln(p.Stdout, "wsspec", p.Version)
		return exitOK
	}
	mode, known := p.modes()[f.mode]
	switch {
	case f.mode == "":
		err = errors.New("no mode: -m is missing")
	case !known:
		err = fmt.Errorf("unknown mode %q", f.mode)
	default:
		err = mode(ctx, f)
	}
	return p.fail(err)
}

// modes are what -m may name.
func (p Program) modes() map[string]func(context.Context, flags) error {
	return map[string]func(context.Context, flags) error{
		"fuzzingclient":   p.fuzzingClient,
		"fuzzingserver":   p.fuzzingServer,
		"testeeserver":    p.testeeServer,
		"echoserver":      p.testeeServer,
		"testeeclient":    p.testeeClient,
		"echoclient":      p.echoClient,
		"broadcastserver": p.broadcastServer,
		"broadcastclient": p.broadcastClient,
		"massconnect":     p.massConnect,
		"wsperfcontrol":   p.wsperf,
		"wsperfmaster":    p.wsperfMaster,
		"serializer":      p.serializer,
		"web":             p.web,
	}
}

func (p Program) fail(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(p.Stderr, "wstest: %v\n", err)
	hint := `run "wstest --help"`
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	hinted, has := errors.AsType[*hintedError](err)
	switch {
	case has:
		hint = hinted.hint
	case errors.Is(err, fuzzclient.ErrUnreachable) && plain:
		hint = "does the server speak TLS at this port? without, its URL begins with ws:"
	case errors.Is(err, fuzzclient.ErrUnreachable):
		hint = "is the server running, and is this its address?"
	}
	fmt.Fprintf(p.Stderr, "hint: %s\n", hint)
	return mistake
}

// hintedError is an error with what to do about it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// openFolder uses the folder for results under the reference's keys alone.
func (Program) openFolder(dir string) (*folder.Folder, error) {
	f, err := folder.Open(dir, true, report.View{Sections: cases.Sections()})
	if err != nil {
		return nil, &hintedError{err, "choose another folder for the report"}
	}
	return f, nil
}

// readSpec reads the specification of a mode, or writes a default one.
func (p Program) readSpec(f flags, mode spec.Mode) (*spec.Spec, error) {
	path, err := p.specFile(f, mode, spec.Default(mode))
	if err != nil {
		return nil, err
	}
	s, err := spec.Read(path, mode)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(p.Stdout, "Using specification %s\n", path)
	return s, nil
}

// specFile is the specification that -s names, or that of the mode in the current
// folder, which is written where there is none.
func (p Program) specFile(f flags, mode spec.Mode, byDefault []byte) (path string, err error) {
	if f.spec != "" {
		return f.spec, nil
	}
	path = string(mode) + ".json"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(path, byDefault, 0o666); err != nil {
			return "", fmt.Errorf("write default specification: %w", err)
		}
		fmt.Fprintf(p.Stdout, "Wrote the default specification %s\n", path)
	}
	return path, nil
}

// referencePlan selects cases as a specification says.
func referencePlan(s *spec.Spec, role ws.Role) (plan, surveys []runner.Planned, err error) {
	edition, err := cases.ParseEdition(s.Edition)
	if err != nil {
		return nil, nil, err
	}
	picked, err := conform.Select(cases.Full(edition), s.Cases, s.ExcludeCases)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", s.File, err)
	}
	// Patterns of old specifications mean the 517: a case beyond them is to be named.
	picked = slices.DeleteFunc(picked, func(c conform.Case) bool { return c.Has(conform.Beyond) && !slices.Contains(s.Cases, c.ID) })
	return runner.Plan(picked, role), runner.Surveys(picked, role), nil
}

// fuzzingClient tests the servers of the specification, one case after the other.
func (p Program) fuzzingClient(ctx context.Context, f flags) error {
	s, err := p.readSpec(f, spec.FuzzingClient)
	if err != nil {
		return err
	}
	servers := fuzzclient.Listed(s)
	// A specification that nobody named does not stand against a server that somebody did.
	if f.url != "" && (len(servers) == 0 || f.spec == "") {
		servers = []fuzzclient.Server{{URL: f.url, Options: s.Options}}
	}
	if len(servers) == 0 {
		fmt.Fprintf(p.Stderr, "wstest: %s: there are no servers in it, and none is given with -w\n", s.File)
	}
	plan, surveys, err := referencePlan(s, ws.Client)
	if err != nil {
		return err
	}
	skip, err := s.Filter()
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
	store, err := p.openFolder(s.OutDir)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "Ok, will run %d test cases against %d servers\n", len(plan), len(endpoints))
	var faults error
	for _, e := range endpoints {
		err := p.testOne(ctx, e, plan, surveys, skip, store)
		if _, ours := errors.AsType[runner.Faults](err); ours {
			faults = errors.Join(faults, err)
		} else if err != nil {
			return errors.Join(err, store.Finish())
		}
	}
	if err := store.Finish(); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "Report: %s\n", store.Page())
	return faults
}

// testOne tests a server. A server that cannot be reached, and a signal, end the
// test of it and are no error: the reference goes on, and so does its exit status.
func (p Program) testOne(ctx context.Context, e *fuzzclient.Endpoint, plan, surveys []runner.Planned, skip func(agent, id string) bool, store *folder.Folder) error {
	run := fuzzclient.Run{
		Server: e, Plan: plan, Surveys: surveys, Pace: runner.Pace{Jobs: 1}, Skip: skip, Settings: runner.Settings{Options: e.Options, Reference: true, Deflate: deflate.NewPool()},
		Begin: func(agent string, _ int) error {
			fmt.Fprintf(p.Stdout, "Testing %q at %s\n", agent, e.URL)
			return store.Begin(agent)
		},
		Done: func(r report.Result) error {
			if err := store.Put(r); err != nil {
				return err
			}
			fmt.Fprintf(p.Stdout, "Case %s: %s, closing %s\n", r.ID, r.Verdict.Behavior, r.Verdict.Close)
			return nil
		},
	}
	_, err := run.Do(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case errors.Is(err, fuzzclient.ErrUnreachable):
		fmt.Fprintf(p.Stderr, "wstest: %v\n", err)
		if faults, ours := errors.AsType[runner.Faults](err); ours {
			return faults
		}
		return nil
	}
	return err
}

// userAgent is how we call ourselves.
func (p Program) userAgent(f flags) string {
	if f.ident != "" {
		return f.ident
	}
	return "wsspec/" + p.Version
}
