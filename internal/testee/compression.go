// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"errors"
	"fmt"
	"slices"
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
	ended    bool   // the last message had a final block
	final    bool   // one of the messages had
	inflated int    // messages so far
	earlier  []byte // what they were inflated to, as far as a window goes; for a fault
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
	if offers, wrong := c.wrongOffered(); wrong && !c.cfg.NoDeflate {
		return offers
	}
	switch {
	case c.cfg.NoDeflate:
		return nil
	case c.cfg.Offers == nil:
		return defaultOffers()
	}
	return c.cfg.Offers
}

// accept agrees to one of the offers that a client's extensions contain, and
// returns what to answer: nothing where none of them will do.
func (c *Conn) accept(xs []ws.Extension) (string, *refusal) {
	c.declined = slices.ContainsFunc(xs, func(x ws.Extension) bool { return x.Name == deflate.Name })
	if c.cfg.NoDeflate {
		return "", nil
	}
	policy := c.cfg.Accept
	if policy == nil {
		policy = deflate.FirstAllowing(deflate.Params{})
	}
	if c.faulty() {
		xs = c.misreadOffers(xs)
	}
	offers, invalid := deflate.ParseOffers(xs) // invalid ones are declined (RFC 7692, 7.1)
	offers, refused := c.wrongOffers(offers, invalid)
	if refused != nil {
		return "", refused
	}
	agreed, ok := policy(offers)
	if !ok {
		return "", nil
	}
	c.declined = false
	agreed = c.bendAgreed(agreed)
	c.compression = newCompression(c.role, agreed, c.cfg.Pool)
	c.bendParams()
	return c.wrongExtensions(agreed, offers), nil
}

// agree reads the extensions of a server's answer.
func (c *Conn) agree(fields ws.Fields) error {
	xs, err := ws.ParseExtensions(fields.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return err
	}
	if c.faulty() {
		if err := c.refusesWriting(fields.Get("Sec-WebSocket-Extensions"), xs); err != nil {
			return err
		}
		xs = c.wrongAgreement(xs)
	}
	for _, x := range xs {
		if x.Name != deflate.Name {
			return errors.New("answer has an extension that was not offered")
		}
	}
	answer, found, err := deflate.FindAnswer(xs)
	offers := c.offers()
	if err != nil || !found {
		c.declined = len(offers) > 0
		return err
	}
	if c.has(acceptsWindowUnoffered) {
		offers[0].ClientMaxWindowBits = deflate.AnyWindow
	}
	if err := answer.Honours(offers); err != nil && !c.has(acceptsUnfitAnswers) {
		return err
	}
	if err := c.refusesAgreed(answer, offers); err != nil {
		return err
	}
	c.compression = newCompression(c.role, answer, c.cfg.Pool)
	c.bendParams()
	return nil
}

// inflate decompresses the message that has been received.
func (c *Conn) inflate() error {
	m, z := &c.msg, c.compression
	if z.inflater == nil {
		z.inflater = z.newInflater()
	}
	plain, err := c.inflateInto(z.empty())
	var failed *ProtocolError
	switch {
	case errors.As(err, &failed), errors.Is(err, errDied), errors.Is(err, errDropped):
		return err
	case errors.Is(err, deflate.ErrLimit):
		return &ProtocolError{ws.MessageTooBig, "message too long when inflated"}
	case err != nil:
		return &ProtocolError{ws.InvalidPayload, shortReason(fmt.Sprint("cannot inflate: ", err))}
	}
	m.buf, z.spare = plain, m.buf
	if m.opcode == ws.Text && !utf8.Valid(m.payload()) && !c.excusesInflated(m.payload()) {
		return errNotUTF8()
	}
	return nil
}

func (c *Conn) inflateInto(dst []byte) ([]byte, error) {
	limit := c.cfg.MaxMessage
	if c.has(inflatesAll) {
		limit = 1 << 30
	}
	if err := c.beforeInflate(); err != nil {
		return nil, err
	}
	plain, stats, err := c.compression.inflater.Inflate(dst, c.msg.payload(), limit)
	if c.faulty() {
		plain = c.wrongInflated(plain, stats)
	}
	return plain, c.afterInflate(stats, err)
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
