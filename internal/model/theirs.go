// SPDX-License-Identifier: Apache-2.0

package model

import (
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// receiving is what the endpoint has sent.
type receiving struct {
	framer
	scratch []byte // payload without its mask
	control []byte // payload of the control frame under way

	inMessage  bool // a message has begun and is not complete
	op         ws.Opcode
	compressed bool
	pos        int    // octets of the message that are the same as ours
	data       []byte // payload of the message, where it is compressed or held back
	plain      []byte // inflated
	held       bool   // it is held back until we know what is to be echoed
	alien      bool   // it is no echo
	inflater   *deflate.Inflater

	echoedAt int  // number of our last frame that has been echoed
	pongAt   int  // number of our last frame when the last Pong came that answers a Ping
	mangled  bool // a Pong has come that answers nothing, since a Ping was answered

	closed   bool
	code     ws.CloseCode
	failed   bool // its Close failed the connection, for something we had sent
	failedAt int  // in the frame of ours with that number
	unponged bool // its last Ping has no answer of ours
}

func (t *receiving) reset() receiving {
	return receiving{scratch: kept(t.scratch), control: kept(t.control), data: kept(t.data), plain: kept(t.plain), inflater: t.inflater}
}

// receive takes octets that come once the connection is open.
func (m *Model) receive(b []byte) {
	t := &m.theirs
	for len(b) > 0 && !m.broken {
		if !t.inside {
			if m.fault.void && t.n == 0 && b[0] >= 'A' && b[0] <= 'Z' {
				m.phase = over // another request
				return
			}
			var found bool
			if b, found = t.begin(b); !found {
				return
			}
			m.cameHeader(t.header)
		} else {
			var part []byte
			var from uint64
			part, b, from = t.payload(b)
			m.camePayload(part, from)
		}
		if !m.broken && t.complete() {
			m.cameFrame()
		}
	}
}

func (m *Model) cameHeader(h ws.Header) {
	t := &m.theirs
	if m.fault.void {
		if h.Opcode != ws.Close {
			m.find(Must, m.fault.requirement, "it took %s for one that opens the connection", m.fault.what)
		} else {
			m.find(Should, m.fault.requirement, "it sent a Close on a connection that was never open")
		}
		return
	}
	if h.Opcode != ws.Close {
		m.chose()
	}
	if requirement, what := m.breachOf(h); requirement != "" {
		m.find(Must, requirement, "%s: %v, %d octets", what, h.Opcode, h.Length)
		return
	}
	t.control = t.control[:0]
	switch {
	case h.Opcode.IsControl():
		if t.closed {
			m.find(Should, "6455-5.5.2-5", "it sent a %v behind its own Close", h.Opcode)
		}
	case h.Opcode != ws.Continuation:
		t.inMessage, t.op, t.compressed = true, h.Opcode, h.RSV&rsv1 != 0
	}
}

func (m *Model) camePayload(part []byte, from uint64) {
	t, h := &m.theirs, m.theirs.header
	if m.fault.void {
		return
	}
	if h.Opcode.IsControl() {
		n := len(t.control)
		t.control = append(t.control, part...)
		if h.Masked {
			ws.Mask(h.Key, int(from&3), t.control[n:])
		}
		return
	}
	if h.Masked {
		t.scratch = append(t.scratch[:0], part...)
		ws.Mask(h.Key, int(from&3), t.scratch)
		part = t.scratch
	}
	if t.compressed {
		m.collect(part)
		return
	}
	m.compare(part)
}

// cameFrame takes it that all of a frame has come.
func (m *Model) cameFrame() {
	t, h := &m.theirs, m.theirs.header
	switch {
	case m.fault.void:
	case h.Opcode == ws.Pong:
		m.pong(t.control)
	case h.Opcode == ws.Ping:
		t.unponged = true
	case h.Opcode == ws.Close:
		m.cameClose(t.control)
	case h.Fin:
		t.inMessage = false
		m.messageCame()
	}
}
