// SPDX-License-Identifier: Apache-2.0

package model

import (
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// State is a small value that can be compared; see Model.State. String spells it out.
type State uint32

// stateParts are the parts of a state, from the lowest bit on, and how many bits they have.
// The words of a part are those of its values.
var stateParts = [...]struct {
	bits  int
	words []string
}{
	{2, []string{"handshaking", "open", "over"}},
	{2, []string{"", "in text", "in binary"}},
	{1, []string{"", "compressed"}},
	{1, []string{"", "invalid so far"}},
	{2, []string{"", "in a header", "in a payload"}},
	{2, []string{"", "an echo is owed", "echoes are owed"}},
	{2, []string{"", "a Pong is owed", "Pongs are owed"}},
	{2, []string{"", "to be failed", "to be failed for a Close"}},
	{1, []string{"", "in doubt"}},
	{1, []string{"", "we have closed"}},
	{1, []string{"", "it has closed"}},
	{1, []string{"", "an echo has begun"}},
	{1, []string{"", "we have ended TCP"}},
	{1, []string{"", "deflate"}},
	{1, []string{"", "broken"}},
}

// State is where the conversation is, made small: few enough values to be counted, and
// different ones where an endpoint is likely to be in different places of its code.
func (m *Model) State() State {
	s, t := &m.ours, &m.theirs
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	inside := flag(s.assembly.inside)
	if s.assembly.op == ws.Binary {
		inside *= 2
	}
	frame := flag(s.n > 0)
	if s.inside {
		frame = 2
	}
	fault := flag(m.fault.set)
	if m.fault.closing {
		fault = 2
	}
	parts := [len(stateParts)]int{
		int(m.phase), inside, flag(s.assembly.inside && s.assembly.compressed), flag(s.assembly.inside && s.assembly.invalid), frame,
		min(len(s.queue)-s.next, 2), min(len(s.pings)-s.nextPing, 2), fault, flag(len(m.doubts) > 0),
		flag(s.closed), flag(t.closed), flag(t.inMessage), flag(s.ended), flag(m.endpoint.Agreed != nil), flag(m.broken),
	}
	var state State
	shift := 0
	for i, p := range stateParts {
		state |= State(parts[i]) << shift
		shift += p.bits
	}
	return state
}

func (s State) String() string {
	var words []string
	for _, p := range stateParts {
		i := int(s & (1<<p.bits - 1))
		s >>= p.bits
		if i < len(p.words) && p.words[i] != "" {
			words = append(words, p.words[i])
		}
	}
	return strings.Join(words, ", ")
}

// Expect says in words what the endpoint may do now and what it owes, for messages.
func (m *Model) Expect() string {
	if d, ok := m.due(); ok {
		return "otherwise " + d.text + " (" + d.requirement + ")"
	}
	return "nothing is owed"
}
