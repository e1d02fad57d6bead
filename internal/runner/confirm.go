// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
)

const (
	// brief is the time within which an attempt ends that rests on no patience of ours.
	brief = 500 * time.Millisecond
	// samples is how many cases have to come to the same alone as beside others until
	// their kind of deviation is clear.
	samples = 5
)

// confirm plays the cases again that come, which came to something else than OK beside
// others, each so that no other acts meanwhile.
//
// A peer may fail hundreds of cases, most of them with a second of waiting. So one
// case at a time acts, and the next begins when it is over or only waits; nothing
// that a peer says to a case which others may have disturbed counts against it. Cases
// that take their time are played until their kind of deviation is clear: where the
// first few of a kind come to the same as before, so will the rest, which say that.
func (s *schedule) confirm(ctx context.Context, st *stage, come <-chan Planned, jobs int) error {
	c := &confirming{schedule: s, on: st, jobs: jobs, disputed: map[string]bool{}}
	var rest []Planned
	first := make(chan Planned, cap(come))
	var choose sync.WaitGroup
	choose.Go(func() { rest = s.sample(come, first) })
	err := c.all(ctx, first)
	choose.Wait()
	if err != nil {
		return err
	}
	more := make(chan Planned, len(rest))
	for _, k := range rest {
		if c.disputed[deviation(*s.spoilt(k))] {
			more <- k
		} else if err := s.accept(k); err != nil {
			return err
		}
	}
	close(more)
	return c.all(ctx, more)
}

// confirming plays cases again.
type confirming struct {
	*schedule
	on   *stage
	jobs int

	disputed map[string]bool // kinds of deviation of which a case came to something else
	heard    []Planned       // cases whose peer said something while they waited and others acted
}

// all plays the cases that come again. Those to whom the peer said something while others
// acted are had once more, with none there but their like, for as long as that makes
// them fewer; and those that are left, each alone.
func (c *confirming) all(ctx context.Context, come <-chan Planned) error {
	play := c.on.singly
	for before := math.MaxInt; ; {
		if err := c.slowAndBrief(ctx, come, c.jobs, func(ctx context.Context, k Planned) error {
			err := c.again(ctx, k, play)
			if errors.Is(err, errHeard) {
				c.mu.Lock()
				c.heard = append(c.heard, k)
				c.mu.Unlock()
				return nil
			}
			return err
		}); err != nil {
			return err
		}
		if len(c.heard) == 0 {
			return nil
		}
		if len(c.heard) >= before {
			play = c.on.alone
		}
		before = len(c.heard)
		more := make(chan Planned, len(c.heard))
		for _, k := range c.heard {
			more <- k
		}
		close(more)
		come, c.heard = more, nil
	}
}

// again completes the attempts at a case, and takes note if it comes to something else
// than beside others.
func (c *confirming) again(ctx context.Context, k Planned, play PlayFunc) error {
	kind := deviation(*c.spoilt(k))
	return c.complete(ctx, k, false, func(ctx context.Context, k Planned, _ Acting) (report.Result, error) {
		r, err := play(ctx, k, nil)
		if err == nil && deviation(r) != kind {
			c.mu.Lock()
			c.disputed[kind] = true
			c.mu.Unlock()
		}
		return r, err
	})
}

// spoilt is the attempt at the case that load may have spoilt, nil where there is none.
func (s *schedule) spoilt(c Planned) *report.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.going[c.ID]; g != nil {
		return g.spoilt
	}
	return nil
}

// sample hands on, of the cases that come, those that are played again in any case, and
// returns the others once all have come.
func (s *schedule) sample(come <-chan Planned, first chan<- Planned) (rest []Planned) {
	defer close(first)
	taken := map[string]int{}
	all := s.pace.Repeat > 1 || s.pace.Retries > 0
	for c := range come {
		r := s.spoilt(c)
		kind := deviation(*r)
		if all || r.Took < brief || taken[kind] < samples {
			taken[kind]++
			first <- c
		} else {
			rest = append(rest, c)
		}
	}
	return rest
}

// slowAndBrief does something with each case that comes, with as many at a time as there
// are jobs: with those that take long as soon as they come, since most of them wait, and
// with those that soon end meanwhile.
func (s *schedule) slowAndBrief(ctx context.Context, come <-chan Planned, jobs int, do func(context.Context, Planned) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	slow, short := make(chan Planned, cap(come)), make(chan Planned, cap(come))
	var all sync.WaitGroup
	all.Go(func() {
		defer close(slow)
		defer close(short)
		for c := range come {
			if s.spoilt(c).Took < brief {
				short <- c
			} else {
				slow <- c
			}
		}
	})
	for i := range jobs {
		next := func() (Planned, bool) { return either(slow, short) }
		if i%reserve == 0 { // for those that soon end, or the slow ones may keep them waiting
			next = func() (Planned, bool) { return oneThenOther(short, slow) }
		}
		all.Go(func() {
			for c, ok := next(); ok; c, ok = next() {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, c); err != nil {
					stop(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// reserve is how many jobs there are to one that takes slow cases only when there are no
// others.
const reserve = 4

// oneThenOther receives from the first channel until it is closed, and then from the
// second. It returns false once both are.
func oneThenOther(first, second <-chan Planned) (c Planned, ok bool) {
	if c, ok = <-first; !ok {
		c, ok = <-second
	}
	return c, ok
}

// either receives from the first channel if there is something in it, and from whichever
// of the two has something otherwise. It returns false once both are closed.
func either(first, second <-chan Planned) (c Planned, ok bool) {
	select {
	case c, ok = <-first:
	default:
		select {
		case c, ok = <-first:
		case c, ok = <-second:
		}
	}
	if !ok { // one of them is closed
		return oneThenOther(first, second)
	}
	return c, ok
}

// accept has the attempt beside others count.
func (s *schedule) accept(c Planned) error {
	s.mu.Lock()
	g := s.going[c.ID]
	s.pace.Add(&g.Tries, *g.spoilt)
	if s.pace.Played != nil {
		s.pace.Played(*g.spoilt)
	}
	delete(s.going, c.ID)
	s.mu.Unlock()
	r := g.Result()
	caution(&r, fmt.Sprintf("it ran beside other cases; %d that failed the same way beside others did so alone too", samples))
	return s.tell(r)
}

// deviation is the kind of what is wrong: where, the grades, and the reasons without
// their figures.
func deviation(r report.Result) string {
	plain := func(s string) string {
		b := []byte(s)
		for i, c := range b {
			if c >= '0' && c <= '9' {
				b[i] = '0'
			}
		}
		return string(b)
	}
	v := r.Verdict
	return fmt.Sprintf("%s %s %s %s %s", conform.Category(r.ID), v.Behavior, v.Close, plain(v.Result), plain(v.CloseResult))
}
