// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in what is echoed (RFC 6455, 5.4 and 5.6).
const (
	flipsLastOctet      = "echo-flips-last-octet"
	flipsEveryOther     = "echo-flips-last-octet-every-other-time"
	flipsFirstOfLarge   = "echo-flips-first-octet-of-large"
	flipsBeyond150000   = "echo-flips-octet-150000"
	swapsBlocks         = "echo-swaps-blocks"
	addsOctet           = "echo-adds-octet"
	dropsLastOctet      = "echo-drops-last-octet"
	swallowsEmpty       = "swallows-empty-messages"
	swapsType           = "swaps-type"
	echoesTwice         = "echoes-twice"
	neverEchoes         = "never-echoes"
	stopsAfter100       = "stops-echoing-after-100-messages"
	truncatesAt65535    = "truncates-at-65535"
	failsAbove64K       = "fails-above-64k"
	cutsAtNUL           = "cuts-text-at-nul"
	unifiesLineEnds     = "turns-crlf-into-lf"
	addsLineEnds        = "turns-binary-lf-into-crlf"
	losesLineEnds       = "turns-binary-crlf-into-lf"
	normalizesText      = "normalizes-text"
	losesMark           = "drops-byte-order-mark"
	fragmentsEcho       = "fragments-echo"
	neverSetsFin        = "echo-without-fin-above-64k"
	firstTypeOnly       = "repeats-opcode-on-continuations"
	echoesLate          = "forgets-echo-on-failure"
	pongInsideEcho      = "sends-pong-inside-echo"
	echoesAfter100ms    = "echoes-after-100ms"
	echoesInPings       = "echoes-in-pings"
	greets              = "sends-greeting"
	greetsWithPong      = "sends-pong-greeting"
	sendsPingBeforeEcho = "sends-ping-before-echo"
)

func echoFaults() []Fault {
	return []Fault{
		{Name: flipsLastOctet, Title: "Flips a bit of the last octet of each message", Roles: InBoth},
		{Name: flipsEveryOther, Title: "Flips a bit of the last octet of each message, on every other connection", Roles: AsServer, Chance: true},
		{Name: flipsFirstOfLarge, Title: "Flips a bit of the first octet of messages of 64 KiB and more", Roles: InBoth},
		{Name: flipsBeyond150000, Title: "Flips a bit of octet 150000", Roles: InBoth},
		{Name: swapsBlocks, Title: "Swaps the first two blocks of 4 KiB of a message", Roles: InBoth},
		{Name: addsOctet, Title: "Adds a blank to each message", Roles: InBoth},
		{Name: dropsLastOctet, Title: "Drops the last octet of each message", Roles: InBoth},
		{Name: swallowsEmpty, Title: "Does not echo empty messages", Roles: InBoth},
		{Name: swapsType, Title: "Echoes text as binary and binary as text", Roles: InBoth},
		{Name: echoesTwice, Title: "Echoes each message twice", Roles: InBoth},
		{Name: neverEchoes, Title: "Echoes no message", Roles: InBoth},
		{Name: stopsAfter100, Title: "Echoes only the first 100 messages", Roles: InBoth},
		{Name: truncatesAt65535, Title: "Cuts messages at 65535 octets", Roles: InBoth},
		{Name: failsAbove64K, Title: "Fails messages above 65535 octets with 1009", Roles: InBoth, Legal: true},
		{Name: cutsAtNUL, Title: "Cuts text at the first NUL", Roles: InBoth},
		{Name: unifiesLineEnds, Title: "Turns CRLF in text into LF", Roles: InBoth},
		{Name: addsLineEnds, Title: "Turns LF in binary messages into CRLF", Roles: InBoth},
		{Name: losesLineEnds, Title: "Turns CRLF in binary messages into LF", Roles: InBoth},
		{Name: normalizesText, Title: "Composes letters and accents in text (Unicode's form NFC)", Roles: InBoth},
		{Name: losesMark, Title: "Drops a byte order mark at the beginning of text", Roles: InBoth},
		{Name: fragmentsEcho, Title: "Sends each message of two octets or more in two fragments", Roles: InBoth, Legal: true},
		{Name: neverSetsFin, Title: "Does not set FIN on messages of 64 KiB and more", Roles: InBoth},
		{Name: firstTypeOnly, Title: "Sends two fragments, both with the opcode of the message", Roles: InBoth},
		{Name: echoesLate, Title: "Echoes when nothing more has come for a while, and not if it fails before", Roles: InBoth, Legal: true},
		{Name: echoesAfter100ms, Title: "Takes 100 ms for each echo", Roles: InBoth, Legal: true},
		{Name: echoesInPings, Title: "Sends a Ping with the payload instead of echoing up to 125 octets", Roles: InBoth},
		{Name: pongInsideEcho, Title: "Sends a Pong between two fragments of each echo", Roles: InBoth, Legal: true},
		{Name: greets, Title: "Sends a text message when the connection opens", Roles: InBoth},
		{Name: greetsWithPong, Title: "Sends an unsolicited Pong when the connection opens", Roles: InBoth, Legal: true},
		{Name: sendsPingBeforeEcho, Title: "Sends a Ping before each echo", Roles: InBoth, Legal: true},
	}
}

