// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"errors"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// maxHead is the longest HTTP head that is read, in octets.
const maxHead = 64 << 10

var (
	errHeadTooLong = errors.New("HTTP head too long")
	errHeadTooLate = errors.New("HTTP head not complete in time")
	errNotHTTP     = errors.New("not HTTP")
)

// readHead reads an HTTP head, which is valid until the next read. What follows it stays in
// the input.
func (c *Conn) readHead() ([]byte, error) {
	buf := append(make([]byte, 0, inputSize), c.in.waiting()...)
	for {
		// Empty lines before the first are to be ignored (RFC 9112, 2.2).
		buf = buf[:copy(buf, bytes.TrimLeft(buf, "\r\n"))]
		n := ws.HeadEnd(buf)
		switch {
		case n == 0 && hopeless(buf), n > 0 && hopeless(buf[:n]):
			return nil, errNotHTTP
		case n > c.maxHead(), n == 0 && len(buf) > c.maxHead():
			return nil, errHeadTooLong
		case n > 0:
			c.in = input{buf[:cap(buf)], n, len(buf)}
			if c.faulty() {
				c.dropBehindHead()
			}
			return buf[:n], nil
		}
		if len(buf) > 0 && c.has(wantsOneRead) {
			return nil, errDropped
		}
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := c.read(buf[len(buf):cap(buf)])
		if err != nil {
			if stream.IsTimeout(err) {
				err = errHeadTooLate
			}
			return nil, err
		}
		buf = buf[:len(buf)+n]
	}
}

// maxHead is the longest HTTP head that the endpoint reads, in octets.
func (c *Conn) maxHead() int {
	if c.has(readsEndlessHeads) {
		return 16 << 20
	}
	return maxHead
}

// hopeless reports whether no more octets can make an HTTP head of b: it begins
// with what is no letter, or has a line that does not end with CRLF.
func hopeless(b []byte) bool {
	if len(b) > 0 && (b[0] < 'A' || b[0] > 'z') {
		return true
	}
	for i := 0; ; i++ {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return false
		}
		if i += n; i == 0 || b[i-1] != '\r' {
			return true
		}
	}
}

// limitHandshake sets the time by which the peer's half of the opening
// handshake has to be here; lift takes the limit away.
func (c *Conn) limitHandshake() (lift func()) {
	c.readBy(time.Now().Add(c.cfg.HandshakeTimeout))
	return func() { c.readBy(time.Time{}) }
}

// readBy sets the deadline of reads, unless we have been told to stop.
func (c *Conn) readBy(t time.Time) {
	_ = c.s.SetReadDeadline(t) // a stream that cannot has ended
	if c.ctx.Err() != nil {
		_ = c.s.SetReadDeadline(time.Unix(1, 0))
	}
}
