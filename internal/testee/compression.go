// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// rsv1 marks a compressed message, on its first frame (RFC 7692, 6).
const rsv1 = 4

// compression is permessage-deflate as agreed for a connection.
type compression struct {
	pool     *deflate.Pool // may be nil
	send     deflate.Params
	receive  deflate.Params
	deflater *deflate.Compressor // nil until there is something to compress
	inflater *deflate.Inflater
	spare    []byte // the buffer of the message in its other form
}

func newCompression(role ws.Role, agreed deflate.Answer, pool *deflate.Pool) *compression {
	z := &compression{pool: pool, send: agreed.Server(), receive: agreed.Client()}
	if role == ws.Client {
		z.send, z.receive = z.receive, z.send
	}
	return z
}

// defaultOffers lets the server choose how we compress and demands nothing of it.
func defaultOffers() []deflate.Offer {
	return []deflate.Offer{{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}}
}

// offers is what a client offers.
func (c *Conn) offers() []deflate.Offer {
	switch {
	case c.cfg.NoDeflate:
		return nil
	case c.cfg.Offers == nil:
		return defaultOffers()
	}
	return c.cfg.Offers
}

// accept agrees to one of the offers that a client's extensions contain, or does
// without compression.
func (c *Conn) accept(xs []ws.Extension) (deflate.Answer, bool) {
	if c.cfg.NoDeflate {
		return deflate.Answer{}, false
	}
	policy := c.cfg.Accept
	if policy == nil {
		policy = deflate.FirstAllowing(deflate.Params{})
	}
	offers, _ := deflate.ParseOffers(xs) // invalid ones are declined (RFC 7692, 7.1)
	answer, ok := policy(offers)
	if ok {
		c.compression = newCompression(c.role, answer, c.cfg.pool)
	}
	return answer, ok
}

// agree reads the extensions of a server's answer.
func (c *Conn) agree(fields ws.Fields) error {
	xs, err := ws.ParseExtensions(fields.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return err
	}
	for _, x := range xs {
		if x.Name != deflate.Name {
			return errors.New("answer has an extension that was not offered")
		}
	}
	answer, found, err := deflate.FindAnswer(xs)
	if err != nil || !found {
		return err
	}
	if err := answer.Honours(c.offers()); err != nil {
		return err
	}
	c.compression = newCompression(c.role, answer, c.cfg.pool)
	return nil
}

// inflate decompresses the message that has been received.
func (c *Conn) inflate() error {
	m, z := &c.msg, c.compression
	if z.inflater == nil {
		z.inflater = z.newInflater()
	}
	plain, _, err := z.inflater.Inflate(z.empty(), m.payload(), c.cfg.MaxMessage)
	switch {
	case errors.Is(err, deflate.ErrLimit):
		return &ProtocolError{ws.MessageTooBig, "message too long when inflated"}
	case err != nil:
		return &ProtocolError{ws.InvalidPayload, shortReason(fmt.Sprint("cannot inflate: ", err))}
	}
	m.buf, z.spare = plain, m.buf
	if m.opcode == ws.Text && !utf8.Valid(m.payload()) {
		return errNotUTF8()
	}
	return nil
}

// deflate returns the message compressed, behind room for a header.
func (c *Conn) deflate() []byte {
	z := c.compression
	if z.deflater == nil {
		z.deflater = z.newDeflater()
	}
	z.spare = z.deflater.Compress(z.empty(), c.msg.payload())
	return z.spare
}

// empty returns a buffer that has nothing but room for a header.
func (z *compression) empty() []byte {
	if z.spare == nil || cap(z.spare) > keepBuffer && len(z.spare) < cap(z.spare)/8 {
		return make([]byte, ws.MaxHeaderLen, 512)
	}
	return z.spare[:ws.MaxHeaderLen]
}

func (z *compression) newInflater() *deflate.Inflater {
	if z.pool == nil {
		return deflate.NewInflater(z.receive)
	}
	return z.pool.Inflater(z.receive)
}

func (z *compression) newDeflater() *deflate.Compressor {
	if z.pool == nil {
		return deflate.NewCompressor(z.send)
	}
	return z.pool.Compressor(z.send)
}

// release gives back what the next connection can use.
func (z *compression) release() {
	if z == nil || z.pool == nil {
		return
	}
	if z.deflater != nil {
		z.pool.PutCompressor(z.deflater)
	}
	if z.inflater != nil {
		z.pool.PutInflater(z.inflater)
	}
	z.deflater, z.inflater = nil, nil
}

// shortReason cuts a text of ASCII to what a Close frame can hold beside its code.
func shortReason(s string) string { return s[:min(len(s), ws.MaxControlPayload-2)] }
