// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// How logs call what is seen beside frames.
const (
	openType    = "open"             // a unidirectional stream, with its type
	finType     = "fin"              // the end of a stream in order
	resetType   = "reset_stream"     // with an error code
	stopType    = "stop_sending"     // with an error code
	closingType = "connection_close" // with an error code
)

// frameSeen is a frame in the notation of logs, with so many octets of payload.
func frameSeen(stream int64, t FrameType, length uint64) *wirelog.HTTPFrame {
	return &wirelog.HTTPFrame{Proto: "h3", Type: t.String(), Stream: stream, Words: []string{"len=" + strconv.FormatUint(length, 10)}}
}

func fieldsSeen(stream int64, fields ws.Fields) *wirelog.HTTPFrame {
	return &wirelog.HTTPFrame{Proto: "h3", Type: Headers.String(), Stream: stream, Fields: fields}
}

func settingsSeen(entries []Setting) *wirelog.HTTPFrame {
	f := &wirelog.HTTPFrame{Proto: "h3", Type: Settings.String(), Stream: -1}
	for _, s := range entries[:min(len(entries), wirelog.KeepFields)] {
		f.Words = append(f.Words, fmt.Sprintf("%s=%d", settingName(s.ID), s.Value))
	}
	return f
}

func goAwaySeen(id uint64) *wirelog.HTTPFrame {
	return &wirelog.HTTPFrame{Proto: "h3", Type: GoAway.String(), Stream: -1, Words: []string{fmt.Sprintf("id=%d", id)}}
}

func openSeen(stream int64, kind uint64) *wirelog.HTTPFrame {
	return &wirelog.HTTPFrame{Proto: "h3", Type: openType, Stream: stream, Words: []string{kindName(kind)}}
}

func finSeen(stream int64) *wirelog.HTTPFrame {
	return &wirelog.HTTPFrame{Proto: "h3", Type: finType, Stream: stream}
}

// codeSeen is what has an error code: of a stream, or with -1 of the connection.
func codeSeen(what string, stream int64, code Code, why string) *wirelog.HTTPFrame {
	f := &wirelog.HTTPFrame{Proto: "h3", Type: what, Stream: stream, Words: []string{code.String()}}
	if why != "" {
		f.Words = append(f.Words, wirelog.Quoted("debug", why))
	}
	return f
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

func settingName(id uint64) string {
	switch id {
	case QPACKMaxTableCapacity:
		return "QPACK_MAX_TABLE_CAPACITY"
	case MaxFieldSectionSize:
		return "MAX_FIELD_SECTION_SIZE"
	case QPACKBlockedStreams:
		return "QPACK_BLOCKED_STREAMS"
	case EnableConnectProtocol:
		return "ENABLE_CONNECT_PROTOCOL"
	case Datagram:
		return "H3_DATAGRAM"
	}
	return fmt.Sprintf("%#x", id)
}

// A Watcher is told of what is sent and what comes.
type Watcher func(at time.Time, sent bool, frame *wirelog.HTTPFrame)

// event is what watchers are told.
type event struct {
	at     time.Time
	sent   bool
	frame  *wirelog.HTTPFrame
	stream int64 // whom it concerns: a stream of a request, or with -1 all of them
}

// events tells watchers what happens, all of them in the same order. What happened before
// somebody watches is kept, up to a bound.
type events struct {
	mu       sync.Mutex
	past     []event
	watchers map[int64]Watcher // by the stream they are of, with -1 of none
}

// concerns reports whether a watcher of the stream is told of the event.
func (e event) concerns(stream int64) bool { return e.stream == stream || e.stream < 0 }

// isRequest reports whether the stream is one of requests: bidirectional and begun by the
// client (RFC 9000, 2.1).
func isRequest(stream int64) bool { return stream >= 0 && stream&3 == 0 }

// add tells all watchers whom it concerns.
func (es *events) add(sent bool, frame *wirelog.HTTPFrame) {
	e := event{time.Now(), sent, frame, frame.Stream}
	if !isRequest(e.stream) {
		e.stream = -1
	}
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.past) < maxHeld {
		es.past = append(es.past, e)
	}
	for stream, see := range es.watchers {
		if e.concerns(stream) {
			see(e.at, e.sent, e.frame)
		}
	}
}

// watch sets the watcher of a stream, who first hears what has been; nil for none.
func (es *events) watch(stream int64, see Watcher) {
	es.mu.Lock()
	defer es.mu.Unlock()
	delete(es.watchers, stream)
	if see == nil {
		return
	}
	for _, e := range es.past {
		if e.concerns(stream) {
			see(e.at, e.sent, e.frame)
		}
	}
	if es.watchers == nil {
		es.watchers = map[int64]Watcher{}
	}
	es.watchers[stream] = see
}
