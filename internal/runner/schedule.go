// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// PlayFunc plays one case. A *Fault costs that case; any other error ends the run.
type PlayFunc func(ctx context.Context, c Planned) (report.Result, error)

// Faults is the error of a run in which we were at fault: all cases but these
// were played.
type Faults []*Fault

func (f Faults) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v, and in %d more cases", f[0], len(f)-1)
}

// Schedule plays the plan with up to jobs cases at a time. Cases tagged serial
// run with no other beside them, after the rest. Where several ran at once, a
// case whose verdict load may have spoilt is played again alone, and only that
// verdict counts. done is told of each result that counts, from one goroutine at
// a time, and its error ends the run too.
//
// Where a run ends early because the peer is lost, results that were to be had
// again count as they are: they may be all there is of what it died of. Where the
// context ended it they do not.
func Schedule(ctx context.Context, plan []Planned, jobs int, play PlayFunc, done func(report.Result) error) error {
	s := &schedule{play: play, done: done, spoilt: map[string]report.Result{}}
	err := s.run(ctx, plan, jobs)
	if err != nil && ctx.Err() == nil && !s.deaf {
		err = errors.Join(err, s.settle(plan))
	}
	if len(s.faults) > 0 {
		err = errors.Join(err, s.faults)
	}
	return err
}

// schedule is a run of a plan.
type schedule struct {
	play PlayFunc
	done func(report.Result) error

	mu     sync.Mutex
	spoilt map[string]report.Result // those to be had again, by case
	faults Faults
	deaf   bool // done failed
}

func (s *schedule) run(ctx context.Context, plan []Planned, jobs int) error {
	if jobs <= 1 {
		return s.inTurn(ctx, plan)
	}
	var together, rest []Planned
	for _, c := range plan {
		if c.Has(conform.Serial) {
			rest = append(rest, c)
		} else {
			together = append(together, c)
		}
	}
	// Cases with waits begin first: the others run meanwhile.
	slices.SortStableFunc(together, func(a, b Planned) int { return rank(a) - rank(b) })
	if err := s.atOnce(ctx, together, jobs); err != nil {
		return err
	}
	for _, c := range together {
		if _, again := s.spoilt[c.ID]; again {
			rest = append(rest, c)
		}
	}
	slices.SortStableFunc(rest, func(a, b Planned) int { return a.Number - b.Number })
	return s.inTurn(ctx, rest)
}

func rank(c Planned) int {
	if c.Has(conform.Paced) {
		return 0
	}
	return 1
}

// inTurn plays the plan one case at a time.
func (s *schedule) inTurn(ctx context.Context, plan []Planned) error {
	for _, c := range plan {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r, err := s.play(ctx, c)
		if ctx.Err() != nil {
			return context.Cause(ctx) // the case was cut short: it proves nothing
		}
		if err := s.take(c, r, err, false); err != nil {
			return err
		}
	}
	return nil
}

// atOnce plays the plan with jobs workers.
func (s *schedule) atOnce(ctx context.Context, plan []Planned, jobs int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan Planned)
	var workers sync.WaitGroup
	for range min(jobs, len(plan)) {
		workers.Go(func() {
			for c := range next {
				r, err := s.play(ctx, c)
				if ctx.Err() != nil {
					continue
				}
				if err := s.take(c, r, err, true); err != nil {
					stop(err)
				}
			}
		})
	}
feed:
	for _, c := range plan {
		select {
		case next <- c:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}

// take takes what playing a case came to. The error ends the run.
func (s *schedule) take(c Planned, r report.Result, err error, loaded bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, again := s.spoilt[c.ID]
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		delete(s.spoilt, c.ID)
		s.faults = append(s.faults, fault)
		return nil
	case err != nil:
		return err
	case loaded && mayBeSpoilt(r):
		s.spoilt[c.ID] = r
		return nil
	case again:
		delete(s.spoilt, c.ID)
		r.Earlier = append(r.Earlier, report.Attempt{Verdict: first.Verdict, Took: first.Took, Why: "it ran beside other cases"})
	}
	return s.tell(r)
}

func (s *schedule) tell(r report.Result) error {
	err := s.done(r)
	s.deaf = s.deaf || err != nil
	return err
}

// settle tells of the results that cannot be had again.
func (s *schedule) settle(plan []Planned) error {
	for _, c := range plan {
		if r, ok := s.spoilt[c.ID]; ok {
			if err := s.tell(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayBeSpoilt reports whether the verdict may be owed to load: anything but OK,
// except what a second look would not change: the peer demonstrably did nothing
// for a whole wait of the case, or broke in its answer to the handshake what was
// offered.
func mayBeSpoilt(r report.Result) bool {
	if r.Passed() {
		return false
	}
	if len(r.Log.Compression.Broken) > 0 && r.Log.Echo.Matched == r.Want.Echoes && r.Verdict.Close == verdict.OK {
		return false
	}
	if r.Verdict.Behavior == verdict.NonStrict && r.Verdict.Close == verdict.OK {
		return !slices.ContainsFunc(r.Log.Events(), func(e wirelog.Record) bool { return e.Type == wirelog.TimeoutEvent })
	}
	return true
}
