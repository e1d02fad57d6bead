// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// h2Stream is a request of HTTP/2: what DATA frames hold is its octets. The lock of the connection
// is that of its streams.
type h2Stream struct {
	c     *h2Conn
	id    uint32
	alone bool // the connection is there for this stream

	sections []ws.Fields // that nobody has read
	in       [][]byte    // octets of DATA frames that nobody has read
	begun    bool        // the first of them has been read in part
	ended    bool        // END_STREAM has come
	cut      bool        // the peer has reset it
	err      error       // why it is over
	gone     bool        // we have let go of it
	finished bool        // we have ended our side

	window int64 // for what we send
	room   int64 // that the peer has for what it sends
	eaten  int64 // octets for which it has got no new room

	readBy, writeBy deadline
}

// deadline is when waiting ends, the zero time: never.
type deadline struct {
	time.Time
	timer *time.Timer
}

var errH2Reset = errors.New("the stream was reset by us")

// open makes a stream. The caller holds the lock.
func (c *h2Conn) open(id uint32) *h2Stream {
	s := &h2Stream{c: c, id: id, window: c.initial, room: h2Window}
	c.streams[id] = s
	return s
}

// await waits with the lock held until ready is true.
func (s *h2Stream) await(by *deadline, ready func() bool) error {
	for {
		switch {
		case s.gone:
			return net.ErrClosed
		case !by.IsZero() && !time.Now().Before(by.Time):
			return os.ErrDeadlineExceeded
		case ready():
			return nil
		}
		s.c.news.Wait()
	}
}

// over is why nothing more comes, nil as long as something may.
func (s *h2Stream) over() error {
	switch {
	case s.ended:
		return io.EOF
	case s.err != nil:
		return s.err
	}
	return s.c.err
}

func (s *h2Stream) readSection() (ws.Fields, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if err := s.await(&s.readBy, func() bool { return len(s.sections) > 0 || s.over() != nil }); err != nil {
		return nil, err
	}
	if len(s.sections) == 0 {
		return nil, s.over()
	}
	fields := s.sections[0]
	s.sections = s.sections[1:]
	return fields, nil
}

func (s *h2Stream) Read(p []byte) (int, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if err := s.await(&s.readBy, func() bool { return len(s.in) > 0 || s.over() != nil }); err != nil {
		return 0, err
	}
	switch {
	case len(s.in) == 0 && s.cut:
		return 0, s.survive()
	case len(s.in) == 0:
		return 0, s.over()
	}
	if !s.begun && s.c.faults[dataFrameIsFrame] && !isFrame(s.in[0]) {
		s.send(func(f *http2.Framer) error { return f.WriteRSTStream(s.id, http2.ErrCodeProtocol) })
		s.err = errH2Reset
		return 0, s.err
	}
	n := copy(p, s.in[0])
	s.begun = n < len(s.in[0])
	if s.in[0] = s.in[0][n:]; len(s.in[0]) == 0 {
		s.in = s.in[1:]
	}
	s.eat(int64(n))
	return n, nil
}

// survive is what reading comes to once the peer has reset the stream.
func (s *h2Stream) survive() error {
	if s.c.faults[survivesReset] {
		for range 3 { // Pings
			s.send(func(f *http2.Framer) error { return f.WriteData(s.id, false, []byte{0x89, 0x80, 1, 2, 3, 4}) })
			s.c.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			s.c.mu.Lock()
		}
	}
	return s.err
}

// isFrame reports whether a DATA frame holds one WebSocket frame, no less and no more.
func isFrame(b []byte) bool {
	frame, n := ws.ParseHeader(b)
	return n > 0 && frame.Length == uint64(len(b)-n)
}

// eat takes note of octets that are out of the way.
func (s *h2Stream) eat(n int64) {
	if !s.ended && !s.gone {
		before := s.eaten
		s.c.giveBack(s.id, &s.eaten, n)
		s.room += before + n - s.eaten
	}
}

// send queues a frame of the stream. The caller holds the lock.
func (s *h2Stream) send(write func(*http2.Framer) error) { s.c.send(write) }

