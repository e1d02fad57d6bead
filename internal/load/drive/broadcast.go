// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/ws"
)

// A broadcast has one connection send, and times when all others receive. The next one
// sends when the first is gone. Servers may put words around a message, and send others:
// ours are known by a mark in them, which has their number.
type broadcast struct {
	run *run
	payloads
	mark     []byte // before the number of each message
	measured time.Duration
	nudge    chan struct{}

	mu      sync.Mutex
	conns   []*conn // in order; where a connection stands here is its seat
	seats   map[*conn]int
	live    []bool            // by seat
	next    uint64            // number of the next message
	fans    map[uint64]*fan   // under way
	late    map[uint64][]bool // of messages that were given up: by seat, who may still get it
	senders []turns
}

// turns says that a seat sends all messages from a number on.
type turns struct {
	from uint64
	seat int
}

// A fan is one message on its way to many.
type fan struct {
	due  time.Duration
	want []bool          // by seat: who is still to receive it
	left int             // how many of these
	took []time.Duration // what it took to each who has
}

func newBroadcast(r *run) *broadcast {
	return &broadcast{
		run: r, payloads: newPayloads(r.plan), nudge: make(chan struct{}, 1), fans: map[uint64]*fan{}, late: map[uint64][]bool{}, seats: map[*conn]int{},
		mark: fmt.Appendf(nil, "wsspec-%016x-", mix(uint64(r.begin.UnixNano())^r.plan.Seed)),
	}
}

// message is the one with a number: the mark, and as much of the text as fits. One that is
// too short for the mark is longer than the plan says.
func (b *broadcast) message(number uint64) []byte {
	from, size := b.piece(number)
	text := slices.Clone(b.block[from : from+size])
	mark := strconv.AppendUint(slices.Clone(b.mark), number, 10)
	mark = append(mark, ' ')
	if len(text) < len(mark) {
		return mark
	}
	copy(text, mark)
	return text
}

// main sends for as long as the plan says, and waits for what is under way.
func (b *broadcast) main() {
	r := b.run
	begin := r.tally.now()
	end := begin + time.Duration(r.plan.Duration)
	b.measured = begin + time.Duration(r.plan.Warmup)
	b.seat()
	p := newPacer(r)
	defer p.end()
	for m := 0; ; m++ {
		at := begin + due(r.plan.Rate, m)
		if at >= end {
			p.until(end)
			break
		}
		if !p.until(at) {
			break
		}
		if why := b.send(at); why != "" && at >= b.measured {
			b.unsent(1, why)
		}
	}
	timer := time.NewTimer(time.Duration(r.plan.Timeout))
	defer timer.Stop()
	for b.underway() && r.ctx.Err() == nil {
		select {
		case <-timer.C:
			b.giveUp(fmt.Sprintf("%v after the last message", time.Duration(r.plan.Timeout)))
		case <-b.nudge:
		case <-r.ctx.Done():
		}
	}
	b.giveUp("the run was stopped")
}

// seat gives each connection that is open its place.
func (b *broadcast) seat() {
	b.run.mu.Lock()
	var conns []*conn
	for c := range b.run.open {
		conns = append(conns, c)
	}
	b.run.mu.Unlock()
	slices.SortFunc(conns, func(x, y *conn) int { return cmp.Compare(x.number, y.number) })
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns, b.live = conns, make([]bool, len(conns))
	for i, c := range conns {
		b.seats[c] = i
		c.mu.Lock()
		b.live[i] = !c.ended
		c.mu.Unlock()
	}
}

// send sends the next message by the first connection that is left, or says why it cannot.
func (b *broadcast) send(due time.Duration) (why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		i := slices.Index(b.live, true)
		if i < 0 {
			return "no connection left"
		}
		f := &fan{due: due, want: slices.Clone(b.live)}
		f.want[i] = false
		for _, w := range f.want {
			if w {
				f.left++
			}
		}
		if f.left == 0 {
			return "nobody left to receive it"
		}
		switch err := sendable(b.conns[i].wire.Load().Send(b.opcode, b.message(b.next))); err {
		case nil:
			b.fans[b.next] = f
			if n := len(b.senders); n == 0 || b.senders[n-1].seat != i {
				b.senders = append(b.senders, turns{b.next, i})
			}
			b.next++
			if due >= b.measured {
				b.run.tally.count(i, b.run.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) { s.Sent++; slot.Sent++ })
			}
			return ""
		case errGone:
			b.live[i] = false
		default:
			return err.Error()
		}
	}
}

