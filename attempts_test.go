// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/ws"
)

// A dial that calls t.Fatal ends its subtest and must not keep the others waiting.
func TestAnEndInTheMiddleOfAnAttempt(t *testing.T) {
	for name, tags := range map[string][]conform.Tag{"beside others": nil, "alone": {conform.Serial}} {
		var alone sync.RWMutex
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			play := func(context.Context, runner.Planned, runner.Acting) (report.Result, error) {
				runtime.Goexit()
				panic("unreachable")
			}
			_, _ = new(config).attempts(t.Context(), runner.Planned{Case: conform.Case{Tags: tags}}, play, &alone)
		}()
		<-ended
		if !alone.TryLock() {
			t.Errorf("%s: the lock is held", name)
		}
	}
}

func TestTimeoutFactorStretchesPatience(t *testing.T) {
	c, _ := plan(t, ws.Client, []Option{TimeoutFactor(3)})
	if got := c.settings.OpenTimeout(); got != 15*time.Second {
		t.Errorf("%v for the opening handshake, want 15s", got)
	}
}

// A test ends before the time of go test is over, and says so.
func TestInTime(t *testing.T) {
	soon := func() (time.Time, bool) { return time.Now().Add(reserve - time.Second), true }
	ctx, stop := inTime(t.Context(), soon)
	defer stop()
	if !errors.Is(context.Cause(ctx), errLate) {
		t.Errorf("with too little time left: %v", context.Cause(ctx))
	}
	late := func() (time.Time, bool) { return time.Now().Add(time.Hour), true }
	ctx, stop = inTime(t.Context(), late)
	defer stop()
	if ctx.Err() != nil {
		t.Errorf("with an hour left: %v", ctx.Err())
	}
	ctx, stop = inTime(t.Context(), func() (time.Time, bool) { return time.Time{}, false })
	defer stop()
	if _, has := ctx.Deadline(); has {
		t.Error("without a deadline there is one")
	}
}
