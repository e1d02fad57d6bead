// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// PlayFunc plays one case. A *Fault costs that case; any other error ends the run.
// Where acting is not nil, it is told when the case only waits.
type PlayFunc func(ctx context.Context, c Planned, acting Acting) (report.Result, error)

// Faults is the error of a run in which we were at fault: all cases but these
// were played.
type Faults []*Fault

func (f Faults) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v, and in %d more cases", f[0], len(f)-1)
}

// Schedule plays the plan at the pace. Cases tagged serial run with no other
// beside them, after the rest. Where several ran at once, an attempt whose verdict
// load may have spoilt does not count, and the case goes on with no other that acts:
// see confirmation. done is told of each result once its attempts are complete, from
// one goroutine at a time, and its error ends the run too.
//
// Where a run ends early, cases of which some attempts are made count with those,
// if there is nothing else with those that load may have spoilt, and say so.
func Schedule(ctx context.Context, plan []Planned, pace Pace, play PlayFunc, done func(report.Result) error) error {
	s := &schedule{pace: pace, play: play, done: done, going: map[string]*going{}}
	var told sync.WaitGroup
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if pace.Jobs > 1 {
		// Keeping a result takes about as long as a case: nobody waits for it.
		s.results = make(chan report.Result, pace.Jobs)
		told.Go(func() { s.tellAll(stop) })
	}
	err := s.run(running, plan, pace.Jobs)
	if err != nil {
		why := "the peer was lost"
		if ctx.Err() != nil {
			why = "the run was stopped"
		}
		err = errors.Join(err, s.settle(plan, why))
	}
	if s.results != nil {
		close(s.results)
		told.Wait()
		if err == nil {
			err = s.denied
		}
	}
	if len(s.faults) > 0 {
		err = errors.Join(err, s.faults)
	}
	return err
}

// schedule is a run of a plan.
type schedule struct {
	pace Pace
	play PlayFunc
	done func(report.Result) error

	results chan report.Result // on their way to done; nil where each is told at once
	denied  error              // of done

	mu     sync.Mutex
	going  map[string]*going // by case
	faults Faults
}

// going is a case whose attempts are not complete.
type going struct {
	report.Tries
	spoilt *report.Result // the last attempt, where load may have spoilt it
	wrong  bool           // it is no matter of time
}

func (s *schedule) run(ctx context.Context, plan []Planned, jobs int) error {
	if jobs <= 1 {
		return s.inTurn(ctx, plan)
	}
	var together, serial []Planned
	for _, c := range plan {
		if c.Has(conform.Serial) {
			serial = append(serial, c)
		} else {
			together = append(together, c)
		}
	}
	if len(together) < 2 { // nothing runs beside it
		return s.inTurn(ctx, plan)
	}
	// Cases with waits begin first: the others run meanwhile.
	slices.SortStableFunc(together, func(a, b Planned) int { return rank(a) - rank(b) })
	if err := s.sideBySide(ctx, together, jobs); err != nil {
		return err
	}
	return s.inTurn(ctx, serial)
}

// sideBySide plays the plan with several cases at a time, and what load may have spoilt
// again. That begins once all cases have begun, and those of them that still act are over:
// by then most of the others wait for something that hardly ever comes.
func (s *schedule) sideBySide(ctx context.Context, plan []Planned, jobs int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	st := newStage(s.play, jobs)
	spoilt, begun := make(chan Planned, len(plan)), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		defer close(spoilt)
		if err := s.atOnce(ctx, plan, jobs, begun, func(ctx context.Context, c Planned) error {
			err := s.complete(ctx, c, true, st.beside)
			if s.spoilt(c) != nil {
				spoilt <- c
			}
			return err
		}); err != nil {
			stop(err)
		}
	})
	<-begun
	come := make(chan Planned, len(plan))
	all.Go(func() { inOrder(spoilt, come) })
	if err := s.confirm(ctx, st, come, jobs); err != nil {
		stop(err)
	}
	all.Wait()
	return context.Cause(ctx)
}

// inOrder hands on what comes, by number as far as it has come already.
func inOrder(from <-chan Planned, to chan<- Planned) {
	defer close(to)
	var there []Planned
	for len(from) > 0 {
		there = append(there, <-from)
	}
	slices.SortFunc(there, func(a, b Planned) int { return a.Number - b.Number })
	for _, c := range there {
		to <- c
	}
	for c := range from {
		to <- c
	}
}

// How cases that run together are ordered: those that wait begin, and those that a peer may
// die of end.
const (
	waiting = iota
	ordinary
	dangerous
)

func rank(c Planned) int {
	switch {
	case c.Has(conform.Paced):
		return waiting
	case c.Fresh:
		return dangerous
	}
	return ordinary
}

