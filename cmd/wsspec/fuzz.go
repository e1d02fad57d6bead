// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/counters"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/ws"
)

type fuzzCmd struct {
	URLs []string `arg:"" optional:"" name:"url" help:"The server: ws://host:port/path, or wss://…; it has to echo. Of two servers, a table shows how they differ where both are right. Without a URL, a built-in echo server is fuzzed."`

	Time time.Duration `default:"1m" placeholder:"TIME" help:"How long to look, such as 30s or 8h (${default})."`
	Runs uint64        `placeholder:"N" help:"How many conversations to draw at most."`
	Seed *uint64       `placeholder:"N" help:"Draw the conversations of an earlier run: the seed it printed."`
	Out  string        `default:"findings" placeholder:"DIR" complete:"dir" help:"Folder for what is found (${default})."`

	Jobs          int     `placeholder:"N" help:"Conversations at a time; by default 8, if the server can handle them, and up to 24 more that only wait for an answer."`
	Enough        int     `default:"100" placeholder:"N" help:"Stop after so many findings (${default})."`
	Commands      bool    `help:"Ask the server to close, send and so on by ?wsct=..., as a server that \"wsspec cases\" can command understands it."`
	TimeoutFactor float64 `default:"1" placeholder:"F" help:"Multiply all timeouts by F, for slow machines and far servers."`
	MessageLimit  int     `placeholder:"OCTETS" help:"Length of messages that the server has to take; longer ones it may refuse with 1009. By default 4096."`
	TextOnly      bool    `help:"The server may refuse binary messages with 1003."`
	PID           int     `name:"pid" placeholder:"N" help:"Watch this process for its end, for memory and file descriptors that only grow, and for processor time that it takes when nobody talks to it; by default the owner of the port, if it is on this machine."`
	Coverage      string  `placeholder:"URL|FILE" help:"Where the server tells its own counters, such as those of a Go program built with -cover: a conversation that reaches new ones is gone on with. It has conversations one at a time then, unless --jobs says otherwise."`
	Restart       string  `placeholder:"COMMAND" help:"Starts the server again: run by the shell where it is gone or does not come to rest, so that it can be found out why. It has to return, such as \"docker restart echo\"."`
	Strict        bool    `help:"Exit with status 1 for findings that break a SHOULD, too."`

	Handshake  `embed:""`
	FleetFlags `embed:""`

	Quiet bool `short:"q" group:"Output" help:"Print the summary only."`
}

// Handshake is how a server is connected to.
type Handshake struct {
	Header      []string `sep:"none" placeholder:"'NAME: VALUE'" group:"Handshake" help:"Send an additional header field. Repeatable."`
	Origin      string   `placeholder:"ORIGIN" group:"Handshake" help:"Send this Origin header field."`
	Subprotocol []string `placeholder:"NAME" group:"Handshake" help:"Request subprotocols."`

	Connection `embed:""`
}

// Help is what "wsspec fuzz --help" says beside the flags.
func (fuzzCmd) Help() string {
	return `Conversations are drawn from a seed, legal ones and ones with a violation, and every answer is held against a model of RFC 6455 and RFC 7692. What the server gets wrong is cut to the shortest conversation that shows it, confirmed three times and saved as a text file.

Examples:

  wsspec fuzz ws://localhost:9001 --time 10m

  wsspec replay findings/NAME.wsspec ws://localhost:9001

  wsspec test ws://localhost:9001 --cases findings/

  wsspec fuzz ws://localhost:9001 ws://localhost:9002

  wsspec fuzz ws://target:9001 --time 8h --workers 4 --fleet-listen :4222

  wsspec fuzz ws://localhost:9001 --coverage http://localhost:9001/coverage

  wsspec fuzz ws://localhost:9001 --restart "systemctl restart echo"

The exit status is 1 where a MUST is broken or an echo is wrong, and where that is not settled: where there was no time to confirm what was seen, or nothing was played, or the server was away for a moment and nobody knows why.`
}

// Run fuzzes a server until one of the bounds is reached or a signal ends it.
func (c *fuzzCmd) Run(ctx context.Context, p *process) error {
	if err := c.check(); err != nil {
		return err
	}
	switch len(c.URLs) {
	case 0:
		url, stop, err := builtIn(ctx)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Fprintf(p.stderr, "No URL given: fuzzing the built-in echo server at %s\n", url)
		c.URLs, c.Commands = []string{url}, true
	case 2:
		return c.compare(ctx, p)
	}
	if c.wanted() {
		return c.shareOut(ctx, p)
	}
	return c.one(ctx, p)
}

