// SPDX-License-Identifier: Apache-2.0

// Command wsspec tells whether WebSocket software conforms to the RFCs, and where
// it does not. Called as wstest, or with -m, it behaves like the reference suite, by
// way of package wstest. It holds flags and wiring, one file per command, and knows nothing
// of how a case is played, judged or shown. Start at commandLine.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/wstest"
)

// Exit statuses of the wsspec door.
const (
	exitOK          = 0
	exitVerdict     = 1   // some case is not as it should be
	exitUsage       = 2   // flags, files, URLs
	exitUnreachable = 3   // no connection: a server that opens none, or no client that ran a case
	exitFault       = 4   // a fault of ours kept a case from having a result
	exitInterrupted = 130 // SIGINT, SIGTERM or SIGHUP
)

// process is what the program knows of its surroundings; nothing else touches
// them, so that tests can have their own.
type process struct {
	name           string // as called
	args           []string
	stdout, stderr io.Writer
	getenv         func(string) string
	atEnd          *[]func()  // what is to be let go
	width          func() int // columns of the terminal at stderr, 0 where there is none

	kept func(report.Agent) []report.Kept // see kept; all that show results share it

	// A report that was read has lost results, which makes the status exitUsage where it would be
	// exitOK, unless the command was told that it may or is about others.
	lacking, partial bool
}

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	signal.Ignore(syscall.SIGPIPE) // terminal.Output deals with it
	out := &terminal.Output{W: os.Stdout}
	p := &process{
		name: strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), args: os.Args[1:],
		stdout: out, stderr: os.Stderr, getenv: os.Getenv,
		width: func() int { return terminal.Columns(os.Stderr) },
	}
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(p.printed(out, p.run(ctx)))
}

// run picks the front door and returns the exit status.
func (p *process) run(ctx context.Context) int {
	p.atEnd, p.kept = new([]func()), kept()
	defer func() {
		for _, f := range *p.atEnd {
			f()
		}
	}()
	if p.reference() {
		return wstest.Program{Stdout: p.stdout, Stderr: p.stderr, Version: version()}.Run(ctx, p.args)
	}
	return p.wsspec(ctx)
}

// later has f called when the process ends.
func (p *process) later(f func()) {
	if p.atEnd != nil {
		*p.atEnd = append(*p.atEnd, f)
	}
}

// reference reports whether we are called as the reference is.
func (p *process) reference() bool {
	return p.name == "wstest" || slices.ContainsFunc(p.args, isModeFlag) && !isCommand(p.args[0])
}

// isModeFlag reports whether an argument is the reference's -m.
func isModeFlag(arg string) bool {
	return strings.HasPrefix(arg, "-m") || arg == "--mode" || strings.HasPrefix(arg, "--mode=")
}

// isCommand reports whether the first argument is a command of the wsspec door.
func isCommand(arg string) bool { return !strings.HasPrefix(arg, "-") }

// printed turns the status of a command into that of the process: what could not
// be printed is a failure of the wsspec door. In the other one the files count.
func (p *process) printed(out *terminal.Output, status int) int {
	err := out.Lost()
	if err == nil {
		return status
	}
	fmt.Fprintf(p.stderr, "%s: standard output: %v\n", p.name, err)
	if status == exitOK && !p.reference() {
		return exitUsage
	}
	return status
}

// screen is what is shown of a run.
func (p *process) screen(d terminal.Detail) *terminal.Screen {
	return terminal.New(terminal.Surroundings{Out: p.stdout, Err: p.stderr, Width: p.width(), Getenv: p.getenv, Sections: cases.Sections(), Kept: p.kept}, d)
}
