// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/machines"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/stream"
)

// FleetFlags are the flags for who carries out a load test, or fuzzing.
type FleetFlags struct {
	Fleet       string `placeholder:"URL" group:"Many machines" help:"Share the work out to the workers at this NATS server with JetStream: nats://host:4222, or tls://…. See wsspec worker."`
	Workers     int    `placeholder:"N" group:"Many machines" help:"Share the work out to N workers. Without --fleet, this process is their server, and prints how to start them."`
	FleetListen string `placeholder:"ADDR" group:"Many machines" help:"Where the server in this process listens, such as :4222; by default at a free port that only this machine reaches."`
	FleetToken  string `placeholder:"WORD" group:"Many machines" help:"What workers show to the server; without --fleet, it is made up if not given."`
	FleetDir    string `placeholder:"DIR" complete:"dir" group:"Many machines" help:"Where the server in this process keeps what another start of the same command needs to go on with the test."`
	FleetCAFile string `name:"fleet-cafile" type:"existingfile" placeholder:"FILE" group:"Many machines" help:"Trust the certificate authorities in this PEM file for --fleet."`
	FleetCert   string `name:"fleet-tls-cert" type:"existingfile" placeholder:"FILE" group:"Many machines" help:"Certificate (PEM) of the server in this process: workers connect through TLS."`
	FleetKey    string `name:"fleet-tls-key" type:"existingfile" placeholder:"FILE" group:"Many machines" help:"Key of the certificate (PEM)."`
}

// wanted reports whether the load is to be shared out.
func (c *FleetFlags) wanted() bool { return c.Fleet != "" || c.Workers != 0 }

// check says which flags do not fit together, or to the plan.
func (c *FleetFlags) check(plan load.Plan) error {
	if err := c.fit(); err != nil || !c.wanted() {
		return err
	}
	if plan.Connections < c.Workers && plan.Kind != load.Find {
		return badUsage(fmt.Errorf("--workers is %d, for %d connections", c.Workers, plan.Connections), "have at least one connection for each worker")
	}
	if err := machines.Check(plan); err != nil {
		return badUsage(err, "leave --fleet and --workers out")
	}
	return nil
}

// fit says which flags do not fit together.
func (c *FleetFlags) fit() error {
	own := c.FleetListen != "" || c.FleetDir != "" || c.FleetCert != "" || c.FleetKey != ""
	switch {
	case !c.wanted() && (own || c.FleetToken != "" || c.FleetCAFile != ""):
		return badUsage(errors.New("there are flags for a fleet, and no workers"), "say how many with --workers")
	case !c.wanted():
		return nil
	case c.Workers < 1 || c.Workers > 10_000:
		return badUsage(fmt.Errorf("--workers is %d: want 1 to 10000", c.Workers), "the work is shared out to so many")
	case c.Fleet != "" && own:
		return badUsage(errors.New("--fleet-listen, --fleet-dir, --fleet-tls-cert and --fleet-tls-key are for the server in this process"), "leave --fleet out, or these")
	case (c.FleetCert == "") != (c.FleetKey == ""):
		return badUsage(errors.New("--fleet-tls-cert and --fleet-tls-key go together"), "")
	}
	return nil
}

// fleetUsage is an error of package fleet with what to do about it.
func fleetUsage(err error) error {
	switch {
	case errors.Is(err, fleet.ErrAddress):
		return badUsage(err, "")
	case errors.Is(err, fleet.ErrServer):
		return &fleetDown{err}
	case errors.Is(err, fleet.ErrOwned):
		return badUsage(err, "the same test is being run: wait for its end, or end it")
	}
	return err
}

// fleetDown is a NATS server that cannot be used.
type fleetDown struct{ error }

func (e *fleetDown) Unwrap() error { return e.error }

// join connects to the server, or starts one. What it returns lets go of both.
func (c *FleetFlags) join(ctx context.Context, p *process) (bus *fleet.Bus, leave func(), err error) {
	if c.Fleet != "" {
		bus, err = fleet.Connect(ctx, fleet.Address{URL: c.Fleet, Token: c.FleetToken, CAFile: c.FleetCAFile})
		if err != nil {
			return nil, nil, fleetUsage(err)
		}
		return bus, bus.Close, nil
	}
	cfg := fleet.HubConfig{Listen: c.FleetListen, Token: c.FleetToken, Dir: c.FleetDir}
	if cfg.Token == "" {
		cfg.Token = rand.Text()
	}
	if c.FleetCert != "" {
		server := stream.ServerTLS{CertFile: c.FleetCert, KeyFile: c.FleetKey}
		if cfg.TLS, err = server.Config(); err != nil {
			return nil, nil, badUsage(err, "")
		}
		cfg.TLS.NextProtos = nil // what is spoken there is not HTTP
	}
	hub, err := fleet.NewHub(cfg)
	if err != nil {
		return nil, nil, badUsage(fmt.Errorf("--fleet-listen: %w", err), "choose another address, such as :4222")
	}
	if bus, err = hub.Connect(ctx); err != nil {
		hub.Close()
		return nil, nil, err
	}
	c.invite(p, hub.URLs())
	return bus, func() { bus.Close(); hub.Close() }, nil
}

// join has the load test carried out at the server.
func (l *loading) join(ctx context.Context) (leave func(), err error) {
	l.bus, leave, err = l.fleet.join(ctx, l.process)
	return leave, err
}

// invite prints how to start workers.
func (c *FleetFlags) invite(p *process, urls []string) {
	secure := ""
	if c.FleetCert != "" {
		secure = " --cafile " + c.FleetCert
	}
	where := "in another terminal"
	if len(urls) > 1 {
		where = "on other machines"
		urls = urls[1:]
	}
	many := fmt.Sprintf("%d workers", c.Workers)
	if c.Workers == 1 {
		many = "a worker"
	}
	fmt.Fprintf(p.stdout, "Start %s %s:\n", many, where)
	fmt.Fprintf(p.stdout, "  wsspec worker %s%s\n", urls[0], secure)
	if len(urls) > 1 {
		fmt.Fprintf(p.stdout, "(this machine can also be at %s)\n", strings.Join(hosts(urls[1:]), ", "))
	}
}

// hosts are the addresses of URLs, without tokens.
func hosts(urls []string) (all []string) {
	for _, u := range urls {
		_, host, _ := strings.Cut(u, "@")
		all = append(all, host)
	}
	return all
}

// shareOut is carry, with the plan shared out to workers.
func (l *loading) shareOut(ctx context.Context, plan load.Plan, from time.Duration, emit func(*stats.Snapshot)) (drive.End, error) {
	end, err := machines.Run(ctx, machines.Config{
		Bus: l.bus, Plan: plan, From: from, Workers: l.fleet.Workers, Version: version(), Name: processName(),
		Emit: emit, Note: l.told, Step: l.plan.Kind == load.Find,
	})
	l.lost = append(l.lost, end.Lost...)
	if err != nil {
		return drive.End{}, fleetUsage(err)
	}
	return drive.End{Interrupted: end.Interrupted, Messaging: end.Messaging}, nil
}

// told tells people how it goes.
func (l *loading) told(text string) {
	if !l.quiet {
		l.screen.Tell("%s", text)
	}
}

// processName is how people find this process.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s[%d]", host, os.Getpid())
}
