// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/ws"
)

// An echo sends messages and times what comes back: at a rate, whatever the answers do (the
// open model), or the next on a connection when one has been answered (the closed model).
type echo struct {
	run *run
	payloads
	inFlight int // of the closed model; 0 is the open one

	conns    []*conn
	measured time.Duration // messages due before are not measured
	number   atomic.Uint64 // of messages
	stopped  atomic.Bool   // nothing more is sent
	waiting  atomic.Int64  // messages without an answer
	nudge    chan struct{} // something has ended
}

// outstanding are the messages of a connection that have no answer yet, in the order in
// which the answers have to come.
type outstanding struct {
	queue []sent
	head  int
	late  int // messages that we have given up waiting for: they may still be answered
}

// sent is a message on its way.
type sent struct {
	due, at    time.Duration // from the beginning: when it was to be sent, and when it was
	from, size int32         // in the block
}

func (o *outstanding) push(m sent) { o.queue = append(o.queue, m) }

func (o *outstanding) pop() (m sent, ok bool) {
	if o == nil || o.head == len(o.queue) {
		return sent{}, false
	}
	m = o.queue[o.head]
	if o.head++; o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
	} else if o.head > 64 && o.head > len(o.queue)/2 {
		o.queue, o.head = append(o.queue[:0], o.queue[o.head:]...), 0
	}
	return m, true
}

func (o *outstanding) len() int {
	if o == nil {
		return 0
	}
	return len(o.queue) - o.head
}

func newEcho(r *run) *echo {
	e := &echo{run: r, payloads: newPayloads(r.plan), nudge: make(chan struct{}, 1)}
	if r.plan.Rate == 0 {
		e.inFlight = max(r.plan.InFlight, 1)
	}
	return e
}

// main sends for as long as the plan says, and waits for the answers.
func (e *echo) main() {
	r := e.run
	r.mu.Lock()
	for c := range r.open {
		e.conns = append(e.conns, c)
	}
	r.mu.Unlock()
	slices.SortFunc(e.conns, func(a, b *conn) int { return cmp.Compare(a.number, b.number) })
	now := r.tally.now()
	begin := now - r.since
	end := begin + time.Duration(r.plan.Duration)
	e.measured = begin + time.Duration(r.plan.Warmup)
	switch {
	case now >= end: // nothing is left of the time
	case e.inFlight > 0:
		for _, c := range e.conns {
			for range e.inFlight {
				now := r.tally.now()
				e.send(c, now, now)
			}
		}
		e.awaitUntil(end, func() bool { return e.waiting.Load() == 0 })
	default:
		e.pace(begin, end)
	}
	e.stopped.Store(true)
	e.awaitUntil(r.tally.now()+time.Duration(r.plan.Timeout), func() bool { return e.waiting.Load() == 0 })
	e.giveUp()
}

// pace sends at the rate of the plan.
func (e *echo) pace(begin, end time.Duration) {
	r := e.run
	p := newPacer(r)
	defer p.end()
	live := slices.Clone(e.conns)
	next := 0
	for m := r.Part + r.Parts*Share(DueBefore(r.plan.Rate, r.since), r.Part, r.Parts); ; m += r.Parts {
		at := begin + due(r.plan.Rate, m)
		if at >= end {
			p.until(end)
			return
		}
		if len(live) == 0 { // the rest at once: there is nothing to wait for
			left := int64(0)
			for k := m; begin+due(r.plan.Rate, k) < end; k += r.Parts {
				if begin+due(r.plan.Rate, k) >= e.measured {
					left++
				}
			}
			e.unsent(m, left, "no connection left")
			return
		}
		if !p.until(at) {
			return
		}
		measured := int64(0)
		if at >= e.measured {
			measured = 1
		}
		for len(live) > 0 {
			next %= len(live)
			err := e.send(live[next], at, r.tally.now())
			if err == nil {
				next++
				break
			}
			if err != errGone {
				e.unsent(m, measured, err.Error())
				next++
				break
			}
			if live = slices.Delete(live, next, next+1); len(live) == 0 {
				e.unsent(m, measured, "no connection left")
			}
		}
	}
}

// due is when a message of the whole plan is to be sent, from the first on.
func due(rate float64, m int) time.Duration {
	return time.Duration(float64(m) / rate * float64(time.Second))
}

// DueBefore is how many messages of the whole plan, at a rate a second, are to be sent before a moment from the first on.
func DueBefore(rate float64, t time.Duration) int {
	if t <= 0 {
		return 0
	}
	n := int(math.Ceil(rate * t.Seconds()))
	for n > 0 && due(rate, n-1) >= t { // fractions are binary
		n--
	}
	for due(rate, n) < t {
		n++
	}
	return n
}

// ToSend is how many messages of the open model are a part's, of so many, those left out that are not measured.
func ToSend(p load.Plan, part, parts int) int64 {
	if p.Rate == 0 {
		return 0
	}
	before := func(d load.Duration) int { return Share(DueBefore(p.Rate, time.Duration(d)), part, parts) }
	return int64(before(p.Duration) - before(p.Warmup))
}

func (e *echo) unsent(shard int, n int64, why string) {
	if n == 0 {
		return
	}
	e.run.tally.count(shard, e.run.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		s.Unsent += n
		slot.Failed += n
		s.Fail("not sent: "+why, n, "")
	})
}

