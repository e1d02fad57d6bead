// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// A connection is quiet when nothing has moved on it for a moment, and for much
// longer than the peer has let us wait so far.
const (
	quietMoment = 20 * time.Millisecond
	quietTimes  = 10
)

// watched is a stream that tells, once, when it is quiet.
type watched struct {
	stream.Stream

	mu      sync.Mutex
	moved   time.Time     // when something last did
	longest time.Duration // that nothing did
	timer   *time.Timer
}

func watch(s stream.Stream, quiet func()) *watched {
	return &watched{Stream: s, moved: time.Now(), timer: time.AfterFunc(time.Minute, quiet)}
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Stream.Read(p)
	if n > 0 {
		w.move()
	}
	return n, err
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Stream.Write(p)
	w.move()
	return n, err
}

func (w *watched) move() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.longest = max(w.longest, now.Sub(w.moved))
	w.moved = now
	if w.timer.Stop() { // it has not told yet
		w.timer.Reset(max(quietMoment, quietTimes*w.longest))
	}
}

// Close ends the watch.
func (w *watched) Close() error { w.timer.Stop(); return w.Stream.Close() }

// Reset ends the watch.
func (w *watched) Reset() error { w.timer.Stop(); return w.Stream.Reset() }