// inTurn plays the plan one case at a time.
func (s *schedule) inTurn(ctx context.Context, plan []Planned) error {
	for _, c := range plan {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := s.complete(ctx, c, false, s.play); err != nil {
			return err
		}
	}
	return nil
}

// complete plays a case until its attempts are complete, or load may have spoilt
// one of them: the rest is for later then.
func (s *schedule) complete(ctx context.Context, c Planned, loaded bool, play PlayFunc) error {
	for more := true; more; {
		r, err := play(ctx, c, nil)
		if ctx.Err() != nil {
			return context.Cause(ctx) // the attempt was cut short: it proves nothing
		}
		if more, err = s.take(c, r, err, loaded); err != nil {
			return err
		}
	}
	return nil
}

// atOnce does something with each case of the plan, with as many at a time as there
// are jobs. It closes begun when it has begun with the last. What a peer may die of does
// not begin before the cases with waits are over: the end of TCP is what many of them wait
// for, whatever it comes of.
func (s *schedule) atOnce(ctx context.Context, plan []Planned, jobs int, begun chan<- struct{}, do func(context.Context, Planned) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next, waits := make(chan Planned), newCountdown(plan)
	var workers sync.WaitGroup
	for range min(jobs, len(plan)) {
		workers.Go(func() {
			for c := range next {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, c); err != nil {
					stop(err)
				}
				waits.ended(c)
			}
		})
	}
feed:
	for _, c := range plan {
		if rank(c) == dangerous {
			select {
			case <-waits.over:
			case <-ctx.Done():
				break feed
			}
		}
		select {
		case next <- c:
		case <-ctx.Done():
			break feed
		}
	}
	close(begun)
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}

// countdown is of the cases with waits that are not over.
type countdown struct {
	left atomic.Int64
	over chan struct{} // closed when all are
}

func newCountdown(plan []Planned) *countdown {
	d := &countdown{over: make(chan struct{})}
	d.left.Store(1) // what all have
	for _, c := range plan {
		if rank(c) == waiting {
			d.left.Add(1)
		}
	}
	d.down()
	return d
}

func (d *countdown) ended(c Planned) {
	if rank(c) == waiting {
		d.down()
	}
}

func (d *countdown) down() {
	if d.left.Add(-1) == 0 {
		close(d.over)
	}
}

// take takes what an attempt came to, and reports whether another is to follow
// now. The error ends the run.
func (s *schedule) take(c Planned, r report.Result, err error, loaded bool) (more bool, _ error) {
	complete, more, err := s.add(c, r, err, loaded)
	if complete == nil {
		return more, err
	}
	return false, s.tell(*complete)
}

// add adds an attempt to those before. It returns the result of the case where they
// are complete, and whether another is to follow now where they are not.
func (s *schedule) add(c Planned, r report.Result, err error, loaded bool) (complete *report.Result, more bool, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.going[c.ID]
	if g == nil {
		g = &going{Tries: report.Tries{Explain: telling.Explain}}
	}
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		delete(s.going, c.ID)
		s.faults = append(s.faults, fault)
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	s.going[c.ID] = g
	if loaded && mayBeSpoilt(r) {
		g.spoilt, g.wrong = &r, IsWrong(r)
		return nil, false, nil
	}
	if g.spoilt != nil {
		g.SetAside(*g.spoilt, g.wrong)
		g.spoilt = nil
	}
	more = s.pace.Add(&g.Tries, r)
	if s.pace.Played != nil {
		s.pace.Played(r)
	}
	if more {
		return nil, true, nil
	}
	delete(s.going, c.ID)
	all := g.Result()
	return &all, false, nil
}

// tell has done told of a result, now or soon.
func (s *schedule) tell(r report.Result) error {
	if s.results != nil {
		s.results <- r
		return nil
	}
	return s.told(r)
}

// tellAll tells of the results that come, and stops the run where one cannot be kept.
func (s *schedule) tellAll(stop context.CancelCauseFunc) {
	for r := range s.results {
		if err := s.told(r); err != nil {
			stop(err)
		}
	}
}

// told tells of a result. After an error of done nothing more is told.
func (s *schedule) told(r report.Result) error {
	if s.denied != nil {
		return nil
	}
	s.denied = s.done(r)
	return s.denied
}

// settle tells of the cases whose attempts cannot be completed, with those there
// are.
func (s *schedule) settle(plan []Planned, why string) error {
	for _, c := range plan {
		g := s.going[c.ID]
		if g == nil {
			continue
		}
		caveat := "more attempts were planned: " + why
		if g.spoilt != nil {
			s.pace.Add(&g.Tries, *g.spoilt)
			caveat = "it ran beside other cases, which may be why, and was not played again alone: " + why
		}
		if g.Counted == 0 {
			continue
		}
		r := g.Result()
		caution(&r, caveat)
		if err := s.tell(r); err != nil {
			return err
		}
	}
	return nil
}
