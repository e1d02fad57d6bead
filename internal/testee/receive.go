// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// receive reads until a message is complete, and handles the control frames in
// between. What it returns for the peer's Close is errClosed, with the answer
// on its way.
func (c *Conn) receive() error {
	for {
		h, err := c.next()
		if err != nil {
			return err
		}
		if h.Opcode.IsControl() {
			if err := c.control(h); err != nil {
				return err
			}
			continue
		}
		if err := c.data(h); err != nil {
			return err
		}
		if h.Fin {
			return c.complete()
		}
	}
}

// next reads the header of the next frame that is to be handled.
func (c *Conn) next() (ws.Header, error) {
	if c.faulty() {
		return c.wrongNext()
	}
	h, err := c.readHeader()
	if err == nil {
		err = c.checkHeader(h)
	}
	return h, err
}

// checkHeader finds what is wrong with a frame before any of its payload has come.
func (c *Conn) checkHeader(h ws.Header) error {
	fail := func(reason string) error { return &ProtocolError{ws.ProtocolError, reason} }
	switch {
	case h.RSV&^c.meaningful(h) != 0:
		return fail("reserved bits set")
	case h.Opcode.IsReserved():
		return fail("reserved opcode")
	case h.Masked && c.role == ws.Client:
		return fail("masked frame from a server")
	case !h.Masked && c.role == ws.Server:
		return fail("unmasked frame from a client")
	case !h.Minimal():
		return fail("length not in its shortest form")
	case h.Length >= 1<<63:
		return fail("length above 2^63-1")
	case h.Opcode.IsControl():
		if !h.Fin {
			return fail("fragmented control frame")
		}
		if h.Length > ws.MaxControlPayload {
			return fail("control frame above 125 octets")
		}
		return nil
	case h.Opcode == ws.Continuation && !c.msg.open:
		return fail("continuation of nothing")
	case h.Opcode != ws.Continuation && c.msg.open:
		return fail("new message inside a fragmented one")
	}
	return c.checkSize(h)
}

// meaningful returns the reserved bits that the frame may have set.
func (c *Conn) meaningful(h ws.Header) uint8 {
	if c.compression != nil && (h.Opcode == ws.Text || h.Opcode == ws.Binary) {
		return rsv1
	}
	return 0
}

func (c *Conn) checkSize(h ws.Header) error {
	have := 0
	if c.msg.open {
		have = len(c.msg.payload())
	}
	if h.Length > uint64(c.cfg.MaxMessage-have) {
		return &ProtocolError{ws.MessageTooBig, "message too long"}
	}
	return nil
}

// data reads the payload of a data frame. Text is judged as it comes, in the
// middle of a frame too.
func (c *Conn) data(h ws.Header) error {
	m := &c.msg
	if h.Opcode != ws.Continuation {
		m.begin(h)
		if !c.has(keepsTextState) {
			m.text.Reset()
		}
	}
	m.frames++
	m.last = len(m.payload())
	if c.faulty() {
		return c.wrongData(h)
	}
	for c.rest > 0 {
		p, err := c.readData()
		if err != nil {
			return err
		}
		if m.opcode == ws.Text && !m.packed && !m.text.Write(p) {
			return errNotUTF8()
		}
	}
	return nil
}

// complete makes a message of what the last frame has brought to its end.
func (c *Conn) complete() error {
	m := &c.msg
	m.open = false
	switch {
	case m.packed:
		return c.inflate()
	case c.faulty():
		return c.wrongWhole()
	case m.opcode == ws.Text && !m.text.Complete():
		return errNotUTF8()
	}
	return nil
}

func errNotUTF8() error { return &ProtocolError{ws.InvalidPayload, "text is not UTF-8"} }

// control handles a control frame.
func (c *Conn) control(h ws.Header) error {
	p, err := c.readControl()
	if err != nil {
		return err
	}
	switch h.Opcode {
	case ws.Ping:
		if c.faulty() {
			return c.wrongPing(p)
		}
		return c.sendControl(ws.Pong, p)
	case ws.Close:
		return c.answerClose(p)
	}
	return c.gotPong(p)
}

// answerClose replies to the peer's Close with its code (RFC 6455, 5.5.1).
func (c *Conn) answerClose(p []byte) error {
	err := checkClose(p)
	if c.faulty() {
		err = c.wrongCloseCheck(p, err)
	}
	if err != nil {
		if c.has(ignoresBadClose) {
			return nil
		}
		return err
	}
	reply := p[:min(len(p), 2)]
	if c.faulty() {
		return c.wrongAnswer(p, reply)
	}
	c.sendClose(reply)
	return errClosed
}

// checkClose finds what is wrong with the payload of a Close (RFC 6455, 5.5.1
// and 7.4).
func checkClose(p []byte) error {
	code, reason, has := ws.ParseClosePayload(p)
	switch {
	case !has && len(p) > 0:
		return &ProtocolError{ws.ProtocolError, "Close with half a code"}
	case has && !code.OnWire():
		return &ProtocolError{ws.ProtocolError, "Close with a code that may not be sent"}
	case !utf8.Valid(reason):
		return &ProtocolError{ws.InvalidPayload, "Close reason is not UTF-8"}
	}
	return nil
}
