// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// silent is a server that takes connections, reads and never says anything.
func silent() player.Peer {
	return player.Peer{Host: "localhost", Target: "/", Connect: func(context.Context) (stream.Stream, error) {
		ours, theirs := memnet.Pipe(0)
		go func() {
			_, _ = io.Copy(io.Discard, theirs)
			_ = theirs.Close()
		}()
		return ours, nil
	}}
}

// However patient we are and however much there is to be looked at, a run ends soon after its
// time, and what was not looked at is counted.
func TestRunEndsSoonAfterItsTime(t *testing.T) {
	patient := player.Patience{Owed: 20 * time.Second, Nudge: 10 * time.Second, Whole: time.Hour}
	for name, second := range map[string]player.Patience{"sure": player.Sure(), "patient": patient} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const most = 4 * time.Second
				finish := fuzz.FinishTime(player.Quick(), second)
				s := fuzz.Run(t.Context(), fuzz.Config{Seed: 5, Role: ws.Client, Peer: silent(), Time: most, Single: true, Second: second})
				if s.Took < most || s.Took > most+finish || s.Played == 0 {
					t.Errorf("%d conversations in %v, want %v and at most %v more", s.Played, s.Took, most, finish)
				}
				if len(s.Findings) != 1 || s.Findings[0].Violation.Requirement != "6455-7.2.2-1" {
					t.Errorf("%d findings, and %d not looked at", len(s.Findings), s.Left)
				}
			})
		})
	}
}

// slow is a server that opens connections after a while, and echoes nothing.
func slow(after time.Duration, going *sync.WaitGroup) player.Peer {
	return player.Peer{Host: "localhost", Target: "/", Connect: func(context.Context) (stream.Stream, error) {
		ours, theirs := memnet.Pipe(0)
		going.Go(func() {
			_, _ = io.Copy(io.Discard, theirs)
			_ = theirs.Close()
		})
		going.Go(func() {
			time.Sleep(after)
			_, _ = io.WriteString(theirs, opened)
		})
		return ours, nil
	}}
}

const opened = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// What would take longer to confirm than there is time is counted as not looked at.
func TestWhatIsLeftIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 3 * time.Second
		var going sync.WaitGroup
		defer going.Wait()
		s := fuzz.Run(t.Context(), fuzz.Config{Seed: 5, Role: ws.Client, Peer: slow(1500*time.Millisecond, &going), Time: most, Single: true})
		if finish := fuzz.FinishTime(player.Quick(), player.Sure()); s.Took < most || s.Took > most+finish {
			t.Errorf("it took %v, want %v and at most %v more", s.Took, most, finish)
		}
		if s.Left == 0 || len(s.Findings) > 0 || !s.Unsettled(false) {
			t.Errorf("%d findings, %d not confirmed, and %d not looked at: unsettled is %v", len(s.Findings), s.Unconfirmed, s.Left, s.Unsettled(false))
		}
	})
}

// What there is no time to shrink is confirmed as it is.
func TestConfirmedWithoutShrinking(t *testing.T) {
	slow := player.Patience{Owed: 1900 * time.Millisecond, Nudge: 100 * time.Millisecond, Whole: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		s := fuzz.Run(t.Context(), fuzz.Config{Seed: 5, Role: ws.Client, Peer: silent(), Time: 4 * time.Second, Single: true, First: slow})
		if len(s.Findings) != 1 || s.Left > 0 || s.Unsettled(true) {
			t.Fatalf("%d findings, %d not confirmed, and %d not looked at", len(s.Findings), s.Unconfirmed, s.Left)
		}
		if f := s.Findings[0]; !f.Whole || f.Confirmed != 3 || !strings.HasSuffix(f.Conversation.Found, "; there was no time to shrink it") {
			t.Errorf("confirmed %d times: %q", f.Confirmed, f.Conversation.Found)
		}
	})
}

// A run in which not all was looked at has settled nothing.
func TestUnsettled(t *testing.T) {
	gone := []fuzz.Finding{{Violation: model.Violation{Requirement: "gone"}}}
	for name, c := range map[string]struct {
		s            fuzz.Summary
		want, strict bool
	}{
		"nothing seen":         {fuzz.Summary{Played: 9, Unconfirmed: 3}, false, false},
		"nothing played":       {fuzz.Summary{}, true, true},
		"a MUST left":          {fuzz.Summary{Played: 9, Left: 2, LeftBroken: 1}, true, true},
		"a SHOULD left":        {fuzz.Summary{Played: 9, Left: 2}, false, true},
		"away":                 {fuzz.Summary{Played: 9, Died: 1}, true, true},
		"away for a known why": {fuzz.Summary{Played: 9, Died: 1, Findings: gone}, false, false},
	} {
		if got, strict := c.s.Unsettled(false), c.s.Unsettled(true); got != c.want || strict != c.strict {
			t.Errorf("%s: %v, strictly %v", name, got, strict)
		}
	}
}

// Conversations end when the time or the whole run does, not when patience is at its end.
func TestRunEndsAtOnce(t *testing.T) {
	patient := player.Patience{Owed: 40 * time.Second, Nudge: 10 * time.Second, Whole: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		const signal = 5 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), signal)
		defer cancel()
		s := fuzz.Run(ctx, fuzz.Config{Seed: 5, Role: ws.Client, Peer: silent(), Single: true, First: patient, Second: patient})
		if s.Took != signal || len(s.Findings) > 0 {
			t.Errorf("it took %v and not %v: %d findings", s.Took, signal, len(s.Findings))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		const most = 3 * time.Second
		s := fuzz.Run(t.Context(), fuzz.Config{Seed: 5, Role: ws.Client, Peer: silent(), Time: most, Single: true, First: patient, Second: patient})
		if s.Took != most || len(s.Findings) > 0 {
			t.Errorf("it took %v and not %v: %d findings", s.Took, most, len(s.Findings))
		}
	})
}
