// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wsspec/wsspec/internal/ws"
)

// What is what an Event is about.
type What uint8

// What can happen.
const (
	Frame       What = iota // a frame has been sent or has come
	Opened                  // a unidirectional stream has, with its type
	Fin                     // the end of a stream, in order
	Reset                   // RESET_STREAM
	StopSending             // STOP_SENDING
	Closed                  // CONNECTION_CLOSE
)

// Event is something that can be seen on a connection.
type Event struct {
	Out     bool // we did it
	Stream  int64
	What    What
	Type    FrameType // Frame
	Length  uint64    // Frame: of its payload, as declared
	Kind    uint64    // Opened: the stream type
	Fields  ws.Fields // of HEADERS
	Entries []Setting // of SETTINGS
	ID      uint64    // of GOAWAY
	Payload []byte    // the beginning of any other payload but DATA's
	Code    Code      // Reset, StopSending, Closed
	Why     string    // Closed
}

// String is the event in the notation of logs, without its direction.
func (e Event) String() string {
	at := fmt.Sprintf(" stream=%d", e.Stream)
	switch e.What {
	case Opened:
		return "h3 open" + at + " " + kindName(e.Kind)
	case Fin:
		return "h3 fin" + at
	case Reset:
		return "h3 reset_stream" + at + " " + e.Code.String()
	case StopSending:
		return "h3 stop_sending" + at + " " + e.Code.String()
	case Closed:
		s := "h3 connection_close " + e.Code.String()
		if e.Why != "" {
			s += " " + strconv.Quote(e.Why)
		}
		return s
	}
	s := "h3 " + e.Type.String() + at
	switch {
	case e.Type == Data:
		return fmt.Sprintf("%s %d", s, e.Length)
	case e.Fields != nil:
		return s + fieldText(e.Fields)
	case e.Type == Settings:
		for _, entry := range e.Entries {
			s += fmt.Sprintf(" %#x=%d", entry.ID, entry.Value)
		}
		return s
	case e.Type == GoAway:
		return fmt.Sprintf("%s id=%d", s, e.ID)
	}
	s = fmt.Sprintf("%s %d", s, e.Length)
	if len(e.Payload) > 0 {
		s += fmt.Sprintf(" %x", e.Payload)
	}
	if uint64(len(e.Payload)) < e.Length {
		s += "..."
	}
	return s
}

func fieldText(fields ws.Fields) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(" " + plainOrQuoted(f.Name) + " " + plainOrQuoted(f.Value))
	}
	return b.String()
}

// plainOrQuoted quotes what would not read as one word.
func plainOrQuoted(s string) string {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}

func kindName(kind uint64) string {
	switch kind {
	case ControlStream:
		return "control"
	case PushStream:
		return "push"
	case QPACKEncoder:
		return "qpack_encoder"
	case QPACKDecoder:
		return "qpack_decoder"
	}
	return fmt.Sprintf("type=%#x", kind)
}

// events tells observers what happens, all of them in the same order. What happened
// before somebody observes is kept, up to a bound.
type events struct {
	mu       sync.Mutex
	past     []Event
	watchers []*watcher
}

type watcher struct {
	stream int64
	see    func(Event)
}

// concerns reports whether an event is one of the stream, or of the connection as a whole.
func (w *watcher) concerns(e Event) bool { return e.Stream == w.stream || !isRequest(e.Stream) }

// isRequest reports whether the stream is one of requests: bidirectional and begun by the
// client (RFC 9000, 2.1).
func isRequest(stream int64) bool { return stream >= 0 && stream&3 == 0 }

// add tells all observers whom it concerns.
func (es *events) add(e Event) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.past) < maxHeld {
		es.past = append(es.past, e)
	}
	for _, w := range es.watchers {
		if w.concerns(e) {
			w.see(e)
		}
	}
}

// observe adds an observer, who first hears what has been.
func (es *events) observe(stream int64, see func(Event)) (stop func()) {
	w := &watcher{stream, see}
	es.mu.Lock()
	defer es.mu.Unlock()
	for _, e := range es.past {
		if w.concerns(e) {
			see(e)
		}
	}
	es.watchers = append(es.watchers, w)
	return func() {
		es.mu.Lock()
		defer es.mu.Unlock()
		es.watchers = slices.DeleteFunc(es.watchers, func(other *watcher) bool { return other == w })
	}
}
