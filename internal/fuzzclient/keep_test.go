// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
)

// Results are put where they are safe, several at a time, and told of when they are.
func TestKeep(t *testing.T) {
	full := errors.New("disk full")
	for name, tt := range map[string]struct {
		jobs  int
		fails string // the case that cannot be kept
		took  time.Duration
	}{
		"side by side": {0, "", 2 * time.Second}, "one after the other": {1, "", 2 * time.Second},
		"disk full": {0, "1.1.2", 0}, "disk full with the last": {1, "1.1.8", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(echoing(testee.Config{}))
				var mu sync.Mutex
				kept := map[string]bool{}
				e := n.resolved(t, "it")
				r := fuzzclient.Run{Server: e, Plan: plan(t, "1.1.*"), Pace: runner.Pace{Jobs: tt.jobs}, Keep: func(r report.Result) error {
					time.Sleep(time.Second)
					if r.ID == tt.fails {
						return full
					}
					mu.Lock()
					defer mu.Unlock()
					kept[r.ID] = true
					return nil
				}}
				told := 0
				r.Done = func(r report.Result) error {
					mu.Lock()
					defer mu.Unlock()
					if told++; !kept[r.ID] {
						t.Errorf("told of %s before it was kept", r.ID)
					}
					return nil
				}
				begun := time.Now()
				out, err := r.Do(t.Context())
				took := time.Since(begun)
				n.stop()
				n.ended.Wait()
				switch {
				case tt.fails == "" && (err != nil || out.Done != 8 || told != 8 || out.Left != 0 || took != tt.took):
					t.Errorf("%+v, %v, %d told after %v, want %v", out, err, told, took, tt.took)
				case tt.fails != "" && (!errors.Is(err, full) || err.Error() != full.Error() || out.Done != told || out.Done == 8 || out.Done+out.Left != 8):
					t.Errorf("%+v, %v, %d told", out, err, told)
				}
			})
		})
	}
}
