// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/ws"
)

// A conn is one connection of the plan, through all its attempts: the Handler that wire
// tells of it.
type conn struct {
	run     *run
	number  int // in the whole plan, from 0
	attempt int // from 0
	opened  bool
	ending  bool                      // by us, in its turn; under the mutex of run
	wire    atomic.Pointer[wire.Conn] // once it is open

	mu    sync.Mutex
	echo  *outstanding // nil until a message was sent
	ended bool
}

// dial makes an attempt.
func (c *conn) dial() {
	again := c.attempt > 0
	c.run.tally.count(c.number, c.run.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		s.Attempts++
		if again {
			s.Retries++
			slot.Retried++
		}
	})
	c.run.dialer.Dial(c)
}

// Opened is called by wire.
func (c *conn) Opened(w *wire.Conn, o wire.Opening) {
	c.wire.Store(w)
	c.opened = true
	r := c.run
	r.tally.count(c.number, r.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		s.Opened++
		slot.Opened++
		s.Record(stats.TCP, o.TCP)
		if r.Target.TLS != nil {
			s.Record(stats.TLS, o.TLS)
		}
		s.Record(stats.Upgrade, o.Upgrade)
		open := o.TCP + o.TLS + o.Upgrade
		s.Record(stats.Open, open)
		if r.message == nil {
			slot.Record(open)
		}
	})
	r.mu.Lock()
	r.open[c] = struct{}{}
	closing := r.closing.Load()
	r.mu.Unlock()
	if closing { // it came too late
		w.Close(ws.NormalClosure, "")
	}
	if r.plan.Ping > 0 {
		r.ring.push(c, time.Now().Add(time.Duration(r.plan.Ping)))
	}
	if r.message != nil {
		r.message.opened(c)
	}
	r.settled()
}

// Message is called by wire.
func (c *conn) Message(_ *wire.Conn, opcode ws.Opcode, payload []byte) {
	if c.run.message != nil {
		c.run.message.received(c, opcode, payload)
	}
}

// Closed is called by wire.
func (c *conn) Closed(_ *wire.Conn, end wire.Closing) {
	if c.opened {
		c.gone(end)
		return
	}
	r := c.run
	if r.closing.Load() || r.ctx.Err() != nil && end.Cause == wire.Aborted { // we have not waited for it: that it failed is not said
		r.tally.note(func(s *stats.Snapshot) { s.Fail("being opened when the run was stopped", 1, "") })
		r.all.Done()
		return
	}
	last := c.attempt >= r.plan.Retries || r.ctx.Err() != nil
	r.tally.count(c.number, r.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		s.Fail(causeOf(end), 1, r.example(end))
		if last {
			s.Failed++
			slot.Failed++
		}
	})
	if last {
		r.settled()
		r.all.Done()
		return
	}
	c.attempt++
	r.all.Done() // until it is there again
	time.AfterFunc(time.Duration(r.plan.RetryDelay), func() {
		r.mu.Lock()
		over := r.closing.Load() || r.ctx.Err() != nil
		if !over {
			r.all.Add(1)
		}
		r.mu.Unlock()
		if !over {
			c.dial()
		}
	})
}

// gone is the end of a connection that was open.
func (c *conn) gone(end wire.Closing) {
	r := c.run
	r.mu.Lock()
	delete(r.open, c)
	// What the server did to an open connection counts, however long it then took to end TCP.
	broken := end.Phase == wire.InOpen && (end.Cause == wire.Protocol || end.Cause == wire.TooBig)
	ours, ending := r.closing.Load() && !broken, c.ending
	if r.closing.Load() && broken {
		r.held--
	}
	r.mu.Unlock()
	if ending {
		<-r.ending
	}
	if r.message != nil {
		r.message.closed(c)
	}
	r.tally.count(c.number, r.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		switch {
		case !ours:
			slot.Ended++ // what we close ourselves is no part of the picture
			s.Lost++
			s.Fail("lost: "+causeOf(end), 1, r.example(end))
		case end.Failed():
			s.Fail("closing: "+causeOf(end), 1, r.example(end))
		}
	})
	r.all.Done()
}

// causeOf names why a connection ended.
func causeOf(end wire.Closing) string {
	switch end.Cause {
	case wire.Status:
		return fmt.Sprintf("HTTP %d", end.Status)
	case wire.Timeout:
		return fmt.Sprintf("%v (%v)", end.Cause, end.Phase)
	case wire.ClosedByPeer:
		if end.Code != 0 && end.Code != ws.NoStatus {
			return fmt.Sprintf("%v %d", end.Cause, end.Code)
		}
	}
	return end.Cause.String()
}

// mostExample is how many octets of an example are kept.
const mostExample = 200

// example is what happened in words, safe to show.
func (r *run) example(end wire.Closing) string {
	s := visible.Text(end.String())
	if end.Cause == wire.Timeout && end.Err == nil && !(end.Phase == wire.InOpen || end.Phase == wire.InClosing) {
		s = fmt.Sprintf("no answer within %v", time.Duration(r.plan.Timeout))
	}
	if len(s) > mostExample {
		s = s[:mostExample] + "…"
	}
	return s
}
