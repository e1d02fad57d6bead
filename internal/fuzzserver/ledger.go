// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"container/list"
	"context"
	"fmt"
	"sync"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/survey"
)

// ledger keeps account of what the clients hold: connections, memory, agents, and
// the cases in flight. Its lock is held for no longer than that takes.
type ledger struct {
	limits Limits
	store  ResultStore

	mu       sync.Mutex
	changed  chan struct{}         // closed and replaced when a case has begun or ended
	stalling list.List             // *seat, those in their handshake, oldest first
	refused  list.List             // those of them that have been
	served   int                   // seats past it
	reserved int64                 // octets
	wishes   []*wish               // for octets, in the order in which they came
	hosts    map[string]*household // those that hold anything
	runs     map[string]*run       // by agent
	named    map[string]*holding   // those that hold anything, by host and name
	odd      map[string]odd        // connections to come, by host

	callers map[string]string // agents by the address that they come from, and for which case
}

// run is what there is of one agent.
type run struct {
	begin    *beginning
	flying   map[string]int // how often a case is in flight, by id
	landings int            // cases that have ended
	turns    runner.Turns   // of cases with several connections
	keeping  sync.Mutex     // held while the result of such a case is put together and kept
	shown    survey.Gatherer
	key      string // Sec-WebSocket-Key of the case that began last
}

// beginning forgets an agent's old results, once for all cases that ask.
type beginning struct{ do func() error }

func newLedger(limits Limits, store ResultStore) *ledger {
	l := &ledger{limits: limits, store: store, changed: make(chan struct{}), hosts: map[string]*household{}, named: map[string]*holding{}, runs: map[string]*run{}, odd: map[string]odd{}}
	for _, agent := range store.Agents() {
		l.runs[agent] = l.newRun(agent)
	}
	return l
}

func (l *ledger) newRun(agent string) *run {
	return &run{begin: l.newBeginning(agent), flying: map[string]int{}}
}

func (l *ledger) newBeginning(agent string) *beginning {
	return &beginning{sync.OnceValue(func() error { return l.store.Begin(agent) })}
}

// gather returns the result of a case of which one connection came to r.
func (l *ledger) gather(c runner.Planned, r report.Result) report.Result {
	l.mu.Lock()
	run := l.runs[r.Agent]
	l.mu.Unlock()
	if run == nil { // forgotten meanwhile
		return r
	}
	return run.turns.Add(c, r)
}

// gathering is for one connection of an agent at a time, until what it returns is called.
func (l *ledger) gathering(agent string) (done func()) {
	l.mu.Lock()
	run := l.runs[agent]
	l.mu.Unlock()
	run.keeping.Lock()
	return run.keeping.Unlock
}

// fly takes note that a case begins on a connection, and forgets old results of the agent
// where it is the first of a run. The refusal says which bound stands against it.
func (l *ledger) fly(st *seat, agent, id string) *peer.Refusal {
	if size := l.store.Size(); size >= l.limits.Disk {
		return &peer.Refusal{Status: 507, Why: fmt.Sprintf("the results take %d octets of disk: the limit is %d", size, l.limits.Disk)}
	}
	l.mu.Lock()
	r := l.runs[agent]
	if r == nil {
		if refusal := l.bring(st); refusal != nil {
			l.mu.Unlock()
			return refusal
		}
		r = l.newRun(agent)
		l.runs[agent] = r
	}
	r.flying[id]++
	begin := r.begin
	l.change()
	l.mu.Unlock()
	if err := begin.do(); err != nil {
		l.mu.Lock()
		if r.begin == begin {
			r.begin = l.newBeginning(agent) // for the next case
		}
		l.mu.Unlock()
		l.land(agent, id)
		return &peer.Refusal{Status: 500, Why: err.Error()}
	}
	return nil
}

// swapKey keeps the Sec-WebSocket-Key of a case in flight and returns that of the case
// which began before it.
func (l *ledger) swapKey(agent, key string) (before string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.runs[agent]
	before, r.key = r.key, key
	return before
}

// land takes note that a case is over and its result, if there is one, stored.
func (l *ledger) land(agent, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.runs[agent]
	if r.flying[id]--; r.flying[id] == 0 {
		delete(r.flying, id)
	}
	r.landings++
	l.change()
}

// landings counts the cases that have ended for the agent. The caller holds the lock.
func (l *ledger) landings(agent string) int {
	if r := l.runs[agent]; r != nil {
		return r.landings
	}
	return 0
}

// isFlying reports whether the case, or with an empty id any, is in flight for
// the agent. The caller holds the lock.
func (l *ledger) isFlying(agent, id string) bool {
	r := l.runs[agent]
	return r != nil && (r.flying[id] > 0 || id == "" && len(r.flying) > 0)
}

// change wakes all that wait. The caller holds the lock.
func (l *ledger) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// await waits until cond, which is called with the lock held and must not take
// time, is true. It reports false where ctx ended before.
func (l *ledger) await(ctx context.Context, cond func() bool) bool {
	for {
		l.mu.Lock()
		ok, changed := cond(), l.changed
		l.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
