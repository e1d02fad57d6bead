// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// internalError is the close code for what our own side did wrong (RFC 6455, 7.4.1).
const internalError ws.CloseCode = 1011

// Obey sets what a client does once the connection is open, where that becomes known
// only after [Dial]: before Echo.
func (c *Conn) Obey(commands []ws.Command) { c.commands = commands }

// perform does what the endpoint has been told to do, in order.
func (c *Conn) perform() error {
	if len(c.commands) == 0 {
		return nil
	}
	if err := c.flush(); err != nil { // the handshake is over
		return err
	}
	for i, cmd := range c.commands {
		if done, err := c.performWrong(c.commands[i:]); done || err != nil {
			return err
		}
		if err := c.obey(cmd); err != nil {
			return err
		}
	}
	return nil
}

// obey performs a command. What it returns for a Close of ours is errClosed.
func (c *Conn) obey(cmd ws.Command) error {
	switch cmd.Word {
	case "close":
		return c.beginClose(c.closePayload(cmd))
	case "shutdown":
		return c.beginClose(ws.AppendClosePayload(nil, ws.GoingAway, "shutting down"))
	case "raise":
		return c.beginClose(ws.AppendClosePayload(nil, internalError, "internal error"))
	case "ping":
		return c.sendControl(ws.Ping, []byte(cmd.Text))
	case "sendbig":
		return c.sendFrame(ws.Header{Fin: true, Opcode: ws.Binary}, pattern(cmd.N))
	}
	for range cmd.N {
		if err := c.collect(ws.Header{Fin: true, Opcode: ws.Text}, []byte(strings.ToValidUTF8(cmd.Text, "\uFFFD"))); err != nil {
			return err
		}
	}
	return nil
}

// pattern returns room for a header and a payload of n octets, which count from
// 00 to ff over and over.
func pattern(n int) []byte {
	buf := make([]byte, ws.MaxHeaderLen+n)
	for i := range n {
		buf[ws.MaxHeaderLen+i] = byte(i)
	}
	return buf
}

// closePayload returns the payload of the Close that the application asks for. It
// gets no code that may not be sent, which is an error of its own (1011), and of a
// reason what fits, as UTF-8.
func (c *Conn) closePayload(cmd ws.Command) []byte {
	if cmd.Bare {
		return nil
	}
	fromServer := cmd.Code == 1010 && c.role == ws.Server // RFC 6455, 7.4.1
	if (!cmd.Code.OnWire() || fromServer) && !c.putsOnWire(cmd.Code) {
		return ws.AppendClosePayload(nil, internalError, "close code may not be sent")
	}
	if c.has(putsLongReason) {
		return ws.AppendClosePayload(nil, cmd.Code, cmd.Text)
	}
	const most = ws.MaxControlPayload - 2
	reason := strings.ToValidUTF8(cmd.Text, "\uFFFD")
	if len(reason) > most {
		cut := most
		for !utf8.RuneStart(reason[cut]) && !c.has(cutsReason) {
			cut--
		}
		reason = reason[:cut]
	}
	return ws.AppendClosePayload(nil, cmd.Code, reason)
}

// beginClose begins the closing handshake and waits for the peer's half of it.
// Nothing is sent behind our Close (RFC 6455, 5.5.1), and so nothing else that
// comes matters.
func (c *Conn) beginClose(payload []byte) error {
	c.sendClose(payload)
	if done, err := c.wrongBeginClose(); done {
		return err
	}
	c.opened = false
	c.readBy(time.Now().Add(c.cfg.CloseTimeout))
	for {
		h, err := c.readHeader()
		switch {
		case stream.IsTimeout(err):
			return errUnanswered
		case err != nil:
			return err
		case h.Opcode != ws.Close || h.Length > ws.MaxControlPayload:
			err = c.skip()
		default:
			var p []byte
			if p, err = c.readControl(); err == nil {
				c.answerCrossing(p)
				return errClosed
			}
		}
		if err != nil {
			return err
		}
	}
}
