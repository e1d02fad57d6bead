// SPDX-License-Identifier: Apache-2.0

package wirelog

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Conversation is everything the peer let us see, in order: the events, the answer
// to the opening handshake where it opened nothing, Close frames, and how TCP ended or
// that it did not. It is made of the other records, so that a stored log has it too.
func (l *Log) Conversation() []Record {
	var all []Record
	add := func(r Record, t EventType) {
		all = append(all, Record{
			At: r.At, Kind: Event, Type: t, Code: r.Code, Status: r.Status, Fields: r.Fields, Unasked: r.Unasked, Tag: r.Tag, End: r.End,
		})
	}
	refusal, refused := l.refusal()
	closed, ours := false, false // Close frames so far
	cause := ""                  // of a reset, in HTTP/2 and HTTP/3
	for i, r := range l.Records {
		if r.Kind == ReceivedHTTP {
			cause = cmp.Or(r.HTTP.cause(), cause)
		}
		switch {
		case r.Kind == Event:
			all = append(all, r)
		case r.Kind == ReceivedFrame && r.Frame.Opcode == ws.Close:
			closed = true
			add(Record{At: r.At, Code: codeOf(r.Frame.Payload.Head), Unasked: !ours}, CloseEvent)
		case r.Kind == SentFrame && r.Frame.Opcode == ws.Close:
			ours = true
		case r.Kind == StillOpen:
			add(r, OpenEvent)
			return all // what follows is our doing
		case r.Kind >= DroppedByMe && r.Kind <= ResetByPeer:
			if refused {
				refusal.At, refused = r.At, false
				add(refusal, AnswerEvent)
			}
			if !closed && l.Facts.Remote.Sent { // the frames of a muted log are not kept
				add(Record{At: r.At, Code: l.Facts.Remote.code(), Unasked: !l.Facts.ClosedByMe}, CloseEvent)
			}
			if t, ok := l.ending(r.Kind); ok {
				if t == ResetEvent {
					r.Tag = cause
				}
				r.End = tlsEnd(l.Records[:i])
				add(r, t)
			}
		}
	}
	if refused {
		add(refusal, AnswerEvent)
	}
	return all
}

// refusal is the answer to the opening handshake, where there is one that opened
// nothing.
func (l *Log) refusal() (Record, bool) {
	if l.Facts.Opened || len(l.Response) == 0 || l.Facts.Role != ws.Client {
		return Record{}, false
	}
	resp, err := ws.ParseResponse(l.Response)
	if err != nil {
		return Record{}, true
	}
	return Record{Status: resp.Status, Fields: resp.Fields}, true
}

// Carrier is what the WebSocket connection is on, as sentences call it: TCP, or a stream of HTTP/2
// or HTTP/3 (RFC 8441, 5).
func (l *Log) Carrier() string {
	for _, head := range [][]byte{l.Request, l.Response} {
		line, _, _ := bytes.Cut(head, []byte("\r\n"))
		if bytes.HasSuffix(line, []byte(" "+ws.HTTP2)) || bytes.HasSuffix(line, []byte(" "+ws.HTTP3)) {
			return "the stream"
		}
	}
	return "TCP"
}

// ending is what the end of TCP tells of the peer, if anything.
func (l *Log) ending(k Kind) (EventType, bool) {
	f := l.Facts
	switch {
	case k == DroppedByPeer:
		return EndEvent, true
	case k == ResetByPeer:
		return ResetEvent, true
	case f.WasServerConnectionDropTimeout, f.WasCloseHandshakeTimeout, f.WasOpenHandshakeTimeout:
		return OpenEvent, true
	}
	// A server ends TCP once Close frames have been exchanged (RFC 6455, 7.1.1).
	return EndEvent, f.Role == ws.Server && f.WasClean
}

// codeOf is the code in the payload of a Close frame, 1005 where it has none
// (RFC 6455, 7.1.5).
func codeOf(payload []byte) ws.CloseCode {
	if code, _, has := ws.ParseClosePayload(payload); has {
		return code
	}
	return ws.NoStatus
}

func (c CloseFacts) code() ws.CloseCode {
	if c.Coded {
		return c.Code
	}
	return ws.NoStatus
}

// FirstAnswer is the time from the first octets that were sent to the first that came
// behind them, 0 where there are none.
func (l *Log) FirstAnswer() time.Duration {
	sent := time.Duration(-1)
	for _, r := range l.Records {
		switch {
		case r.Kind == SentOctets && sent < 0:
			sent = r.At
		case r.Kind == ReceivedOctets && sent >= 0:
			return max(r.At-sent, 1)
		}
	}
	return 0
}

// Notes are the sentences of all records of a kind.
func (l *Log) Notes(k Kind) []string {
	var notes []string
	for _, r := range l.Records {
		if r.Kind == k {
			notes = append(notes, r.Note)
		}
	}
	return notes
}

// Offences are the frames that broke a rule and came to no event, in order: of each
// record, Note is the rule. A Close is an event of the conversation, whatever it breaks.
func (l *Log) Offences() []Record {
	var found []Record
	var last *Record // frame that may be to blame
	for i := range l.Records {
		switch r := &l.Records[i]; r.Kind {
		case ReceivedFrame:
			last = r
		case Event:
			last = nil
		case Violation:
			if last != nil && last.Frame.Opcode != ws.Close {
				offence := *last
				offence.Note = r.Note
				found = append(found, offence)
			}
			last = nil
		}
	}
	return found
}

// WithOffences puts the Offences in among the records, by their time.
func (l *Log) WithOffences(rs []Record) []Record {
	all := append(slices.Clone(rs), l.Offences()...)
	slices.SortStableFunc(all, func(a, b Record) int { return cmp.Compare(a.At, b.At) })
	return all
}

// Violations returns the notes on what the peer broke.
func (l *Log) Violations() []string { return l.Notes(Violation) }