// send sends the next message.
func (e *echo) send(c *conn, due, now time.Duration) error {
	from, size := e.piece(e.number.Add(1) - 1)
	c.mu.Lock()
	if c.echo == nil {
		c.echo = new(outstanding)
	}
	if c.ended {
		c.mu.Unlock()
		return errGone
	}
	c.echo.push(sent{due, now, int32(from), int32(size)}) // the answer may come before Send returns
	e.waiting.Add(1)
	err := sendable(c.wire.Load().Send(e.opcode, e.block[from:from+size]))
	if err != nil {
		c.echo.queue = c.echo.queue[:len(c.echo.queue)-1]
		e.waiting.Add(-1)
	}
	if err == nil && due >= e.measured { // before its answer can be counted: nobody ever sees one more answer than messages
		e.run.tally.count(c.number, now, func(s *stats.Snapshot, slot *stats.Slot) { s.Sent++; slot.Sent++ })
	}
	c.mu.Unlock()
	return err
}

func (e *echo) opened(*conn) {}

// received is an answer.
func (e *echo) received(c *conn, opcode ws.Opcode, payload []byte) {
	now := e.run.tally.now()
	c.mu.Lock()
	m, asked := c.echo.pop()
	late := !asked && c.echo != nil && c.echo.late > 0
	if late {
		c.echo.late--
	}
	c.mu.Unlock()
	if late {
		return // it counts as missing
	}
	if !asked {
		e.wrong(c, now, "a message that nobody asked for")
		return
	}
	right := e.compare(c, m, now, opcode, payload)
	switch {
	case m.due < e.measured:
	case right:
		e.answered(c, m, now, len(payload))
	default: // the message has no right answer, and its wrong one is counted
		e.run.tally.count(c.number, now, func(s *stats.Snapshot, _ *stats.Slot) { s.Missing++ })
	}
	if e.inFlight > 0 && !e.stopped.Load() {
		now = e.run.tally.now()
		_ = e.send(c, now, now) // if the connection is gone, Closed says so
	}
	if e.waiting.Add(-1) == 0 {
		e.ended()
	}
}

// compare reports whether an answer is what was sent, and counts it as wrong if it is not.
func (e *echo) compare(c *conn, m sent, now time.Duration, opcode ws.Opcode, payload []byte) bool {
	want := e.block[m.from : m.from+m.size]
	switch {
	case opcode != e.opcode:
		e.wrong(c, now, fmt.Sprintf("%v as the answer to %v", opcode, e.opcode))
	case len(payload) != len(want):
		e.wrong(c, now, fmt.Sprintf("%d octets as the answer to %d", len(payload), len(want)))
	case e.run.plan.Verify && !bytes.Equal(payload, want):
		at := 0
		for payload[at] == want[at] {
			at++
		}
		e.wrong(c, now, fmt.Sprintf("octet %d of %d is 0x%02x, sent was 0x%02x", at+1, len(want), payload[at], want[at]))
	default:
		return true
	}
	return false
}

// answered takes note of the right answer.
func (e *echo) answered(c *conn, m sent, now time.Duration, octets int) {
	e.run.tally.count(c.number, now, func(s *stats.Snapshot, slot *stats.Slot) {
		came(s, slot, octets, now-m.due)
		if e.inFlight == 0 {
			s.Record(stats.Service, now-m.at)
		}
	})
}

func (e *echo) wrong(c *conn, now time.Duration, what string) {
	e.run.tally.count(c.number, now, func(s *stats.Snapshot, slot *stats.Slot) {
		s.Wrong++
		slot.Failed++
		s.Fail("wrong answer", 1, what)
	})
}

// closed is the end of a connection: what has no answer will get none.
func (e *echo) closed(c *conn) {
	c.mu.Lock()
	left := c.echo.len()
	measured := e.forget(c)
	c.ended = true
	c.mu.Unlock()
	e.missing(c, measured, "no answer: the connection ended")
	if e.waiting.Add(-int64(left)) == 0 {
		e.ended()
	}
}

// forget empties the queue of a connection, and returns how many of the messages in it
// were to be measured.
func (e *echo) forget(c *conn) (measured int64) {
	for m, ok := c.echo.pop(); ok; m, ok = c.echo.pop() {
		if m.due >= e.measured {
			measured++
		}
	}
	return measured
}

func (e *echo) missing(c *conn, n int64, why string) {
	if n == 0 {
		return
	}
	e.run.tally.count(c.number, e.run.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		s.Missing += n
		slot.Failed += n
		s.Fail(why, n, "")
	})
}

// giveUp counts what has not been answered by the end.
func (e *echo) giveUp() {
	for _, c := range e.conns {
		c.mu.Lock()
		left := c.echo.len()
		measured := e.forget(c)
		if c.echo != nil {
			c.echo.late = left
		}
		c.mu.Unlock()
		e.waiting.Add(-int64(left))
		why := load.Unanswered(time.Duration(e.run.plan.Timeout))
		if e.run.ctx.Err() != nil {
			why = "no answer: the run was stopped"
		}
		e.missing(c, measured, why)
	}
}

// ended has awaitUntil look.
func (e *echo) ended() {
	select {
	case e.nudge <- struct{}{}:
	default:
	}
}

// awaitUntil waits for a moment of the run, or until it is over early, or the context
// has ended.
func (e *echo) awaitUntil(t time.Duration, over func() bool) {
	timer := time.NewTimer(max(t-e.run.tally.now(), 0))
	defer timer.Stop()
	for !over() {
		select {
		case <-timer.C:
			return
		case <-e.nudge:
		case <-e.run.ctx.Done():
			return
		}
	}
}
