// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/terminal"
)

// A case that takes long is named with how long it has taken, though nothing happens;
// what is left is estimated by what cases are known to cost, and not by their number.
func TestLiveLineOfALongRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		s := terminal.New(terminal.Surroundings{Out: new(bytes.Buffer), Err: &errs, Width: 100, Getenv: func(string) string { return "" }}, terminal.Detail{})
		s.Begin(terminal.Plan{
			Agent: "a", IDs: []string{"1.1.1", "1.1.2", "9.1.1", "9.1.2"}, Cases: 4, Repeat: 1,
			Costs: []time.Duration{time.Second, time.Second, 9 * time.Second, 9 * time.Second},
		})
		tally := new(terminal.Tally)
		last := func() string {
			synctest.Wait()
			lines := strings.Split(errs.String(), "\r\x1b[K")
			return lines[len(lines)-1]
		}
		for _, id := range []string{"1.1.1", "1.1.2"} {
			s.Playing(id, true)
			time.Sleep(1900 * time.Millisecond)
			s.Playing(id, false)
			r := reporttest.Simple("a", id)
			tally.Add(r)
			s.Done(r, tally)
		}
		if got, want := last(), "2/4, about 34s left │ 1✓ 9:2"; got != want {
			t.Errorf("after two cheap ones: %q, want %q", got, want)
		}
		s.Playing("9.1.1", true)
		time.Sleep(90*time.Second + time.Millisecond)
		if got, want := last(), "2/4, now 9.1.1 for 1m29s │ 1✓ 9:2"; got != want {
			t.Errorf("after a minute and a half of one: %q, want %q", got, want)
		}
		s.End("a", tally, 0)
		n := errs.Len()
		time.Sleep(time.Minute)
		if last(); errs.Len() != n {
			t.Errorf("it goes on after the end: %q", errs.String()[n:])
		}
	})
}