// large is a size, in octets, from which some faults show.
const large = 64 << 10

// distort changes the message as an endpoint with faults does.
func (c *Conn) distort() {
	m := &c.msg
	p := m.payload()
	n := len(p)
	switch {
	case n == 0:
		if c.has(addsOctet) {
			m.buf = append(m.buf, ' ')
		}
	case c.has(flipsLastOctet), c.has(flipsEveryOther) && c.cfg.turn%2 == 0, c.altersThis():
		p[n-1] ^= 1
	case c.has(flipsFirstOfLarge) && n >= large:
		p[0] ^= 1
	case c.has(flipsBeyond150000) && n > 150000:
		p[150000] ^= 1
	case c.has(swapsBlocks) && n >= 8<<10:
		for i := range 4 << 10 {
			p[i], p[i+4<<10] = p[i+4<<10], p[i]
		}
	case c.has(addsOctet):
		m.buf = append(m.buf, ' ')
	case c.has(dropsLastOctet), c.has(losesLastOfLarge) && m.packed && n >= large:
		m.buf = m.buf[:len(m.buf)-1]
	case c.has(truncatesAt65535):
		m.buf = m.buf[:ws.MaxHeaderLen+min(n, 65535)]
	case m.opcode == ws.Text && c.has(cutsAtNUL):
		p, _, _ = bytes.Cut(p, []byte{0})
		m.buf = m.buf[:ws.MaxHeaderLen+len(p)]
	case m.opcode == ws.Text && c.has(unifiesLineEnds):
		m.buf = append(m.buf[:ws.MaxHeaderLen], bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n"))...)
	case m.opcode == ws.Binary && c.has(addsLineEnds):
		m.buf = append(m.buf[:ws.MaxHeaderLen], bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))...)
	case m.opcode == ws.Binary && c.has(losesLineEnds):
		m.buf = append(m.buf[:ws.MaxHeaderLen], bytes.ReplaceAll(p, []byte("\r\n"), []byte("\n"))...)
	case m.opcode == ws.Text && c.has(losesMark):
		m.buf = append(m.buf[:ws.MaxHeaderLen], bytes.TrimPrefix(p, []byte("\ufeff"))...)
	case m.opcode == ws.Text && c.has(normalizesText):
		m.buf = append(m.buf[:ws.MaxHeaderLen], composed(p)...)
	}
	switch {
	case c.has(swapsType):
		m.opcode ^= ws.Text ^ ws.Binary
	case c.has(typeOfLastFrame) && m.frames > 1:
		m.opcode = ws.Text
	}
}

