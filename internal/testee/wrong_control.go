// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"slices"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in handling control frames (RFC 6455, 5.5).
const (
	acceptsLongControl       = "accepts-long-control"
	answersLongPings         = "answers-pings-above-125-octets"
	acceptsLongPongs         = "accepts-pongs-above-125-octets"
	acceptsFragmentedControl = "accepts-fragmented-control"
	acceptsFragmentedPings   = "accepts-fragmented-pings"
	acceptsFragmentedClose   = "accepts-fragmented-close"
	noPong                   = "no-pong"
	emptyPong                = "pong-empty"
	shortPong                = "pong-cut-at-124"
	answersFirstPing         = "answers-only-first-ping"
	answersLastPing          = "answers-only-last-ping"
	ignoresFirstPing         = "ignores-ping-as-first-frame"
	reversesPongs            = "pongs-in-reverse-order"
	extraPong                = "sends-extra-pong"
	answersPong              = "answers-pong-with-pong"
	pongAsText               = "pong-payload-as-utf8"
	pongCutAtNUL             = "pong-payload-cut-at-nul"
	pongAfterMessage         = "pong-waits-for-end-of-message"
	deadlocksOnPings         = "deadlocks-on-1000-queued-pongs"
	echoesPings              = "delivers-pings-as-messages"
	echoesPongs              = "delivers-pongs-as-messages"
	deaf                     = "answers-nothing"
)

func controlFaults() []Fault {
	return []Fault{
		{Name: acceptsLongControl, Title: "Accepts control frames of up to 1024 octets, and answers with its first 125", Roles: InBoth},
		{Name: answersLongPings, Title: "Accepts Pings of up to 1024 octets, and answers with the first 125", Roles: InBoth},
		{Name: acceptsLongPongs, Title: "Accepts Pongs of up to 1024 octets", Roles: InBoth},
		{Name: acceptsFragmentedPings, Title: "Ignores that FIN is not set on a Ping", Roles: InBoth},
		{Name: acceptsFragmentedControl, Title: "Takes a control frame without FIN for the start of a binary message", Roles: InBoth},
		{Name: acceptsFragmentedClose, Title: "Ignores that FIN is not set on a Close", Roles: InBoth},
		{Name: noPong, Title: "Answers no Ping", Roles: InBoth},
		{Name: emptyPong, Title: "Answers Pings with empty Pongs", Roles: InBoth},
		{Name: shortPong, Title: "Cuts the payload of Pongs at 124 octets", Roles: InBoth},
		{Name: answersFirstPing, Title: "Answers only the first Ping of a connection", Roles: InBoth},
		{Name: answersLastPing, Title: "Answers only the last of the Pings that have come", Roles: InBoth, Legal: true},
		{Name: ignoresFirstPing, Title: "Ignores a Ping that is the first frame", Roles: InBoth},
		{Name: reversesPongs, Title: "Answers the Pings that have come in reverse order", Roles: InBoth},
		{Name: extraPong, Title: "Sends an unsolicited empty Pong behind each Pong", Roles: InBoth},
		{Name: answersPong, Title: "Answers Pongs with Pongs", Roles: InBoth},
		{Name: pongAsText, Title: "Replaces what is not UTF-8 in the payload of Pongs", Roles: InBoth},
		{Name: pongCutAtNUL, Title: "Cuts the payload of Pongs at the first octet 00", Roles: InBoth},
		{Name: pongAfterMessage, Title: "Answers Pings between fragments when the message is complete", Roles: InBoth},
		{Name: deadlocksOnPings, Title: "Hangs when more than 1000 Pings have come faster than it answers", Roles: InBoth},
		{Name: echoesPings, Title: "Answers a Ping and delivers its payload as a binary message too", Roles: InBoth},
		{Name: echoesPongs, Title: "Delivers the payload of a Pong as a binary message", Roles: InBoth},
		{Name: deaf, Title: "Answers nothing after the opening handshake", Roles: InBoth},
	}
}

// misreadControl is misread for control frames that are not what they should be.
func (c *Conn) misreadControl(h ws.Header) ws.Header {
	switch {
	case h.Fin:
	case c.has(acceptsFragmentedClose) && h.Opcode == ws.Close, c.has(acceptsFragmentedPings) && h.Opcode == ws.Ping:
		h.Fin = true
	case c.has(acceptsFragmentedControl) && !h.Opcode.IsReserved():
		h.Opcode = ws.Binary
	}
	return h
}

// wrongPing answers a Ping as an endpoint with faults does.
func (c *Conn) wrongPing(p []byte) error {
	c.pings++
	c.msg.pinged = true
	p = p[:min(len(p), ws.MaxControlPayload)]
	switch {
	case c.has(noPong), c.has(answersFirstPing) && c.pings > 1:
		return nil
	case c.has(pingFailsFragments) && c.msg.open && c.msg.opcode == ws.Binary:
		return &ProtocolError{ws.ProtocolError, "Ping between fragments"}
	case c.has(pingResetsFragments):
		c.msg.open = false
	case c.has(inflatesPings) && c.msg.open && c.msg.packed:
		c.msg.buf = append(c.msg.buf, p...)
	case c.has(pingResetsText):
		c.msg.text.Reset()
	case c.has(emptyPong):
		p = nil
	case c.has(shortPong):
		p = p[:min(len(p), 124)]
	case c.has(pongAsText):
		p = bytes.ToValidUTF8(p, []byte("\uFFFD"))
		p = p[:min(len(p), ws.MaxControlPayload)]
	case c.has(pongCutAtNUL):
		p, _, _ = bytes.Cut(p, []byte{0})
	case c.has(answersLastPing):
		c.pongs = nil
	}
	if c.has(answersLastPing) || c.has(reversesPongs) || c.has(pongAfterMessage) && c.msg.open || c.has(deadlocksOnPings) {
		c.pongs = append(c.pongs, bytes.Clone(p))
		if c.has(deadlocksOnPings) && len(c.pongs) > 1000 {
			return c.hang()
		}
		return nil
	}
	return c.wrongPong(p)
}

func (c *Conn) wrongPong(p []byte) error {
	err := c.sendControl(ws.Pong, p)
	if err == nil && c.has(extraPong) {
		err = c.sendControl(ws.Pong, nil)
	}
	if err == nil && c.has(echoesPings) {
		err = c.collect(ws.Header{Fin: true, Opcode: ws.Binary}, p)
	}
	return err
}

// releasePongs sends the Pongs that have been held back.
func (c *Conn) releasePongs() error {
	if c.has(reversesPongs) {
		slices.Reverse(c.pongs)
	}
	held := c.pongs
	c.pongs = nil
	for _, p := range held {
		if err := c.wrongPong(p); err != nil {
			return err
		}
	}
	return nil
}

// gotPong handles a Pong as an endpoint with faults does.
func (c *Conn) gotPong(p []byte) error {
	c.unanswered = c.unanswered && c.has(missesPongs)
	switch {
	case c.has(answersPong):
		return c.sendControl(ws.Pong, p)
	case c.has(echoesPongs):
		return c.collect(ws.Header{Fin: true, Opcode: ws.Binary}, p)
	}
	return nil
}
