// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in what an endpoint does when it is told to (see [ws.Command]).
const (
	puts1010          = "puts-1010-on-the-wire-as-server"
	putsAnyCode       = "puts-any-close-code-on-the-wire"
	putsLongReason    = "puts-any-close-reason-on-the-wire"
	cutsReason        = "cuts-close-reason-inside-character"
	closesBeforeQueue = "closes-before-queued-messages"
	closesInsideFrame = "closes-inside-frame"
	dropsRefusedClose = "drops-tcp-on-refused-close"
	dropsAfterClose   = "drops-tcp-after-own-close"
	answersCrossing   = "answers-crossing-close"
	dropsOnException  = "drops-tcp-on-exception"
	hangsOnException  = "hangs-on-exception"
	dropsOnShutdown   = "drops-tcp-on-shutdown"
)

func commandFaults() []Fault {
	return []Fault{
		{Name: puts1010, Title: "Closes with 1010 as a server when told to", Roles: AsServer, Legal: true},
		{Name: putsAnyCode, Title: "Closes with whatever code it is told", Roles: InBoth},
		{Name: putsLongReason, Title: "Closes with whatever reason it is told: too long, not UTF-8", Roles: InBoth},
		{Name: cutsReason, Title: "Cuts reasons that are too long inside a character", Roles: InBoth},
		{Name: closesBeforeQueue, Title: "Sends messages that wait when it is told to close behind its Close", Roles: InBoth},
		{Name: closesInsideFrame, Title: "Sends its Close inside a large frame that it is still sending", Roles: InBoth},
		{Name: dropsRefusedClose, Title: "Ends TCP without a Close where it refuses the code or reason it is told", Roles: InBoth, Legal: true},
		{Name: dropsAfterClose, Title: "Ends TCP after its own Close without waiting for the answer", Roles: InBoth},
		{Name: answersCrossing, Title: "Answers a Close although it has sent one", Roles: InBoth},
		{Name: dropsOnException, Title: "Ends TCP without a Close when the application fails", Roles: InBoth, Legal: true},
		{Name: hangsOnException, Title: "Does nothing more when the application fails", Roles: InBoth},
		{Name: dropsOnShutdown, Title: "Ends TCP without a Close when told to stop", Roles: InBoth, Legal: true},
	}
}

// putsOnWire reports whether an endpoint with faults sends a code that may not be
// sent.
func (c *Conn) putsOnWire(code ws.CloseCode) bool {
	return c.has(putsAnyCode) || c.has(puts1010) && code == 1010
}

// performWrong performs the first of the commands, and those behind it, as an
// endpoint with faults does. It reports false where that is as any other does.
func (c *Conn) performWrong(cmds []ws.Command) (bool, error) {
	first := cmds[0].Word
	switch {
	case first == "raise" && c.has(dropsOnException), first == "shutdown" && c.has(dropsOnShutdown):
		_ = c.flush() // the connection ends anyway
		return true, errDropped
	case first == "close" && c.has(dropsRefusedClose) && refuses(cmds[0]):
		_ = c.flush() // the connection ends anyway
		return true, errDropped
	case first == "raise" && c.has(hangsOnException):
		return true, c.hang()
	case first == "sendbig" && c.has(closesInsideFrame) && len(cmds) > 1 && cmds[1].Word == "close":
		return true, c.closeInside(pattern(cmds[0].N), cmds[1])
	case first == "close" && c.has(closesBeforeQueue):
		queued := c.out
		c.out = nil
		c.sendClose(c.closePayload(cmds[0]))
		c.out = append(c.out, queued...)
		return true, c.beginClose(nil)
	}
	return false, nil
}

// refuses reports whether the code or the reason cannot be that of a Close.
func refuses(cmd ws.Command) bool {
	return !cmd.Bare && !cmd.Code.OnWire() || len(ws.AppendClosePayload(nil, cmd.Code, cmd.Text)) > ws.MaxControlPayload
}

// closeInside sends a binary message in one frame and a Close in the middle of it.
func (c *Conn) closeInside(message []byte, cmd ws.Command) error {
	payload := message[ws.MaxHeaderLen:]
	h := c.address(ws.Header{Fin: true, Opcode: ws.Binary}, len(payload))
	if h.Masked {
		ws.Mask(h.Key, 0, payload)
	}
	c.out = append(c.appendHeader(c.out, h), payload[:len(payload)/2]...)
	c.sendClose(c.closePayload(cmd))
	c.out = append(c.out, payload[len(payload)/2:]...)
	return c.beginClose(nil)
}

// wrongBeginClose ends the connection after our Close as an endpoint with faults
// does, and reports whether it has.
func (c *Conn) wrongBeginClose() (bool, error) {
	if !c.has(dropsAfterClose) {
		return false, nil
	}
	_ = c.flush() // the connection ends anyway
	return true, errDropped
}

// answerCrossing answers the peer's Close that comes after ours.
func (c *Conn) answerCrossing(p []byte) {
	if c.has(answersCrossing) {
		c.closeSent = false
		c.sendClose(p[:min(len(p), 2)])
	}
}
