// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
)

// A ring has the connections in the order in which they are to be pinged next. As all wait
// for the same time, whoever comes last is always last.
type ring struct {
	mu    sync.Mutex
	queue []turn
	head  int
}

type turn struct {
	conn *conn
	due  time.Time
}

func (q *ring) push(c *conn, due time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, turn{c, due})
}

// pop returns the next whose time has come; otherwise when that will be, which is the zero
// Time if there is none.
func (q *ring) pop(now time.Time) (c *conn, due time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.queue) {
		return nil, time.Time{}, false
	}
	t := q.queue[q.head]
	if t.due.After(now) {
		return nil, t.due, false
	}
	q.queue[q.head] = turn{}
	if q.head++; q.head > len(q.queue)/2 {
		q.queue = append(q.queue[:0], q.queue[q.head:]...)
		q.head = 0
	}
	return t.conn, t.due, true
}

// pinged is how many octets our Pings have: the time at which they were sent.
const pinged = 8

// ping pings each connection at the interval of the plan, until we close them.
func (r *run) ping(ctx context.Context) {
	interval := time.Duration(r.plan.Ping)
	for ctx.Err() == nil {
		c, due, ok := r.ring.pop(time.Now())
		if !ok {
			pause := interval
			if !due.IsZero() {
				pause = time.Until(due)
			}
			rest(ctx, pause)
			continue
		}
		now := r.tally.now()
		var payload [pinged]byte
		binary.BigEndian.PutUint64(payload[:], uint64(now))
		if c.wire.Load().Ping(payload[:]) != nil {
			continue // gone
		}
		r.tally.count(c.number, now, func(s *stats.Snapshot, _ *stats.Slot) { s.Pings++ })
		r.ring.push(c, due.Add(interval))
	}
}

// Pong is called by wire.
func (c *conn) Pong(_ *wire.Conn, payload []byte) {
	if len(payload) != pinged {
		return // nobody asked for it
	}
	t := c.run.tally
	sent, now := time.Duration(binary.BigEndian.Uint64(payload)), t.now()
	if sent < 0 || sent > now {
		return
	}
	t.count(c.number, now, func(s *stats.Snapshot, _ *stats.Slot) {
		s.Pongs++
		s.Record(stats.Ping, now-sent)
	})
}
