// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"errors"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// wrong is the state of a connection that only faults need. How an endpoint
// with faults differs from a correct one stands in the files wrong_*.go, which
// the correct one calls at few places and only if it has faults.
type wrong struct {
	frames     int            // read so far
	failNext   *ProtocolError // to be raised when the current message is delivered
	pings      int            // received
	pongs      [][]byte       // payloads that are held back
	messages   int            // to be echoed so far
	held       []byte         // frames that are sent when nothing more comes for a while
	closeWith  []byte         // the payload of the Close that is sent then, if not nil
	finishing  bool           // TCP is closed then
	waiting    bool           // a deadline is set for it
	sent       uint32         // frames
	firstKey   [4]byte        // the masking key of the first of them
	nonceKey   [4]byte        // the beginning of the handshake's nonce
	opened     bool           // the opening handshake is done, and no closing one has begun
	inData     bool           // the current frame is a data frame
	hung       bool           // nothing more is done
	idle       bool           // the deadline is for silence alone, nothing is put off
	unanswered bool           // a Ping for want of anything else has had no Pong
	lastRead   bool           // nothing more is read
	failed     bool           // the connection has been failed
	reserved   []byte         // memory for a payload to come
	head       []byte         // of the peer's half of the handshake
	declined   bool           // compression was offered and not agreed
	forgotten  bool           // the handshake was not one, and the connection is open all the same
}

// holdBack is how long the connection has to be silent before an endpoint that
// puts things off does them.
const holdBack = 20 * time.Millisecond

// wrongRead is read for an endpoint with faults: what it has put off is done
// when everything that has come is handled.
func (c *Conn) wrongRead(p []byte) (int, error) {
	for {
		if c.lastRead {
			return 0, errClosed
		}
		c.waitForSilence()
		n, err := c.readNow(p)
		switch {
		case c.waiting && stream.IsTimeout(err):
			if err := c.catchUp(); err != nil {
				return 0, err
			}
			continue
		case errors.Is(err, errDropped):
			return 0, c.wrongEOF(err)
		case stream.IsReset(err):
			return 0, c.wrongReset(err)
		case err == nil && c.has(firstFrameOfRead):
			n += c.gather(p[n:])
		}
		return n, err
	}
}

// gather reads on until nothing has come for a moment. Faults that are about
// what one read returns shall not depend on chance.
func (c *Conn) gather(p []byte) int {
	const moment = time.Millisecond
	n := 0
	for n < len(p) {
		c.readBy(time.Now().Add(moment))
		m, err := c.s.Read(p[n:])
		n += m
		if err != nil {
			break // it comes again, unless it was the deadline
		}
	}
	c.readBy(time.Time{})
	return n
}

// hang does nothing more until the endpoint is told to stop. The connection stays
// open, whatever the peer does.
func (c *Conn) hang() error {
	c.hung = true
	_ = c.flush() // a peer that is gone is not noticed
	<-c.ctx.Done()
	return errDropped
}

// die is the end of the process: of a Server with all its connections.
func (c *Conn) die() error {
	if c.cfg.die != nil {
		c.cfg.die()
	}
	return c.s.Reset()
}

// waitForSilence sets the deadline for what has been put off.
func (c *Conn) waitForSilence() {
	pending := len(c.held) > 0 || len(c.pongs) > 0 || c.closeWith != nil || c.finishing
	patience := c.silence()
	if pending {
		patience = holdBack
	}
	switch {
	case patience > 0:
		c.readBy(time.Now().Add(patience))
	case c.waiting:
		c.readBy(time.Time{})
	}
	c.waiting, c.idle = patience > 0, !pending
}

// catchUp does what has been put off, or what silence is answered with.
func (c *Conn) catchUp() error {
	if c.idle {
		return c.breakSilence()
	}
	c.out = append(c.out, c.held...)
	c.held = nil
	if err := c.releasePongs(); err != nil {
		return err
	}
	if c.closeWith != nil {
		c.sendClose(c.closeWith)
		return errClosed
	}
	if c.finishing {
		return errClosed
	}
	return nil
}

// wrongNext is next for an endpoint with faults.
func (c *Conn) wrongNext() (ws.Header, error) {
	for {
		if c.failNext != nil {
			return ws.Header{}, c.failNext
		}
		if c.frames > 0 && c.has(firstFrameOfRead) {
			c.in.r = c.in.w
		}
		h, err := c.readHeader()
		if err != nil {
			return h, err
		}
		c.frames++
		h = c.misread(h)
		c.inData = !h.Opcode.IsControl()
		if h.Opcode != ws.Ping && c.has(deadlocksOnPings) {
			if err := c.releasePongs(); err != nil {
				return h, err
			}
		}
		if c.has(dropsLargeFrames) && c.inData && h.Length > 16<<10 {
			return h, errDropped
		}
		if c.has(allocatesDeclared) {
			if err := c.allocate(h); err != nil {
				return h, err
			}
		}
		if c.skips(h) {
			if err := c.skip(); err != nil {
				return h, err
			}
			continue
		}
		if c.has(refusesUncompressed) && c.meaningful(h) != 0 && h.RSV&rsv1 == 0 {
			return h, &ProtocolError{ws.ProtocolError, "uncompressed message"}
		}
		const never = 1 << 63 // octets: a payload of so many is no payload
		if err = c.checkHeader(h); err != nil && c.has(judgesAfterPayload) && h.Length < never {
			if err := c.skip(); err != nil {
				return h, err
			}
		}
		return h, err
	}
}

// wrongData is data for an endpoint with faults, from where the message has begun.
func (c *Conn) wrongData(h ws.Header) error {
	m := &c.msg
	if c.has(keepsLastFragment) {
		m.buf = m.buf[:ws.MaxHeaderLen]
		m.last = 0
	}
	for c.rest > 0 {
		p, err := c.readData()
		if err != nil {
			return err
		}
		if !m.packed && !c.wrongSoFar(p, false) {
			return errNotUTF8()
		}
	}
	if !m.packed && !c.wrongSoFar(nil, true) {
		return errNotUTF8()
	}
	return c.endFragment(h)
}

// wrongWhole handles the end of an uncompressed message for an endpoint with faults.
func (c *Conn) wrongWhole() error {
	if z := c.compression; z != nil && z.inflater != nil && c.has(uncompressedResets) {
		z.inflater.Reset(z.receive)
	}
	if !c.wrongText() {
		return errNotUTF8()
	}
	return nil
}

// carriesOn reports whether an endpoint with faults handles more frames after
// an error.
func (c *Conn) carriesOn(err error) bool {
	var failed *ProtocolError
	if !c.has(worksOnAfterFailing) && !c.has(finishesReadAfterFailing) || !errors.As(err, &failed) {
		return false
	}
	c.sendClose(ws.AppendClosePayload(nil, failed.Code, failed.Reason))
	c.finishing = c.has(worksOnAfterFailing)
	c.lastRead = !c.finishing
	c.msg.open = false
	return c.skip() == nil
}
