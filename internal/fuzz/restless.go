// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/model"
)

// Whether the process of the endpoint rests is looked at while no connection is open. It is
// at rest once there is a window in which it wanted less than half a processor, whether it
// got it or had to wait for other work on the machine. So load cannot hide that it does not
// rest. What it still has to do behind many conversations cannot pass for that, as it has time
// to do it, and neither can many threads that wait long to do next to nothing.
const (
	restWindow = 100 * time.Millisecond
	restWanted = 0.5              // of one processor
	restRan    = 0.05             // of one processor, in all windows together
	restStir   = 3 * restWindow   // without rest: what has been found to be restless is so again
	restSoon   = 3 * time.Second  // without rest: a suspicion is confirmed
	restNever  = 10 * time.Second // without rest: it will not come
	restFirst  = 250 * time.Millisecond
	restEvery  = 5 * time.Second  // is between looks at most, and restFirst before the first; then twice as long each time
	restSearch = 20 * time.Second // for what gives a process that cannot be restarted still more to do
)

// CPU is what the threads of a process have had of the processors, and for how long they have
// waited for one.
type CPU struct{ Ran, Waited time.Duration }

// restlessRule stands for a sentence that no specification has.
const restlessRule = "restless"

// rest is what is known of whether the process rests.
type rest struct {
	mu     sync.Mutex
	spoken []spoken // since it was at rest
	times  int      // it was found restless
	blind  error    // why nobody looks

	starting sync.Mutex // held by who has it started again
}

// spoken is a conversation and its number.
type spoken struct {
	c *conversation.Conversation
	n uint64
}

// maxSpoken bounds the conversations of which one may be to blame.
const maxSpoken = 4096

// mostSearches bounds how often in a run it is found out what made the process restless. It
// takes a while, and as a rule it is the same.
const mostSearches = 3

// speak notes that a conversation has begun.
func (r *run) speak(n uint64, c *conversation.Conversation) {
	if r.CPU == nil {
		return
	}
	r.rest.mu.Lock()
	defer r.rest.mu.Unlock()
	if len(r.rest.spoken) == maxSpoken {
		r.rest.spoken = r.rest.spoken[:copy(r.rest.spoken, r.rest.spoken[maxSpoken/4:])]
	}
	r.rest.spoken = append(r.rest.spoken, spoken{c, n})
}

// window is how many processors the process wants and gets for a while. The clock is read
// before and behind its numbers, so that neither is overestimated.
func (r *run) window(ctx context.Context) (wanted float64, ran, took time.Duration, err error) {
	began := time.Now()
	before, err := r.CPU()
	if err != nil {
		return 0, 0, 0, err
	}
	select {
	case <-time.After(restWindow):
	case <-ctx.Done():
		return 0, 0, 0, ctx.Err()
	}
	after, err := r.CPU()
	if err != nil {
		return 0, 0, 0, err
	}
	ran, took = after.Ran-before.Ran, time.Since(began)
	return float64(ran+after.Waited-before.Waited) / float64(took), ran, took, nil
}

// rests reports whether the process comes to rest within a time, and if not, how many
// processors it wanted at least in each window.
func (r *run) rests(ctx context.Context, within time.Duration) (rests bool, least float64, err error) {
	least = math.Inf(1)
	var ran, took time.Duration
	for took < within {
		wanted, more, long, err := r.window(ctx)
		if err != nil {
			return false, 0, err
		}
		if wanted < restWanted {
			return true, wanted, nil
		}
		least = min(least, wanted)
		ran, took = ran+more, took+long
	}
	return float64(ran) < restRan*float64(took), least, nil
}

// errBusyBefore is why nobody looks whether a process rests that did not before.
var errBusyBefore = errors.New("it did not rest before the first conversation either")

// lookFirst looks before anybody has said anything.
func (r *run) lookFirst(ctx context.Context) {
	rests, _, err := r.rests(ctx, restSoon)
	if err == nil && !rests {
		err = errBusyBefore
	}
	if ctx.Err() == nil {
		r.rest.blind = err
	}
}

// lookForRest looks again and again, until the context ends.
func (r *run) lookForRest(ctx context.Context) {
	for wait := restFirst; ; wait = min(2*wait, restEvery) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		r.lookNow(ctx)
	}
}

