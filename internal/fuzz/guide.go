// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"context"
	"slices"
	"sync"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
)

// guide hands out numbers of conversations and remembers those that showed something new,
// from which later ones are drawn.
//
// Conversations are played side by side, and still what is drawn depends on nothing but
// the seed and on what came back: those of a round know what the rounds have shown that
// are more than ahead before it, in the order of their numbers. So nobody waits for a
// conversation that takes longer, such as one with a pause, but those of a later round.
type guide struct {
	runs uint64 // how many there are to be; 0 is no bound

	mu      sync.Mutex
	merged  *sync.Cond
	next    uint64
	rounds  map[uint64]*round
	done    uint64 // rounds that are merged
	seen    map[player.Mark]struct{}
	order   []player.Mark                // in which they were seen
	known   []*conversation.Conversation // replaced, not changed
	entered int                          // conversations that ever were known
	knownAt map[uint64][]*conversation.Conversation
	stopped bool
}

// Bounds of what is remembered, and the size of a round.
const (
	roundSize = 128
	ahead     = 8 // rounds that may be played while an earlier one is not over
	maxKnown  = 2048
	maxSeen   = 1 << 18
)

// round is what its conversations have shown, as far as it was not known.
type round struct {
	left  int
	shown [roundSize]shown
}

type shown struct {
	c        *conversation.Conversation
	marks    []player.Mark
	counters bool // of the endpoint, too
}

// counterWeight is how many times as often a conversation is drawn from that has reached new
// counters of the endpoint: these are few, and say more than marks.
const counterWeight = 64

func newGuide(runs uint64) *guide {
	g := &guide{runs: runs, rounds: map[uint64]*round{}, seen: map[player.Mark]struct{}{}, knownAt: map[uint64][]*conversation.Conversation{}}
	g.merged = sync.NewCond(&g.mu)
	return g
}

// take returns the next number, and what its conversation may be drawn from. ok is false
// where there is none left.
func (g *guide) take() (n uint64, known []*conversation.Conversation, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped || g.runs > 0 && g.next == g.runs {
		return 0, nil, false
	}
	n = g.next
	g.next++
	r := n / roundSize
	if g.rounds[r] == nil {
		g.rounds[r] = &round{left: roundSize}
	}
	for r > g.done+ahead && !g.stopped {
		g.merged.Wait()
	}
	if g.stopped {
		return 0, nil, false
	}
	if r < ahead {
		return n, nil, true
	}
	return n, g.knownAt[r-ahead], true
}

// played takes what the conversation of a number has shown, and which counters of the endpoint
// it has reached that nobody had.
func (g *guide) played(n uint64, c *conversation.Conversation, marks, counters []player.Mark) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.rounds[n/roundSize]
	var fresh []player.Mark
	for _, m := range marks {
		if _, has := g.seen[m]; !has {
			fresh = append(fresh, m)
		}
	}
	if fresh != nil || counters != nil {
		r.shown[n%roundSize] = shown{c, fresh, counters != nil}
	}
	r.left--
	for g.rounds[g.done] != nil && g.rounds[g.done].left == 0 {
		g.merge(g.rounds[g.done])
		delete(g.rounds, g.done)
		g.done++
		g.knownAt[g.done] = g.known
		delete(g.knownAt, g.done-ahead-1)
		g.merged.Broadcast()
	}
}

// merge adds to what is known what a round has shown.
func (g *guide) merge(r *round) {
	var add []*conversation.Conversation
	for i := range r.shown {
		s := &r.shown[i]
		fresh := false
		for _, m := range s.marks {
			if _, has := g.seen[m]; !has && len(g.seen) < maxSeen {
				g.seen[m] = struct{}{}
				g.order = append(g.order, m)
				fresh = true
			}
		}
		switch {
		case s.c == nil || !worthKeeping(s.c):
		case s.counters:
			add = append(add, slices.Repeat([]*conversation.Conversation{s.c}, counterWeight)...)
		case fresh:
			add = append(add, s.c)
		}
	}
	if add == nil {
		return
	}
	g.entered += len(add)
	all := append(append([]*conversation.Conversation(nil), g.known...), add...)
	if over := len(all) - maxKnown; over > 0 { // the earliest are the simplest to draw again
		all = all[over:]
	}
	g.known = all
}

// worthKeeping reports whether changed copies of a conversation would be cheap to play.
func worthKeeping(c *conversation.Conversation) bool {
	const most = 64 << 10
	octets := 0
	for i := range c.Steps {
		octets += c.Steps[i].Frame.Len()*max(1, c.Steps[i].Frame.Times) + len(c.Steps[i].Octets)
	}
	return octets <= most && len(c.Steps) <= 64
}

// stop has take return nothing more.
func (g *guide) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	g.merged.Broadcast()
}

// stopWith stops when the context ends.
func (g *guide) stopWith(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, g.stop)
}

// marks are those seen, but for the first so many.
func (g *guide) marks(from int) []player.Mark {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.order[min(from, len(g.order)):])
}

// counts is how many conversations were handed out, marks seen and conversations known.
func (g *guide) counts() (played uint64, marks, known int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.next, len(g.seen), len(g.known)
}