func (s *h2Stream) Write(p []byte) (written int, err error) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		n := 0
		err := s.await(&s.writeBy, func() bool {
			room := min(s.window, c.window)
			if c.faults[ignoresWindow] {
				room = int64(len(p))
			}
			n = int(min(int64(len(p)), int64(c.longest), room))
			return n > 0 && c.out.Len() < h2Backlog || s.err != nil || c.err != nil || c.leaving
		})
		switch {
		case err != nil:
			return written, err
		case s.err != nil:
			return written, s.err
		case c.err != nil || c.leaving || s.finished:
			return written, errors.Join(io.ErrClosedPipe, c.err)
		}
		s.send(func(f *http2.Framer) error { return f.WriteData(s.id, false, p[:n]) })
		s.window -= int64(n)
		c.window -= int64(n)
		written += n
		p = p[n:]
	}
	return written, nil
}

func (s *h2Stream) writeSection(fields ws.Fields, end bool) error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	c.packed.Reset()
	for _, f := range fields {
		_ = c.henc.WriteField(hpack.HeaderField{Name: f.Name, Value: f.Value}) // into memory
	}
	b := c.packed.Bytes()
	part := b[:min(len(b), h2Payload)]
	b = b[len(part):]
	s.send(func(f *http2.Framer) error {
		return f.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: part, EndStream: end, EndHeaders: len(b) == 0})
	})
	for len(b) > 0 {
		part = b[:min(len(b), h2Payload)]
		b = b[len(part):]
		s.send(func(f *http2.Framer) error { return f.WriteContinuation(s.id, len(b) == 0, part) })
	}
	s.finished = s.finished || end
	return c.err
}

func (s *h2Stream) malform() error {
	s.c.reset(s.id, http2.ErrCodeProtocol)
	return nil
}

// CloseWrite ends our side in order.
func (s *h2Stream) CloseWrite() error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.err != nil || s.finished || s.c.err != nil {
		return errors.Join(s.err, s.c.err)
	}
	s.finished = true
	if s.c.faults[resetsAtEnd] {
		s.send(func(f *http2.Framer) error { return f.WriteRSTStream(s.id, http2.ErrCodeCancel) })
		return nil
	}
	s.send(func(f *http2.Framer) error { return f.WriteData(s.id, true, nil) })
	return nil
}

// Close ends our side in order and reads no more.
func (s *h2Stream) Close() error {
	err := s.CloseWrite()
	s.release(s.c.role == ws.Server, http2.ErrCodeNo)
	return err
}

// Reset cuts the stream off.
func (s *h2Stream) Reset() error {
	s.release(true, http2.ErrCodeCancel)
	return nil
}

// release lets go of the stream. A peer that has not ended its side is told to stop.
func (s *h2Stream) release(stop bool, code http2.ErrCode) {
	c := s.c
	c.mu.Lock()
	if !s.gone {
		if stop && s.err == nil && (!s.ended || code != http2.ErrCodeNo) && !c.faults[resetsAtEnd] {
			s.send(func(f *http2.Framer) error { return f.WriteRSTStream(s.id, code) })
		}
		s.gone = true
		delete(c.streams, s.id)
		c.news.Broadcast()
	}
	last := c.draining && len(c.streams) == 0
	c.mu.Unlock()
	if last || s.alone || c.faults[closeEndsConnection] {
		c.leave(http2.ErrCodeNo)
	}
}

// SetReadDeadline is when reads end that have come to nothing.
func (s *h2Stream) SetReadDeadline(t time.Time) error { return s.setDeadline(&s.readBy, t) }

// SetWriteDeadline is when writes end that wait.
func (s *h2Stream) SetWriteDeadline(t time.Time) error { return s.setDeadline(&s.writeBy, t) }

// SetDeadline sets both.
func (s *h2Stream) SetDeadline(t time.Time) error {
	return errors.Join(s.setDeadline(&s.readBy, t), s.setDeadline(&s.writeBy, t))
}

func (s *h2Stream) setDeadline(place *deadline, t time.Time) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if place.timer != nil {
		place.timer.Stop()
	}
	place.Time = t
	if !t.IsZero() {
		place.timer = time.AfterFunc(time.Until(t), func() {
			s.c.mu.Lock()
			defer s.c.mu.Unlock()
			s.c.news.Broadcast()
		})
	}
	s.c.news.Broadcast()
	return nil
}

// Unread knows nothing.
func (s *h2Stream) Unread() (octets int, sure bool) { return 0, false }

// LocalAddr is that of the connection.
func (s *h2Stream) LocalAddr() net.Addr { return s.c.under.LocalAddr() }

// RemoteAddr is that of the peer.
func (s *h2Stream) RemoteAddr() net.Addr { return s.c.under.RemoteAddr() }

var _ stream.Stream = (*h2Stream)(nil)
