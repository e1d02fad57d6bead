// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Connections of a case that is played on all of them together begin when the last is
// open or has failed to be.
func TestTogetherBeginsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		c := Planned{Case: conform.Case{Together: true, Turns: make([]conform.Turn, 3)}}
		for i, name := range []string{"at once", "after a second", "never"} {
			c.Turns[i].Name = name
		}
		opens := map[string]time.Duration{"at once": 0, "after a second": time.Second, "never": 2 * time.Second}
		var n atomic.Int32
		delays := []string{"at once", "after a second", "never"}
		next := make(chan string, len(delays))
		for _, d := range delays {
			next <- d
		}
		_, err := PlayAll(c, func(c Planned) (report.Result, error) {
			name := <-next
			time.Sleep(opens[name])
			if name == "never" {
				return report.Result{}, errors.New("refused")
			}
			c.meeting.attend(time.Minute)
			if got := time.Since(begun); got != 2*time.Second {
				t.Errorf("%s begins after %v", name, got)
			}
			n.Add(1)
			return report.Result{}, nil
		})
		if err == nil || n.Load() != 2 {
			t.Errorf("%d played, %v", n.Load(), err)
		}
		m := newMeeting(2)
		begun = time.Now()
		m.attend(5 * time.Second)
		if got := time.Since(begun); got != 5*time.Second {
			t.Errorf("waited %v for a connection that does not come", got)
		}
		(*meeting)(nil).attend(time.Hour)
	})
}

// A server that is gone behind the first of two connections whose answers are compared
// leaves what was played.
func TestCompareWithoutTheSecond(t *testing.T) {
	c := Planned{Case: conform.Case{Alike: true, Turns: make([]conform.Turn, 2)}}
	n := 0
	_, err := PlayAll(c, func(Planned) (report.Result, error) {
		if n++; n > 1 {
			return report.Result{}, errors.New("refused")
		}
		return report.Result{Log: &wirelog.Log{}}, nil
	})
	if err == nil || n != 2 {
		t.Errorf("%d asked for, %v", n, err)
	}
}
