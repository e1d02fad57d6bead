// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
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
				finish := fuzz.FinishTime(second)
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
		if finish := fuzz.FinishTime(player.Sure()); s.Took < most || s.Took > most+finish {
			t.Errorf("it took %v, want %v and at most %v more", s.Took, most, finish)
		}
		if s.Left == 0 || len(s.Findings) > 0 {
			t.Errorf("%d findings, %d not confirmed, and %d not looked at", len(s.Findings), s.Unconfirmed, s.Left)
		}
	})
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
