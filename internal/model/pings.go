// SPDX-License-Identifier: Apache-2.0

package model

import "bytes"

// A ping is a Ping or a Pong that we have sent.
type ping struct {
	start, end int // of its payload, in pinged
	at         int // number of the frame
	standing   standing
	within     bool // it stands between the fragments of a message
	answered   bool
}

// keep keeps the payload of the control frame that we have just sent.
func (s *sending) keep(st standing) ping {
	start := len(s.pinged)
	s.pinged = append(s.pinged, s.control...)
	return ping{start: start, end: len(s.pinged), at: s.frames, standing: st, within: s.assembly.inside}
}

func (s *sending) payloadOf(p ping) []byte { return s.pinged[p.start:p.end] }

// pong takes a Pong. It answers the first Ping with its payload that may still be
// answered: those before it need not be any more (RFC 6455, 5.5.3). A Pong may also come
// unasked.
func (m *Model) pong(payload []byte) {
	s := &m.ours
	for i := s.nextPing; i < len(s.pings); i++ {
		if p := &s.pings[i]; bytes.Equal(s.payloadOf(*p), payload) {
			p.answered = true
			s.nextPing = i + 1
			m.theirs.mangled, m.theirs.pongAt = false, s.frames
			m.answered(*p)
			return
		}
	}
	for i := range s.pings[:s.nextPing] {
		if p := &s.pings[i]; bytes.Equal(s.payloadOf(*p), payload) {
			if !p.answered {
				p.answered = true
				m.find(Should, "6455-5.5.2-3", "it answered a Ping behind a later one")
			}
			return
		}
	}
	for _, p := range s.pongs {
		if bytes.Equal(s.payloadOf(p), payload) {
			m.find(Should, "6455-5.5.3-3", "it answered a Pong")
			return
		}
	}
	m.theirs.mangled = true
}

// answered takes it that a Ping was answered.
func (m *Model) answered(p ping) {
	switch {
	case p.standing == faulty:
		m.find(Must, m.fault.requirement, "it answered a Ping although the connection had to be failed for %s", m.fault.what)
		return
	case m.theirs.failed && p.at > m.theirs.failedAt:
		m.find(Must, "6455-7.1.7-3", "it failed the connection and answered a Ping that came behind what it failed it for")
		return
	case p.standing == behindClose:
		m.find(Should, "6455-5.5.2-5", "it answered a Ping that came behind our Close")
	case p.within && p.at < m.theirs.echoedAt:
		m.find(Should, "6455-5.5.2-3", "it answered a Ping between fragments behind the message they belong to")
	}
	m.passed(p.at)
	if m.ours.assembly.inside && m.ours.assembly.invalid && p.at > m.ours.assembly.invalidAt {
		m.find(Should, "6455-8.1-5", "it did not fail the connection for text that cannot become valid before more of it came")
	}
}

// unanswered reports whether a Ping has to be answered: the last one, unless a Pong like
// it came since.
func (m *Model) unanswered() bool {
	s := &m.ours
	n := len(s.pings)
	if s.nextPing == n {
		return false
	}
	last := n - 1
	for last >= s.nextPing && s.pings[last].standing != lawful {
		last--
	}
	if last < s.nextPing {
		return false
	}
	// A Pong may have been the answer to the last of several that are alike.
	if s.nextPing == 0 || m.theirs.pongAt < s.pings[last].at {
		return true
	}
	return !bytes.Equal(s.payloadOf(s.pings[s.nextPing-1]), s.payloadOf(s.pings[last]))
}
