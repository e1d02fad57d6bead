// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// massEcho are the flags of an echo server for very many connections.
type massEcho struct {
	Mass      bool `group:"Many connections" help:"Serve with the engine of \"wsspec load\": a connection that waits costs neither a goroutine nor a buffer."`
	Processes int  `default:"1" placeholder:"N" group:"Many connections" help:"With --mass: share the port between N processes (Linux), each of which may open as many files as one may (${default})."`
}

func (c *massEcho) check(other bool) error {
	switch {
	case !c.Mass && c.Processes != 1:
		return badUsage(errors.New("--processes is for --mass"), "wsspec echo --mass --processes 4")
	case c.Mass && other:
		return badUsage(errors.New("--mass is a server of its own: it has no faults and no TLS, and --impl is wsspec"), "")
	case c.Processes < 1 || c.Processes > 1000:
		return badUsage(fmt.Errorf("--processes: it is %d: want 1 to 1000", c.Processes), "")
	}
	return nil
}

// massHandler echoes.
type massHandler struct{}

func (massHandler) Opened(*wire.Conn, wire.Opening) {}
func (massHandler) Message(c *wire.Conn, opcode ws.Opcode, payload []byte) {
	_ = c.Send(opcode, payload) // who is gone needs no answer; the queue is long enough for one
}
func (massHandler) Pong(*wire.Conn, []byte)         {}
func (massHandler) Closed(*wire.Conn, wire.Closing) {}

// echoMass serves until ctx ends.
func (c *echoCmd) echoMass(ctx context.Context, p *process) error {
	if c.Processes > 1 {
		return c.massProcesses(ctx, p)
	}
	l, err := stream.Listen(c.Listen, nil)
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	u := stream.URL(l, false)
	fmt.Fprintf(p.stdout, "Echo server at %s. Ctrl-C ends it.\n", u)
	if err := ready(c.ReadyFile, u); err != nil {
		return err
	}
	return serveMass(ctx, l, c.NoDeflate)
}

func serveMass(ctx context.Context, l net.Listener, noDeflate bool) error {
	e, err := wire.New(wire.Config{})
	if err != nil {
		return err
	}
	defer e.Close()
	s := wire.Service{Handler: func() wire.Handler { return massHandler{} }}
	if !noDeflate {
		s.Deflate = deflate.FirstAllowing(deflate.Params{})
	}
	return e.Serve(ctx, l, s)
}

// massPartCmd is one of several processes.
type massPartCmd struct {
	Listen    string
	NoDeflate bool
}

// Run serves until the process ends that has started this one.
func (c *massPartCmd) Run(ctx context.Context, p *process) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	l, err := listenShared(ctx, c.Listen)
	if err != nil {
		return badUsage(err, "")
	}
	fmt.Fprintln(p.stdout, "listening")
	return serveMass(ctx, l, c.NoDeflate)
}

// massProcesses has several processes share a port.
func (c *echoCmd) massProcesses(ctx context.Context, p *process) error {
	l, err := stream.Listen(c.Listen, nil) // nobody else has it
	if err != nil {
		return badUsage(err, "choose another address with --listen, such as 127.0.0.1:0")
	}
	u, addr := stream.URL(l, false), l.Addr().String()
	_ = l.Close()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"wsspec", "__echo", "--listen", addr}
	if c.NoDeflate {
		args = append(args, "--no-deflate")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for i := range c.Processes {
		cmd := &exec.Cmd{Path: exe, Args: args, Stderr: p.stderr}
		in, _ := cmd.StdinPipe() // Start has the error
		out, _ := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("process %d of %d: %w", i+1, c.Processes, err)
		}
		lines := bufio.NewReader(out)
		first, _ := lines.ReadString('\n')
		context.AfterFunc(ctx, func() { _ = in.Close() })
		all.Go(func() {
			_, _ = io.Copy(io.Discard, lines)
			err := cmd.Wait()
			if ctx.Err() == nil {
				fmt.Fprintf(p.stderr, "wsspec: process %d of %d has ended: %v\n", i+1, c.Processes, err)
			}
		})
		if strings.TrimSpace(first) != "listening" {
			return badUsage(fmt.Errorf("process %d of %d does not listen", i+1, c.Processes), "")
		}
	}
	fmt.Fprintf(p.stdout, "Echo server at %s. Ctrl-C ends it.\n", u)
	if err := ready(c.ReadyFile, u); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
