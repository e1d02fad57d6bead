// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/fuzzclient"
)

// commandLine is the wsspec door; its help documents it.
type commandLine struct {
	Test      testCmd      `cmd:"" help:"Test WebSocket servers."`
	Serve     serveCmd     `cmd:"" help:"Test WebSocket clients that connect to us."`
	Echo      echoCmd      `cmd:"" help:"Run an echo server to test."`
	Client    clientCmd    `cmd:"" help:"Run an echo client against a fuzzing server."`
	Broadcast broadcastCmd `cmd:"" help:"Run a server that sends each message to all clients, or a client for it."`
	Fuzz      fuzzCmd      `cmd:"" help:"Look for conversations that a server gets wrong."`
	Replay    replayCmd    `cmd:"" help:"Play conversations again that fuzzing has found."`
	Cases     casesCmd     `cmd:"" help:"List the test cases, or explain one."`
	Coverage  coverageCmd  `cmd:"" help:"Show which requirements of the RFCs are tested, and by which cases."`
	Diagnose  diagnoseCmd  `cmd:"" help:"Explain the failures in a report by known mistakes."`
	Inspect   inspectCmd   `cmd:"" help:"Decode WebSocket traffic: octets in hex, a file, captured packets."`
	Load      loadCmd      `cmd:"" help:"Put load on a server: how many connections, how fast, at what latency."`
	Worker    workerCmd    `cmd:"" help:"Carry out parts of load tests that another process shares out."`
	Report    reportCmd    `cmd:"" help:"Show, render, compare, merge and judge reports."`
	WAMP      wampCmd      `cmd:"" name:"wamp" help:"Write and check WAMP messages in JSON and MessagePack."`
	Schema    schemaCmd    `cmd:"" help:"Print the JSON Schema of reports, of results of load tests, or of plans for them."`
	Version   versionCmd   `cmd:"" help:"Print the version."`

	Completion completionCmd `cmd:"" help:"Print a shell script that completes commands, flags and cases."`
	Man        manCmd        `cmd:"" help:"Print the manual page."`
	MassPart   massPartCmd   `cmd:"" name:"__echo" hidden:"" help:"Serve connections, for another process."`
	Complete   completeCmd   `cmd:"" name:"__complete" hidden:"" help:"Complete a command line, for the scripts."`
}

const description = `wsspec tests whether WebSocket software conforms to RFC 6455 and RFC 7692, over TCP, TLS, HTTP/2 (RFC 8441) and HTTP/3 (RFC 9220).

Try "wsspec test" without a URL first: it tests a built-in server and shows what a report looks like. Called as wstest, or with -m MODE, it is a drop-in replacement for Autobahn|Testsuite.`

// usageError is a mistake on the command line or in a file it names.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// badUsage wraps err with a hint on what to do next.
func badUsage(err error, hint string) error { return &usageError{err, hint} }

// statusError ends a command with an exit status, everything said already.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// helped is how kong's exit function gets out of its parser.
type helped struct{ status int }

func (p *process) wsspec(ctx context.Context) (status int) {
	defer func() {
		switch h := recover().(type) {
		case nil:
		case helped:
			status = h.status
		default:
			panic(h)
		}
	}()
	var cl commandLine
	parser, err := kong.New(&cl,
		kong.Name("wsspec"), kong.Description(description),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(status int) { panic(helped{status}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p))
	if err != nil {
		return p.fail(err)
	}
	args := p.args
	if len(args) == 1 && args[0] == "--version" {
		args = []string{"version"}
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	if err := emptyValue(args); err != nil {
		return p.fail(err)
	}
	kctx, err := parser.Parse(loadPlanCommand(negative(args)))
	if err != nil {
		hint := `run "wsspec --help"`
		var pe *kong.ParseError
		if errors.As(err, &pe) && pe.Context != nil && pe.Context.Command() != "" {
			hint = helpOf(pe.Context)
		}
		return p.fail(badUsage(plainly(err), hint))
	}
	err = interrupted(ctx, kctx.Run())
	if usage, ok := errors.AsType[*usageError](err); ok && usage.hint == "" {
		usage.hint = helpOf(kctx)
	}
	if status = p.fail(err); status == exitOK && p.lacking {
		return exitUsage
	}
	return status
}

// helpOf is the hint that the help of a command has more, which lists its flags.
func helpOf(k *kong.Context) string {
	words := ""
	for _, at := range k.Path {
		if at.Command != nil {
			words += at.Command.Name + " "
		}
	}
	return fmt.Sprintf(`run "wsspec %s--help"`, words)
}

// interrupted has a command that a signal has ended, and that has nothing else to say, say
// nothing.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		return statusError(exitInterrupted)
	}
	return err
}

// emptyValue looks for a flag with nothing as its value, most likely that of a
// variable which is not set: what the flag would ask for then, nobody meant.
func emptyValue(args []string) error {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		switch {
		case arg == "--" || i == 0 && arg == completeCommand:
			return nil
		case strings.HasPrefix(name, "--") && joined && value == "",
			strings.HasPrefix(arg, "--") && !joined && i+1 < len(args) && args[i+1] == "":
			return badUsage(fmt.Errorf("%s: the value is empty", name), "give a value, or leave the flag out")
		}
	}
	return nil
}

// completeCommand is what the shells' scripts call; it takes any words.
const completeCommand = "__complete"

// fail prints an error and its hint, and returns the exit status for it.
func (p *process) fail(err error) int {
	var usage *usageError
	var status statusError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &usage):
		hint := usage.hint
		if hint == "" {
			hint = fmt.Sprintf(`run "wsspec %s --help"`, p.args[0]) // no command, no usage error without a hint
		}
		fmt.Fprintf(p.stderr, "wsspec: %v\nhint: %s\n", err, hint)
		return exitUsage
	}
	fmt.Fprintf(p.stderr, "wsspec: %v\n", err)
	if _, down := errors.AsType[*fleetDown](err); down {
		fmt.Fprintln(p.stderr, "hint: is it running, with JetStream (nats-server -js), and are token and certificate right?")
		return exitUnreachable
	}
	if errors.Is(err, fuzzclient.ErrUnreachable) {
		fmt.Fprintf(p.stderr, "hint: %s\n", unreachableHint(err))
		return exitUnreachable
	}
	return exitUsage
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(p *process) error {
	fmt.Fprintln(p.stdout, "wsspec", version())
	return nil
}

// version is the module's, or "devel" with the revision in a build from a tree.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	return "devel"
}