// lookNow has everybody wait, and looks. Where the process does not rest, it finds out why.
func (r *run) lookNow(ctx context.Context) {
	r.alone.Lock()
	defer r.alone.Unlock()
	if r.rest.blind != nil || r.isLost() {
		return
	}
	rests, least, err := r.rests(ctx, restNever)
	if err != nil { // it is gone, which others notice, or there is no time left
		return
	}
	r.rest.mu.Lock()
	all := r.rest.spoken
	r.rest.spoken = nil
	if !rests && len(all) > 0 {
		r.rest.times++
	}
	times := r.rest.times
	r.rest.mu.Unlock()
	switch {
	case rests || len(all) == 0:
	case r.Restart == nil:
		r.giveUp(r.ctx, all, least)
	case r.startAgain(r.ctx) && times <= mostSearches:
		if s, ok := r.toBlame(r.ctx, all); ok {
			r.pursuit.add(suspect{c: s.c, n: s.n, restless: true, at: time.Since(r.began)})
		}
	}
}

// giveUp ends the run: a process that has something else to do is not worth going on with.
func (r *run) giveUp(ctx context.Context, all []spoken, level float64) {
	gone := r.narrowed(ctx, all, level)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost != nil {
		return
	}
	r.lost = fmt.Errorf("the process of the endpoint does not rest: %v after the last conversation it still keeps %.1f processors busy", restNever, level)
	for _, s := range gone[max(0, len(gone)-keptRecent):] {
		r.gone = append(r.gone, s.c)
	}
	r.cancel()
}

// narrowed looks which conversations give a process that does not rest still more to do: first
// which few, and then which one. They are all where nothing shows, as where the process uses
// no more threads.
func (r *run) narrowed(ctx context.Context, all []spoken, level float64) []spoken {
	p := r.player(r.First, false)
	end := time.Now().Add(restSearch)
	for _, few := range []int{8, 1} {
		for at := 0; ; at += few {
			if at >= len(all) || time.Now().After(end) || ctx.Err() != nil {
				return all
			}
			some := all[at:min(at+few, len(all))]
			for _, s := range some {
				r.replayed.Add(1)
				p.Play(ctx, s.c)
			}
			if _, now, err := r.rests(ctx, 2*restWindow); err == nil && now >= level+restWanted {
				all, level = some, now
				break
			}
		}
	}
	return all
}

// startAgain has the endpoint started again, and waits for it.
func (r *run) startAgain(ctx context.Context) bool {
	return r.Restart(ctx) == nil && r.comes(ctx)
}

// comesOrIsStarted waits for an endpoint that could not be reached, and has it started again if
// somebody can.
func (r *run) comesOrIsStarted(ctx context.Context) bool {
	r.rest.starting.Lock()
	defer r.rest.starting.Unlock()
	if s, err := r.Peer.Connect(ctx); err == nil {
		_ = s.Close()
		return true
	}
	if r.Restart != nil && ctx.Err() == nil {
		_ = r.Restart(ctx) // whether it has helped shows
	}
	return r.comes(ctx)
}

// comes waits for an endpoint that is away.
func (r *run) comes(ctx context.Context) bool {
	for end := time.Now().Add(r.Away); time.Now().Before(end) && ctx.Err() == nil; {
		s, err := r.Peer.Connect(ctx)
		if err == nil {
			_ = s.Close()
			return true
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return false
}

// toBlame is the conversation among some behind which the process does not rest. ok is false
// where that does not come again. It takes as many restarts as there are halves.
func (r *run) toBlame(ctx context.Context, all []spoken) (one spoken, ok bool) {
	p := r.player(r.First, false)
	stirred := func(some []spoken) bool {
		for _, s := range some {
			r.replayed.Add(1)
			p.Play(ctx, s.c)
		}
		return r.stirred(ctx, restStir)
	}
	if !stirred(all) {
		return one, false
	}
	for len(all) > 1 && ctx.Err() == nil {
		half := len(all) / 2
		if stirred(all[:half]) {
			all = all[:half]
		} else {
			all = all[half:]
		}
	}
	return all[0], ctx.Err() == nil
}

// stirred reports whether the process does not rest within a time. If so, it is started again.
func (r *run) stirred(ctx context.Context, within time.Duration) bool {
	rests, _, err := r.rests(ctx, within)
	if rests || err != nil {
		return false
	}
	return r.startAgain(ctx)
}

// restless reports whether the process does not rest behind a conversation that was played.
func (r *run) restless(within time.Duration) (model.Violation, bool) {
	if !r.stirred(r.ctx, within) {
		return model.Violation{}, false
	}
	return model.Violation{Requirement: restlessRule, What: fmt.Sprintf("%v after the end of the conversation, its process had not rested", within)}, r.ctx.Err() == nil
}