// altersThis reports whether the message is one of those that an endpoint with the
// fault alters.
func (c *Conn) altersThis() bool {
	return c.has(altersFragmented) && c.msg.frames > 1 && c.msg.opcode == ws.Binary && !c.msg.packed
}

// wrongEcho sends the message back as an endpoint with faults does.
func (c *Conn) wrongEcho() error {
	c.distort()
	c.mixUp()
	m := &c.msg
	c.messages++
	switch {
	case c.has(neverEchoes), c.has(stopsAfter100) && c.messages > 100,
		len(m.payload()) == 0 && (c.has(swallowsEmpty) || c.has(swallowsEmptyBinary) && m.frames > 1 && m.opcode == ws.Binary):
		return nil
	case c.has(echoesInPings) && len(m.payload()) <= ws.MaxControlPayload:
		return c.sendControl(ws.Ping, m.payload())
	case c.has(echoesTwice):
		buf := bytes.Clone(m.buf)
		if err := c.sendMessage(); err != nil {
			return err
		}
		m.buf = buf
	case c.has(sendsPingBeforeEcho):
		if err := c.sendControl(ws.Ping, []byte("alive?")); err != nil {
			return err
		}
	case c.has(echoesLate):
		out := c.out
		c.out = c.held
		err := c.collect(ws.Header{Fin: true, Opcode: m.opcode}, m.payload()) // which writes it where it is much
		c.held, c.out = c.out, out
		return err
	case c.has(echoesAfter100ms):
		if err := c.flush(); err != nil { // nothing else is late
			return err
		}
		c.pause(100 * time.Millisecond)
	}
	err := c.sendMessage()
	if err == nil && len(c.pongs) > 0 && c.has(pongAfterMessage) {
		err = c.releasePongs()
	}
	return err
}

// wrongMessage sends a message, compressed where h says so, as an endpoint with
// faults does.
func (c *Conn) wrongMessage(h ws.Header, buf []byte) error {
	if h.RSV != 0 {
		h, buf = c.wrongDeflate(h, buf)
	}
	if done, err := c.wrongFrames(h, buf[ws.MaxHeaderLen:]); done || err != nil {
		return err
	}
	return c.sendFrame(h, buf)
}

// wrongFrames sends what a message looks like on the wire in the frames that an
// endpoint with faults makes of it. It reports false where it makes only one.
func (c *Conn) wrongFrames(h ws.Header, payload []byte) (bool, error) {
	switch {
	case c.has(neverSetsFin) && len(payload) >= large:
		h.Fin = false
		return true, c.collect(h, payload)
	case len(payload) < 2:
		return false, nil
	case !c.has(fragmentsEcho) && !c.has(firstTypeOnly) && !c.has(pongInsideEcho) && !c.has(rsv1OnFragments):
		return false, nil
	}
	first, second := h, h
	first.Fin = false
	if !c.has(firstTypeOnly) {
		second.Opcode = ws.Continuation
	}
	if !c.has(rsv1OnFragments) {
		second.RSV = 0
	}
	half := len(payload) / 2
	err := c.collect(first, payload[:half])
	if err == nil && c.has(pongInsideEcho) {
		err = c.sendControl(ws.Pong, []byte("inside"))
	}
	if err == nil {
		err = c.collect(second, payload[half:])
	}
	return true, err
}

// greet sends what an endpoint with faults sends when the connection has opened.
func (c *Conn) greet() error {
	switch {
	case c.has(greets):
		return c.collect(ws.Header{Fin: true, Opcode: ws.Text}, []byte("Welcome!"))
	case c.forgotten:
		return c.sendControl(ws.Ping, []byte("redirected"))
	case c.has(greetsWithPong):
		return c.sendControl(ws.Pong, []byte("Welcome!"))
	case c.has(closesOnOpen):
		c.sendClose(ws.AppendClosePayload(nil, ws.NormalClosure, ""))
		return errClosed
	case c.has(dropsOnOpen):
		_ = c.flush() // the connection ends anyway
		return errDropped
	}
	return nil
}