// one fuzzes a server from this machine alone.
func (c *fuzzCmd) one(ctx context.Context, p *process) error {
	endpoint, err := c.endpoint(p, c.URLs[0])
	if err != nil {
		return err
	}
	met, err := endpoint.Meet(ctx, runner.Settings{Factor: c.TimeoutFactor})
	if err != nil {
		return err
	}
	config := c.config(endpoint.Peer(), met)
	screen := &fuzzScreen{process: p, url: c.URLs[0], out: c.Out, quiet: c.Quiet, status: terminal.NewStatus(p.surroundings(), c.Quiet)}
	config.Found = screen.found
	if !c.Quiet {
		fmt.Fprintf(p.stdout, "Fuzzing %q at %s, seed %d. Ctrl-C ends it.\n", met.Agent, c.URLs[0], config.Seed)
	}
	process, err := c.lookAt(ctx, &config)
	if err != nil {
		return err
	}
	f := fuzz.Start(ctx, config)
	ended := follow(ctx, f, process)
	go screen.status.Keep(f.Done(), func() string { return progressLine(f.Progress(), c.Time) })
	s := f.Wait()
	if err := errors.Join(screen.failed, screen.end(met.Agent, &s)); err != nil {
		return err
	}
	if screen.vitals(process, ended()) && ctx.Err() == nil {
		return statusError(exitVerdict)
	}
	return c.earned(ctx, &s)
}

// lookAt has the process of the server watched, and its counters read.
func (c *fuzzCmd) lookAt(ctx context.Context, config *fuzz.Config) (*serverProcess, error) {
	process, err := c.watched(ctx, config.Peer)
	if err != nil {
		return nil, err
	}
	if process != nil {
		config.CPU = process.cpu
	}
	if c.Restart != "" {
		config.Restart = c.restarting(process, config.Peer)
	}
	return process, c.counting(ctx, config)
}

// earned is the exit status.
func (c *fuzzCmd) earned(ctx context.Context, s *fuzz.Summary) error {
	switch {
	case s.Broken() > 0, c.Strict && len(s.Findings) > 0, s.Lost != nil, s.Restless > 0:
		return statusError(exitVerdict)
	case ctx.Err() != nil:
		return statusError(exitInterrupted)
	case s.Unsettled(c.Strict):
		return statusError(exitVerdict)
	}
	return nil
}

func (c *fuzzCmd) check() error {
	switch {
	case !(c.TimeoutFactor > 0 && c.TimeoutFactor <= 1000):
		return badUsage(fmt.Errorf("--timeout-factor is %v: want more than 0 and at most 1000", c.TimeoutFactor), "")
	case c.Time <= 0:
		return badUsage(fmt.Errorf("--time is %v: want a time such as 30s", c.Time), "")
	case c.Jobs < 0 || c.Jobs > 1000:
		return badUsage(fmt.Errorf("--jobs is %d: want 1 to 1000", c.Jobs), "")
	case c.Enough < 1:
		return badUsage(fmt.Errorf("--enough is %d: want at least 1", c.Enough), "")
	case c.MessageLimit < 0:
		return badUsage(fmt.Errorf("--message-limit is %d: want octets", c.MessageLimit), "")
	case c.PID < 0:
		return badUsage(fmt.Errorf("--pid is %d: want the id of a process", c.PID), "")
	case len(c.URLs) > 2:
		return badUsage(errors.New("more than two servers"), "fuzz one, or compare two")
	case len(c.URLs) == 2 && c.beside() != "":
		return badUsage(fmt.Errorf("%s is for one server, and there are two to compare", c.beside()), "leave it out, or name one URL")
	case len(c.URLs) == 2 && c.Strict:
		return badUsage(errors.New("--strict is for one server: how two differ is no finding"), "leave it out, or name one URL")
	}
	if err := c.checkFleet(); err != nil {
		return err
	}
	return checkFindings(c.Out)
}

// checkFindings says what will be in the way of keeping findings in a folder. Where there was
// none, none is left behind.
func checkFindings(folder string) error {
	info, err := os.Stat(folder)
	if err == nil && !info.IsDir() {
		return badUsage(fmt.Errorf("--out: %s is a file", folder), "name a folder for what is found")
	}
	if err := archive.CheckOutput(filepath.Join(folder, "NAME.wsspec")); err != nil {
		return badUsage(fmt.Errorf("--out: %w", err), "name a folder for what is found that can be written to")
	}
	if errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(folder) // an empty one
	}
	return nil
}

