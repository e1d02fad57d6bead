// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Opening is what a case wants of the opening handshake. The zero value is a
// plain one.
type Opening struct {
	Offers []deflate.Offer // as a client: permessage-deflate as offered
	Accept deflate.Accept  // as a server: which offer to take; nil takes none
	Edits  []Edit          // of our half, in order
	// Command, as a client, is what the server is told to do (see ws.Command).
	Command string

	// Unspoken are names of extensions that a case offers although we do not speak them.
	// A server that takes one of them alone has done nothing wrong, and opens nothing.
	Unspoken []string

	// Patience is how long the other half may take, 0: as long as the options say.
	Patience time.Duration

	// TLS is what is special about that of the connection; nil: nothing. But for the size
	// of records it is for who makes the connection.
	TLS *secure.Manner
}

// asSent has the offers that the fields of our request make, which a case may have
// edited. Where they are malformed, those of the case are left.
func (o Opening) asSent(f ws.Fields) Opening {
	if len(o.Edits) == 0 {
		return o
	}
	if xs, err := ws.ParseExtensions(f.Values(extensionsField)); err == nil {
		o.Offers, _ = deflate.ParseOffers(xs) // one that has to be declined is no offer
	}
	return o
}

// offer is the value of Sec-WebSocket-Extensions in our request.
func (o Opening) offer() string {
	var xs []ws.Extension
	for _, offer := range o.Offers {
		xs = append(xs, offer.Extension())
	}
	return ws.FormatExtensions(xs)
}

// takeAnswer reads the server's answer to our offers, which went out in the fields sent. It says what in it fails the
// connection, or nothing.
func (p *Peer) takeAnswer(o Opening, sent, f ws.Fields) string {
	xs, err := ws.ParseExtensions(f.Values(extensionsField))
	switch {
	case err != nil:
		return "RFC 6455, 9.1: " + err.Error()
	case len(xs) == 0:
		return ""
	}
	for _, x := range xs {
		if x.Name != deflate.Name || len(o.Offers) == 0 {
			return notOffered(x.Name, sent)
		}
	}
	a, _, err := deflate.FindAnswer(xs)
	if err != nil {
		return "RFC 7692, 7.1: " + err.Error()
	}
	// An answer that says other than what was offered can still be worked with, as
	// the reference does; whether it counts is for the verdict to say.
	p.agree(a)
	switch err := a.Honours(o.Offers); {
	case errors.Is(err, deflate.ErrFormality):
		p.Lapse("RFC 7692, 7.1.2.1: " + err.Error())
	case err != nil:
		p.log.Compression.Break("RFC 7692, 7.1: " + err.Error())
	}
	return ""
}

// unspoken is the extension that the answer has alone where we do not speak it though
// the case offered it, or nothing.
func (o Opening) unspoken(f ws.Fields) string {
	xs, err := ws.ParseExtensions(f.Values(extensionsField))
	if err == nil && len(xs) == 1 && slices.Contains(o.Unspoken, xs[0].Name) {
		return xs[0].Name
	}
	return ""
}

// notOffered says of an extension in an answer why it must not be there.
func notOffered(name string, sent ws.Fields) string {
	if !strings.Contains(strings.Join(sent.Values(extensionsField), ","), name) {
		return fmt.Sprintf("RFC 6455, 4.1: extension %.80s was not offered", name)
	}
	return fmt.Sprintf("RFC 6455, 9.1: extension %.80s was accepted, which nobody can accept as it was offered", name)
}

const extensionsField = "Sec-WebSocket-Extensions"

// answer picks one of the client's offers, or none, and returns our answer.
func (p *Peer) answer(o Opening, f ws.Fields) string {
	if o.Accept == nil {
		return ""
	}
	xs, err := ws.ParseExtensions(f.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		p.log.Compression.Break("RFC 6455, 9.1: " + err.Error())
		return ""
	}
	offers, declined := deflate.ParseOffers(xs)
	a, ok := o.Accept(offers)
	if ok {
		p.agree(a)
	} else if many, wrong := declined.(interface{ Unwrap() []error }); wrong {
		// Without these offers there might have been an agreement.
		for _, err := range many.Unwrap() {
			p.log.Compression.Break("RFC 7692, 7.1: " + err.Error())
		}
	}
	return p.log.Extension
}

// codec compresses and inflates the messages of a connection on which
// permessage-deflate was agreed, and takes note of how the peer keeps to it.
type codec struct {
	pool  *deflate.Pool
	in    *deflate.Inflater
	out   *deflate.Compressor
	sent  sentBlocks
	notes *wirelog.Compression
	tally *wirelog.Deflated
	reuse bool // what was inflated is not kept: use its memory again

	inflated, deflated []byte
}

