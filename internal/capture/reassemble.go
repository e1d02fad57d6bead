// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Bounds of what is kept while a file is read.
const (
	maxConns   = 1 << 12  // connections at once
	maxWaiting = 4 << 20  // octets of one direction that came before those they follow
	maxAll     = 64 << 20 // and of all connections
	pieceCost  = 64       // charged for a piece beside its octets
)

// key names a connection, whichever side a packet is from.
type key struct{ low, high netip.AddrPort }

func keyOf(a, b netip.AddrPort) key {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return key{a, b}
}

// table has the connections of a file.
type table struct {
	open    func(Conn) Listener
	conns   map[key]*conn
	order   []key // in which they were opened; some may be gone
	waiting int   // octets that wait for others
	counts  Counts
}

// conn is a connection that is being read.
type conn struct {
	Conn
	listener Listener
	halves   [2]half
	last     time.Time // of the last packet
	done     bool
}

// half is one direction.
type half struct {
	started bool
	next    uint32  // the sequence number of what comes next
	pieces  []piece // that came too early, in order
	held    int     // what they cost
	fin     bool
	finSeq  uint32
	ended   bool
}

// piece is a run of octets, or one of which is known only how long it is.
type piece struct {
	seq  uint32
	data []byte
	gone int // octets that are missing, where there are no data
}

func (p piece) size() int { return len(p.data) + p.gone }

func (t *table) packet(p packet) {
	s, ok, fragment := decode(p)
	switch {
	case fragment:
		t.counts.Fragments++
	case !ok:
		t.counts.Other++
	default:
		t.segment(s)
	}
}

func (t *table) segment(s segment) {
	k := keyOf(s.from, s.to)
	c := t.conns[k]
	if c != nil && s.syn && !s.ask && (c.done || s.seq+1 != c.half(s.from).next && c.half(s.from).started) {
		t.end(c) // the ports are used again
		c = nil
	}
	if c == nil {
		if !s.syn && len(s.data) == 0 {
			return // what is left of a connection that ended before
		}
		c = t.begin(k, s)
	}
	if c.done {
		return
	}
	c.last = s.at
	from := c.side(s.from)
	h := &c.halves[from]
	if s.syn {
		s.seq++
	}
	if !h.started {
		h.started, h.next = true, s.seq
	}
	if s.ask {
		t.acknowledged(c, 1-from, s.ack, s.at)
	}
	for _, text := range s.comments {
		if _, _, ours := parseGap(text); !ours {
			c.listener.Comment(from, s.at, text)
		}
	}
	for _, p := range s.pieces() {
		t.put(c, from, p, s.at)
	}
	if s.fin && !h.fin {
		h.fin, h.finSeq = true, s.seq+uint32(len(s.data)+s.missing)
	}
	if s.rst {
		t.skip(c, from, s.at)
		h.end(c, from, s.at, true)
		t.end(c)
		return
	}
	t.settle(c, from, s.at)
	if c.halves[0].ended && c.halves[1].ended {
		t.end(c)
	}
}

// begin opens a connection of which this is the first packet.
func (t *table) begin(k key, s segment) *conn {
	if len(t.conns) >= maxConns || len(t.order) >= 4*maxConns {
		t.makeRoom()
	}
	t.counts.Connections++
	c := &conn{Conn: Conn{Number: t.counts.Connections, Client: s.from, Server: s.to, Began: s.at, Whole: s.syn}}
	beginning := string(s.data[:min(len(s.data), 5)])
	switch {
	case s.syn && s.ask, !s.syn && beginning == "HTTP/", !s.syn && !strings.HasPrefix(beginning, "GET ") && s.from.Port() < s.to.Port():
		c.Client, c.Server = s.to, s.from
	}
	c.listener = t.open(c.Conn)
	t.conns[k] = c
	t.order = append(t.order, k)
	return c
}

// makeRoom forgets connections that are over, and gives the oldest ones up where that
// is not enough.
func (t *table) makeRoom() {
	seen := map[key]bool{}
	t.order = slices.DeleteFunc(t.order, func(k key) bool {
		c := t.conns[k]
		if c != nil && c.done {
			delete(t.conns, k)
		}
		again := seen[k]
		seen[k] = true
		return again || c == nil || c.done
	})
	if len(t.conns) < maxConns {
		return
	}
	const oldest = maxConns / 8
	for _, k := range t.order[:oldest] {
		t.counts.GivenUp++
		t.end(t.conns[k])
		delete(t.conns, k)
	}
	t.order = t.order[oldest:]
}

func (c *conn) side(from netip.AddrPort) Side {
	if from == c.Client {
		return Client
	}
	return Server
}

func (c *conn) half(from netip.AddrPort) *half { return &c.halves[c.side(from)] }

