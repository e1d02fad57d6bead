// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/ws"
)

// suspect is a conversation that showed something, and is to be looked at.
type suspect struct {
	c         *conversation.Conversation
	n         uint64 // its number
	violation model.Violation
	gone      bool          // the endpoint could not be reached behind it
	restless  bool          // its process did not rest behind it
	whole     bool          // there was no time to shrink it
	within    time.Duration // in which a process has to rest; 0 is restStir
	at        time.Duration
}

// alone reports whether nobody else may talk to the endpoint, who may be to blame.
func (s *suspect) alone() bool { return s.gone || s.restless }

// most is how long a suspect may be shrunk.
func (r *run) most(s suspect) time.Duration {
	switch {
	case s.restless:
		return restTime
	case r.shrinkOn.IsZero():
		return shrinkTime
	}
	return min(shrinkTime, time.Until(r.shrinkOn))
}

// until is what ends the looking at a suspect.
func (r *run) until(s suspect) context.Context {
	if s.restless {
		return r.ctx
	}
	return r.hunting
}

// hunt looks at suspects until none will come.
func (r *run) hunt() {
	quick, sure := r.player(r.First, true), r.player(r.Second, true)
	for {
		s, ok := r.pursuit.next()
		if !ok {
			return
		}
		if s.alone() {
			r.alone.Lock()
		}
		r.look(s, quick, sure)
		if s.alone() {
			r.alone.Unlock()
		}
		r.pursuit.mu.Lock()
		r.pursuit.going--
		enough := len(r.pursuit.found.Findings) >= r.Enough
		r.pursuit.mu.Unlock()
		if enough {
			r.guide.stop()
		}
	}
}

// Bounds of the shrinking of one finding.
const (
	maxReplays = 3000
	shrinkTime = 8 * time.Second
	restTime   = 30 * time.Second // of one where each play takes a look at the process
	tryQuickly = 3                // plays after which a suspect has not come again
)

// look plays a suspect again, shrinks and confirms it. Where there is no time to shrink it, it is
// confirmed as it is, unless the same sentence is known to be broken.
func (r *run) look(s suspect, quick, sure *player.Player) {
	ctx := r.until(s)
	small, came := r.smaller(ctx, s, quick)
	if !came {
		r.pursuit.absent(s)
		return
	}
	s.whole = r.most(s) <= 0 && small == s.c
	if s.whole && r.pursuit.knows(s.violation) {
		r.pursuit.leave(model.Should)
		return
	}
	var f Finding
	var ok bool
	if ctx.Err() == nil && !r.isLost() {
		f, ok = r.confirm(s, small.Clone(), sure)
		if !ok && small != s.c { // it was too hasty
			f, ok = r.confirm(s, s.c.Clone(), sure)
		}
	}
	switch {
	case ok:
		r.keep(f)
	case ctx.Err() != nil || r.isLost():
		r.pursuit.leave(s.violation.Level)
	default:
		r.pursuit.absent(s)
	}
}

// smaller is the shortest conversation found that shows the same as a suspect, and the suspect's
// own where there is no time. came is false where that has not come again.
func (r *run) smaller(ctx context.Context, s suspect, quick *player.Player) (c *conversation.Conversation, came bool) {
	tries := 0
	for !came {
		if ctx.Err() != nil || r.isLost() || r.most(s) <= 0 {
			return s.c, true
		}
		if tries++; tries > tryQuickly {
			return s.c, false
		}
		came = r.shows(quick, s, s.c)
	}
	if r.most(s) <= 0 {
		return s.c, true
	}
	// What came at once comes at once again; what is by chance is given as many chances.
	quick.Patience = hasty(r.First, quick.Pace(), s.violation.Level)
	defer func() { quick.Patience = r.First }()
	return shrink(s.c, maxReplays, r.most(s), func(c *conversation.Conversation) bool {
		for range tries {
			if ctx.Err() == nil && r.shows(quick, s, c) {
				return true
			}
		}
		return false
	}), true
}

// keep takes a finding, unless it says nothing new.
func (r *run) keep(f Finding) {
	p := &r.pursuit
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.found.Add(f) {
		return
	}
	if r.Found != nil {
		r.Found(f)
	}
}

