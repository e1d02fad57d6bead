// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// Conn is one connection. Its methods may be called from any goroutine, Handlers
// included, and never block.
//
// One goroutine owns it: the one that reads its socket, feeds it what came, and calls
// the Handler. Everybody else may only add to the output, set a verdict, and ask the
// transport to wake the owner.
type Conn struct {
	handler Handler
	set     *settings
	via     transport

	in   *input       // what has come of a frame or head that is not complete; the owner's
	pack *compression // nil without permessage-deflate; the owner's and, to send, under mu
	over atomic.Bool  // verdict is final

	mu      sync.Mutex
	out     *output  // what waits to be sent
	opening *opening // until the opening handshake is done
	verdict *Closing // how the connection ends, once that is known
	timer   *time.Timer
	phase   Phase        // set by the owner
	code    ws.CloseCode // of the peer's Close

	fd, slot int32 // of a loop: the socket, or -1, under mu; and where the loop keeps the connection
	unread   bool  // of a loop: there may be more to read; the owner's
	told     bool  // of a loop: the Handler has been told of the end; the owner's
	lost     bool  // writing has found that the peer reset the connection

	corked    bool // the owner is feeding: what is sent waits until it has done
	sentClose bool
	draining  bool // nothing that comes matters any more but the end; set by the owner
	shut      bool // send FIN when the output is out
	eof       bool // the peer has sent FIN, and there is output for it: the end when that is out
}

// A transport moves the octets of a Conn.
type transport interface {
	// flush begins to send c.out, without blocking, and sends FIN behind it if
	// c.shut is set. The caller holds c.mu.
	flush(c *Conn)
	// wake has the owner look at c.over. The caller holds c.mu.
	wake(c *Conn)
	// localAddr returns the address at our end; it may not be known yet.
	localAddr(c *Conn) net.Addr
}

// opening is what only a connection that is not open yet needs.
type opening struct {
	dialed, began, connected, secured time.Time
	key                               [24]byte // base64
	heads                             int      // octets of heads that have come
}

func newConn(s *settings, h Handler) *Conn {
	return &Conn{handler: h, set: s, fd: -1, opening: &opening{dialed: time.Now()}}
}

// LocalAddr returns the address at our end, or nil where there is none yet or no more.
func (c *Conn) LocalAddr() net.Addr { return c.via.localAddr(c) }

// Send sends a message in one frame: text or binary, compressed where that was agreed.
// The payload may be used again afterwards; that it is UTF-8 is the caller's business.
// The errors are ErrNotOpen and ErrBacklog.
func (c *Conn) Send(opcode ws.Opcode, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.maySend(); err != nil {
		return err
	}
	if c.pack != nil {
		c.sendPacked(opcode, payload)
		return nil
	}
	c.frame(ws.Header{Fin: true, Opcode: opcode}, payload)
	return nil
}

// Ping sends a Ping frame with at most 125 octets. The errors are those of Send.
func (c *Conn) Ping(payload []byte) error {
	if len(payload) > ws.MaxControlPayload {
		return fmt.Errorf("a Ping takes %d octets, not %d", ws.MaxControlPayload, len(payload))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.maySend(); err != nil {
		return err
	}
	c.frame(ws.Header{Fin: true, Opcode: ws.Ping}, payload)
	return nil
}

// Close begins the closing handshake with the code, or with none for NoStatus. Handlers
// go on being told what comes until the peer has answered. A connection that is not open
// yet is aborted.
func (c *Conn) Close(code ws.CloseCode, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase < InOpen:
		c.terminate(Closing{Cause: Aborted, Phase: c.reached()})
	case !c.sentClose && !c.over.Load():
		c.sendClose(code, reason)
		c.limit(c.set.limits.CloseTimeout)
	}
}

// Abort drops the connection at once, without a Close frame.
func (c *Conn) Abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over.Load() {
		return
	}
	c.verdict = nil // even a closing handshake that is all but done
	c.terminate(Closing{Cause: Aborted, Phase: c.reached()})
}

// reached returns the phase. The caller holds the lock.
func (c *Conn) reached() Phase {
	if c.sentClose {
		return InClosing
	}
	return c.phase
}

func (c *Conn) maySend() error {
	switch {
	case c.phase != InOpen || c.sentClose || c.over.Load():
		return ErrNotOpen
	case c.out != nil && c.out.waiting > c.set.limits.MaxQueue:
		return ErrBacklog
	}
	return nil
}

