// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"cmp"
	"container/list"
	"context"
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
)

// What is there for all clients is shared out as if each connection were a client. One that
// has something already, as those of HTTP/2 and HTTP/3 can have much, gets more only of the
// first half, and no address gets more than three quarters: so neither many streams nor many
// connections of one keep another out.
const (
	streamsShare = 2 // one in so many is for further requests of connections
	hostShare    = 4 // one in so many is out of reach for a host that has the others
)

// household is what the connections from one address hold together.
type household struct {
	stalling int // seats in their handshake
	seats    int // past it
	octets   int64
	agents   int // that it has brought
}

// table is a connection. Over HTTP/2 and HTTP/3 it has many seats.
type table struct {
	host   string
	own    *seat // of a connection that idles in between, of HTTP/2; nil for others
	seats  int   // that have been admitted
	octets int64 // that are reserved
	agents int   // that it has brought
}

// seat is the place of a request, and of a connection of which none has come yet.
type seat struct {
	*table
	s        stream.Stream
	place    *list.Element // among those in their handshake; nil once past it or dropped
	refused  bool          // it has no more to wait for than to be read
	admitted bool
}

// arrive seats a new connection at a table of its own. Where too many are in their
// handshake, one is dropped (see stall).
func (l *ledger) arrive(s stream.Stream) *seat {
	return l.join(&table{host: stream.Source(s.RemoteAddr())}, s)
}

// join seats a request at the table of its connection.
func (l *ledger) join(t *table, s stream.Stream) *seat {
	st := &seat{table: t, s: s}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stall(st)
	return st
}

// stall puts a seat among those in their handshake. Where they are too many, the host that has
// the most loses one, so that a flood makes room for itself. The caller holds the lock.
func (l *ledger) stall(st *seat) {
	if l.stalling.Len()+l.refused.Len() >= l.limits.Handshakes {
		if dropped := l.weakest(); dropped != nil {
			l.unstall(dropped)
			_ = dropped.s.Reset() // it is gone either way
		}
	}
	st.place = l.stalling.PushBack(st)
	l.householdOf(st.host).stalling++
}

// weakest is the seat in its handshake that goes first: of the host that has the most, the oldest of
// those that have their answer, or else of all. It is nil where there is none. The caller holds the lock.
func (l *ledger) weakest() *seat {
	most := 0
	for _, h := range l.hosts {
		most = max(most, h.stalling)
	}
	for _, seats := range []*list.List{&l.refused, &l.stalling} {
		for e := seats.Front(); e != nil; e = e.Next() {
			if st := e.Value.(*seat); l.household(st.host).stalling == most {
				return st
			}
		}
	}
	return nil
}

// unstall takes it from there. The caller holds the lock.
func (l *ledger) unstall(st *seat) {
	if st.place == nil {
		return
	}
	if st.refused {
		l.refused.Remove(st.place)
	} else {
		l.stalling.Remove(st.place)
	}
	st.place = nil
	l.householdOf(st.host).stalling--
	l.tidy(st.host)
}

// refuse notes that a seat in its handshake has got an HTTP error for an answer.
func (l *ledger) refuse(st *seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if st.place != nil && !st.refused {
		l.stalling.Remove(st.place)
		st.refused = true
		st.place = l.refused.PushBack(st)
	}
}

// keep has a connection that is past its handshake idle among those that are not, while no
// request on it is being served.
func (l *ledger) keep(st *seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	st.own = st
}

// admit lets a connection whose request is complete past the handshake. It
// reports false where too many are there, or this one has been dropped.
func (l *ledger) admit(st *seat) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := int64(l.limits.Connections)
	if st.place == nil || !fits(int64(l.served), 1, most, st.seats > 0, int64(l.household(st.host).seats)) {
		return false
	}
	l.unstall(st)
	if st.own != nil {
		l.unstall(st.own)
	}
	l.served++
	st.seats++
	l.householdOf(st.host).seats++
	st.admitted = true
	return true
}

// fits reports whether more of something may be given away, of which there is so much and
// some is taken: to a connection that has some already or not, from a host that has some.
func fits(taken, more, most int64, further bool, host int64) bool {
	if taken+more > most || further && taken+more > most/streamsShare {
		return false
	}
	return host == 0 || host+more <= most-most/hostShare
}

