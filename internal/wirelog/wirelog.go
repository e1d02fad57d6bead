// SPDX-License-Identifier: Apache-2.0

// Package wirelog records one conversation: octets and frames in both
// directions, waits, the events a verdict rests on, and how the connection ended.
// Start at Log and Record.
//
// A Log belongs to one goroutine. It says what happened and knows nothing of what
// should have happened, so that a stored log can be judged again. Its text
// notation (see Record) is the one in which scripts, expectations, failures and
// reports are shown.
package wirelog

import (
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what a log keeps of a hostile or merely large conversation.
const (
	KeepPayload = 64       // octets of a frame's payload
	KeepOctets  = 64       // octets of one read or write
	KeepEvent   = 1 << 10  // octets of an event's payload once a log is compact
	KeepHead    = 16 << 10 // octets of an HTTP head
	MaxRecords  = 10_000   // records; of later ones only how the connection ended
	MaxSizes    = 1_000    // different read sizes that the statistics tell apart
	resolution  = time.Microsecond
)

// Kind is the type of a record.
type Kind uint8

// Kinds of records. The notation of each stands beside it.
const (
	SentOctets     Kind = iota // >> 5 810548656c
	ReceivedOctets             // << 2 8100
	SentHTTP                   // > h2 headers stream=1 :method CONNECT
	ReceivedHTTP               // < h2 window_update stream=1 65535
	SentFrame                  // > text mask=37fa213d "Hello"
	ReceivedFrame              // < pong ""
	Event                      // = text "Hello"
	WaitSet                    // # wait 1s A
	WaitOver                   // # waited A
	FailSet                    // # fail after 1s
	FailFired                  // # fail
	CloseSet                   // # close after 1s
	CloseFired                 // # close
	Muted                      // # log off
	Unmuted                    // # log on
	Violation                  // # violation "RFC 6455, 5.5: …"
	NotSent                    // # not sent text "Hello"
	SentBlocks                 // # deflate sent "fixed, 5 literals, end; tail": what a compressed message of ours is made of
	ReceivedBlocks             // # deflate received "stored 5; tail"
	DroppedByMe                // # dropped by me
	DroppedByPeer              // # dropped by peer
	ResetByPeer                // # reset by peer
	StillOpen                  // # still open: TCP is, and our patience is over
	Settled                    // # settled: nothing that may still come changes the verdict
	Lapse                      // # lapse "RFC 6455, 7.1.7: …": a SHOULD was not followed
	NotJudged                  // # not judged "…": what the case is about could not be seen
	Dead                       // # dead "…": a new connection is no longer served afterwards
	Noted                      // # note "…": what was seen, without a verdict on it
	Full                       // # log full
	SentTLS                    // > tls close_notify: see TLS
	ReceivedTLS                // < tls agreed 1.3 TLS_AES_128_GCM_SHA256
)

// Record is one line of a log.
type Record struct {
	At    time.Duration // since the log began, in whole microseconds
	Kind  Kind
	Frame Frame         // SentFrame, ReceivedFrame, NotSent
	HTTP  *HTTPFrame    // SentHTTP, ReceivedHTTP
	Data  Payload       // SentOctets, ReceivedOctets, Event
	Type  EventType     // Event
	Wait  time.Duration // WaitSet, FailSet, CloseSet
	Tag   string        // WaitSet, WaitOver, Event of type TimeoutEvent; of type ResetEvent the error code in HTTP/2 and HTTP/3
	Note  string        // SentBlocks, ReceivedBlocks, Violation, Lapse, NotJudged, Dead, Noted
	// Unasked marks a Pong that answers no Ping of ours and repeats no Pong of ours
	// (RFC 6455, 5.5.3), and a Close in front of which we have sent none.
	Unasked bool
	Code    ws.CloseCode // Event of type CloseEvent; 1005: it has none
	Status  int          // Event of type AnswerEvent: of the HTTP response, 0: it is no HTTP
	Fields  ws.Fields    // Event of type AnswerEvent that Conversation made: of that response
	TLS     TLS          // SentTLS, ReceivedTLS
	End     End          // Event of type EndEvent or ResetEvent: how TLS stood
}

// Frame is a frame in a log: its header, the beginning of its payload, and for
// sent ones how it was written.
type Frame struct {
	ws.Header
	Payload Payload
	Repeat  int           // octets the given payload was repeated to, 0 if it was not
	Chop    int           // octets a write, 0 for the whole frame in one
	Cut     [2]int        // a write ended at each of these offsets, from the first to the last; 0: at none
	Gap     time.Duration // between the writes of a chopped frame
	Sync    bool          // the frame had a write, and a turn of the loop, of its own
}

// EventType is what kind of event a case sees.
type EventType uint8

// Events. A ping is answered and is no event.
const (
	TextEvent EventType = iota
	BinaryEvent
	PongEvent
	TimeoutEvent // a wait of the script ran out; Tag names it

	// What follows is not recorded as an event of its own: Conversation makes it of what
	// else the log has. The exception are answers to requests that went before ours.

	CloseEvent  // a Close frame
	EndEvent    // TCP was ended in order, by FIN
	ResetEvent  // TCP was reset
	OpenEvent   // TCP is still open, and our patience is over
	AnswerEvent // an HTTP response that opens no connection

	// BegunEvent is recorded: a message has begun to come, and is not read to its end.
	BegunEvent
)

// Facts are what became of the connection, under the reference's names.
type Facts struct {
	Role                           ws.Role // ours
	Opened                         bool    // the opening handshake succeeded
	ClosedByMe                     bool    // we sent the first Close
	FailedByMe                     bool    // we failed the connection (RFC 6455, 7.1.7)
	DroppedByMe                    bool    // we closed TCP first
	WasClean                       bool    // Close frames were exchanged and TCP ended in order
	WasNotCleanReason              string
	WasServerConnectionDropTimeout bool // the server left TCP open after the closing handshake
	WasOpenHandshakeTimeout        bool
	WasCloseHandshakeTimeout       bool
	Local, Remote                  CloseFacts
}

// CloseFacts is the content of a Close frame, of the first in each direction.
type CloseFacts struct {
	Sent   bool // there was a Close frame
	Coded  bool // it had a code
	Code   ws.CloseCode
	Reason string // at most 123 octets
}

// Log is the record of one conversation. New makes one; the zero value has no
// beginning.
type Log struct {
	Start   time.Time
	Records []Record
	Facts   Facts
	Stats   Stats
	Traffic Traffic
	Echo    Echo
	// Contrast is the octets around the first that is not as it should be, of a message
	// that the records do not hold, or not so far.
	Contrast    string
	Compression Compression
	Deflated    Deflated // for surveys; a stored log does not have it
	Request     []byte   // HTTP heads, at most KeepHead octets each
	Response    []byte
	Refused     string        // why the opening handshake failed, empty if it did not
	Extension   string        // what was agreed, as in the header
	Late        time.Duration // how much later than meant we were ourselves, in waits that ran out

	muted  bool
	frames int // of the HTTP connection
}

// New begins a log now.
func New(role ws.Role) *Log {
	return &Log{Start: time.Now(), Facts: Facts{Role: role}, Stats: newStats()}
}

// Add appends a record. While the log is muted, octets, frames and waits are
// counted but not kept; a full log keeps nothing but how the connection ended.
func (l *Log) Add(at time.Time, r Record) {
	r.At = at.Sub(l.Start).Truncate(resolution)
	closes := (r.Kind == SentFrame || r.Kind == ReceivedFrame) && r.Frame.Opcode == ws.Close // which end what is muted
	if l.muted && r.Kind <= ReceivedFrame && !closes {
		return
	}
	if len(l.Records) == MaxRecords {
		l.Records = append(l.Records, Record{At: r.At, Kind: Full})
	}
	if len(l.Records) > MaxRecords && r.Kind < DroppedByMe {
		return
	}
	l.Records = append(l.Records, r)
}

// Mute stops (or resumes) the keeping of octets and frames, for cases that move
// megabytes. Statistics go on.
func (l *Log) Mute(at time.Time, on bool) {
	if on == l.muted {
		return
	}
	kind := Unmuted
	if on {
		kind = Muted
	}
	l.Add(at, Record{Kind: kind})
	l.muted = on
}

// IsMuted reports whether octets and frames are counted only.
func (l *Log) IsMuted() bool { return l.muted }

// Events returns the records a verdict compares with what a case expects.
func (l *Log) Events() []Record {
	var es []Record
	for _, r := range l.Records {
		if r.Kind == Event {
			es = append(es, r)
		}
	}
	return es
}

// Compact cuts the payloads of events to what a stored log keeps and replaces
// the rest by a digest, so that a log of megabytes becomes one of kilobytes and
// can still be compared with what was expected.
func (l *Log) Compact() {
	for i := range l.Records {
		if r := &l.Records[i]; r.Kind == Event {
			r.Data = r.Data.Cut(KeepEvent)
		}
	}
}
