// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	fuzzmachines "github.com/wsspec/wsspec/internal/fuzz/machines"
	"github.com/wsspec/wsspec/internal/load/machines"
	"github.com/wsspec/wsspec/internal/visible"
)

type workerCmd struct {
	URL    string        `arg:"" help:"The NATS server: nats://host:4222, or tls://…; a token may stand before the host, as in nats://TOKEN@host:4222."`
	Token  string        `placeholder:"WORD" help:"What to show to the server."`
	CAFile string        `name:"cafile" type:"existingfile" placeholder:"FILE" help:"Trust the certificate authorities in this PEM file for tls://, instead of the system's."`
	Name   string        `placeholder:"NAME" help:"What to be called in reports; by default the host and the process."`
	Wait   time.Duration `default:"30s" placeholder:"TIME" help:"How long to wait for the server at first (${default})."`
	Once   bool          `help:"End when the first part is done, as a job of Kubernetes does."`
}

// Help is what "wsspec worker --help" says beside the flags.
func (workerCmd) Help() string {
	return `A worker takes a part of each load test, and of each fuzzing, that is shared out at the server, and reports what it measures or finds. It needs no other configuration, and any number of them may come and go. All have to be of the same version as the program that shares out.

  nats-server -js
  wsspec worker nats://localhost:4222
  wsspec load connect ws://target --fleet nats://localhost:4222 --workers 4
  wsspec fuzz ws://target --fleet nats://localhost:4222 --workers 4

Without a server of your own, "wsspec load … --workers 4 --fleet-listen :4222" is one, and prints the line to start workers with. docs/fleet.md has the whole story.`
}

// Run works until a signal ends it.
func (c *workerCmd) Run(ctx context.Context, p *process) error {
	if c.Wait < 0 {
		return badUsage(fmt.Errorf("--wait is %v: want at least 0s", c.Wait), "")
	}
	bus, err := c.connect(ctx, p)
	if err != nil {
		return fleetUsage(err)
	}
	defer bus.Close()
	name := c.Name
	if name == "" {
		name = processName()
	}
	if err := fleet.CheckName(name); err != nil {
		return badUsage(fmt.Errorf("--name: %w", err), "choose a short one")
	}
	fmt.Fprintf(p.stdout, "Worker %s is ready. Ctrl-C ends it.\n", visible.Text(name))
	w := fleet.Worker{
		Bus: bus, Name: name, Version: version(), Once: c.Once,
		Runners: map[string]fleet.Runner{machines.Kind: machines.NewRunner(p.locator()), fuzzmachines.Kind: fuzzmachines.Runner(openFuzzed(p))},
		Tell: func(format string, args ...any) {
			fmt.Fprintln(p.stdout, visible.Text(fmt.Sprintf(format, args...)))
		},
	}
	return w.Run(ctx)
}

// connect waits for the server: it may be started at the same time.
func (c *workerCmd) connect(ctx context.Context, p *process) (*fleet.Bus, error) {
	late := time.Now().Add(c.Wait)
	for first := true; ; first = false {
		bus, err := fleet.Connect(ctx, fleet.Address{URL: c.URL, Token: c.Token, CAFile: c.CAFile})
		if err != nil && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !errors.Is(err, fleet.ErrServer) || time.Now().After(late) {
			return bus, err
		}
		if first {
			fmt.Fprintf(p.stderr, "Trying for %v: %v\n", c.Wait, err)
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
