// SPDX-License-Identifier: Apache-2.0

package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// keepAlive is how long an event stream may be silent: proxies and phones drop
// connections on which nothing moves.
const keepAlive = 15 * time.Second

// event is a server-sent event in the notation of the wire. Its data is one line,
// as JSON has no line feeds of its own.
func (l *live) event(kind string, n uint64, data any) []byte {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err) // strings, numbers and times have a form in JSON
	}
	return fmt.Appendf(nil, "id: %s.%d\nevent: %s\ndata: %s\n\n", l.epoch, n, kind, b)
}

// after returns the events after the one with the number seen, and false where
// some of them are no longer there.
func (l *live) after(seen uint64) (events [][]byte, last uint64, grown <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen > l.last || l.last-seen > ringSize {
		return nil, 0, nil, false
	}
	for n := seen + 1; n <= l.last; n++ {
		events = append(events, l.ring[n%ringSize])
	}
	return events, l.last, l.grown, true
}

// resume returns the number of the event that a reader saw last. An id of another
// process is none of ours.
func (l *live) resume(lastID string) (seen uint64, ok bool) {
	epoch, number, _ := strings.Cut(lastID, ".")
	seen, err := strconv.ParseUint(number, 10, 64)
	return seen, err == nil && epoch == l.epoch
}

// serveEvents sends what happens as it happens (WHATWG HTML, 9.2), to begin with
// what the reader has missed or, where it is new or has missed too much, with a
// snapshot.
func (s *Site) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !Enter(w, s.readers) {
		return
	}
	defer func() { <-s.readers }()
	seen, known := s.live.resume(r.Header.Get("Last-Event-ID"))
	Follow(w, r, func() (events [][]byte, grown <-chan struct{}) {
		if known {
			events, seen, grown, known = s.live.after(seen)
		}
		if !known {
			var all []byte
			all, seen, grown = s.live.snapshot()
			events, known = [][]byte{all}, true
		}
		return events, grown
	})
}

// Enter takes a place among the readers of events, which is given back by receiving from
// readers. Where there is none left, it says so and reports false.
func Enter(w http.ResponseWriter, readers chan<- struct{}) bool {
	select {
	case readers <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many readers of events", http.StatusServiceUnavailable)
		return false
	}
}

// Follow sends events until the reader is gone, or drops it where it does not read. What next returns are
// those that the reader has not had, and what is closed when there are more: nil after the last
// ones.
func Follow(w http.ResponseWriter, r *http.Request, next func() (events [][]byte, grown <-chan struct{})) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies that would collect it first
	out := eventWriter{w, http.NewResponseController(w)}
	quiet := time.NewTimer(keepAlive)
	defer quiet.Stop()
	for {
		events, grown := next()
		if out.write(events) != nil || grown == nil {
			return
		}
		quiet.Reset(keepAlive)
		select {
		case <-grown:
		case <-quiet.C:
			if out.write([][]byte{[]byte(":\n\n")}) != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// eventWriter writes to readers that may be slow, but not for ever.
type eventWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w eventWriter) write(events [][]byte) error {
	// The time for a whole response does not hold for a stream.
	err := w.control.SetWriteDeadline(time.Now().Add(eventPatience))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	for _, e := range events {
		if _, err := w.Write(e); err != nil {
			return err
		}
	}
	return w.control.Flush()
}