// pieces are the octets of a segment, cut where a comment of ours says that zeros
// stand for octets that nobody has.
func (s segment) pieces() []piece {
	var all []piece
	pos := 0
	for _, text := range s.comments {
		from, n, ok := parseGap(text)
		if !ok || from < pos || n <= 0 || n > len(s.data)-from {
			continue
		}
		all = append(all, piece{seq: s.seq + uint32(pos), data: s.data[pos:from]}, piece{seq: s.seq + uint32(from), gone: n})
		pos = from + n
	}
	all = append(all, piece{seq: s.seq + uint32(pos), data: s.data[pos:]}, piece{seq: s.seq + uint32(len(s.data)), gone: s.missing})
	return slices.DeleteFunc(all, func(p piece) bool { return p.size() == 0 })
}

// put takes a piece: it is next, or old, or has to wait.
func (t *table) put(c *conn, from Side, p piece, at time.Time) {
	h := &c.halves[from]
	if int32(p.seq-h.next) <= 0 {
		h.deliver(c, from, p, at)
		return
	}
	cost := p.size() + pieceCost
	if p.gone > 0 {
		cost = pieceCost
	}
	if h.held+cost > maxWaiting || t.waiting+cost > maxAll {
		t.skip(c, from, at) // what they wait for does not come any more
		if int32(p.seq-h.next) > 0 {
			h.missing(c, from, p.seq, at)
		}
		h.deliver(c, from, p, at)
		return
	}
	p.data = slices.Clone(p.data)
	i, _ := slices.BinarySearchFunc(h.pieces, p, func(a, b piece) int { return int(int32(a.seq - b.seq)) })
	h.pieces = slices.Insert(h.pieces, i, p)
	h.held += cost
	t.waiting += cost
}

// deliver hands on what of a piece is new.
func (h *half) deliver(c *conn, from Side, p piece, at time.Time) {
	old := int(int32(h.next - p.seq))
	switch {
	case old >= p.size() || h.ended:
	case p.gone > 0:
		h.missing(c, from, p.seq+uint32(p.gone), at)
	default:
		c.listener.Octets(from, at, p.data[old:])
		h.next = p.seq + uint32(len(p.data))
	}
}

// missing skips what is missing before a sequence number.
func (h *half) missing(c *conn, from Side, until uint32, at time.Time) {
	c.listener.Missing(from, at, int64(until-h.next))
	h.next = until
}

// settle hands on what no longer waits, and the end.
func (t *table) settle(c *conn, from Side, at time.Time) {
	h := &c.halves[from]
	n := 0
	for n < len(h.pieces) && int32(h.pieces[n].seq-h.next) <= 0 {
		h.deliver(c, from, h.pieces[n], at)
		n++
	}
	t.drop(h, n)
	if h.fin && int32(h.next-h.finSeq) >= 0 {
		h.end(c, from, at, false)
	}
}

// drop forgets the first pieces.
func (t *table) drop(h *half, n int) {
	for _, p := range h.pieces[:n] {
		h.held -= len(p.data) + pieceCost
		t.waiting -= len(p.data) + pieceCost
	}
	clear(h.pieces[:n])
	h.pieces = h.pieces[n:]
}

// skip hands on all that waits, with what is missing between.
func (t *table) skip(c *conn, from Side, at time.Time) {
	h := &c.halves[from]
	for _, p := range h.pieces {
		if int32(p.seq-h.next) > 0 {
			h.missing(c, from, p.seq, at)
		}
		h.deliver(c, from, p, at)
	}
	t.drop(h, len(h.pieces))
}

// acknowledged takes note that one side has what the other side sent up to a sequence
// number: where something waits for octets before that, those were never captured.
func (t *table) acknowledged(c *conn, sender Side, ack uint32, at time.Time) {
	h := &c.halves[sender]
	for len(h.pieces) > 0 && int32(ack-h.pieces[0].seq) > 0 && int32(h.pieces[0].seq-h.next) > 0 {
		h.missing(c, sender, h.pieces[0].seq, at)
		t.settle(c, sender, at)
	}
}

func (h *half) end(c *conn, from Side, at time.Time, reset bool) {
	if !h.ended {
		h.ended = true
		c.listener.End(from, at, reset)
	}
}

// end tells that nothing more comes on a connection, after what still waits.
func (t *table) end(c *conn) {
	if c.done {
		return
	}
	for side := range Side(2) {
		t.skip(c, side, c.last)
	}
	c.done = true
	c.listener.Done()
}

// finish ends the connections that are left, in order.
func (t *table) finish() {
	for _, k := range t.order {
		if c := t.conns[k]; c != nil {
			t.end(c)
		}
	}
}
