// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

const (
	smallFrame = 4 << 10   // payloads up to here are collected in the output buffer
	enoughOut  = 16 << 10  // waiting output that is written without waiting for more
	writeSize  = 256 << 10 // octets a write
)

// echo sends the message back. It uses the message up: the payload may be
// masked in place.
func (c *Conn) echo() error {
	if c.faulty() {
		return c.wrongEcho()
	}
	return c.sendMessage()
}

func (c *Conn) sendMessage() error {
	m := &c.msg
	h := ws.Header{Fin: true, Opcode: m.opcode}
	buf := m.buf
	if m.packed && !c.has(neverCompresses) {
		h.RSV = rsv1
		buf = c.deflate()
	}
	if c.faulty() {
		return c.wrongMessage(h, buf)
	}
	return c.sendFrame(h, buf)
}

// sendFrame sends buf, which has room for a header before the payload.
func (c *Conn) sendFrame(h ws.Header, buf []byte) error {
	payload := buf[ws.MaxHeaderLen:]
	if len(payload) <= smallFrame {
		return c.collect(h, payload)
	}
	if err := c.flush(); err != nil {
		return err
	}
	h = c.address(h, len(payload))
	var room [ws.MaxHeaderLen]byte
	head := c.appendHeader(room[:0], h)
	start := ws.MaxHeaderLen - len(head)
	copy(buf[start:], head)
	if h.Masked {
		ws.Mask(h.Key, 0, payload)
	}
	return c.write(buf[start:])
}

// address adds to a header what follows from our role and the payload.
func (c *Conn) address(h ws.Header, length int) ws.Header {
	h.Length = uint64(length)
	if c.role == ws.Client {
		h.Masked, h.Key = true, maskKey()
	}
	if c.faulty() {
		return c.bend(h)
	}
	return h
}

// collect puts a frame into the output buffer, which is written before the next
// read that may block, or when enough has been collected.
func (c *Conn) collect(h ws.Header, payload []byte) error {
	h = c.address(h, len(payload))
	c.out = c.appendHeader(c.out, h)
	from := len(c.out)
	c.out = append(c.out, payload...)
	if h.Masked {
		ws.Mask(h.Key, 0, c.out[from:])
	}
	if len(c.out) >= enoughOut {
		return c.flush()
	}
	return nil
}

func (c *Conn) sendControl(opcode ws.Opcode, payload []byte) error {
	if c.faulty() {
		payload = c.wrongControl(opcode, payload)
	}
	return c.collect(ws.Header{Fin: true, Opcode: opcode}, payload)
}

// flush writes what has been collected.
func (c *Conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	err := c.write(c.out)
	c.out = c.out[:0]
	return err
}

// write writes p. The peer may take its time as long as it goes on reading.
func (c *Conn) write(p []byte) error {
	for len(p) > 0 {
		patience := writeTimeout
		if c.ctx.Err() != nil || c.closeSent {
			patience = c.cfg.CloseTimeout
		}
		if c.has(deadlocksWriting) {
			patience = min(patience, time.Second)
		}
		if err := c.s.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		n, err := c.s.Write(p[:min(len(p), writeSize)])
		if err != nil {
			return c.wrongStall(err)
		}
		p = p[n:]
	}
	return nil
}
