// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"

	"github.com/wsspec/wsspec/internal/capture"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// unit is an HTTP head or a frame: its beginning, and how many octets more it has.
type unit struct {
	known []byte
	more  int
	key   [4]byte // with which they are masked, zero where they are not
	phase int     // where in it they begin
}

func (u unit) size() int { return len(u.known) + u.more }

// queue is what one side sent, as far as the log knows.
type queue struct {
	units []unit
	pos   int // octets of the first one that were taken
}

func (q *queue) add(head []byte) {
	if len(head) > 0 {
		q.units = append(q.units, unit{known: head})
	}
}

func (q *queue) addFrame(f wirelog.Frame) {
	u := unit{known: f.Header.Append(nil), more: f.Payload.Len - len(f.Payload.Head), phase: len(f.Payload.Head) & 3}
	payload := bytes.Clone(f.Payload.Head)
	if f.Masked {
		u.key = f.Key
		ws.Mask(f.Key, 0, payload)
	}
	u.known = append(u.known, payload...)
	q.units = append(q.units, u)
}

// begins reports whether a read or write can be the next octets.
func (q *queue) begins(p wirelog.Payload) bool {
	octets, gaps, ok := q.peek(len(p.Head))
	return ok && len(gaps) == 0 && bytes.Equal(octets, p.Head)
}

// maxLost is how many units may be passed over to find what a read or write began with.
const maxLost = 64

// take returns the octets of one read or write, of which the log has the first, and
// where nobody knows them. What was sent and is no head or frame is not in the queue.
func (q *queue) take(p wirelog.Payload) ([]byte, []capture.Gap) {
	before := *q
	for range maxLost {
		octets, gaps, ok := q.peek(min(len(p.Head), p.Len))
		if ok = ok && agree(octets, gaps, p.Head); ok {
			octets, gaps, ok = q.peek(p.Len)
		}
		if ok {
			q.skip(p.Len)
			copy(octets, p.Head)
			return octets, without(gaps, len(p.Head))
		}
		if len(q.units) == 0 {
			break
		}
		q.units, q.pos = q.units[1:], 0
	}
	*q = before
	octets := make([]byte, p.Len)
	n := copy(octets, p.Head)
	return octets, without([]capture.Gap{{From: 0, Len: p.Len}}, n)
}

// peek returns the next n octets, and reports whether there are so many.
func (q *queue) peek(n int) (octets []byte, gaps []capture.Gap, ok bool) {
	octets = make([]byte, 0, n)
	pos := q.pos
	for _, u := range q.units {
		if pos < len(u.known) {
			part := u.known[pos:]
			part = part[:min(len(part), n-len(octets))]
			octets = append(octets, part...)
			pos += len(part)
		}
		if more := min(u.size()-pos, n-len(octets)); more > 0 {
			at := len(octets)
			gaps = append(gaps, capture.Gap{From: at, Len: more})
			octets = octets[:at+more]
			ws.Mask(u.key, u.phase+pos-len(u.known), octets[at:]) // of zeros
		}
		if len(octets) == n {
			return octets, gaps, true
		}
		pos = 0
	}
	return octets, gaps, n == len(octets)
}

// skip takes n octets off the queue.
func (q *queue) skip(n int) {
	q.pos += n
	for len(q.units) > 0 && q.pos >= q.units[0].size() {
		q.pos -= q.units[0].size()
		q.units = q.units[1:]
	}
}

// agree reports whether octets, but for the gaps, begin with head.
func agree(octets []byte, gaps []capture.Gap, head []byte) bool {
	if len(head) > len(octets) {
		return false
	}
	at := 0
	for _, g := range append(gaps, capture.Gap{From: len(head)}) {
		if to := min(g.From, len(head)); at < to && !bytes.Equal(octets[at:to], head[at:to]) {
			return false
		}
		at = g.From + g.Len
	}
	return true
}

// without returns the gaps behind the first n octets.
func without(gaps []capture.Gap, n int) []capture.Gap {
	var left []capture.Gap
	for _, g := range gaps {
		if from := max(g.From, n); from < g.From+g.Len {
			left = append(left, capture.Gap{From: from, Len: g.From + g.Len - from})
		}
	}
	return left
}