// endpoint understands a URL and the flags of the handshake.
func (h *Handshake) endpoint(p *process, url string) (*fuzzclient.Endpoint, error) {
	header, err := parseHeader(h.Header)
	if err != nil {
		return nil, err
	}
	servers := []fuzzclient.Server{{URL: url, Header: header, Origin: h.Origin, Protocols: h.Subprotocol}}
	if err := h.connect(p, servers); err != nil {
		return nil, err
	}
	e, err := servers[0].Resolve("wsspec/" + version())
	if err != nil {
		return nil, badUsage(err, "")
	}
	return e, nil
}

func (c *fuzzCmd) config(peer player.Peer, met fuzzclient.Met) fuzz.Config {
	f := fuzz.Config{
		Seed: rand.Uint64() >> 32, Role: ws.Client, Peer: peer, Runs: c.Runs, Time: c.Time, Jobs: c.Jobs,
		Obeys: c.Commands, Enough: c.Enough, Agent: met.Agent,
		First: player.Quick().Scaled(c.TimeoutFactor), Second: player.Sure().Scaled(c.TimeoutFactor),
	}
	f.Peer.Limit, f.Peer.TextOnly = c.MessageLimit, c.TextOnly
	if c.Seed != nil {
		f.Seed = *c.Seed
	}
	if met.Jobs == 1 {
		f.Jobs, f.Single = 1, true
	}
	if c.Coverage != "" {
		f.Jobs = 1 // else it would not be known which of them has reached what
	}
	if c.Jobs > 0 {
		f.Jobs = c.Jobs
	}
	return f
}

// counting has the counters of the server steer, too.
func (c *fuzzCmd) counting(ctx context.Context, config *fuzz.Config) error {
	if c.Coverage == "" {
		return nil
	}
	source, err := counters.Open(c.Coverage)
	if err == nil {
		_, err = source.Read(ctx)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return badUsage(fmt.Errorf("--coverage: %w", err), `docs/fuzz.md has a handler that tells them: "With the coverage of your server"`)
	}
	config.Counters = source.Read
	return nil
}

// surroundings are what things are shown on.
func (p *process) surroundings() terminal.Surroundings {
	return terminal.Surroundings{Out: p.stdout, Err: p.stderr, Width: p.width(), Getenv: p.getenv}
}

// fuzzScreen shows findings as they come, and keeps them.
type fuzzScreen struct {
	process *process
	url     string
	out     string
	quiet   bool
	status  *terminal.Status
	repeat  func(name string) string       // what plays a finding again; nil: replay with the URL
	again   func(sum *fuzz.Summary) string // what draws the same again, with more time; nil: flags of ours
	failed  error                          // to keep a finding
}

// found keeps a finding and shows it.
func (s *fuzzScreen) found(f fuzz.Finding) {
	file, err := s.keep(f.Name, f.Conversation.String())
	if err != nil {
		s.failed = err
		return
	}
	if s.quiet {
		return
	}
	s.status.Print(s.lines(f, file)...)
}

// keep writes a conversation into the folder.
func (s *fuzzScreen) keep(name, text string) (file string, err error) {
	if err := os.MkdirAll(s.out, 0o777); err != nil {
		return "", fmt.Errorf("--out: %w", err)
	}
	file = filepath.Join(s.out, filepath.Base(name)+".wsspec")
	return file, archive.WriteOutput(file, []byte(text))
}

// lines tell of a finding as failed cases are told of.
func (s *fuzzScreen) lines(f fuzz.Finding, file string) []string {
	v := f.Violation
	note := f.Conversation.Note
	level := v.Level.String()
	heading := s.status.Fold("", level+" "+v.Requirement+": "+visible.Text(note.Rule))
	heading[0] = s.status.Paint(level, true, false) + strings.TrimPrefix(heading[0], level)
	lines := append([]string{""}, heading...)
	lines = append(lines, columns(s.status, "sent", scriptLines(f.Conversation))...)
	if f.Whole {
		lines = append(lines, columns(s.status, "", []string{"# not shrunk, for want of time"})...)
	}
	lines = append(lines, columns(s.status, "received", []string{note.Received})...)
	again := fmt.Sprintf("wsspec replay %s %s", file, s.url)
	if s.repeat != nil {
		again = s.repeat(f.Name)
	}
	return append(lines, "  rule      "+v.Place(), "  repeat    "+again)
}
