// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// unpaced is how many connections are opened at a time where they are to be opened as fast
// as possible and the plan does not say otherwise. More fill the server's backlog, and what
// does not fit in there waits for a second.
const unpaced = 128

// ramp begins to open our connections, each at its time.
func (r *run) ramp() {
	first, step := r.Part, r.Parts
	total := Share(r.plan.Connections, first, step)
	r.pending.Store(int64(total))
	if total == 0 {
		close(r.ramped)
		return
	}
	opening := r.plan.Opening
	if opening == 0 && r.plan.ConnectRate == 0 && r.plan.Batch == 0 {
		opening = unpaced
	}
	if opening > 0 {
		r.slots = make(chan struct{}, max((opening+step-1)/step, 1))
	}
	r.all.Add(total)
	go func() {
		for i := range total {
			n := first + i*step
			if !r.until(r.From+r.due(n)) || !r.slot() {
				r.forget(total - i)
				return
			}
			(&conn{run: r, number: n}).dial()
		}
	}()
}

// Share is how many of n are those of one part, of so many.
func Share(n, part, parts int) int {
	if n <= part {
		return 0
	}
	return (n - part + parts - 1) / parts
}

// due is when a connection of the whole plan is to be opened.
func (r *run) due(n int) time.Duration {
	switch {
	case r.plan.Batch > 0:
		return time.Duration(n/r.plan.Batch) * time.Duration(r.plan.BatchDelay)
	case r.plan.ConnectRate > 0:
		return time.Duration(float64(n) / r.plan.ConnectRate * float64(time.Second))
	}
	return 0
}

// until waits for a moment of the run. It reports false where the context has ended.
func (r *run) until(t time.Duration) bool {
	r.rest(t - r.tally.now())
	return r.ctx.Err() == nil
}

// slot waits until one more connection may be opening.
func (r *run) slot() bool {
	if r.slots == nil {
		return true
	}
	select {
	case r.slots <- struct{}{}:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// settled takes note that a connection has been opened or given up.
func (r *run) settled() {
	if r.slots != nil {
		<-r.slots
	}
	if r.pending.Add(-1) == 0 {
		close(r.ramped)
	}
}

// forget takes note that the last n connections will never be.
func (r *run) forget(n int) {
	r.tally.note(func(s *stats.Snapshot) { s.Fail("not begun when the run was stopped", int64(n), "") })
	r.all.Add(-n)
}
