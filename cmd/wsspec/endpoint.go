// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// peersProgram is the interop module's program with the third-party endpoints.
const peersProgram = "peers"

type echoCmd struct {
	Listen    string `default:"127.0.0.1:9001" placeholder:"ADDR" help:"Where to listen (${default}); port 0 picks one, which is printed."`
	Impl      string `enum:"wsspec,gorilla,coder,gobwas,gws,xnet" default:"wsspec" placeholder:"NAME" help:"Implementation: wsspec, or gorilla, coder, gobwas, gws or xnet from the interop module."`
	ReadyFile string `placeholder:"FILE" complete:"file" help:"Write the server's URL to this file once it listens."`
	NoDeflate bool   `help:"Do not negotiate permessage-deflate."`

	FaultFlags `embed:""`
}

// Run echoes until a signal ends it.
func (c *echoCmd) Run(ctx context.Context, p *process) error {
	if c.Faults {
		listFaults(p, ws.Server)
		return nil
	}
	faults, err := c.parse("echo")
	if err != nil {
		return err
	}
	if c.Impl != "wsspec" {
		return p.runPeers(ctx, "server", c.Impl, "--listen", c.Listen)
	}
	return p.echo(ctx, c.Listen, c.ReadyFile, testee.Config{NoDeflate: c.NoDeflate, Faults: faults})
}

// echo runs our echo server.
func (p *process) echo(ctx context.Context, addr, readyFile string, cfg testee.Config) error {
	l, err := listen(addr, nil)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	u := serverURL(l, false)
	fmt.Fprintf(p.stdout, "Echo server at %s. Ctrl-C ends it.\n", u)
	if err := ready(readyFile, u); err != nil {
		return err
	}
	return testee.Server{Config: cfg}.Serve(ctx, l)
}

type clientCmd struct {
	URL      string `arg:"" optional:"" help:"The fuzzing server: ws://host:9001."`
	Agent    string `default:"wsspec" placeholder:"NAME" help:"How to be called in the report (${default})."`
	Impl     string `enum:"wsspec,gorilla,coder,gobwas,gws" default:"wsspec" placeholder:"NAME" help:"Implementation: wsspec, or gorilla, coder, gobwas or gws from the interop module."`
	Parallel int    `default:"1" placeholder:"N" help:"Cases at a time."`

	FaultFlags `embed:""`
}

// Run plays a client under test: getCaseCount, runCase from 1 on, updateReports.
func (c *clientCmd) Run(ctx context.Context, p *process) error {
	if c.Faults {
		listFaults(p, ws.Client)
		return nil
	}
	faults, err := c.parse("client")
	switch {
	case err != nil:
		return err
	case c.URL == "":
		return badUsage(errors.New("the URL of the fuzzing server is missing"), `"wsspec serve" is one`)
	case c.Parallel < 1:
		return badUsage(fmt.Errorf("--parallel is %d: want at least 1", c.Parallel), "")
	}
	if c.Impl != "wsspec" {
		return p.runPeers(ctx, "client", c.Impl, "--agent", c.Agent, "--parallel", strconv.Itoa(c.Parallel), c.URL)
	}
	return p.driveClient(ctx, c.URL, testee.Config{Agent: c.Agent, Faults: faults}, c.Parallel)
}

// driveClient takes our client through all cases of a fuzzing server.
func (p *process) driveClient(ctx context.Context, base string, cfg testee.Config, parallel int) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "ws" || u.Host == "" {
		return badUsage(fmt.Errorf("server URL %q: want ws://host:port", base), "")
	}
	host := u.Host
	if u.Port() == "" {
		host += ":80"
	}
	dial := func(target string) (*testee.Conn, error) {
		s, err := stream.Dial(ctx, stream.Target{Addr: host})
		if err != nil {
			return nil, fmt.Errorf("connect to %s: %w", base, err)
		}
		return testee.Dial(ctx, s, u.Host, strings.TrimSuffix(u.Path, "/")+target, cfg)
	}
	agent := url.QueryEscape(cfg.Agent)
	n, err := caseCount(dial)
	if err != nil {
		return err
	}
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range min(parallel, max(n, 1)) {
		workers.Go(func() {
			for i := range numbers {
				c, err := dial(fmt.Sprintf("/runCase?case=%d&agent=%s", i, agent))
				if err != nil {
					fmt.Fprintf(p.stderr, "wsspec: case %d: %v\n", i, err)
					continue
				}
				_ = c.Echo() // how it ends is for the server to judge
			}
		})
	}
	for i := 1; i <= n && ctx.Err() == nil; i++ {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	if ctx.Err() != nil {
		return statusError(exitInterrupted)
	}
	c, err := dial("/updateReports?agent=" + agent)
	if err != nil {
		return err
	}
	_ = c.Echo() // the server closes at once
	fmt.Fprintf(p.stdout, "%d cases run as %q\n", n, cfg.Agent)
	return nil
}

func caseCount(dial func(target string) (*testee.Conn, error)) (int, error) {
	c, err := dial("/getCaseCount")
	if err != nil {
		return 0, err
	}
	text, err := c.ReceiveText()
	if err != nil {
		return 0, fmt.Errorf("getCaseCount: %w", err)
	}
	_ = c.Echo() // until the server has closed
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("getCaseCount: %.40q is no number", text)
	}
	return n, nil
}

// runPeers runs the interop module's program.
func (p *process) runPeers(ctx context.Context, args ...string) error {
	path, err := exec.LookPath(peersProgram)
	if err != nil {
		return badUsage(fmt.Errorf("--impl %s: the program %q is not on the PATH", args[1], peersProgram),
			"in a checkout, run: cd interop && go install ./cmd/peers")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) && ctx.Err() == nil {
		return statusError(max(exit.ExitCode(), 1))
	} else if err != nil && ctx.Err() == nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	return nil
}