// agree sets the connection up for what was agreed.
func (p *Peer) agree(a deflate.Answer) {
	ours, theirs := a.Client(), a.Server()
	if p.cfg.Role == ws.Server {
		ours, theirs = theirs, ours
	}
	p.log.Extension = a.String()
	p.log.Compression = wirelog.Compression{Window: theirs.Window(), NoContext: theirs.NoContextTakeover}
	p.codec = &codec{
		pool: p.cfg.Deflate, in: p.cfg.Deflate.Inflater(theirs), out: p.cfg.Deflate.Compressor(ours), notes: &p.log.Compression, tally: &p.log.Deflated,
		sent: sentBlocks{params: ours},
	}
}

// Compresses reports how our messages have to be compressed, and whether they may be,
// which is what was agreed in the opening handshake.
func (p *Peer) Compresses() (deflate.Params, bool) {
	if p.codec == nil {
		return deflate.Params{}, false
	}
	return p.codec.sent.params, true
}

// inflate decompresses a message of at most limit octets, and lists its blocks where
// that is wanted. Its memory is good until the next call where reuse is set.
func (c *codec) inflate(msg []byte, limit int, list bool) (data []byte, blocks string, err error) {
	var dst []byte
	if c.reuse {
		dst = c.inflated[:0]
	}
	var stats deflate.Stats
	if list {
		var l deflate.Listing
		data, stats, l = c.in.List(dst, msg, limit, listed)
		blocks, err = l.String(), l.Err
	} else {
		data, stats, err = c.in.Inflate(dst, msg, limit)
	}
	c.count(msg, stats, err)
	data, err = c.judge(data, stats, err)
	return data, blocks, err
}

// count adds a message to the tally.
func (c *codec) count(msg []byte, stats deflate.Stats, err error) {
	t := c.tally
	t.Messages++
	t.Stored += stats.Stored
	if err == nil {
		t.Stored-- // that of 00 00 ff ff
	}
	t.Fixed += stats.Fixed
	t.Dynamic += stats.Dynamic
	t.Farthest = max(t.Farthest, stats.Farthest)
	if stats.Final {
		t.Final++
	}
	if stats.Earlier {
		t.Earlier++
	}
	switch {
	case len(msg) == 0:
		t.Empty++
	case errors.Is(err, deflate.ErrTail), errors.Is(err, deflate.ErrTruncated):
		t.Unended++
	case errors.Is(err, deflate.ErrCorrupt):
		t.Corrupt++
	case errors.Is(err, deflate.ErrWindow):
		t.TooFar++
	case errors.Is(err, deflate.ErrContext):
		t.Kept++
	}
}

// judge takes note of what the peer made of compression in a message.
func (c *codec) judge(out []byte, stats deflate.Stats, err error) ([]byte, error) {
	if c.reuse {
		c.inflated = out
	}
	c.notes.Farthest = max(c.notes.Farthest, stats.Farthest)
	c.notes.Context = c.notes.Context || stats.Earlier
	switch {
	case errors.Is(err, deflate.ErrLimit):
		return out, err // more than we take breaks no rule
	case errors.Is(err, deflate.ErrTail):
		// Everything could be read, so that this alone is no reason to fail.
		c.notes.Break("RFC 7692, 7.2.1: " + err.Error())
		err = nil
	case errors.Is(err, deflate.ErrWindow):
		err = fmt.Errorf("RFC 7692, 7.1.2: %w", err)
	case errors.Is(err, deflate.ErrContext):
		c.notes.Context = true
		err = fmt.Errorf("RFC 7692, 7.1.1: %w", err)
	case err != nil:
		err = fmt.Errorf("RFC 7692, 7.2.2: %w", err)
	}
	if err != nil {
		c.notes.Break(err.Error())
	}
	return out, err
}

// deflate compresses a message. The result is good until the next call.
func (c *codec) deflate(m ws.Pattern) []byte {
	msg := m.Unit
	if m.Len != len(msg) {
		msg = m.Beginning(m.Len)
	}
	c.deflated = c.out.Compress(c.deflated[:0], msg)
	return c.deflated
}

// release gives the memory back for the next connection.
func (c *codec) release() {
	c.pool.PutInflater(c.in)
	c.pool.PutCompressor(c.out)
	if c.sent.inflater != nil {
		c.pool.PutInflater(c.sent.inflater)
	}
}
