// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/runner"
)

// Repeat plays each case n times, 1 to 100: the worst attempt counts. It excludes
// Retries.
func Repeat(n int) Option { return func(c *config) { c.pace.Repeat = n } }

// Retries plays a case that fails again, up to n times and at most 100, until it
// does not: the last attempt counts, and the log of the test says that the case is
// flaky. What is Known to fail is not played again. It excludes Repeat.
func Retries(n int) Option { return func(c *config) { c.pace.Retries = n } }

// checkPace ends the test where the options for attempts make no sense.
func (c *config) checkPace(t *testing.T) {
	t.Helper()
	switch p := c.pace; {
	case p.Repeat < 0 || p.Repeat > runner.MostTries:
		t.Fatalf("wsspec: Repeat(%d): want 1 to %d", p.Repeat, runner.MostTries)
	case p.Retries < 0 || p.Retries > runner.MostTries:
		t.Fatalf("wsspec: Retries(%d): want 0 to %d", p.Retries, runner.MostTries)
	case p.Repeat > 1 && p.Retries > 0:
		t.Fatal("wsspec: Repeat and Retries exclude each other")
	}
	c.pace.Fails = func(r report.Result) bool {
		standing, _ := c.known.Of(r, report.View{Strict: c.strict}.Fails(r), time.Now())
		return standing == baseline.Regression
	}
}

// attempts plays a case as often as the options say: beside others, until an
// attempt is not as it should be, which then does not count; from there on with no
// other beside it.
func (c *config) attempts(ctx context.Context, k runner.Planned, play runner.PlayFunc, alone *sync.RWMutex) (report.Result, error) {
	tries := report.Tries{Explain: telling.Explain}
	if !k.Has(conform.Serial) {
		if complete, err := c.beside(ctx, k, play, alone, &tries); complete || err != nil {
			return tries.Result(), err
		}
	}
	alone.Lock()
	defer alone.Unlock() // even where play ends the goroutine, as t.Fatal does
	for {
		r, err := play(ctx, k, nil)
		if err != nil {
			return report.Result{}, err
		}
		if !c.pace.Add(&tries, r) {
			return tries.Result(), nil
		}
	}
}

// beside plays a case beside others. It reports false, with the attempt set aside,
// where one is not as it should be.
func (c *config) beside(ctx context.Context, k runner.Planned, play runner.PlayFunc, alone *sync.RWMutex, tries *report.Tries) (complete bool, err error) {
	alone.RLock()
	defer alone.RUnlock()
	for {
		r, err := play(ctx, k, nil)
		switch {
		case err != nil:
			return false, err
		case !r.Passed():
			tries.SetAside(r, runner.IsWrong(r))
			return false, nil
		case !c.pace.Add(tries, r):
			return true, nil
		}
	}
}
