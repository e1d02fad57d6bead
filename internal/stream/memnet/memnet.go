// SPDX-License-Identifier: Apache-2.0

// Package memnet is a network in memory: pairs of connected streams that may be
// used inside a testing/synctest bubble, where real sockets may not. Writes never
// block unless a capacity is set; deadlines, half-close and reset work as with TCP.
// It knows nothing of what is sent. Start at Pipe.
package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// Pipe returns the two ends of a connection whose directions each hold up to
// capacity octets before Write blocks; 0 means no bound.
func Pipe(capacity int) (stream.Stream, stream.Stream) {
	ab, ba := newHalf(capacity), newHalf(capacity)
	return &conn{in: ba, out: ab}, &conn{in: ab, out: ba}
}

// half is one direction: a queue of octets with an end.
type half struct {
	mu       sync.Mutex
	buf      []byte
	from     int // where in buf the queue begins
	capacity int
	eof      bool          // the writer sent FIN
	reset    bool          // either side sent RST
	changed  chan struct{} // closed at the next change, nil where nobody waits for it
}

func newHalf(capacity int) *half { return &half{capacity: capacity} }

// wake tells every waiter to look again. The caller holds the lock.
func (h *half) wake() {
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

func (h *half) waiting() int { return len(h.buf) - h.from }

// put adds octets to the queue. The caller holds the lock.
func (h *half) put(p []byte) {
	if h.from > len(h.buf)/2 { // what was taken is not kept for ever
		h.buf, h.from = h.buf[:copy(h.buf, h.buf[h.from:])], 0
	}
	h.buf = append(h.buf, p...)
	h.wake()
}

// take moves octets of the queue to p. The caller holds the lock.
func (h *half) take(p []byte) int {
	n := copy(p, h.buf[h.from:])
	if h.from += n; h.from == len(h.buf) {
		h.buf, h.from = h.buf[:0], 0
	}
	h.wake()
	return n
}

type conn struct {
	in, out *half

	mu            sync.Mutex
	closed        bool
	read, written time.Time // deadlines
}

func (c *conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// await waits until ready, called with the half's lock held, returns true.
func (c *conn) await(h *half, deadline func() time.Time, ready func() bool) error {
	for {
		if c.isClosed() {
			return net.ErrClosed
		}
		h.mu.Lock()
		d := deadline()
		if !d.IsZero() && time.Until(d) <= 0 { // even if there is something, as with TCP
			h.mu.Unlock()
			return os.ErrDeadlineExceeded
		}
		if ready() {
			return nil // with the lock
		}
		if h.changed == nil {
			h.changed = make(chan struct{})
		}
		changed := h.changed
		h.mu.Unlock()
		var expired <-chan time.Time
		if !d.IsZero() {
			t := time.NewTimer(time.Until(d))
			defer t.Stop()
			expired = t.C
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

func (c *conn) Read(p []byte) (int, error) {
	h := c.in
	err := c.await(h, c.readDeadline, func() bool { return h.reset || h.eof || h.waiting() > 0 })
	if err != nil {
		return 0, err
	}
	defer h.mu.Unlock()
	switch {
	case h.reset:
		return 0, stream.ErrReset
	case h.waiting() == 0:
		return 0, io.EOF
	}
	return h.take(p), nil
}

func (c *conn) Write(p []byte) (written int, err error) {
	h := c.out
	for {
		err := c.await(h, c.writeDeadline, func() bool {
			return h.reset || h.eof || h.capacity == 0 || h.waiting() < h.capacity || len(p) == 0
		})
		if err != nil {
			return written, err
		}
		if h.reset || h.eof {
			h.mu.Unlock()
			return written, stream.ErrReset
		}
		n := len(p)
		if h.capacity > 0 {
			n = min(n, h.capacity-h.waiting())
		}
		h.put(p[:n])
		h.mu.Unlock()
		written += n
		if p = p[n:]; len(p) == 0 {
			return written, nil
		}
	}
}

func (c *conn) CloseWrite() error {
	h := c.out
	h.mu.Lock()
	defer h.mu.Unlock()
	h.eof = true
	h.wake()
	return nil
}

// Unread is always sure.
func (c *conn) Unread() (octets int, sure bool) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.waiting(), true
}

// Close sends FIN, and RST to a peer that goes on writing, as TCP does.
func (c *conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	_ = c.CloseWrite()
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.eof = true
	c.in.wake()
	return nil
}

func (c *conn) Reset() error {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		h.reset = true
		h.wake()
		h.mu.Unlock()
	}
	return c.Close()
}

func (c *conn) readDeadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read
}

func (c *conn) writeDeadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.written
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.read = t
	c.mu.Unlock()
	c.in.mu.Lock()
	c.in.wake()
	c.in.mu.Unlock()
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.written = t
	c.mu.Unlock()
	c.out.mu.Lock()
	c.out.wake()
	c.out.mu.Unlock()
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "memory" }

func (c *conn) LocalAddr() net.Addr  { return addr{} }
func (c *conn) RemoteAddr() net.Addr { return addr{} }
