// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
)

type loadFindCmd struct {
	loadTo       `embed:""`
	SLO          []string      `name:"slo" sep:"none" placeholder:"OBJECTIVE" group:"Search" help:"What is to hold: 'p99<50ms', 'upgrade.p99<1s', 'missing==0'. Repeatable: all have to."`
	Over         string        `default:"rate" enum:"rate,connections" placeholder:"WHAT" group:"Search" help:"Look for the highest rate, in messages a second on all connections, or for the highest number of connections (${default})."`
	From         float64       `placeholder:"N" group:"Search" help:"Begin with this rate (100) or number of connections (10)."`
	To           float64       `placeholder:"N" group:"Search" help:"Go no higher than this; by default, as high as it takes."`
	StepDuration load.Duration `default:"5s" placeholder:"TIME" group:"Search" help:"Send for so long in each step (${default}); the first fifth is not measured, if --warmup does not say otherwise."`
	Connections  int           `short:"c" default:"10" placeholder:"N" group:"Connections" help:"Open N connections in each step (${default}), where the search is over rates."`
	Each         float64       `placeholder:"R" group:"Messages" help:"Where the search is over connections: send R messages a second on each (1)."`
	InFlight     int           `placeholder:"N" group:"Messages" help:"Instead, keep N messages under way on each."`
	Verify       bool          `group:"Messages" help:"Compare every octet of the answers; type and length are always compared."`
	loadMessages `embed:""`
	ConnectRate  float64 `placeholder:"R" group:"Connections" help:"Open R connections a second, evenly. By default, as fast as possible."`
	loadRamp     `embed:""`
	loadLimits   `embed:""`
	loadShow     `embed:""`
}

// Help is what "wsspec load find --help" says.
func (loadFindCmd) Help() string {
	return `Looks for the highest rate of messages, or the highest number of connections, at which a server that echoes still meets an objective.

  wsspec load find ws://localhost:9001 --slo 'p99<50ms'

sends 100 messages a second on ten connections, then 200, 400 and so on, until more than one of a hundred takes 50 ms or more; and then halves the distance between what holds and what does not, until they are within 5%.

  wsspec load find ws://localhost:9001 --slo 'p99<1s' --over connections

opens more and more connections, with one message a second on each, or as many as --each says.

  wsspec load find ws://localhost:9001 --slo 'p99<50ms' --slo 'p50<5ms' \
    -c 100 --from 1000 --to 50000 --step-duration 20s --report csv=curve.csv

has two objectives, limits for the search, longer steps, and a file with the curve.

Each step is a test of its own, with connections of its own, in the open model: latency is counted from when a message was to be sent. A step that fails is tried once more, and counts as failed if it fails again. Beside the objectives, at most one of a hundred connections may fail or be lost, one of a hundred messages be missing or not sent, and no answer be wrong, unless an objective says more about these. Where the limits of this machine, or its lateness, are the reason, this is said.

--fail-if is held against the best step: 'rate<1000' fails if less than that was answered there.

Exit status: 0 if all is well, 1 if the objective does not hold even where the search begins, a condition of --fail-if is met, or at any step an answer was wrong or the server broke the protocol, 2 for a mistake on the command line, 3 if no connection could be opened, 130 if stopped by a signal; what was found until then is shown and written.`
}

// Run searches.
func (c *loadFindCmd) Run(ctx context.Context, p *process, k *kong.Context) error {
	file, err := c.read(ctx, k)
	if err != nil {
		return err
	}
	plan := load.Plan{
		Kind: load.Find, Connections: c.Connections, ConnectRate: c.ConnectRate, InFlight: c.InFlight, Verify: c.Verify,
		SLO: c.SLO, Over: c.Over, From: c.From, To: c.To, Each: c.Each, StepDuration: c.StepDuration,
	}
	from, to := 100.0, float64(load.MaxRate)
	if c.Over == load.OverConnections {
		from, to = 10, load.MaxConnections
		if plan.Each == 0 && plan.InFlight == 0 {
			plan.Each = 1
		}
	} else if plan.Each > 0 {
		return file.bad(&load.FieldError{Field: "each", Err: fmt.Errorf("it is for searches over connections"), Hint: "--over connections"})
	}
	plan.From, plan.To = cmp.Or(plan.From, from), cmp.Or(plan.To, to)
	plan = c.loadTo.plan(c.loadLimits.plan(c.loadRamp.plan(c.loadMessages.plan(plan))))
	if plan.Warmup == 0 {
		plan.Warmup = plan.StepDuration / 5
	}
	return c.loadShow.run(ctx, p, file, plan)
}

