// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
)

// A connection is quiet when nothing has moved on it for a moment, and for much
// longer than the peer has let us wait so far.
const (
	quietMoment = 20 * time.Millisecond
	quietTimes  = 10
)

// watched is a stream whose case rests when it is quiet, and acts when it writes.
type watched struct {
	stream.Stream
	acting runner.Acting

	mu      sync.Mutex
	moved   time.Time     // when something last did
	longest time.Duration // that we waited for the peer
	timer   *time.Timer
	asleep  bool // the timer is not to do anything
}

func watch(s stream.Stream, acting runner.Acting) *watched {
	w := &watched{Stream: s, acting: acting, moved: time.Now()}
	w.timer = time.AfterFunc(time.Minute, w.rest)
	return w
}

// Unwrap is the stream that is watched.
func (w *watched) Unwrap() stream.Stream { return w.Stream }

func (w *watched) rest() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.asleep {
		w.acting.Rest()
	}
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Stream.Read(p)
	if n > 0 {
		w.move(true)
	}
	return n, err
}

// AwaitTurn returns once a write goes out at once. Whoever has a deadline for it sets that
// behind this.
func (w *watched) AwaitTurn() {
	w.still()
	w.acting.Resume()
}

// Write may take long, where the peer does not read: the watch goes on meanwhile.
func (w *watched) Write(p []byte) (int, error) {
	w.AwaitTurn()
	w.move(false)
	n, err := w.Stream.Write(p)
	w.move(true)
	return n, err
}

// still keeps the case from resting until something moves.
func (w *watched) still() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asleep = true
	w.timer.Stop()
}

// move takes note that something has moved, and whether it was the peer that we have
// waited for.
func (w *watched) move(byPeer bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if byPeer {
		w.longest = max(w.longest, now.Sub(w.moved))
	}
	w.moved, w.asleep = now, false
	w.timer.Reset(max(quietMoment, quietTimes*w.longest))
}

// Close ends the watch.
func (w *watched) Close() error { w.still(); return w.Stream.Close() }

// Reset ends the watch.
func (w *watched) Reset() error { w.still(); return w.Stream.Reset() }
