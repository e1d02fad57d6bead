// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"slices"
	"sync"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// PlayFunc plays one case. Its error ends the run.
type PlayFunc func(ctx context.Context, c Planned) (report.Result, error)

// Schedule plays the plan with up to jobs cases at a time. Cases tagged serial
// run with no other beside them, after the rest. Where several ran at once, a
// case whose verdict load may have spoilt is played again alone, and only that
// verdict counts. done is told of each result that counts, from one goroutine at
// a time, and its error ends the run too.
func Schedule(ctx context.Context, plan []Planned, jobs int, play PlayFunc, done func(report.Result) error) error {
	if jobs <= 1 {
		return inTurn(ctx, plan, nil, play, done)
	}
	var together, alone []Planned
	for _, c := range plan {
		if c.Has(conform.Serial) {
			alone = append(alone, c)
		} else {
			together = append(together, c)
		}
	}
	// Cases with waits begin first: the others run meanwhile.
	slices.SortStableFunc(together, func(a, b Planned) int { return rank(a) - rank(b) })
	spoilt, err := atOnce(ctx, together, jobs, play, done)
	if err != nil {
		return err
	}
	earlier := map[string]report.Attempt{}
	var again []Planned
	for _, r := range spoilt {
		earlier[r.ID] = report.Attempt{Verdict: r.Verdict, Took: r.Took, Why: "it ran beside other cases"}
	}
	for _, c := range together {
		if _, ok := earlier[c.ID]; ok {
			again = append(again, c)
		}
	}
	rest := slices.Concat(again, alone)
	slices.SortStableFunc(rest, func(a, b Planned) int { return a.Number - b.Number })
	return inTurn(ctx, rest, earlier, play, done)
}

func rank(c Planned) int {
	if c.Has(conform.Paced) {
		return 0
	}
	return 1
}

func inTurn(ctx context.Context, plan []Planned, earlier map[string]report.Attempt, play PlayFunc, done func(report.Result) error) error {
	for _, c := range plan {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r, err := play(ctx, c)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx) // the case was cut short: it proves nothing
		}
		if a, ok := earlier[c.ID]; ok {
			r.Earlier = append(r.Earlier, a)
		}
		if err := done(r); err != nil {
			return err
		}
	}
	return nil
}

// atOnce plays the plan with jobs workers and returns the results that have to be
// repeated.
func atOnce(ctx context.Context, plan []Planned, jobs int, play PlayFunc, done func(report.Result) error) (spoilt []report.Result, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan Planned)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range min(jobs, len(plan)) {
		workers.Go(func() {
			for c := range next {
				r, err := play(ctx, c)
				if err != nil {
					stop(err)
				}
				if ctx.Err() != nil {
					continue
				}
				mu.Lock()
				if mayBeSpoilt(r) {
					spoilt = append(spoilt, r)
				} else if err := done(r); err != nil {
					stop(err)
				}
				mu.Unlock()
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
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return spoilt, nil
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
