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
// first half, no agent gets more than half, and no address more than three quarters: so neither
// many streams nor many connections of one keep another out.
const (
	furtherShare = 2 // one in so many is for further requests of connections
	agentShare   = 2 // one in so many is out of reach for an agent that has the others
	hostShare    = 4 // and for a host
)

// holding is what somebody has of it.
type holding struct {
	seats  int // that have been admitted
	octets int64
	agents int // that it has brought
}

// household is what the connections from one address hold together.
type household struct {
	holding
	stalling int // seats in their handshake
}

// table is a connection. Over HTTP/2 and HTTP/3 it has many seats.
type table struct {
	holding
	host string
	own  *seat // of a connection that idles in between, of HTTP/2; nil for others
}

// seat is the place of a request, and of a connection of which none has come yet.
type seat struct {
	*table
	s        stream.Stream
	place    *list.Element // among those in their handshake; nil once past it or dropped
	refused  bool          // it has no more to wait for than to be read
	admitted bool
	name     string     // of who is behind it, at its host
	named    *holding   // what that one has, once it has been admitted
	house    *household // and its host
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
	dropped := l.stall(st)
	l.mu.Unlock()
	dropped.end()
	return st
}

// end ends what has been dropped, nil for nothing. Nobody holds the lock, as that takes time.
func (st *seat) end() {
	if st != nil {
		_ = st.s.Reset() // gone either way
	}
}

// stall puts a seat among those in their handshake. Where they are too many, the host that has
// the most loses one, which is returned, so that a flood makes room for itself. The caller
// holds the lock.
func (l *ledger) stall(st *seat) (dropped *seat) {
	if l.stalling.Len()+l.refused.Len() >= l.limits.Handshakes {
		dropped = l.weakest()
		l.unstall(dropped)
	}
	st.place = l.stalling.PushBack(st)
	l.householdOf(st.host).stalling++
	return dropped
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
	if st == nil || st.place == nil {
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

// admit lets a connection whose request is complete past the handshake, for who is called by
// a name at its host. It reports false where too many are there, or this one has been dropped.
func (l *ledger) admit(st *seat, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	name = st.host + " " + name
	named := cmp.Or(l.named[name], new(holding))
	most := int64(l.limits.Connections)
	if st.place == nil || !fits(int64(l.served), 1, most, st.seats > 0) || !may(int64(named.seats), int64(l.household(st.host).seats), 1, most) {
		return false
	}
	l.unstall(st)
	if st.own != nil {
		l.unstall(st.own)
	}
	l.served++
	st.seats++
	st.house = l.householdOf(st.host) // which stays while it has seats
	st.house.seats++
	st.name, st.named = name, named
	named.seats++
	l.named[name] = named
	st.admitted = true
	return true
}

// fits reports whether there is room for more of something, of which there is so much and some is
// taken, for a connection that has some already or not.
func fits(taken, more, most int64, further bool) bool {
	return taken+more <= most && (!further || taken+more <= most/furtherShare)
}

// may reports whether an agent and its host, which have some of what there is, may have more.
func may(agent, host, more, most int64) bool {
	return (agent == 0 || agent+more <= most-most/agentShare) && (host == 0 || host+more <= most-most/hostShare)
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
	case !fits(int64(known), 1, int64(most), st.table.agents > 0) || !may(0, int64(its), 1, int64(most)):
		return &peer.Refusal{Status: 507, Why: fmt.Sprintf("there are results of %d agents, %d of them from your address: no more are kept from there", known, its)}
	}
	st.table.agents++
	l.householdOf(st.host).agents++ // for good, as its results
	return nil
}

// leave gives up a seat.
func (l *ledger) leave(st *seat) {
	l.mu.Lock()
	dropped := l.vacate(st)
	l.mu.Unlock()
	dropped.end()
}

// vacate takes a seat away, which may cost one in its handshake, if the connection idles from now on.
// The caller holds the lock.
func (l *ledger) vacate(st *seat) (dropped *seat) {
	l.unstall(st)
	if st.own == st {
		st.own = nil // the connection is over
	}
	if !st.admitted {
		return nil
	}
	l.served--
	st.seats--
	st.house.seats--
	l.tidy(st.host)
	if st.named.seats--; st.named.seats == 0 {
		delete(l.named, st.name)
	}
	if st.seats == 0 && st.own != nil {
		return l.stall(st.own)
	}
	return nil
}

// wish is for octets.
type wish struct {
	*seat
	octets  int64
	granted chan struct{} // closed then
}

// ask wishes for memory for a case of the connection.
func (l *ledger) ask(st *seat, octets int64) *wish {
	w := &wish{st, min(octets, l.limits.Memory), make(chan struct{})} // what never fits runs alone
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wishes = append(l.wishes, w)
	l.grant()
	return w
}

// grant grants what wishes it can: that of the connection which has the least first, then
// that of the agent and of the host. What is too large for the moment is not overtaken by what is smaller. The
// caller holds the lock.
func (l *ledger) grant() {
	for {
		var next *wish
		for _, w := range l.wishes {
			most := l.limits.Memory
			if w.table.octets > 0 && !fits(l.reserved, w.octets, most, true) || !may(w.named.octets, w.house.octets, w.octets, most) {
				continue
			}
			if next == nil || w.compare(next) < 0 {
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

// compare is negative where a wish goes before the other, and positive where it goes behind it.
func (w *wish) compare(v *wish) int {
	return cmp.Or(cmp.Compare(w.table.octets, v.table.octets), cmp.Compare(w.named.octets, v.named.octets), cmp.Compare(w.house.octets, v.house.octets))
}

// account notes that a wish has been granted, or with what is negative that it is given back. The
// caller holds the lock.
func (l *ledger) account(w *wish, octets int64) {
	l.reserved += octets
	w.table.octets += octets
	w.named.octets += octets
	w.house.octets += octets
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
