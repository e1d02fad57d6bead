// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/crew"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/preflight"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// loadLimits are the flags for what this machine may be asked for.
type loadLimits struct {
	Processes    int  `placeholder:"N" group:"Limits" help:"Share the work between N processes; by default, as many as it takes to open enough files."`
	IgnoreLimits bool `group:"Limits" help:"Start although this machine allows fewer files, ports or memory than needed."`
}

func (c *loadLimits) plan(p load.Plan) load.Plan {
	p.Processes, p.IgnoreLimits = c.Processes, c.IgnoreLimits
	return p
}

// fewAtOnce is how many connections are opened at a time where nothing says how many, as
// package drive has it.
const fewAtOnce = 128

// fewEach is how many each of several processes opens at a time at least: when one of many gets the
// processor it should have more to do than answer once.
const fewEach = 16

// readied is a plan that has been held against the limits of this machine: with as many
// processes as it takes, and no more opening at once than wait at the server.
func (l *loading) readied(plan load.Plan) (load.Plan, []load.Finding) {
	if l.bus != nil { // it is for other machines
		return plan, nil
	}
	m := preflight.This()
	if plan.Processes == 0 {
		plan.Processes = 1
		if plan.Kind != load.Broadcast {
			plan.Processes = preflight.Split(m, plan.Connections)
		}
	}
	to := l.target.Addr
	if l.target.Way.Unix != "" { // a socket of this machine, which takes no port
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	}
	if plan.Opening == 0 && plan.ConnectRate == 0 && plan.Batch == 0 {
		plan.Opening = max(fewAtOnce, plan.Processes*fewEach)
		if n, known := m.Waiting(to); known && n > 0 {
			plan.Opening = min(int(n), plan.Opening)
		}
	}
	sources := max(len(l.target.Sources), 1)
	if l.target.Way.Unix != "" || len(l.target.Sources) == 0 && !l.target.Way.Indirect() && to.Addr().Is4() && to.Addr().IsLoopback() {
		sources = 0
	}
	return plan, preflight.Check(m, preflight.Need{Plan: plan, Addr: to, Sources: sources, Processes: plan.Processes})
}

// refuse is the error that says which limits keep a plan from being carried out, if any.
func refuse(plan load.Plan, findings []load.Finding) error {
	if plan.IgnoreLimits || !preflight.Refused(findings) {
		return nil
	}
	var b strings.Builder
	for _, f := range findings {
		if !f.OK && !f.Advice {
			fmt.Fprintf(&b, "\n  %s\n    %s", f.Text, f.Remedy)
		}
	}
	return badUsage(fmt.Errorf("this machine does not allow as much:%s", b.String()), "--ignore-limits starts all the same")
}

// advise says what may go wrong.
func (l *loading) advise(findings []load.Finding) {
	for _, f := range findings {
		if !f.OK && !l.quiet && (f.Advice || l.plan.IgnoreLimits) {
			fmt.Fprintf(l.process.stderr, "note: %s (%s)\n", f.Text, f.Remedy)
		}
	}
}

// perProcess is how much less often each process hands over what it has measured for each
// that there is, so that merging takes the same time for any number of them.
const perProcess = 60 * time.Millisecond

// shared carries out a plan in several processes.
func (l *loading) shared(ctx context.Context, plan load.Plan, begin time.Time, emit func(*stats.Snapshot)) (drive.End, error) {
	exe, err := os.Executable()
	if err != nil {
		return drive.End{}, err
	}
	end, err := crew.Run(ctx, crew.Config{
		Plan: plan, Processes: plan.Processes, Begin: begin, Every: max(loadInterval, time.Duration(plan.Processes)*perProcess), Emit: emit,
		Start: func(int) (*crew.Child, error) { return l.child(exe) },
		Died: func(part int, lost int64, why error) {
			l.lost = append(l.lost, fmt.Sprintf("process %d of %d with %d connections", part+1, plan.Processes, lost))
			l.screen.Tell("wsspec: process %d of %d has died, with %d connections: %v", part+1, plan.Processes, lost, why)
		},
	})
	if err != nil {
		return end, badUsage(err, "")
	}
	return end, nil
}

// child starts one of them. It ends when we do: its input ends then.
func (l *loading) child(exe string) (*crew.Child, error) {
	c := &exec.Cmd{Path: exe, Args: []string{"wsspec", "load", "__part"}, Stderr: l.process.stderr}
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	return &crew.Child{In: in, Out: out, Kill: func() { _ = c.Process.Kill() }, Wait: c.Wait}, nil
}

type loadPartCmd struct{}

// Run is a process of those that share the work.
func (loadPartCmd) Run(ctx context.Context, p *process) error {
	if err := crew.Work(ctx, os.Stdin, p.stdout, p.locator(), nil); err != nil {
		return badUsage(err, "")
	}
	return nil
}
