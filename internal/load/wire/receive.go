// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// input is what has come of a head, frame or message that is not complete.
type input struct {
	head   []byte // HTTP, or the beginning of a frame header
	header ws.Header
	inside bool   // the header is complete: payload is due
	left   uint64 // octets of payload still to come
	at     int    // octets of payload that have come
	ctl    []byte // payload of a control frame

	open   bool // a data frame has come, and the last one of its message has not
	opcode ws.Opcode
	packed bool
	msg    []byte
	text   ws.UTF8
}

// rsv1 marks compressed messages (RFC 7692, 7.2.1).
const rsv1 = 4

// feed takes the octets that came next, and may change them. It returns when they are
// used up or the connection is over.
func (c *Conn) feed(b []byte) {
	c.mu.Lock()
	c.corked = true
	c.mu.Unlock()
	for len(b) > 0 && !c.over.Load() && !c.draining {
		switch {
		case c.phase < InOpen:
			b = c.feedHead(b)
		case c.in == nil:
			b = c.feedFrames(b)
		default:
			b = c.feedPart(b)
		}
	}
	c.mu.Lock()
	c.corked = false
	if c.out != nil || c.shut {
		c.via.flush(c)
	}
	c.mu.Unlock()
}

// feedFrames handles a frame that is in b as a whole. Otherwise it begins to keep what
// there is.
func (c *Conn) feedFrames(b []byte) []byte {
	h, n := ws.ParseHeader(b)
	if n == 0 || h.Length > uint64(len(b)-n) || !h.Fin || h.Opcode == ws.Continuation || h.RSV != 0 {
		c.in = c.set.engine.input()
		return b
	}
	if !c.check(h) {
		return nil
	}
	payload := b[n : n+int(h.Length)]
	if h.Masked {
		ws.Mask(h.Key, 0, payload)
	}
	switch {
	case h.Opcode.IsControl():
		c.control(h.Opcode, payload)
	case h.Opcode == ws.Text && !utf8.Valid(payload):
		c.fail(Protocol, ws.InvalidPayload, "text is not UTF-8")
	default:
		c.handler.Message(c, h.Opcode, payload)
	}
	return b[n+int(h.Length):]
}

// feedPart handles what may be only a part of a frame, and returns what is
// behind it.
func (c *Conn) feedPart(b []byte) []byte {
	in := c.in
	if !in.inside {
		had := len(in.head)
		in.head = append(in.head, b[:min(len(b), ws.MaxHeaderLen-had)]...)
		h, n := ws.ParseHeader(in.head)
		if n == 0 {
			return nil
		}
		b = b[n-had:]
		if !c.check(h) {
			return nil
		}
		in.begin(h)
	}
	k := int(min(in.left, uint64(len(b))))
	if !c.payload(b[:k]) {
		return nil
	}
	b = b[k:]
	if in.left > 0 {
		return nil
	}
	in.inside = false
	switch {
	case in.header.Opcode.IsControl():
		c.control(in.header.Opcode, in.ctl)
	case in.header.Fin:
		c.message()
	}
	if !in.open && !in.inside {
		c.in = nil
		c.set.engine.release(in)
	}
	return b
}

// begin takes a header that was found right.
func (in *input) begin(h ws.Header) {
	in.head = in.head[:0]
	in.header, in.inside, in.left, in.at = h, true, h.Length, 0
	switch {
	case h.Opcode.IsControl():
		in.ctl = in.ctl[:0]
	case h.Opcode != ws.Continuation:
		in.open, in.opcode, in.packed = true, h.Opcode, h.RSV == rsv1
		in.msg = in.msg[:0]
		in.text.Reset()
	}
}

// payload takes a part of the payload of the frame that has begun.
func (c *Conn) payload(p []byte) bool {
	in := c.in
	if in.header.Masked {
		ws.Mask(in.header.Key, in.at, p)
	}
	in.at += len(p)
	in.left -= uint64(len(p))
	if in.header.Opcode.IsControl() {
		in.ctl = append(in.ctl, p...)
		return true
	}
	in.msg = append(in.msg, p...)
	if in.opcode == ws.Text && !in.packed && !in.text.Write(p) {
		c.fail(Protocol, ws.InvalidPayload, "text is not UTF-8")
		return false
	}
	return true
}

