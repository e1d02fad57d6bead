// SPDX-License-Identifier: Apache-2.0

package model

import (
	"errors"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// mostInflated is how many octets we inflate one of our own messages to. Of longer ones
// the content is not known, and any echo is taken.
const mostInflated = 64 << 20

// useDeflate takes it that permessage-deflate was agreed.
func (m *Model) useDeflate(a deflate.Answer) {
	s, t := &m.ours, &m.theirs
	if s.inflater == nil {
		s.inflater, t.inflater = deflate.NewInflater(deflate.Params{}), deflate.NewInflater(deflate.Params{})
	}
	// What we send may break the agreement; whether the endpoint can still inflate it is
	// for it to decide.
	s.inflater.Reset(deflate.Params{})
	t.inflater.Reset(theirParams(m.endpoint.Role, a))
}

func theirParams(role ws.Role, a deflate.Answer) deflate.Params {
	if role == ws.Client {
		return a.Client()
	}
	return a.Server()
}

// inflateOurs inflates the message that we have just sent.
//
// No sentence names the close code for data that cannot be inflated.
func (m *Model) inflateOurs(msg *message) {
	s := &m.ours
	bad := fault{requirement: notInflated, what: "data that cannot be inflated", codes: codes{ws.InvalidPayload, ws.ProtocolError}, whole: true}
	content, stats, err := s.inflater.Inflate(s.content, s.deflated, mostInflated)
	s.content = content
	msg.final = stats.Final
	if stats.Final {
		msg.feature = finalBlock
		s.feature = msg.feature
		m.noteUnusual(finalBlock)
	}
	switch {
	case s.adrift:
		msg.unknown = true
		bad.what = "data behind some that cannot be inflated"
		m.doubt(bad)
	case err == nil:
		m.beyondAgreement(stats)
		return
	case errors.Is(err, deflate.ErrLimit):
		msg.unknown = true
	case len(s.deflated) == 0:
		bad.what = "a compressed message without an octet"
		s.adrift = true
		m.doubt(bad)
	case errors.Is(err, deflate.ErrTail):
		bad.what, bad.accepted = "a compressed message that does not end as it must", "7692-7.2.2-1"
		s.adrift = true
		m.doubt(bad)
	case errors.Is(err, deflate.ErrTruncated), stats.Final:
		bad.accepted = bad.requirement
		msg.loose, s.adrift = true, true
		m.doubt(bad)
	default:
		m.failFor(bad)
	}
	s.inflater.Reset(deflate.Params{})
}

// beyondAgreement doubts a message of ours for which a receiver needs more memory than was
// agreed. It MAY have that (RFC 7692, 7.2.2).
func (m *Model) beyondAgreement(stats deflate.Stats) {
	if m.isBeyond(stats) {
		m.doubt(fault{requirement: notInflated, what: "a reference beyond what was agreed", codes: codes{ws.InvalidPayload, ws.ProtocolError}})
	}
}

func (m *Model) isBeyond(stats deflate.Stats) bool {
	agreed := theirParams(m.endpoint.Role.Other(), *m.endpoint.Agreed)
	return stats.Farthest > agreed.Window() || stats.Earlier && agreed.NoContextTakeover
}

// collect takes compressed payload of the endpoint's. What cannot be the echo of anything
// we have sent need not be kept.
func (m *Model) collect(part []byte) {
	t := &m.theirs
	if t.alien {
		return
	}
	if _, _, found := m.echoing(); !found {
		m.alien()
		return
	}
	t.data = append(t.data, part...)
	if most := 2*m.longest() + 64<<10; len(t.data) > most {
		m.find(Must, "6455-5.6-4", "the echo of a message goes on behind %d octets of compressed data", most)
	}
}

// longest is the length of the longest message that may be echoed now.
func (m *Model) longest() int {
	s := &m.ours
	most := 0
	if s.assembly.inside {
		most = len(s.content) - s.assembly.start
	}
	for _, msg := range s.queue[s.next:] {
		if msg.unknown {
			return mostInflated
		}
		most = max(most, msg.end-msg.start)
	}
	return most
}

// inflateTheirs inflates a message of the endpoint's that is complete, and compares it.
func (m *Model) inflateTheirs() {
	t := &m.theirs
	plain, _, err := t.inflater.Inflate(t.plain[:0], t.data, m.longest()+1)
	t.plain = plain
	client := m.endpoint.Role == ws.Client
	switch {
	case err == nil:
	case errors.Is(err, deflate.ErrLimit):
		m.find(Must, "6455-5.6-4", "the echo of a message is longer than any that was sent")
	case errors.Is(err, deflate.ErrWindow) && client:
		m.find(Must, "7692-7.2.1-9", "%v", err)
	case errors.Is(err, deflate.ErrWindow):
		m.find(Must, "7692-7.2.1-10", "%v", err)
	case errors.Is(err, deflate.ErrContext) && client:
		m.find(Must, "7692-7.2.1-7", "%v", err)
	case errors.Is(err, deflate.ErrContext):
		m.find(Must, "7692-7.2.1-8", "%v", err)
	default:
		m.find(Must, "7692-7.2.1-1", "%v", err)
	}
	if !m.broken {
		t.data = t.data[:0]
		m.compare(plain)
	}
}

// inflateSoFar inflates what has been sent of the compressed message under way: bad is that it
// cannot become one any more with the memory that was agreed. It is asked for at the end of a
// connection only, as it spoils the context.
func (m *Model) inflateSoFar() (plain []byte, final, bad bool) {
	s := &m.ours
	plain, stats, err := s.inflater.Inflate(nil, s.deflated, mostInflated)
	return plain, stats.Final, errors.Is(err, deflate.ErrCorrupt) && !errors.Is(err, deflate.ErrTruncated) || m.isBeyond(stats)
}

// inflatesSoFar reports whether the compressed message under way can still become one, text
// included. It is asked for at the end of a connection only: see inflateSoFar.
func (m *Model) inflatesSoFar() bool {
	s := &m.ours
	switch {
	case !s.assembly.inside || !s.assembly.compressed:
		return true
	case s.adrift:
		return false
	}
	plain, _, bad := m.inflateSoFar()
	if bad {
		return false
	}
	if s.assembly.op != ws.Text {
		return true
	}
	var text ws.UTF8
	return text.Write(plain)
}
