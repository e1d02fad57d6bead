// SPDX-License-Identifier: Apache-2.0

package model

import (
	"bytes"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// A message of ours that is complete, and is to be echoed where that is lawful.
type message struct {
	op         ws.Opcode
	start, end int // in content
	first, at  int // numbers of its first and last frame
	standing   standing
	feature    feature
	fragmented bool
	compressed bool
	final      bool // it has a DEFLATE block with BFINAL set
	loose      bool // the beginning of it is an echo too
	unknown    bool // we do not know what it inflates to
}

// assembly is the message of ours that is under way.
type assembly struct {
	inside     bool
	op         ws.Opcode
	start      int // in content
	first      int // number of its first frame
	compressed bool
	text       ws.UTF8
	invalid    bool // it is text that cannot become valid any more
	invalidAt  int  // since the frame with that number
}

// sentMessage takes it that the message under way is complete.
func (m *Model) sentMessage() {
	s := &m.ours
	a := s.assembly
	msg := message{op: a.op, first: a.first, at: s.frames, feature: s.feature, fragmented: a.first < s.frames, compressed: a.compressed}
	valid := !a.invalid && a.text.Complete()
	s.assembly.inside = false
	if a.compressed {
		m.inflateOurs(&msg)
		valid = a.op != ws.Text || utf8.Valid(s.content[a.start:])
	}
	if !valid && !msg.unknown {
		m.failFor(fault{requirement: textSentence(a, msg), what: "text that is not UTF-8", codes: codes{ws.InvalidPayload}, whole: true})
	}
	msg.start, msg.end = a.start, len(s.content)
	msg.standing = m.standing()
	s.queue = append(s.queue, msg)
	m.compareHeld()
}

// textSentence is the one by which such text fails the connection.
func textSentence(a assembly, msg message) string {
	switch {
	case a.compressed:
		return "7692-7.2-2"
	case a.invalid:
		return "6455-8.1-1"
	case msg.fragmented:
		return "6455-8.1-3"
	}
	return "6455-8.1-2"
}

// echoing is the message of ours that what comes now must be the echo of: the next of the
// queue, or else the one under way. Neither: nothing is to be echoed.
func (m *Model) echoing() (msg message, complete, found bool) {
	s := &m.ours
	if s.next < len(s.queue) {
		return s.queue[s.next], true, true
	}
	if a := s.assembly; a.inside {
		return message{op: a.op, start: a.start, end: len(s.content), first: a.first, at: s.frames, standing: m.standing(), compressed: a.compressed, fragmented: true}, false, true
	}
	return message{}, false, false
}

// echoed takes it that the next message of the queue has come back.
func (m *Model) echoed(msg message) {
	s := &m.ours
	s.next++
	if s.next == len(s.queue) && !s.assembly.inside {
		s.queue, s.next, s.content = s.queue[:0], 0, s.content[:0]
	}
	switch msg.standing {
	case faulty:
		m.find(Must, m.fault.requirement, "it echoed a message although the connection had to be failed for %s", m.fault.what)
	case behindClose:
		m.find(Must, "6455-5.5.1-5", "it echoed a message that came behind our Close, and had not answered that")
	}
	m.passed(msg.at)
	m.theirs.echoedAt = msg.at
}

// compare compares octets of an echo with what is to be echoed, from pos on.
func (m *Model) compare(part []byte) {
	t := &m.theirs
	msg, complete, found := m.echoing()
	switch {
	case t.alien:
		return
	case !found:
		m.alien()
		return
	case t.held || !complete && msg.compressed:
		t.held = true
		t.data = append(t.data, part...)
		return
	case msg.op != t.op:
		m.wrongType(msg)
		return
	case msg.unknown:
		return
	}
	rest := m.ours.content[msg.start:msg.end][t.pos:]
	if len(part) > len(rest) || !bytes.Equal(part, rest[:len(part)]) {
		sofar := append(append([]byte(nil), m.ours.content[msg.start:msg.start+t.pos]...), part...)
		m.wrong(msg, sofar, false)
		return
	}
	t.pos += len(part)
}

// compareHeld compares what has been held back until we know what is to be echoed.
func (m *Model) compareHeld() {
	if t := &m.theirs; t.held {
		t.held = false
		held := t.data
		t.data = nil
		m.compare(held)
	}
}

// messageCame takes it that the last octet of a message has come.
func (m *Model) messageCame() {
	t := &m.theirs
	defer func() { t.pos, t.held, t.alien, t.data = 0, false, false, t.data[:0] }()
	if t.compressed && !t.alien {
		m.inflateTheirs()
	}
	if m.broken || t.alien {
		return
	}
	m.compare(nil) // an empty message has not been compared yet
	if m.broken || t.alien {
		return
	}
	msg, complete, _ := m.echoing()
	switch {
	case !complete && m.fault.set:
		m.find(Must, m.fault.requirement, "it delivered a message although the connection had to be failed for %s", m.fault.what)
	case !complete:
		m.find(Must, "6455-5.4-16", "it echoed a message whose last fragment had not been sent")
	case t.pos < msg.end-msg.start && !msg.loose && !msg.unknown:
		m.wrong(msg, m.ours.content[msg.start:msg.start+t.pos], true)
	default:
		m.echoed(msg)
	}
}

// alien takes it that a message has come when there was nothing to echo.
func (m *Model) alien() {
	m.theirs.alien = true
	if m.fault.set {
		m.find(Must, m.fault.requirement, "it sent a message although the connection had to be failed for %s", m.fault.what)
		return
	}
	m.find(Contract, "6455-5.1-6", "it sent a message that is no echo of ours")
}

// wrong takes it that what came is no echo of the message, or only the beginning of one.
// What had to fail the connection is to blame where it has been echoed.
func (m *Model) wrong(msg message, came []byte, whole bool) {
	for _, other := range m.ours.queue[m.ours.next:] {
		content := m.ours.content[other.start:other.end]
		if other.standing == faulty && other.op == m.theirs.op && (bytes.Equal(content, came) || !whole && bytes.HasPrefix(content, came)) {
			m.find(Must, m.fault.requirement, "it echoed a message although the connection had to be failed for %s", m.fault.what)
			return
		}
	}
	if msg.standing == faulty {
		m.find(Must, m.fault.requirement, "it sent a message although the connection had to be failed for %s", m.fault.what)
		return
	}
	content := m.ours.content[msg.start:msg.end]
	at := 0
	for at < min(len(content), len(came)) && content[at] == came[at] {
		at++
	}
	requirement := "6455-5.6-4"
	switch {
	case msg.final:
		requirement = finalBlock
	case msg.compressed && msg.op == ws.Binary:
		requirement = "7692-7.2-4"
	case msg.op == ws.Binary:
		requirement = "6455-5.6-3"
	}
	m.find(Must, requirement, "the echo of a message of %d octets differs from it at octet %d", len(content), at)
}

func (m *Model) wrongType(msg message) {
	requirement := "6455-6.1-2"
	if msg.fragmented {
		requirement = "6455-5.4-13"
	}
	if m.fault.set {
		requirement = m.fault.requirement
	}
	m.find(Must, requirement, "a %v message came where a %v message was to be echoed", m.theirs.op, msg.op)
}