func (b *broadcast) unsent(n int64, why string) {
	b.run.tally.count(0, b.run.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
		s.Unsent += n
		slot.Failed += n
		s.Fail("not sent: "+why, n, "")
	})
}

func (b *broadcast) opened(*conn) {}

// mostNumber is how many digits a number may have.
const mostNumber = 20

// number reads which of our messages it is, a number not yet sent where it cannot be told; ours is
// false for what has no mark.
func (b *broadcast) number(payload []byte) (number uint64, ours bool) {
	_, rest, ours := bytes.Cut(payload, b.mark)
	if !ours {
		return 0, false
	}
	digits, _, _ := bytes.Cut(rest[:min(len(rest), mostNumber+1)], []byte(" "))
	number, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return math.MaxUint64, true
	}
	return number, true
}

// received is a message that somebody has got.
func (b *broadcast) received(c *conn, opcode ws.Opcode, payload []byte) {
	number, ours := b.number(payload)
	if !ours {
		return // of others, or of the server itself
	}
	now := b.run.tally.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	seat, seated := b.seats[c]
	f := b.fans[number]
	switch {
	case number >= b.next || !seated:
		b.wrong(c, now, "a message that was not sent")
		return
	case b.sender(number) == seat:
		return // the server sends to all, whoever sent it included
	case f == nil && b.late[number] != nil && b.late[number][seat]:
		b.late[number][seat] = false // it counts as missing
		return
	case f == nil || !f.want[seat]:
		b.wrong(c, now, "a message for the second time")
		return
	}
	f.want[seat] = false
	if opcode != b.opcode {
		b.wrong(c, now, fmt.Sprintf("%v, sent as %v", opcode, b.opcode))
		b.missing(number, f, 1, "it came with another type")
		return
	}
	f.left--
	f.took = append(f.took, now-f.due)
	if f.due >= b.measured {
		b.run.tally.count(c.number, now, func(s *stats.Snapshot, slot *stats.Slot) {
			came(s, slot, len(payload), now-f.due)
		})
	}
	if f.left == 0 {
		b.over(number, f)
	}
}

func (b *broadcast) wrong(c *conn, now time.Duration, what string) {
	b.run.tally.count(c.number, now, func(s *stats.Snapshot, slot *stats.Slot) {
		s.Wrong++
		slot.Failed++
		s.Fail("wrong message", 1, what)
	})
}

// sender is the seat that has sent a message.
func (b *broadcast) sender(number uint64) int {
	for _, t := range slices.Backward(b.senders) {
		if t.from <= number {
			return t.seat
		}
	}
	return -1
}

// over is the end of a message that all have, or will never have.
func (b *broadcast) over(number uint64, f *fan) {
	delete(b.fans, number)
	if len(b.fans) == 0 {
		select {
		case b.nudge <- struct{}{}:
		default:
		}
	}
	if n := len(f.took); n > 0 && f.due >= b.measured {
		slices.Sort(f.took)
		b.run.tally.note(func(s *stats.Snapshot) {
			s.Record(stats.First, f.took[0])
			s.Record(stats.Median, f.took[(n-1)/2])
			s.Record(stats.Last, f.took[n-1])
		})
	}
}

func (b *broadcast) underway() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.fans) > 0
}

// closed is the end of a connection, which will receive nothing more.
func (b *broadcast) closed(c *conn) {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	seat, seated := b.seats[c]
	if !seated {
		return
	}
	b.live[seat] = false
	for number, f := range b.fans {
		if f.want[seat] {
			f.want[seat] = false
			b.missing(number, f, 1, "the connection ended")
		}
	}
}

// giveUp counts what has not been received by now.
func (b *broadcast) giveUp(why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for number, f := range b.fans {
		b.late[number], f.want = f.want, make([]bool, len(f.want))
		b.missing(number, f, f.left, why)
	}
}

// missing takes note that n more will never receive a message.
func (b *broadcast) missing(number uint64, f *fan, n int, why string) {
	f.left -= n
	if f.due >= b.measured {
		b.run.tally.count(0, b.run.tally.now(), func(s *stats.Snapshot, slot *stats.Slot) {
			s.Missing += int64(n)
			slot.Failed += int64(n)
			s.Fail("not received: "+why, int64(n), "")
		})
	}
	if f.left == 0 {
		b.over(number, f)
	}
}
