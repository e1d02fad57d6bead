// SPDX-License-Identifier: Apache-2.0

package model

import (
	"fmt"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// sentClose takes a Close of ours.
func (m *Model) sentClose(payload []byte) {
	s := &m.ours
	code, reason, has := ws.ParseClosePayload(payload)
	if !has {
		code = ws.NoStatus
	}
	switch {
	case m.fault.set && m.fault.at == s.frames:
		m.fault.code = code
	case m.fault.set && s.behind == 0:
		s.behind = code
	}
	if s.closed || m.fault.set {
		return
	}
	f := fault{closing: true, payload: true, code: code, codes: codes{ws.ProtocolError}, whole: true}
	switch broken := codeSentence(code); {
	case len(payload) == 1:
		f.requirement, f.what = "6455-5.5.1-1", "a Close with half a code"
	case has && broken != "" && code < 5000:
		f.requirement, f.what = broken, "a Close with a code that must not be used"
		if !utf8.Valid(reason) {
			f.codes[1] = ws.InvalidPayload
		}
	case !utf8.Valid(reason):
		f.requirement, f.what, f.codes = "6455-5.5.1-2", "a Close with a reason that is not UTF-8", codes{ws.InvalidPayload, ws.ProtocolError}
	default:
		s.closed, s.code, s.closes = true, code, s.frames
		s.spoilt = s.assembly.inside && s.assembly.invalid
		return
	}
	m.failFor(f)
}

// cameClose takes a Close of the endpoint's.
func (m *Model) cameClose(payload []byte) {
	t := &m.theirs
	code, reason, has := ws.ParseClosePayload(payload)
	if !has {
		code = ws.NoStatus
	}
	t.closed, t.code = true, code
	switch broken := codeSentence(code); {
	case len(payload) == 1:
		m.find(Must, "6455-5.5.1-1", "it sent a Close with half a code")
	case has && broken != "" && code > 4999 && code == m.ours.code:
		m.find(Should, broken, "it returned a Close with %d", code)
	case has && broken != "":
		m.find(Must, broken, "it sent a Close with %d", code)
	case !utf8.Valid(reason):
		m.find(Must, "6455-5.5.1-2", "it sent a Close with a reason that is not UTF-8")
	case has && code == 1010 && m.endpoint.Role == ws.Server && m.ours.code != code:
		m.find(Should, "6455-7.4.1-7", "it sent a Close with 1010")
	}
	if m.broken {
		return
	}
	if m.choice.set && m.choice.fails != must && !(m.ours.closed && (!findsFault(code) || code == m.ours.code || m.ours.code > 4999)) {
		f, ok := m.cause(code)
		if !ok || !f.codes.has(code) {
			m.declined()
			return
		}
		m.choice.set = false // whichever of the two it was
		m.failedWith(f, code)
		return
	}
	m.chose()
	if f, ok := m.cause(code); ok {
		m.failedWith(f, code)
		return
	}
	if m.ours.closed {
		m.replied(code)
		return
	}
	m.closedUnasked(code)
}

// cause is what the endpoint may have closed the connection for, other than a Close of
// ours.
func (m *Model) cause(code ws.CloseCode) (fault, bool) {
	for _, d := range m.doubts {
		if m.fault.set && d.at <= m.fault.at && d.codes.has(code) {
			return d, true
		}
		if !m.fault.set && (d.codes.has(code) || code == ws.NoStatus && (!m.ours.closed || d.at == m.ours.closes)) {
			return d, true
		}
	}
	s := &m.ours
	big := fault{at: s.frames, requirement: "6455-10.4-1", what: "a message beyond its limits", codes: codes{ws.MessageTooBig}}
	if code == ws.MessageTooBig && m.demanding() {
		return big, true
	}
	if code == ws.UnsupportedData && m.endpoint.TextOnly && m.binaryPending() {
		return fault{requirement: "6455-7.4.1-11", codes: codes{ws.UnsupportedData}}, true
	}
	if f := m.begunFault(); f.set {
		return f, true
	}
	switch {
	case m.fault.set:
		return m.fault, true
	case s.assembly.inside && s.assembly.invalid && !s.closed, s.spoilt && code == ws.InvalidPayload:
		return fault{at: s.assembly.invalidAt, requirement: "6455-8.1-1", what: "text that is not UTF-8", codes: codes{ws.InvalidPayload}}, true
	case (!s.closed || findsFault(code)) && !m.inflatesSoFar():
		return fault{at: s.frames, requirement: notInflated, what: "data that cannot be inflated", codes: codes{ws.InvalidPayload, ws.ProtocolError}}, true
	case !s.closed && m.beyondLimit() && (m.limited || code == ws.NoStatus):
		return big, true
	case len(m.doubts) > 0 && (!s.closed || findsFault(code)):
		return m.doubts[0], true
	}
	return fault{}, false
}

// begunFault is what is wrong with a frame of which not all of the header has been sent.
func (m *Model) begunFault() fault {
	s := &m.ours
	h, sized, begun := s.partial(m.endpoint.Role == ws.Server)
	if !begun || m.fault.set || s.closed {
		return fault{}
	}
	f := m.faultOf(h)
	if limit := uint64(m.endpoint.Limit); !f.set && sized && (!h.Minimal() || h.Length > limit) {
		f = fault{set: true, requirement: longForm, what: "a length that it does not take", codes: codes{ws.ProtocolError, ws.MessageTooBig}}
	}
	f.at = s.frames + 1
	f.mixed = m.mixed()
	return f
}

// demanding reports whether we ask more of the endpoint than it must be able to take: a
// frame or a message beyond its limit that it has not echoed yet.
func (m *Model) demanding() bool {
	s := &m.ours
	limit := m.endpoint.Limit
	if s.inside && s.header.Length > uint64(limit) || m.longest() > limit {
		return true
	}
	return s.assembly.inside && s.assembly.compressed && len(s.deflated) > 0 // it may be a bomb
}

// beyondLimit reports whether the message that is to be echoed next is one that the
// endpoint need not take.
func (m *Model) beyondLimit() bool {
	s := &m.ours
	if msg, _, found := m.echoing(); found && msg.end-msg.start > m.endpoint.Limit {
		return true
	}
	return s.next == len(s.queue) && s.inside && s.header.Length > uint64(m.endpoint.Limit) && !s.header.Opcode.IsControl()
}

func (m *Model) binaryPending() bool {
	s := &m.ours
	if s.assembly.inside && s.assembly.op == ws.Binary {
		return true
	}
	for _, msg := range s.queue[s.next:] {
		if msg.op == ws.Binary {
			return true
		}
	}
	return false
}

// failedWith takes it that the endpoint closed the connection for something that was
// wrong, and with which code.
func (m *Model) failedWith(f fault, code ws.CloseCode) {
	m.theirs.failed, m.theirs.failedAt = true, f.at
	switch {
	case f.codes.has(code), f.mixed && findsFault(code) && code != m.ours.behind:
	case code == ws.NoStatus:
		m.find(Should, "6455-7.1.7-2", "it failed the connection for %s, with a Close that does not say why", f.what)
	case m.ours.behind == code && code != ws.NormalClosure && m.fault.set:
		m.find(Must, f.requirement, "it answered the Close behind %s, for which the connection had to be failed", f.what)
	case f.closing && (code == ws.NormalClosure && (f.payload || f.code == ws.NoStatus) || code == f.code):
		m.find(Must, f.requirement, "it answered %s with %d, as if nothing were wrong with it", f.what, code)
	default:
		m.find(Should, fittingCode(f.codes), "it failed the connection with %d for %s", code, f.what)
	}
}

// replied takes it that the endpoint answered our Close.
func (m *Model) replied(code ws.CloseCode) {
	s := &m.ours
	finds := findsFault(code)
	m.passed(s.closes)
	switch {
	case s.code > 4999 && code != ws.ProtocolError:
		m.find(Should, "6455-7.4.2-5", "it answered a Close with %d as if that were in a range", s.code)
	case !finds || s.code > 4999 || code == s.code:
	case s.junk:
		m.find(Should, "6455-5.5.1-6", "it answered our Close, which had %s, with %d for what came behind it", codeInWords(s.code), code)
	case s.code >= 1012 && s.code <= 1014:
		m.find(Should, acceptedCode(s.code), "it refused a Close with %d", s.code)
	default:
		m.find(Must, acceptedCode(s.code), "it answered our Close, which had %s, with %d", codeInWords(s.code), code)
	}
}

// findsFault reports whether a code says that something was wrong with what came.
func findsFault(c ws.CloseCode) bool { return c == ws.ProtocolError || c == ws.InvalidPayload }

func codeInWords(c ws.CloseCode) string {
	if c == ws.NoStatus {
		return "no code"
	}
	return fmt.Sprint(uint16(c))
}

// closedUnasked takes it that the endpoint began the closing handshake although there was
// nothing wrong.
func (m *Model) closedUnasked(code ws.CloseCode) {
	switch {
	case m.ours.ended:
		return // we are gone
	case m.theirs.unponged && !findsFault(code):
		return // it may take us for gone
	}
	switch code {
	case ws.ProtocolError, ws.InvalidPayload:
		m.find(Must, string(m.blame()), "it failed the connection with %d, and nothing was wrong with what we had sent", code)
	case ws.NoStatus:
		m.find(Contract, "6455-7.1.7-4", "it closed the connection without a code, and had no reason to")
	default:
		m.find(Contract, "6455-7.1.7-4", "it closed the connection with %d, and had no reason to", code)
	}
}

// blame is what there is to notice about what we have sent last and have no answer to.
func (m *Model) blame() feature {
	s := &m.ours
	if s.next < len(s.queue) {
		return s.queue[s.next].feature
	}
	if s.feature == "" {
		return "6455-4.1-36"
	}
	return s.feature
}

// end takes it that the endpoint has ended TCP.
func (m *Model) end(how How) {
	s, t := &m.ours, &m.theirs
	const silent = "it ended TCP for %s without a Close that says why"
	switch {
	case m.fault.void:
	case m.choice.set && m.choice.fails != must && !t.closed && (m.fault.set || s.ended || m.begunFault().set):
		m.choice.set = false // whichever of the two it was
	case m.choice.set && m.choice.fails != must && !t.closed:
		m.declined()
	case t.closed && how == RST && !s.ended && s.closed && s.frames == s.closes:
		// Otherwise there may be something that it has not read, for which TCP sends RST.
		m.find(Should, "6455-7.1.1-1", "it reset TCP behind its Close")
	case t.closed:
	case how == RST && s.closed && s.frames > s.closes:
		// TCP sends RST for what it has not read behind our Close, and drops an answer that waits.
	case m.fault.set:
		m.find(Should, "6455-7.1.7-2", silent, m.fault.what)
	case s.closed && s.code > 4999:
	case s.ended && !s.closed:
	case t.unponged && !s.closed:
		m.find(Should, "6455-7.3-1", "it ended TCP without a Close when a Ping of its was not answered")
	default:
		switch f, ok := m.cause(ws.NoStatus); {
		case ok:
			m.find(Should, "6455-7.1.7-2", silent, f.what)
		case s.closed && len(m.doubts) > 0:
			m.find(Should, "6455-7.1.7-2", silent, m.doubts[0].what)
		case s.spoilt:
			m.find(Should, "6455-7.1.7-2", silent, "text that is not UTF-8")
		case s.closed && !m.inflatesSoFar():
			m.find(Should, "6455-7.1.7-2", silent, "data that cannot be inflated")
		case s.closed && m.beyondLimit():
			m.find(Should, "6455-7.1.7-2", silent, "a message beyond its limits")
		case s.closed && s.code >= 1012 && s.code <= 1014:
			m.find(Should, acceptedCode(s.code), "it ended TCP in answer to a Close with %d", s.code)
		case s.closed && s.ended:
			m.find(Should, "6455-5.5.1-5", "it did not answer our Close, behind which we had ended our half of TCP")
		case s.closed:
			m.find(Must, "6455-5.5.1-5", "it ended TCP and had not answered our Close")
		default:
			m.find(Must, "6455-7.3-1", "it ended TCP without a Close, and nothing was wrong with what we had sent")
		}
	}
}

// due is what the endpoint owes.
type due struct {
	level       Level
	requirement string
	text        string
}

// due returns what the endpoint owes first.
func (m *Model) due() (due, bool) {
	s, t := &m.ours, &m.theirs
	server := m.endpoint.Role == ws.Server
	switch {
	case m.broken || m.phase == over:
		return due{}, false
	case m.phase == handshaking:
		return m.dueHandshake()
	case m.fault.void:
		return due{Must, m.fault.requirement, "it did not fail the connection for " + m.fault.what}, true
	case m.fault.set && !t.closed:
		return m.dueFailing()
	case t.closed && (m.fault.set || t.failed) && server:
		return due{Must, "6455-7.1.7-1", "it failed the connection and left TCP open"}, true
	case t.closed && s.closed && server:
		return due{Must, "6455-5.5.1-11", "it left TCP open when both Close frames had gone"}, true
	case t.closed:
		return due{}, false
	case s.closed:
		return due{Must, "6455-5.5.1-5", "it did not answer our Close"}, true
	case s.next < len(s.queue):
		return due{Must, string(s.queue[s.next].feature), "it did not echo a message"}, true
	case m.unanswered() && t.mangled:
		return due{Must, "6455-5.5.3-1", "it did not answer a Ping with its payload"}, true
	case m.unanswered():
		return due{Must, "6455-5.5.2-2", "it did not answer a Ping"}, true
	case s.ended:
		return due{Must, "6455-7.2.1-1", "it left TCP open although our half of it had ended"}, true
	case s.inside && s.header.Length > 1<<62:
		return due{Should, "6455-10.4-1", "it waits for a frame that nothing can take"}, true
	}
	return due{}, false
}

// dueFailing is what an endpoint owes that has to fail the connection.
func (m *Model) dueFailing() (due, bool) {
	if m.fault.whole {
		return due{Must, m.fault.requirement, "it did not fail the connection for " + m.fault.what}, true
	}
	return due{Should, m.fault.requirement, "it waits for the rest of " + m.fault.what}, true
}
