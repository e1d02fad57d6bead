// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/machines"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/visible"
)

// fuzzedServer is how workers find the server that they are to fuzz.
type fuzzedServer struct {
	URL       string
	Handshake Handshake
}

// openFuzzed has a worker find it, as if it had been started with these flags.
func openFuzzed(p *process) machines.Open {
	return func(ctx context.Context, server json.RawMessage, factor float64) (machines.Server, error) {
		var s fuzzedServer
		if err := json.Unmarshal(server, &s); err != nil {
			return machines.Server{}, fmt.Errorf("plan: %w", err)
		}
		endpoint, err := s.Handshake.endpoint(p, s.URL)
		if err != nil {
			return machines.Server{}, err
		}
		met, err := endpoint.Meet(ctx, runner.Settings{Factor: factor})
		if err != nil {
			return machines.Server{}, err
		}
		return machines.Server{Peer: endpoint.Peer(), Agent: met.Agent, Jobs: met.Jobs}, nil
	}
}

// checkFleet says what does not fit to many machines.
func (c *fuzzCmd) checkFleet() error {
	if err := c.fit(); err != nil || !c.wanted() {
		return err
	}
	switch {
	case len(c.URLs) != 1:
		return badUsage(fmt.Errorf("--workers are for one server, and there are %d", len(c.URLs)), "name the URL of one")
	case c.beside() != "":
		return badUsage(fmt.Errorf("%s is for one machine", c.beside()), "leave it out, or --fleet and --workers")
	case c.Keylog != "":
		return badUsage(errors.New("--keylog is for one machine"), "leave it out, or --fleet and --workers")
	case c.Runs > 0 && c.Runs < uint64(c.Workers):
		return badUsage(fmt.Errorf("--runs is %d, for %d workers", c.Runs, c.Workers), "have at least one conversation for each worker")
	}
	return nil
}

// beside is a flag that is given and for a server beside which we are, alone.
func (c *fuzzCmd) beside() string {
	switch {
	case c.PID != 0:
		return "--pid"
	case c.Restart != "":
		return "--restart"
	case c.Coverage != "":
		return "--coverage"
	}
	return ""
}

// plan is what all workers do together.
func (c *fuzzCmd) plan() (machines.Plan, error) {
	server, err := json.Marshal(fuzzedServer{c.URLs[0], c.Handshake})
	if err != nil {
		return machines.Plan{}, err
	}
	p := machines.Plan{
		Server: server, Seed: rand.Uint64() >> 32, Runs: c.Runs, Time: c.Time, Jobs: c.Jobs, Enough: c.Enough, Obeys: c.Commands,
		Factor: c.TimeoutFactor, Limit: c.MessageLimit, TextOnly: c.TextOnly,
	}
	if c.Seed != nil {
		p.Seed = *c.Seed
	}
	return p, nil
}

// shareOut has workers fuzz the server.
func (c *fuzzCmd) shareOut(ctx context.Context, p *process) error {
	if _, err := c.endpoint(p, c.URLs[0]); err != nil {
		return err // mistakes are told before anybody begins
	}
	plan, err := c.plan()
	if err != nil {
		return err
	}
	bus, leave, err := c.join(ctx, p)
	if err != nil {
		return err
	}
	defer leave()
	screen := &fuzzScreen{process: p, url: c.URLs[0], out: c.Out, quiet: c.Quiet, status: terminal.NewStatus(p.surroundings(), c.Quiet)}
	var mu sync.Mutex
	var now fuzz.Progress
	done := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		screen.status.Keep(done, func() string {
			mu.Lock()
			defer mu.Unlock()
			if now.Took == 0 {
				return "waiting for workers"
			}
			return progressLine(now, c.Time)
		})
	})
	s, err := machines.Run(ctx, machines.Config{
		Bus: bus, Plan: plan, Workers: c.Workers, Version: version(), Name: processName(), Found: screen.found,
		Progress: func(p fuzz.Progress) {
			mu.Lock()
			defer mu.Unlock()
			now = p
		},
		Note: func(text string) {
			if !c.Quiet {
				screen.status.Print(text)
			}
		},
	})
	close(done)
	shown.Wait()
	if err != nil {
		return fleetUsage(err)
	}
	if err := errors.Join(screen.failed, screen.end(s.Agent, &s.Summary)); err != nil {
		return err
	}
	return c.toldOf(p, &s)
}

// toldOf tells what is to be said of many machines, and is the exit status.
func (c *fuzzCmd) toldOf(p *process, s *machines.Summary) error {
	if s.Again > 0 {
		fmt.Fprintf(p.stdout, "%d conversations of workers that were lost were played once more\n", s.Again)
	}
	for _, text := range s.Missing {
		fmt.Fprintf(p.stdout, "Not played to the end: %s\n", visible.Text(text))
	}
	switch {
	case s.Broken() > 0, c.Strict && len(s.Findings) > 0, s.Lost != nil:
		return statusError(exitVerdict)
	case s.Interrupted:
		fmt.Fprintln(p.stdout, "stopped by a signal: this is what was found until then")
		return statusError(exitInterrupted)
	case len(s.Missing) > 0, s.Unsettled(c.Strict):
		return statusError(exitVerdict)
	}
	return nil
}