// A search is what is known of one so far.
type search struct {
	begin time.Time
	total *stats.Snapshot
	ramps time.Duration // of all steps together
	sent  time.Duration // during which messages were measured
	steps []load.Step
	best  *stats.Snapshot

	server *usage
	most   int64 // connections open in a step
}

// find carries out a search, step by step.
func (l *loading) find(ctx context.Context) (*load.Result, error) {
	f := &search{begin: time.Now(), total: new(stats.Snapshot), server: l.serverUsage()}
	f.server.begin()
	stop := watchUsage(f.server)
	defer stop()
	next := l.plan.Search()
	for ctx.Err() == nil {
		at, again, more := next.Next()
		if !more {
			break
		}
		step, known, err := l.step(ctx, f, at, again)
		if err != nil {
			return nil, err
		}
		if !known {
			break
		}
		next.Told(step.Holds)
		l.screen.Step(l.plan, step)
	}
	f.total.Ramp, f.total.End = f.ramps, time.Since(f.begin)
	known := l.known(ctx, f.begin, f.sent)
	known.Server = f.server.resources(f.total, f.most, false)
	return load.ConcludeSearch(l.plan, known, f.total, f.steps, f.best)
}

// step tries one number. It is not known whether it holds where the search was stopped
// meanwhile, a worker or process of ours was lost, or the server is not there at all.
func (l *loading) step(ctx context.Context, f *search, at float64, again bool) (step load.Step, known bool, err error) {
	plan, findings := l.readied(l.plan.Step(at))
	l.findings, l.processes = findings, max(l.processes, plan.Processes)
	if err := refuse(plan, findings); err != nil {
		if len(f.steps) == 0 {
			return step, false, err
		}
		l.screen.Tell("wsspec: the search ends before %s: %v", load.Decimal(at), err)
		return step, false, nil
	}
	s := new(stats.Snapshot)
	note, lost := f.server.during(), len(l.lost)
	end, err := l.carry(ctx, plan, f.begin, time.Since(f.begin), func(more *stats.Snapshot) {
		s.Merge(more)
		f.total.Merge(more)
		l.showing(ctx, f.total, more, f.begin, func(known load.Run, s *stats.Snapshot) (*load.Result, error) {
			return load.ConcludeSearch(l.plan, known, s, f.steps, f.best)
		})
	})
	if err != nil {
		return step, false, err
	}
	f.ramps += s.Ramp
	f.sent += end.Messaging
	f.most = max(f.most, s.Opened-s.Lost)
	if len(l.lost) > lost { // what is not whole says nothing of the server
		l.screen.Tell("wsspec: the search ends: at %s, the loss of %s", load.Decimal(at), l.lost[lost])
		return step, false, nil
	}
	if end.Interrupted || s.Opened == 0 && len(f.steps) == 0 {
		return step, false, nil
	}
	if step, err = l.plan.Judge(at, again, s, end.Messaging); err != nil {
		return step, false, err
	}
	note(&step)
	f.steps = append(f.steps, step)
	if step.Holds && (f.best == nil || at > bestOf(f.steps[:len(f.steps)-1])) {
		f.best = s
	}
	return step, true, nil
}

// bestOf is the highest number at which it holds.
func bestOf(steps []load.Step) (at float64) {
	for _, s := range steps {
		if s.Holds {
			at = max(at, s.At)
		}
	}
	return at
}