// hasty is the patience for shrinking, where most plays show the finding, and many of
// these are silent. What is found by too little of it is not confirmed. Asking too soon
// does no harm where a MUST is broken: who had to fail the connection does not answer.
func hasty(p player.Patience, pace time.Duration, l model.Level) player.Patience {
	const moment = 2 * time.Millisecond
	nudge := moment + pace
	if l == model.Should {
		nudge *= 5
	}
	p.Nudge = min(p.Nudge, nudge)
	p.Owed = min(p.Owed, max(10*moment, 20*pace))
	return p
}

func (r *run) isLost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost != nil
}

// shows plays a conversation and reports whether the same sentence is broken.
func (r *run) shows(p *player.Player, s suspect, c *conversation.Conversation) bool {
	_, ok := r.violation(p, s, c)
	return ok
}

func (r *run) violation(p *player.Player, s suspect, c *conversation.Conversation) (model.Violation, bool) {
	r.replayed.Add(1)
	switch {
	case s.alone(): // as hunt has seen to
	case r.Jobs == 1:
		r.alone.Lock()
		defer r.alone.Unlock()
	default:
		r.alone.RLock()
		defer r.alone.RUnlock()
	}
	ctx := r.until(s)
	out := p.Play(ctx, c)
	if ctx.Err() != nil {
		return model.Violation{}, false
	}
	switch {
	case s.gone:
		return r.dead(ctx, p, out)
	case s.restless:
		return r.restless(cmp.Or(s.within, restStir))
	}
	for _, v := range out.Violations {
		if v.Requirement == s.violation.Requirement && v.Level == s.violation.Level {
			return v, true
		}
	}
	return model.Violation{}, false
}

// goneRule stands for the sentence that no specification has: an endpoint that one peer can
// end is no use to others.
const goneRule = "gone"

// dead reports whether the endpoint serves nobody any more, after a conversation. It may
// come back by itself, or somebody starts it again.
func (r *run) dead(ctx context.Context, p *player.Player, out *player.Outcome) (model.Violation, bool) {
	v := model.Violation{Requirement: goneRule, What: "a fresh connection afterwards was not served"}
	records := out.Records
	unreached := out.Unreached != nil
	for wait := time.Duration(0); !unreached && wait < 3*time.Millisecond; wait += time.Millisecond { // it may take a moment to die
		time.Sleep(wait)
		hello := &conversation.Conversation{Role: r.Role, Openings: []conversation.Opening{{}}}
		hello.Steps = []conversation.Step{{Frame: conversation.NewFrame(r.Role, ws.Text, "hello")}}
		again := p.Play(ctx, hello)
		unreached = again.Unreached != nil || again.Worst() != nil && again.Worst().Level == model.Must
	}
	if !unreached {
		return model.Violation{}, false
	}
	p.Restore(records)
	r.comesOrIsStarted(ctx)
	return v, ctx.Err() == nil
}

// confirm plays a shrunk conversation with more patience. Once is not enough, or what
// depends on chance would be told as if it did not.
func (r *run) confirm(s suspect, c *conversation.Conversation, sure *player.Player) (Finding, bool) {
	confirmed, plays := 0, 0
	s.within = restSoon
	var f Finding
	for ctx := r.until(s); confirmed < confirmations && plays-confirmed <= mostMisses && ctx.Err() == nil; {
		plays++
		v, ok := r.violation(sure, s, c)
		if !ok {
			continue
		}
		if confirmed++; confirmed == 1 {
			s.violation = v
			f = r.newFinding(s, c, sure.Outcome())
		}
	}
	if f.Confirmed, f.Plays = confirmed, plays; plays > confirmed && confirmed > 0 {
		f.Conversation.Found += fmt.Sprintf("; it came in %d of %d plays", confirmed, plays)
	}
	return f, confirmed == confirmations
}

// Shortest is the shortest conversation found that shows the same sentence broken. It is
// the given one where that does not show it at once.
func Shortest(ctx context.Context, p player.Peer, c *conversation.Conversation, v model.Violation) *conversation.Conversation {
	quick := player.Player{Peer: p, Patience: player.Quick()}
	quick.Play(ctx, c)
	quick.Patience = hasty(player.Quick(), quick.Pace(), v.Level)
	return shrink(c, maxReplays, shrinkTime, func(c *conversation.Conversation) bool {
		out := quick.Play(ctx, c)
		return slices.ContainsFunc(out.Violations, func(w model.Violation) bool { return w.Requirement == v.Requirement && w.Level == v.Level })
	})
}