// frame sends a frame. The caller holds the lock.
func (c *Conn) frame(h ws.Header, payload []byte) {
	h.Length = uint64(len(payload))
	if c.set.role == ws.Client {
		h.Masked = true
		key := rand.Uint32()
		h.Key = [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
	}
	o := c.output()
	b := append(h.Append(o.b), payload...)
	if h.Masked {
		ws.Mask(h.Key, 0, b[len(b)-len(payload):])
	}
	c.queue(b)
}

// queue takes c.out's buffer back with more in it, and begins to send.
func (c *Conn) queue(b []byte) {
	c.out.waiting += len(b) - len(c.out.b)
	c.out.b = b
	if !c.corked {
		c.via.flush(c)
	}
}

// sendClose sends a Close frame. The caller holds the lock.
func (c *Conn) sendClose(code ws.CloseCode, reason string) {
	c.sentClose = true
	var p []byte
	if code != ws.NoStatus {
		reason = reason[:min(len(reason), ws.MaxControlPayload-2)]
		for !utf8.ValidString(reason) && reason != "" {
			reason = reason[:len(reason)-1]
		}
		p = ws.AppendClosePayload(make([]byte, 0, ws.MaxControlPayload), code, reason)
	}
	c.frame(ws.Header{Fin: true, Opcode: ws.Close}, p)
}

// limit gives what is going on so much time. The caller holds the lock.
func (c *Conn) limit(d time.Duration) {
	c.unlimit()
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.timer == t { // else it was done just now
			c.expire()
		}
	})
	c.timer = t
}

func (c *Conn) unlimit() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// expire ends what has taken too long. The caller holds the lock.
func (c *Conn) expire() {
	end := Closing{Cause: Timeout, Phase: c.reached()}
	if end.Phase == InClosing {
		end.Err = errors.New("no answer to our Close")
	}
	c.terminate(end)
}

// terminate ends the connection, for the first reason that there is, and has the owner
// see it. The caller holds the lock.
func (c *Conn) terminate(end Closing) {
	if c.settle(end) {
		c.via.wake(c)
	}
}

// settle makes the verdict final, and reports whether it was not. The caller holds the
// lock, and is the owner or wakes it.
func (c *Conn) settle(end Closing) bool {
	if c.over.Load() {
		return false
	}
	if c.verdict == nil {
		c.verdict = &end
	}
	c.verdict.Code = c.code
	c.over.Store(true)
	c.unlimit()
	return true
}

// drain has the connection end with the verdict as soon as the peer ends TCP. With shut,
// we send our FIN first.
func (c *Conn) drain(end Closing, shut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdict != nil {
		return
	}
	c.verdict = &end
	c.draining, c.shut = true, shut
	c.phase = InClosing
	c.limit(c.set.limits.CloseTimeout)
	if shut && !c.corked {
		c.via.flush(c)
	}
}

// fail fails the connection (RFC 6455, 7.1.7) for something the peer sent.
func (c *Conn) fail(cause Cause, code ws.CloseCode, why string) {
	c.mu.Lock()
	phase := c.reached()
	if !c.sentClose {
		c.sendClose(code, why)
	}
	c.mu.Unlock()
	c.drain(Closing{Cause: cause, Phase: phase, Err: errors.New(why)}, true)
}

// stuck reports whether the peer has to read what we sent before we read what it sent:
// that of servers, who would otherwise keep what they answer to a client that never
// reads. Two ends that both did this could wait for each other.
func (c *Conn) stuck() bool {
	if c.set.role == ws.Client {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out != nil && !c.draining
}

// allSent is called when the output is out. It reports whether FIN has to follow. The caller
// holds the lock.
func (c *Conn) allSent() (fin bool) {
	c.emptied()
	fin, c.shut = c.shut, false
	if c.eof {
		c.terminate(*c.verdict)
	}
	return fin
}

// tidy reports whether TCP is to be ended by FIN. Otherwise nobody waits for what is on
// its way, and RST frees the port and the memory of the kernel. The caller holds the lock.
func (c *Conn) tidy() bool {
	return c.verdict.Cause == Ended || c.draining && c.verdict.Cause != Aborted
}

// finish tells the Handler. The owner calls it last, once.
func (c *Conn) finish() {
	c.mu.Lock()
	c.unlimit()
	c.letGo()
	c.emptied()
	end := *c.verdict
	c.mu.Unlock()
	c.handler.Closed(c, end)
	if s := c.set.service; s != nil {
		s.conns.Done()
	}
}
