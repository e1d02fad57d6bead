// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"context"
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
			play := func(context.Context, runner.Planned, func()) (report.Result, error) {
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
