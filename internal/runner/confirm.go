// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/wirelog"
)

const (
	// brief is the time within which an attempt ends that rests on no patience of ours.
	brief = 500 * time.Millisecond
	// samples is how many cases have to come to the same alone as beside others until
	// their kind of deviation is clear.
	samples = 5
)

// confirm plays cases again that came to something else than OK beside others, each
// so that no other acts meanwhile.
//
// A peer may fail hundreds of cases, most of them with a second of waiting. So one
// case at a time acts, and the next begins when it is over or only waits; nothing
// that a peer says to a case which others may have disturbed counts against it. Cases
// that take their time are played until their kind of deviation is clear: where the
// first few of a kind come to the same as before, so will the rest, which say that.
func (s *schedule) confirm(ctx context.Context, plan []Planned, jobs int) error {
	first, rest := plan, []Planned(nil)
	if s.pace.Repeat <= 1 && s.pace.Retries == 0 {
		first, rest = s.sample(plan)
	}
	stage := newStage(s.play, jobs)
	disputed := map[string]bool{}
	again := func(ctx context.Context, c Planned) error {
		kind := deviation(s.spoilt(c))
		return s.complete(ctx, c, false, func(ctx context.Context, c Planned, _ func()) (report.Result, error) {
			r, err := stage.enter(ctx, c)
			if err == nil && deviation(r) != kind {
				s.mu.Lock()
				disputed[kind] = true
				s.mu.Unlock()
			}
			return r, err
		})
	}
	if err := s.slowAndBrief(ctx, first, jobs, again); err != nil {
		return err
	}
	var more []Planned
	for _, c := range rest {
		if disputed[deviation(s.spoilt(c))] {
			more = append(more, c)
		} else if err := s.accept(c); err != nil {
			return err
		}
	}
	return s.slowAndBrief(ctx, more, jobs, again)
}

// spoilt is the attempt at the case that load may have spoilt.
func (s *schedule) spoilt(c Planned) report.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.going[c.ID].spoilt
}

// sample returns the cases that are played again in any case, and the others.
func (s *schedule) sample(plan []Planned) (first, rest []Planned) {
	taken := map[string]int{}
	for _, c := range plan {
		r := s.spoilt(c)
		kind := deviation(r)
		if r.Took < brief || taken[kind] < samples {
			taken[kind]++
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	return first, rest
}

// slowAndBrief does something with each case: with those that soon end, in their order,
// and beside them with the others, of which most are waiting. There is always room for
// one that soon ended the last time, even where it waits now.
func (s *schedule) slowAndBrief(ctx context.Context, plan []Planned, jobs int, do func(context.Context, Planned) error) error {
	var slow, short []Planned
	for _, c := range plan {
		if s.spoilt(c).Took < brief {
			short = append(short, c)
		} else {
			slow = append(slow, c)
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, half := range []struct {
		plan []Planned
		jobs int
	}{{short, jobs}, {slow, jobs - 1}} {
		all.Go(func() {
			if err := s.atOnce(ctx, half.plan, half.jobs, do); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
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
	caution(&r, fmt.Sprintf("it ran beside other cases, and %d that failed like it beside others failed like it alone too", samples))
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

// stage lets one case act at a time.
type stage struct {
	play   PlayFunc
	acting chan struct{} // holds one
	seats  chan struct{} // of all that are on the stage
	solo   chan struct{} // holds one that waits for all seats
}

func newStage(play PlayFunc, seats int) *stage {
	return &stage{play: play, acting: make(chan struct{}, 1), seats: make(chan struct{}, seats), solo: make(chan struct{}, 1)}
}

// enter plays a case so that no other acts until it only waits. Where the peer said
// something to it after another had begun to act, and it is not as it should be, the
// case is played once more with no other there.
func (st *stage) enter(ctx context.Context, c Planned) (report.Result, error) {
	r, over, err := st.share(ctx, c)
	if err != nil || ctx.Err() != nil || r.Passed() || over == 0 || !heardAfter(r.Log, over) {
		return r, err
	}
	return st.alone(ctx, c)
}

// share plays a case while others may wait. It returns when in the conversation the
// next was let onto the stage, 0 where not before the end.
func (st *stage) share(ctx context.Context, c Planned) (r report.Result, over time.Duration, err error) {
	if err := take(ctx, st.seats); err != nil {
		return r, 0, err
	}
	defer func() { <-st.seats }()
	if err := take(ctx, st.acting); err != nil {
		return r, 0, err
	}
	var left time.Time
	leave := sync.OnceFunc(func() { left = time.Now(); <-st.acting })
	quiet := leave
	if len(c.Turns) > 0 || c.Fresh || c.Want.Echoes > 0 || c.Has(conform.Paced) {
		quiet = nil // it acts again
	}
	r, err = st.play(ctx, c, quiet)
	ended := time.Now()
	leave()
	if err == nil && left.Before(ended) {
		over = max(left.Sub(r.Log.Start), 1)
	}
	return r, over, err
}

// alone plays a case with no other on the stage.
func (st *stage) alone(ctx context.Context, c Planned) (report.Result, error) {
	if err := take(ctx, st.solo); err != nil {
		return report.Result{}, err
	}
	defer func() { <-st.solo }()
	for range cap(st.seats) {
		if err := take(ctx, st.seats); err != nil {
			return report.Result{}, err
		}
		defer func() { <-st.seats }()
	}
	return st.play(ctx, c, nil)
}

// take puts something into a channel that bounds how many do something.
func take(ctx context.Context, bound chan struct{}) error {
	select {
	case bound <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// heardAfter reports whether a message, a Pong, or something that broke a rule came
// after so long.
func heardAfter(log *wirelog.Log, d time.Duration) bool {
	for _, r := range log.Records {
		if r.At < d {
			continue
		}
		switch {
		case r.Kind == wirelog.Violation, r.Kind == wirelog.Event && r.Type != wirelog.TimeoutEvent:
			return true
		}
	}
	return false
}
