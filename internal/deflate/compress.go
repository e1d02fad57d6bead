// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"
)

// A Compressor compresses the messages of one direction of a connection. It keeps
// to the window and to the context takeover agreed.
//
// Most messages go through a library. Its fast levels forget their context at
// each message of less than 128 octets, and do not compress at all what has no
// repetition, neither of which would ask much of a peer. So short messages have an
// encoder of their own, and those that repeat little are compressed by Huffman
// codes alone. Each message ends on an octet, so that the encoders can take turns.
type Compressor struct {
	params Params
	short  shortEncoder

	out   sink
	lz    *flate.Writer // into out
	stale bool          // lz has not seen the last messages, so its context is wrong

	codedOut sink
	coded    *flate.Writer // into codedOut, Huffman codes only
}

const (
	// shortMessage is the length of messages, in octets, from which on the library
	// does as well. It is not close to a size that the cases use, where umlauts
	// could make some messages longer: at each change the library starts anew.
	shortMessage = 192

	// level was chosen by measurement: on text half again as fast as the default,
	// for an output that is larger by an eighth to a quarter.
	level = flate.BestSpeed
)

// NewCompressor returns a compressor that works as p says. It costs about a
// megabyte: see [Pool].
func NewCompressor(p Params) *Compressor {
	c := new(Compressor)
	var err error
	if p.Window() == 1<<MaxWindowBits {
		c.lz, err = flate.NewWriter(&c.out, level)
	} else {
		c.lz, err = flate.NewWriterWindow(&c.out, p.Window())
	}
	if err != nil {
		panic("deflate: " + err.Error()) // window bits not from 8 to 15
	}
	c.reset(p)
	return c
}

// reset makes c ready for another connection with a window of the same size.
func (c *Compressor) reset(p Params) {
	c.params = p
	c.short.reset(p.Window())
	c.stale = true
}

// Compress compresses a message and appends it to dst, without the 00 00 ff ff at
// its end (RFC 7692, 7.2.1). The empty message becomes the octet 00.
func (c *Compressor) Compress(dst, msg []byte) []byte {
	if c.params.NoContextTakeover {
		c.short.forget()
		c.stale = true
	}
	if len(msg) < shortMessage {
		c.stale = true
		return c.short.compress(dst, msg)
	}
	c.short.skip(msg)
	if c.stale {
		c.lz.Reset(&c.out)
		c.stale = false
	}
	start := len(dst)
	c.out.b = dst
	dst = writeMessage(c.lz, &c.out, msg)
	c.out.b = nil
	if n := len(dst) - start; n > len(msg)-len(msg)/16 {
		if coded := c.huffman(msg); len(coded) < n {
			dst = append(dst[:start], coded...)
		}
	}
	return dst
}

// huffman compresses a message without back-references. The result is valid until
// the next call.
func (c *Compressor) huffman(msg []byte) []byte {
	if c.coded == nil {
		c.coded, _ = flate.NewWriter(&c.codedOut, flate.HuffmanOnly) // a level that exists
	}
	c.codedOut.b = c.codedOut.b[:0]
	c.coded.Reset(&c.codedOut)
	return writeMessage(c.coded, &c.codedOut, msg)
}

// A sink collects what an encoder writes. It does not fail.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// writeMessage compresses a message into out and removes the tail.
func writeMessage(w interface {
	io.Writer
	Flush() error
}, out *sink, msg []byte) []byte {
	tail := []byte("\x00\x00\xff\xff")
	_, err := w.Write(msg)
	if err == nil {
		err = w.Flush()
	}
	if err != nil || !bytes.HasSuffix(out.b, tail) {
		panic("deflate: the library did not flush") // it has no reason
	}
	return out.b[:len(out.b)-len(tail)]
}
