// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/folder"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/terminal"
)

// lounge keeps account of the clients that come and go.
type lounge struct {
	process *process
	screen  *terminal.Screen
	like    terminal.Tally // what tallies start as
	planned []report.Planned
	flags   []string // see report.Result
	suites  []string // see report.Agent

	mu      sync.Mutex
	tallies map[string]*terminal.Tally
	order   []string // agents as they came
	here    int      // connections open
	visited bool
	fault   bool // of ours
	lost    bool // a result could not be kept
	refused refusals
	change  chan struct{}
}

// notAsked is why cases have no result.
const notAsked = "the client did not ask for them"

// expected are the cases of a plan, each once, and the surveys.
func expected(plan, surveys []runner.Planned) []report.Planned {
	var planned []report.Planned
	for _, c := range slices.Concat(plan, surveys) {
		if len(planned) == 0 || planned[len(planned)-1].ID != c.ID { // one has a number a connection
			planned = append(planned, report.Planned{ID: c.ID, Title: c.Title})
		}
	}
	return planned
}

func newLounge(p *process, d terminal.Detail, like terminal.Tally) *lounge {
	return &lounge{process: p, screen: p.screen(d), like: like, tallies: map[string]*terminal.Tally{}, refused: refusals{quiet: d.Quiet}, change: make(chan struct{}, 1)}
}

// event takes what the server tells.
func (l *lounge) event(e fuzzserver.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.Kind {
	case fuzzserver.Connected:
		l.here++
		l.visited = true
	case fuzzserver.Disconnected:
		l.here--
	case fuzzserver.Refused, fuzzserver.Unheard:
		l.visited = true
		l.refused.add(l.process.stderr, e)
	case fuzzserver.CaseDone:
		t := l.tallies[e.Agent]
		if t == nil {
			like := l.like
			t = &like
			t.Plan(slices.Clone(l.planned), notAsked)
			t.From(l.suites...)
			l.tallies[e.Agent] = t
			l.order = append(l.order, e.Agent)
			l.screen.Greet(e.Agent, e.Remote)
		}
		r := *e.Result
		r.Flags = l.flags
		news := t.News(r)
		t.Add(r)
		if news && !r.Partly() { // more of it may come
			l.screen.Done(r, t)
		}
	case fuzzserver.Trouble:
		if fault, ours := errors.AsType[*runner.Fault](e.Err); ours {
			l.fault = true
			l.process.faults(runner.Faults{fault})
			break
		}
		l.lost = true
		fmt.Fprintf(l.process.stderr, "wsspec: %v\n", e.Err)
	}
	select {
	case l.change <- struct{}{}:
	default:
	}
}

// whenIdle calls stop once nobody has been connected for the time, after there
// was somebody.
func (l *lounge) whenIdle(ctx context.Context, d time.Duration, stop func()) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		l.mu.Lock()
		idle := l.visited && l.here == 0
		l.mu.Unlock()
		var expired <-chan time.Time
		if idle {
			timer.Reset(d)
			expired = timer.C
		}
		select {
		case <-l.change:
		case <-expired:
			stop()
			return
		case <-ctx.Done():
			return
		}
	}
}

// status is the exit status that the results earn.
func (l *lounge) status() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault {
		return exitFault
	}
	if l.lost {
		return exitUsage
	}
	if len(l.tallies) == 0 {
		return exitUnreachable
	}
	status := exitOK
	for _, agent := range l.order {
		status = max(status, l.process.earned(l.tallies[agent]))
	}
	return status
}

// close tells what the clients came to, where people and programs look for it.
func (l *lounge) close(plan *servePlan, store *folder.Folder) error {
	l.summary()
	if err := writeOutputs(plan.machine, plan.outputs, store); err != nil {
		return err
	}
	var results []report.Result
	for _, t := range l.tallies {
		results = append(results, t.Results()...)
	}
	plan.known.idle(l.process, results)
	l.process.reportAt(store)
	if status := l.status(); status != exitOK {
		return statusError(status)
	}
	return nil
}

// summary prints the tally of each client, of a few at most.
func (l *lounge) summary() {
	const most = 4
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, agent := range l.order {
		if i == most {
			fmt.Fprintf(l.process.stdout, "\nand %d more agents\n", len(l.order)-most)
			break
		}
		l.screen.Tally(agent, l.tallies[agent])
	}
	if len(l.order) == 0 {
		fmt.Fprintln(l.process.stdout, "No client has run a case.")
	}
	l.refused.summary(l.process.stdout)
}
