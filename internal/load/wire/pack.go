// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// compression is permessage-deflate on a connection. Without context takeover nothing is
// kept between messages.
type compression struct {
	ours, theirs deflate.Params
	out          *deflate.Compressor // under Conn.mu; nil until the first message
	in           *deflate.Inflater   // the owner's; nil until the first message
}

// sendPacked sends a compressed message. The caller holds the lock.
func (c *Conn) sendPacked(opcode ws.Opcode, payload []byte) {
	e, p := c.set.engine, c.pack
	if p.out == nil {
		p.out = e.deflate.Compressor(p.ours)
	}
	packed := e.buffer()
	*packed = p.out.Compress(*packed, payload)
	c.frame(ws.Header{Fin: true, Opcode: opcode, RSV: rsv1}, *packed)
	e.put(packed)
	if p.ours.NoContextTakeover {
		e.deflate.PutCompressor(p.out)
		p.out = nil
	}
}

// unpack inflates a message and hands it over, or fails the connection.
func (c *Conn) unpack(opcode ws.Opcode, packed []byte) {
	e, p := c.set.engine, c.pack
	if p.in == nil {
		p.in = e.deflate.Inflater(p.theirs)
	}
	msg := e.buffer()
	defer e.put(msg)
	var err error
	*msg, _, err = p.in.Inflate(*msg, packed, c.set.limits.MaxMessage)
	if p.theirs.NoContextTakeover {
		e.deflate.PutInflater(p.in)
		p.in = nil
	}
	switch {
	case errors.Is(err, deflate.ErrLimit):
		c.fail(TooBig, ws.MessageTooBig, "message too long")
	case err != nil && !errors.Is(err, deflate.ErrTail):
		c.fail(Protocol, ws.InvalidPayload, err.Error())
	case opcode == ws.Text && !utf8.Valid(*msg):
		c.fail(Protocol, ws.InvalidPayload, "text is not UTF-8")
	default:
		c.handler.Message(c, opcode, *msg)
	}
}

// letGo returns what compression has borrowed. The caller holds the lock, and the
// connection is over.
func (c *Conn) letGo() {
	if c.pack == nil {
		return
	}
	if c.pack.out != nil {
		c.set.engine.deflate.PutCompressor(c.pack.out)
	}
	if c.pack.in != nil {
		c.set.engine.deflate.PutInflater(c.pack.in)
	}
	c.pack.out, c.pack.in = nil, nil
}
