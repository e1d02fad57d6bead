// SPDX-License-Identifier: Apache-2.0

package testee

import "github.com/wsspec/wsspec/internal/ws"

// inputSize is how much a connection reads ahead, in octets. Longer payloads are
// read to where they belong.
const inputSize = 4 << 10

// input holds octets that have been read and not yet used.
type input struct {
	buf  []byte // at least inputSize octets
	r, w int    // buf[r:w] waits
}

func (in *input) waiting() []byte { return in.buf[in.r:in.w] }

// more reads once. There has to be room: nothing asks for more than inputSize
// octets at a time.
func (c *Conn) more() error {
	in := &c.in
	if in.r > 0 {
		in.w = copy(in.buf, in.waiting())
		in.r = 0
	}
	n, err := c.read(in.buf[in.w:])
	in.w += n
	return err
}

// readHeader reads a frame header.
func (c *Conn) readHeader() (ws.Header, error) {
	for {
		h, n := ws.ParseHeader(c.in.waiting())
		if n > 0 {
			c.in.r += n
			c.rest, c.pos = h.Length, 0
			c.masked, c.key = h.Masked, h.Key
			return h, nil
		}
		if len(c.in.waiting()) > 0 && c.has(wantsWholeHeader) {
			return ws.Header{}, &ProtocolError{ws.ProtocolError, "header cut short"}
		}
		if c.has(wantsWholeLength) && lengthCut(c.in.waiting()) {
			return ws.Header{}, &ProtocolError{ws.ProtocolError, "length cut short"}
		}
		if err := c.more(); err != nil {
			return ws.Header{}, err
		}
	}
}

// readControl reads the payload of a control frame. It is valid until the next read.
func (c *Conn) readControl() ([]byte, error) {
	n := int(c.rest)
	for len(c.in.waiting()) < n {
		if err := c.more(); err != nil {
			return nil, err
		}
	}
	p := c.in.waiting()[:n]
	c.in.r += n
	c.rest = 0
	if c.masked {
		ws.Mask(c.key, 0, p)
	}
	return p, nil
}

// readData appends to the message what there is of the current frame's payload,
// and returns it unmasked.
func (c *Conn) readData() ([]byte, error) {
	room := c.msg.room(c.rest)
	n := copy(room, c.in.waiting())
	c.in.r += n
	if n == 0 {
		var err error
		if n, err = c.readInto(room); err != nil {
			return nil, err
		}
	}
	p := c.msg.grow(n)
	switch {
	case c.masked && c.faulty():
		c.unmask(p)
	case c.masked:
		ws.Mask(c.key, c.pos, p)
	}
	c.pos += n
	c.rest -= uint64(n)
	return p, nil
}

// readInto reads once, by way of the buffer where room is small, so that what
// follows comes with it.
func (c *Conn) readInto(room []byte) (int, error) {
	if len(room) >= inputSize {
		return c.read(room)
	}
	if err := c.more(); err != nil {
		return 0, err
	}
	n := copy(room, c.in.waiting())
	c.in.r += n
	return n, nil
}
