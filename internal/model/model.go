// SPDX-License-Identifier: Apache-2.0

// Package model is RFC 6455 and RFC 7692 as a state machine: of what we have sent to an
// endpoint that echoes, it knows which answers are allowed, and of any other answer, which
// sentence of the RFCs it breaks.
//
// It is fed octets of both directions, cut anywhere, and knows nothing of clocks, of the
// network, or of cases. It shares no rule with packages rules and verdict, so that it can
// be held against them. Start at Model.
package model

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Endpoint is what the model has to be told of the endpoint under test, which sends every
// message back.
type Endpoint struct {
	Role ws.Role // which side it plays; we are the other

	// Opened begins with an open connection: no octets of an opening handshake are fed.
	// Agreed is then what was agreed on permessage-deflate, nil for nothing. Otherwise the
	// first octets in each direction are the heads of the handshake, and the model reads
	// from them what was agreed.
	Opened bool
	Agreed *deflate.Answer

	// Limit is how many octets a message may have, inflated, that the endpoint must take;
	// longer ones it may refuse with 1009 (RFC 6455, 10.4). 0 stands for DefaultLimit.
	Limit int
	// TextOnly: it may refuse binary messages with 1003 (RFC 6455, 7.4.1).
	TextOnly bool
}

// DefaultLimit is the length of messages, in octets, up to which a refusal with 1009 is
// not believed of an endpoint that says nothing of its limits.
const DefaultLimit = 4096

// A Model follows one connection.
//
// Call Sent before the octets are written and Received after they are read, in the order
// in which that happens; then no answer is known before its question. What comes back is a
// *Violation, nil where all is as it may be. One of level Must ends the judging: everything
// after it is accepted. After one of level Should, or Contract, it goes on.
//
// When nothing more is going to be sent, the conversation is over once Owes reports false
// or Ended was called. Whoever has waited long enough calls Quiet, which complains
// of what is still owed. So that waiting is rare, send a Ping behind what is in doubt and
// a Close at the end: their answers show that the endpoint has come so far.
//
// A Model belongs to one goroutine. Reset makes it ready for the next connection and keeps
// its memory.
type Model struct {
	endpoint Endpoint
	phase    phase
	opening  opening
	findings []Violation
	limited  bool // the limit is what the endpoint says of itself
	mark     int  // findings before the call that is going on
	broken   bool // a MUST was broken: nothing more is judged

	ours   sending
	theirs receiving

	choice choice
	fault  fault   // the first thing we sent for which the connection must be failed
	doubts []fault // things we sent that may be accepted or refused, not yet accepted

	unusual []string // requirements: see Unusual
}

// phase is how far a connection has come.
type phase uint8

const (
	handshaking phase = iota
	open              // or being closed
	over              // TCP has ended, or nothing is to be judged any more
)

// New returns a model of a connection with the endpoint on which nothing has happened yet.
func New(e Endpoint) *Model {
	m := new(Model)
	m.Reset(e)
	return m
}

// Reset forgets the connection and begins another one, with the memory of the one before
// that is worth keeping.
func (m *Model) Reset(e Endpoint) {
	limited := e.Limit > 0
	if !limited {
		e.Limit = DefaultLimit
	}
	*m = Model{limited: limited, endpoint: e, findings: m.findings[:0], doubts: m.doubts[:0], unusual: m.unusual[:0], ours: m.ours.reset(), theirs: m.theirs.reset(), opening: m.opening.reset()}
	if e.Opened {
		m.open(e.Agreed)
	}
}

// mostKept is how large a buffer may be that the next connection uses again, in octets: a
// message of megabytes is rare, and would have each model hold as much for ever.
const mostKept = 64 << 10

// kept is a buffer for the next connection.
func kept(b []byte) []byte {
	if cap(b) > mostKept {
		return nil
	}
	return b[:0]
}

