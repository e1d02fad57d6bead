// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"slices"

	"github.com/wsspec/wsspec/internal/wirelog"
)

// follower compares events with an outcome as they come. Optional events make it a
// small automaton: at is the set of positions in the outcome that may be next.
type follower struct {
	Outcome
	at []int
}

func follow(o Outcome) *follower {
	f := &follower{Outcome: o}
	f.reach(0)
	return f
}

// reach adds a position and those behind optional events.
func (f *follower) reach(i int) {
	for ; ; i++ {
		if n := len(f.at); n == 0 || f.at[n-1] < i {
			f.at = append(f.at, i)
		}
		if i == len(f.Events) || f.Events[i].Times == Once {
			return
		}
	}
}

// next takes an event and reports whether the outcome may still be met.
func (f *follower) next(got wirelog.Record) bool {
	if f.AndMore && f.done() {
		return true
	}
	before := f.at
	f.at = nil
	for _, i := range before {
		if i == len(f.Events) || !f.Events[i].matches(got) {
			continue
		}
		if f.Events[i].Times == Often {
			f.reach(i)
		} else {
			f.reach(i + 1)
		}
	}
	return len(f.at) > 0
}

func (f *follower) all(got []wirelog.Record) bool {
	for _, r := range got {
		if !f.next(r) {
			return false
		}
	}
	return true
}

// done reports whether all that the outcome wants has come.
func (f *follower) done() bool {
	return len(f.at) > 0 && f.at[len(f.at)-1] == len(f.Events)
}

// Follower follows a conversation while it goes on, to tell when there is nothing
// left to wait for.
type Follower struct {
	followers []*follower
	seen      int
	byRFC     bool
}

// Follow begins to follow a conversation that the want is about.
func (w Want) Follow() *Follower {
	f := &Follower{byRFC: w.ByRFC}
	for _, o := range w.Outcomes {
		f.followers = append(f.followers, follow(o))
	}
	return f
}

// Next takes what has come since the last call; all are the events so far.
func (f *Follower) Next(all []wirelog.Record) {
	for ; f.seen < len(all); f.seen++ {
		if f.byRFC && unaskedPong(all[f.seen]) {
			continue
		}
		for _, o := range f.followers {
			o.next(all[f.seen])
		}
	}
}

// Spoiler is the place of the first event after which no outcome of the want can be
// met any more, -1 where there is none.
func (w Want) Spoiler(got []wirelog.Record) int {
	f := w.Follow()
	for i := range got {
		if f.Next(got[:i+1]); f.Hopeless() {
			return i
		}
	}
	return -1
}

// Hopeless reports whether no outcome can be met any more.
func (f *Follower) Hopeless() bool {
	for _, o := range f.followers {
		if len(o.at) > 0 {
			return false
		}
	}
	return true
}

// Complete reports whether the best outcome that can still be met is, but for the end
// of a connection that we are to close, and none hopes for more.
func (f *Follower) Complete() bool {
	any := false
	for _, o := range f.followers {
		switch {
		case len(o.at) == 0: // it cannot be met any more
		case o.AndMore && o.done():
			return true
		case !o.done() && !o.awaitsClose():
			return false
		default:
			any = true
		}
	}
	return any
}

// awaitsClose reports whether what the outcome wants next is the answer to our Close.
func (f *follower) awaitsClose() bool {
	return slices.ContainsFunc(f.at, func(i int) bool { return i < len(f.Events) && f.Events[i].Reply })
}