// household is what a host holds. The caller holds the lock.
func (l *ledger) household(host string) household {
	if h := l.hosts[host]; h != nil {
		return *h
	}
	return household{}
}

// householdOf is that of a host, to be changed. The caller holds the lock.
func (l *ledger) householdOf(host string) *household {
	h := l.hosts[host]
	if h == nil {
		h = new(household)
		l.hosts[host] = h
	}
	return h
}

// tidy forgets a host that holds nothing. The caller holds the lock.
func (l *ledger) tidy(host string) {
	if h := l.hosts[host]; h != nil && *h == (household{}) {
		delete(l.hosts, host)
	}
}

// bring has a connection bring an agent that is not known. The refusal says which bound stands
// against it. The caller holds the lock.
func (l *ledger) bring(st *seat) *peer.Refusal {
	most, known, its := l.limits.Agents, len(l.runs), l.household(st.host).agents
	switch {
	case known >= most:
		return &peer.Refusal{Status: 507, Why: fmt.Sprintf("there are results of %d agents: more are not kept", known)}
	case !fits(int64(known), 1, int64(most), st.table.agents > 0, int64(its)):
		return &peer.Refusal{Status: 507, Why: fmt.Sprintf("there are results of %d agents, %d of them from your address: no more are kept from there", known, its)}
	}
	st.table.agents++
	l.householdOf(st.host).agents++ // for good, as its results
	return nil
}

// leave gives up a seat.
func (l *ledger) leave(st *seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unstall(st)
	if st.own == st {
		st.own = nil // the connection is over
	}
	if !st.admitted {
		return
	}
	l.served--
	st.seats--
	l.hosts[st.host].seats--
	l.tidy(st.host)
	if st.seats == 0 && st.own != nil {
		l.stall(st.own)
	}
}

// wish is for octets.
type wish struct {
	*table
	octets  int64
	granted chan struct{} // closed then
}

// ask wishes for memory for a case of the connection.
func (l *ledger) ask(st *seat, octets int64) *wish {
	w := &wish{st.table, min(octets, l.limits.Memory), make(chan struct{})} // what never fits runs alone
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wishes = append(l.wishes, w)
	l.grant()
	return w
}

// grant grants what wishes it can: that of the connection which has the least first, then
// that of the host. What is too large for the moment is not overtaken by what is smaller. The
// caller holds the lock.
func (l *ledger) grant() {
	for {
		var next *wish
		for _, w := range l.wishes {
			h := l.household(w.host)
			if w.table.octets > 0 && !fits(l.reserved, w.octets, l.limits.Memory, true, h.octets) || !fits(0, w.octets, l.limits.Memory, false, h.octets) {
				continue
			}
			if next == nil || cmp.Or(cmp.Compare(w.table.octets, next.table.octets), cmp.Compare(h.octets, l.household(next.host).octets)) < 0 {
				next = w
			}
		}
		if next == nil || l.reserved+next.octets > l.limits.Memory {
			return
		}
		l.wishes = slices.DeleteFunc(l.wishes, func(w *wish) bool { return w == next })
		l.account(next, next.octets)
		close(next.granted)
	}
}

// account notes that a wish has been granted, or with what is negative that it is given back. The
// caller holds the lock.
func (l *ledger) account(w *wish, octets int64) {
	l.reserved += octets
	w.table.octets += octets
	l.householdOf(w.host).octets += octets
	l.tidy(w.host)
}

// granted reports whether a wish has been.
func (l *ledger) granted(w *wish) bool {
	select {
	case <-w.granted:
		return true
	default:
		return false
	}
}

// wait waits for a wish. It reports false where ctx ended before there was enough.
func (l *ledger) wait(ctx context.Context, w *wish) bool {
	select {
	case <-w.granted:
		return true
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.granted(w) { // at the last moment
		return true
	}
	l.wishes = slices.DeleteFunc(l.wishes, func(other *wish) bool { return other == w })
	l.grant() // it may have been in front of smaller ones
	return false
}

// restore gives back what was granted.
func (l *ledger) restore(w *wish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.account(w, -w.octets)
	l.grant()
}