// open begins with frames.
func (m *Model) open(agreed *deflate.Answer) {
	m.phase = open
	m.endpoint.Opened, m.endpoint.Agreed = true, agreed
	if agreed != nil {
		m.useDeflate(*agreed)
	}
}

// Sent takes octets that we are about to write, legal or not, cut anywhere. b may be used
// again afterwards.
func (m *Model) Sent(b []byte) {
	if m.phase == handshaking {
		b = m.sentHead(b)
	}
	if m.phase == open && !m.broken {
		m.send(b)
	}
}

// SentEnd takes it that we end our half of TCP (FIN), or reset it.
func (m *Model) SentEnd(how How) {
	m.ours.ended = true
	if how == RST {
		m.phase = over
	}
}

// Received takes octets that have come, cut anywhere. b may be used again afterwards. It
// returns the first MUST that they break, or else the first lesser finding.
func (m *Model) Received(b []byte) *Violation {
	m.mark = len(m.findings)
	if m.phase == handshaking {
		b = m.receivedHead(b)
	}
	if m.phase == open && !m.broken {
		m.receive(b)
	}
	return m.found()
}

// Ended takes it that the endpoint has ended TCP. Nothing is received afterwards.
func (m *Model) Ended(how How) *Violation {
	m.mark = len(m.findings)
	if m.broken || m.phase == over {
		return nil
	}
	if m.phase == handshaking {
		m.endedHandshake()
	} else {
		m.end(how)
	}
	m.phase = over
	return m.found()
}

// Quiet takes it that nothing more comes although we have waited long enough, and
// complains of what is still owed. Where that is a MUST, nothing more is judged.
func (m *Model) Quiet() *Violation {
	m.mark = len(m.findings)
	if d, ok := m.due(); ok {
		m.find(d.level, d.requirement, "%s", d.text)
	} else if a := &m.ours.assembly; m.phase == open && a.inside && a.invalid && !m.theirs.closed {
		m.find(Should, "6455-8.1-5", "it waits for the rest of text that cannot become valid")
	}
	return m.found()
}

// Owes reports whether the endpoint still has to do something of its own accord: answer,
// close, or end TCP. That it only should do so does not count: there Quiet may complain
// all the same.
func (m *Model) Owes() bool {
	d, ok := m.due()
	return ok && d.level == Must
}

// Opened reports whether the opening handshake has succeeded.
func (m *Model) Opened() bool { return m.endpoint.Opened }

// Agreed is what was agreed on permessage-deflate, nil where nothing was or the opening
// handshake is not over.
func (m *Model) Agreed() *deflate.Answer { return m.endpoint.Agreed }

// Closed reports whether the endpoint has sent a Close, and with which code, 1005 for none.
// We owe it one then, unless we have sent ours (RFC 6455, 5.5.1).
func (m *Model) Closed() (ws.CloseCode, bool) { return m.theirs.code, m.theirs.closed }

// Findings are all violations so far, in order, each sentence once. The slice is valid
// until the next call of Reset.
func (m *Model) Findings() []Violation { return m.findings }

// find takes down a violation, unless the same sentence was found broken before.
func (m *Model) find(l Level, requirement, what string, args ...any) {
	if m.broken || slices.ContainsFunc(m.findings, func(v Violation) bool { return v.Requirement == requirement && v.Level <= l }) {
		return
	}
	m.findings = append(m.findings, Violation{requirement, l, fmt.Sprintf(what, args...)})
	m.broken = l == Must
}

// found is what the call that is going on has found: the worst, which comes last where it
// is a MUST.
func (m *Model) found() *Violation {
	fresh := m.findings[m.mark:]
	if len(fresh) == 0 {
		return nil
	}
	if last := fresh[len(fresh)-1]; last.Level == Must {
		return &last
	}
	first := fresh[0]
	return &first
}

// How is the way in which TCP ends.
type How uint8

// The ends of TCP.
const (
	FIN How = iota // in order
	RST            // reset
)
