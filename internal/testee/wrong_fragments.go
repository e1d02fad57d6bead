// SPDX-License-Identifier: Apache-2.0

package testee

import "github.com/wsspec/wsspec/internal/ws"

// Faults in putting fragments together (RFC 6455, 5.4).
const (
	acceptsOrphans          = "accepts-orphan-continuation"
	ignoresOrphans          = "ignores-orphan-continuation"
	acceptsAfterEnd         = "accepts-continuation-after-end"
	acceptsNested           = "accepts-nested-fragments"
	joinsNested             = "joins-nested-message"
	deliversSingly          = "delivers-fragments-singly"
	typeOfLastFrame         = "takes-type-from-last-frame"
	losesEmptyFirst         = "loses-empty-first-fragment"
	keepsLastFragment       = "keeps-only-last-fragment"
	reversesFragments       = "reverses-fragments"
	limitsFragments         = "limits-fragments-to-1000"
	ignoresCloseInFragments = "ignores-close-between-fragments"
	ignoresPingInFragments  = "ignores-ping-between-fragments"
	pingResetsFragments     = "ping-resets-fragments"
	pingFailsFragments      = "fails-on-ping-between-fragments"
	deliversAtEnd           = "delivers-unfinished-at-tcp-end"
	deliversCutFrame        = "delivers-cut-frame-at-tcp-end"
	altersFragmented        = "alters-fragmented-messages"
	swallowsEmptyBinary     = "swallows-empty-fragmented-binary"
)

func fragmentFaults() []Fault {
	return []Fault{
		{Name: acceptsOrphans, Title: "Takes a continuation of nothing for the start of a text message", Roles: InBoth},
		{Name: ignoresOrphans, Title: "Skips continuations of nothing", Roles: InBoth},
		{Name: acceptsAfterEnd, Title: "Takes a continuation after a fragmented message for a message of its type", Roles: InBoth},
		{Name: acceptsNested, Title: "A new message inside a fragmented one replaces it", Roles: InBoth},
		{Name: joinsNested, Title: "A new message inside a fragmented one continues it", Roles: InBoth},
		{Name: deliversSingly, Title: "Delivers each fragment as a message", Roles: InBoth},
		{Name: typeOfLastFrame, Title: "Echoes fragmented messages as text, whatever they began with", Roles: InBoth},
		{Name: losesEmptyFirst, Title: "Forgets a fragmented message whose first fragment is empty", Roles: InBoth},
		{Name: keepsLastFragment, Title: "Delivers only the last fragment of a message", Roles: InBoth},
		{Name: reversesFragments, Title: "Joins fragments in reverse order", Roles: InBoth},
		{Name: limitsFragments, Title: "Fails messages of more than 1000 fragments", Roles: InBoth},
		{Name: ignoresCloseInFragments, Title: "Ignores a Close between fragments", Roles: InBoth},
		{Name: ignoresPingInFragments, Title: "Ignores a Ping between fragments", Roles: InBoth},
		{Name: pingResetsFragments, Title: "Forgets a fragmented message at a Ping between its fragments", Roles: InBoth},
		{Name: pingFailsFragments, Title: "Fails on a Ping between fragments of a binary message", Roles: InBoth},
		{Name: deliversAtEnd, Title: "Delivers an unfinished message when TCP ends", Roles: InBoth},
		{Name: deliversCutFrame, Title: "Delivers what has come of a frame when TCP ends", Roles: InBoth},
		{Name: altersFragmented, Title: "Flips a bit of the last octet of fragmented, uncompressed binary messages", Roles: InBoth},
		{Name: swallowsEmptyBinary, Title: "Does not deliver binary messages of empty fragments", Roles: InBoth},
	}
}

// misreadFragments takes the place in a message that a header has from it, or
// gives it another.
func (c *Conn) misreadFragments(h ws.Header) ws.Header {
	m := &c.msg
	if h.Opcode.IsControl() {
		return c.misreadControl(h)
	}
	if h.Opcode.IsReserved() {
		return h
	}
	first := h.Opcode != ws.Continuation
	switch {
	case c.has(deliversSingly):
		if !first {
			h.Opcode = ws.Text
			if m.opcode != 0 {
				h.Opcode = m.opcode
			}
		}
		h.Fin, m.open = true, false
	case !first && !m.open && c.has(acceptsOrphans):
		h.Opcode = ws.Text
	case !first && !m.open && c.has(acceptsAfterEnd) && m.frames > 1:
		h.Opcode = m.opcode
	case first && m.open && c.has(acceptsNested):
		m.open = false
	case first && m.open && c.has(joinsNested):
		h.Opcode = ws.Continuation
	}
	return h
}

// endFragment is told of each data frame after its payload.
func (c *Conn) endFragment(h ws.Header) error {
	m := &c.msg
	switch {
	case c.has(limitsFragments) && m.frames > 1000:
		return &ProtocolError{ws.PolicyViolation, "too many fragments"}
	case c.has(losesEmptyFirst) && m.frames == 1 && !h.Fin && len(m.payload()) == 0:
		m.open = false
	case c.has(reversesFragments):
		p := m.payload()
		last := append([]byte(nil), p[m.last:]...)
		copy(p[len(last):], p[:m.last])
		copy(p, last)
	case c.has(refusesEmptyEnd) && m.packed && m.frames > 1 && h.Fin && h.Length == 0:
		return &ProtocolError{ws.ProtocolError, "empty fragment of a compressed message"}
	case c.has(inflatesSingly) && m.packed && m.frames > 1:
		return &ProtocolError{ws.InvalidPayload, "cannot inflate the fragment"}
	}
	return nil
}

// deliverUnfinished delivers what there is of a message when TCP ends.
func (c *Conn) deliverUnfinished() {
	cut := c.rest > 0 && c.inData
	if c.msg.open && (c.has(deliversAtEnd) && !cut || c.has(deliversCutFrame) && cut) {
		c.msg.packed = false
		_ = c.echo() // the connection ends anyway
		_ = c.flush()
	}
}