// message hands over what is complete.
func (c *Conn) message() {
	in := c.in
	in.open = false
	switch {
	case in.packed:
		c.unpack(in.opcode, in.msg)
	case in.opcode == ws.Text && !in.text.Complete():
		c.fail(Protocol, ws.InvalidPayload, "text is not UTF-8")
	default:
		c.handler.Message(c, in.opcode, in.msg)
	}
}

// check fails the connection for a frame that may not come (RFC 6455, 5.2 to 5.5), before any of
// its payload is taken.
func (c *Conn) check(h ws.Header) bool {
	var open bool
	var have int
	if c.in != nil {
		open, have = c.in.open, len(c.in.msg)
	}
	allowed := uint8(0)
	if c.pack != nil && (h.Opcode == ws.Text || h.Opcode == ws.Binary) {
		allowed = rsv1
	}
	var why string
	switch {
	case h.RSV&^allowed != 0:
		why = "reserved bits set"
	case h.Opcode.IsReserved():
		why = "reserved opcode"
	case h.Masked && c.set.role == ws.Client:
		why = "masked frame from a server"
	case !h.Masked && c.set.role == ws.Server:
		why = "unmasked frame from a client"
	case !h.Minimal():
		why = "length not in its shortest form"
	case h.Length >= 1<<63:
		why = "length above 2^63-1"
	case h.Opcode.IsControl() && !h.Fin:
		why = "fragmented control frame"
	case h.Opcode.IsControl() && h.Length > ws.MaxControlPayload:
		why = "control frame above 125 octets"
	case h.Opcode == ws.Continuation && !open:
		why = "continuation of nothing"
	case !h.Opcode.IsControl() && h.Opcode != ws.Continuation && open:
		why = "new message inside a fragmented one"
	case h.Opcode.IsControl():
		return true
	case !open && h.Length > uint64(c.set.limits.MaxMessage), open && h.Length > uint64(c.set.limits.MaxMessage-have):
		c.fail(TooBig, ws.MessageTooBig, "message too long")
		return false
	default:
		return true
	}
	c.fail(Protocol, ws.ProtocolError, why)
	return false
}

// control handles a control frame.
func (c *Conn) control(opcode ws.Opcode, payload []byte) {
	switch opcode {
	case ws.Ping:
		c.mu.Lock()
		if c.maySend() == nil { // only the latest Ping has to be answered (RFC 6455, 5.5.3)
			c.frame(ws.Header{Fin: true, Opcode: ws.Pong}, payload)
		}
		c.mu.Unlock()
	case ws.Pong:
		c.handler.Pong(c, payload)
	case ws.Close:
		c.closed(payload)
	}
}

// closed handles the peer's Close (RFC 6455, 5.5.1).
func (c *Conn) closed(payload []byte) {
	code, reason, has := ws.ParseClosePayload(payload)
	switch {
	case !has && len(payload) > 0:
		c.fail(Protocol, ws.ProtocolError, "Close with half a code")
		return
	case has && !code.OnWire():
		c.fail(Protocol, ws.ProtocolError, "Close with a code that may not be sent")
		return
	case !utf8.Valid(reason):
		c.fail(Protocol, ws.InvalidPayload, "Close reason is not UTF-8")
		return
	case !has:
		code = ws.NoStatus
	}
	c.mu.Lock()
	c.code = code
	cause := Closed
	if !c.sentClose {
		cause = ClosedByPeer
		c.sendClose(code, "")
	}
	c.mu.Unlock()
	// The server ends TCP, and the client waits for that (RFC 6455, 7.1.1).
	c.drain(Closing{Cause: cause, Phase: InClosing}, c.set.role == ws.Server)
}

// ended handles the end of what comes: FIN where err is io.EOF. A client that sends FIN may
// still read.
func (c *Conn) ended(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := failure(c.reached(), err)
	if c.lost {
		end.Cause, end.Err = Reset, stream.ErrReset
	}
	if end.Cause == Ended && c.out != nil && c.set.role == ws.Server && !c.over.Load() {
		if c.verdict == nil {
			c.verdict = &end
			c.limit(c.set.limits.CloseTimeout)
		}
		c.draining, c.shut, c.eof = true, true, true
		return
	}
	c.settle(end)
}
