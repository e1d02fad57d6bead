// SPDX-License-Identifier: Apache-2.0

package model

import (
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// sending is what we have sent.
type sending struct {
	framer
	frames int // begun so far: the number of the current one

	content  []byte    // of messages that are not echoed yet, and of the one under way
	queue    []message // complete ones, in order
	next     int       // of the queue, which has to be echoed next
	assembly assembly
	deflated []byte // payload of the message under way, where it is compressed
	control  []byte // payload of the control frame under way
	inflater *deflate.Inflater
	adrift   bool // an inflater of the endpoint's may be anywhere, as it had data that cannot be inflated

	pings    []ping
	nextPing int // those before it need no answer any more
	pongs    []ping
	pinged   []byte // payloads of pings and pongs

	closed bool         // we have sent a Close that is valid, or may be
	code   ws.CloseCode // of it; 1005 for none
	closes int          // the number of that frame
	behind ws.CloseCode // of a Close that stands behind something that had to fail the connection
	spoilt bool         // text that cannot become valid stands before it
	junk   bool         // something that would have failed the connection stands behind our Close
	ended  bool         // we have ended our half of TCP

	feature feature // of the last frame
}

func (s *sending) reset() sending {
	return sending{
		content: kept(s.content), queue: s.queue[:0], deflated: kept(s.deflated), control: s.control[:0],
		pings: s.pings[:0], pongs: s.pongs[:0], pinged: kept(s.pinged), inflater: s.inflater,
	}
}

// standing says what an answer to something that we sent means.
type standing uint8

const (
	lawful      standing = iota
	behindClose          // it stands behind our Close
	faulty               // it breaks a rule, or stands behind something that does
)

// standing of what we send now.
func (m *Model) standing() standing {
	switch {
	case m.fault.set:
		return faulty
	case m.ours.closed:
		return behindClose
	}
	return lawful
}

// A fault is something that we sent for which the connection has to be failed, or may be.
type fault struct {
	set         bool
	at          int    // number of our frame
	requirement string // that the endpoint breaks if it goes on
	what        string // a few words
	codes       codes  // that fit
	whole       bool   // all of the frame was sent: there is nothing to wait for
	void        bool   // the opening handshake was void: there is no connection
	closing     bool   // it is a Close of ours that is not valid
	payload     bool   // because of its payload
	mixed       bool   // something that may be found wrong too stands before it
	code        ws.CloseCode

	// Of doubts: what is not as it should be if the endpoint goes on, empty if nothing.
	accepted string
}

// codes are close codes that fit an error.
type codes [2]ws.CloseCode

func (c codes) has(code ws.CloseCode) bool { return code != 0 && (c[0] == code || c[1] == code) }

// send takes octets that we send once the connection is open.
func (m *Model) send(b []byte) {
	s := &m.ours
	for len(b) > 0 {
		if !s.inside {
			var found bool
			if b, found = s.begin(b); !found {
				return
			}
			m.sentHeader(s.header)
		} else {
			var part []byte
			var from uint64
			part, b, from = s.payload(b)
			m.sentPayload(part, from)
		}
		if s.complete() {
			m.sentFrame()
		}
	}
}

func (m *Model) sentHeader(h ws.Header) {
	s := &m.ours
	s.frames++
	s.control = s.control[:0]
	if f := m.faultOf(h); f.set {
		m.failFor(f)
	} else if !h.Minimal() {
		m.doubt(fault{requirement: longForm, what: "a length that is not in its shortest form", codes: codes{ws.ProtocolError, ws.MessageTooBig}, accepted: longForm})
	}
	s.feature = m.featureOf(h)
	if h.Opcode != ws.Text && h.Opcode != ws.Binary && (h.Opcode != ws.Continuation || s.assembly.inside) {
		return
	}
	if a := &s.assembly; h.Opcode != ws.Continuation || !a.inside {
		*a = assembly{inside: true, op: h.Opcode, start: len(s.content), first: s.frames}
		a.compressed = m.endpoint.Agreed != nil && h.RSV&rsv1 != 0
		s.deflated = s.deflated[:0]
	}
}

// failFor takes it that we sent something for which the connection must be failed. What
// comes behind our own Close is not looked at.
func (m *Model) failFor(f fault) {
	s := &m.ours
	switch {
	case s.closed:
		s.junk = true
	case !m.fault.set:
		f.set, f.at = true, s.frames
		f.mixed = m.mixed()
		if s.assembly.inside && s.assembly.invalid && f.codes[1] == 0 {
			f.codes[1] = ws.InvalidPayload // that was to be found first
		}
		m.fault = f
		m.noteUnusual(f.requirement)
	}
}

// mixed reports whether what we have sent so far may be found wrong before what follows is.
func (m *Model) mixed() bool {
	a := &m.ours.assembly
	return len(m.doubts) > 0 || a.inside && (a.invalid || a.compressed)
}

// doubt takes it that we sent something for which the connection may be failed.
func (m *Model) doubt(f fault) {
	if m.standing() == lawful {
		f.set, f.at, f.whole = true, m.ours.frames, true
		m.doubts = append(m.doubts, f)
		m.noteUnusual(f.requirement)
	}
}

// passed takes it that the endpoint has gone on behind the frame with the number.
func (m *Model) passed(frame int) {
	kept := m.doubts[:0]
	for _, d := range m.doubts {
		switch {
		case d.at > frame:
			kept = append(kept, d)
		case d.accepted != "":
			m.find(Should, d.accepted, "%s was accepted", d.what)
		}
	}
	m.doubts = kept
}

func (m *Model) sentPayload(part []byte, from uint64) {
	s, h := &m.ours, m.ours.header
	into := &s.content
	switch {
	case h.Opcode == ws.Continuation, h.Opcode == ws.Text, h.Opcode == ws.Binary:
		if s.assembly.compressed {
			into = &s.deflated
		}
	default:
		into = &s.control
		part = part[:max(0, min(len(part), mostControl-len(s.control)))]
	}
	n := len(*into)
	*into = append(*into, part...)
	part = (*into)[n:]
	if h.Masked {
		ws.Mask(h.Key, int(from&3), part)
	}
	if a := &s.assembly; into == &s.content && a.op == ws.Text && !a.invalid {
		a.invalid, a.invalidAt = !a.text.Write(part), s.frames
	}
}

// mostControl is how much is kept of a control frame, of which 125 octets are allowed.
const mostControl = 256

// sentFrame takes it that all of the frame has been sent.
func (m *Model) sentFrame() {
	s, h := &m.ours, m.ours.header
	if m.fault.set && m.fault.at == s.frames {
		m.fault.whole = true
	}
	switch h.Opcode {
	case ws.Continuation, ws.Text, ws.Binary:
		if h.Fin && s.assembly.inside {
			m.sentMessage()
		}
	case ws.Ping:
		s.pings = append(s.pings, s.keep(m.standing()))
	case ws.Pong:
		m.theirs.unponged = false
		const most = 64
		if len(s.pongs) < most && len(s.control) > 0 {
			s.pongs = append(s.pongs, s.keep(lawful))
		}
	case ws.Close:
		m.sentClose(s.control)
	}
}

// feature is what there is to notice about something we sent that is allowed, as the
// sentence by which it is.
type feature string

func (m *Model) featureOf(h ws.Header) feature {
	a := &m.ours.assembly
	switch {
	case h.Opcode.IsControl() && a.inside:
		return "6455-5.4-4"
	case h.Opcode == ws.Ping && h.Length == ws.MaxControlPayload:
		return "6455-5.5-4"
	case h.Opcode == ws.Ping:
		return "6455-5.5.2-1"
	case h.Opcode == ws.Pong:
		return "6455-5.5.3-3"
	case h.Opcode == ws.Close:
		return "6455-7.4.1-5"
	case (h.Opcode == ws.Continuation || !h.Fin) && h.Length == 0:
		return "6455-5.4-11"
	case h.Opcode == ws.Continuation || !h.Fin:
		return "6455-5.4-12"
	case m.endpoint.Agreed != nil && h.RSV&rsv1 != 0:
		return "7692-7.2.1-3"
	case m.endpoint.Agreed != nil:
		return "7692-6-6"
	case h.Form != ws.Length7:
		return "6455-5.2-13"
	case h.Masked && h.Key == [4]byte{}:
		return "6455-5.3-3"
	case h.Opcode == ws.Binary:
		return "6455-5.6-3"
	}
	return "6455-5.6-4"
}
