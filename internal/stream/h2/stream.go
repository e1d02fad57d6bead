// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"errors"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Stream is one stream of a connection, as a stream.Stream: Read returns io.EOF behind
// END_STREAM and where the connection ends in order, and a *ResetError behind RST_STREAM.
// Close sends END_STREAM. The stream that Dial returns takes its connection with it.
type Stream struct {
	c  *conn
	id uint32

	// What follows belongs to the lock of the connection.
	heads      []ws.Fields // header sections that nobody has read
	buf        []byte      // octets that nobody has read
	ended      bool        // END_STREAM has come
	err        error       // the stream was reset
	headSent   bool
	endSent    bool
	closed     bool
	sendWindow int64
	window     int64 // what the peer may still send
	eaten      int64 // octets that were read and not given back
	branch     bool  // the connection goes on behind it
	cutOff     bool  // we have reset it, and wait for the peer to know
	known      bool  // it does
	padding    int   // of DATA frames
	empties    bool
	changed    chan struct{}
	read       time.Time // deadlines
	written    time.Time
	early      []seen
	watched    bool
	told       func(time.Time, bool, *wirelog.HTTPFrame)
}

// newStream makes a stream. The caller holds the lock.
func (c *conn) newStream(id uint32) *Stream {
	s := &Stream{c: c, id: id, sendWindow: c.initial, window: c.ours, changed: make(chan struct{})}
	s.early = append(s.early, c.early...)
	c.streams[id] = s
	return s
}

// tell has a frame told, or kept for who watches later. The caller holds the lock.
func (s *Stream) tell(f seen) {
	switch {
	case s.told != nil:
		s.told(f.at, f.sent, f.frame)
	case s.watched: // no longer
	case len(s.early) < 2*keepEarly:
		s.early = append(s.early, f)
	}
}

// Watch has the frames of the stream and of its connection told, the first of those that
// were before. With nil it ends.
func (s *Stream) Watch(told func(at time.Time, sent bool, frame *wirelog.HTTPFrame)) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.watched, s.told = true, told
	for _, f := range s.early {
		s.tell(f)
	}
	s.early = nil
}

// Version is ws.HTTP2.
func (s *Stream) Version() string { return ws.HTTP2 }

// wake tells who waits to look again. The caller holds the lock.
func (s *Stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until ready, called with the lock held, is true, and returns with the lock
// held then. The error is net.ErrClosed or errLate.
func (s *Stream) await(deadline *time.Time, ready func() bool) error {
	for {
		s.c.mu.Lock()
		by := *deadline
		switch {
		case s.closed:
			s.c.mu.Unlock()
			return errClosed
		case !by.IsZero() && time.Until(by) <= 0: // even if there is something, as with TCP
			s.c.mu.Unlock()
			return errLate
		case ready():
			return nil
		}
		changed := s.changed
		s.c.mu.Unlock()
		if by.IsZero() {
			<-changed
			continue
		}
		t := time.NewTimer(time.Until(by))
		select {
		case <-changed:
		case <-t.C:
		}
		t.Stop()
	}
}

// ReadHead waits for the next header section of the peer.
func (s *Stream) ReadHead() (ws.Fields, error) {
	err := s.await(&s.read, func() bool { return len(s.heads) > 0 || s.ended || s.err != nil || s.c.err != nil })
	if err != nil {
		return nil, err
	}
	defer s.c.mu.Unlock()
	if len(s.heads) == 0 {
		return nil, s.ending()
	}
	head := s.heads[0]
	s.heads = s.heads[1:]
	return head, nil
}

// isReset reports whether the stream is over because of a reset.
func (s *Stream) isReset() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.err != nil
}

// ending is how the stream came to its end. The caller holds the lock.
func (s *Stream) ending() error {
	switch {
	case s.ended:
		return io.EOF
	case s.err != nil:
		return s.err
	}
	return s.c.err
}

func (s *Stream) Read(p []byte) (int, error) {
	err := s.await(&s.read, func() bool { return len(s.buf) > 0 || s.ended || s.err != nil || s.c.err != nil })
	if err != nil {
		return 0, err
	}
	if len(s.buf) == 0 { // else a reset comes behind it, as on the wire
		defer s.c.mu.Unlock()
		return 0, s.ending()
	}
	n := copy(p, s.buf)
	s.buf = s.buf[n:]
	if len(s.buf) == 0 {
		s.buf = nil
	}
	s.c.mu.Unlock()
	s.giveBack(int64(n))
	return n, nil
}

// giveBack gives the peer room for as many octets as were read, once it pays.
func (s *Stream) giveBack(n int64) {
	c := s.c
	c.mu.Lock()
	s.eaten += n
	back := uint32(0)
	if s.eaten > 0 && s.eaten >= c.ours/2 && !s.ended && !s.cutOff && s.err == nil && c.err == nil {
		back = uint32(s.eaten)
		s.window += s.eaten
		s.eaten = 0
	}
	c.mu.Unlock()
	if back > 0 {
		c.control(windowFrame(s.id, back), func(f *http2.Framer) error { return f.WriteWindowUpdate(s.id, back) })
	}
}

var errNoHead = errors.New("h2: octets on a stream in front of its header section")

func (s *Stream) Write(p []byte) (written int, err error) {
	for first := true; first || len(p) > 0; first = false {
		var n, more int64
		err := s.await(&s.written, func() bool {
			n = min(int64(len(p)), s.sendWindow, s.c.sendWindow, connWindow)
			if more = 0; s.padding > 0 { // which the windows are for, too
				more = int64(s.padding) + 1
				n = min(int64(len(p)), min(s.sendWindow, s.c.sendWindow, int64(s.c.frameSize))-more)
			}
			return n > 0 || len(p) == 0 || s.err != nil || s.c.err != nil
		})
		if err != nil {
			return written, err
		}
		switch {
		case !s.headSent:
			err = errNoHead
		case s.err != nil:
			err = s.err
		case s.c.err != nil:
			err = s.lost()
		case s.endSent:
			err = errClosed
		}
		if err != nil {
			s.c.mu.Unlock()
			return written, err
		}
		s.sendWindow -= n + more
		s.c.sendWindow -= n + more
		by := s.written
		s.c.mu.Unlock()
		if err = s.c.writeData(s, p[:n], false, by); err != nil {
			return written + int(n), err
		}
		written += int(n)
		p = p[n:]
	}
	return written, nil
}

// lost is what writing comes to once the connection is over. The caller holds the lock.
func (s *Stream) lost() error {
	if errors.Is(s.c.err, io.EOF) {
		return io.ErrClosedPipe
	}
	return s.c.err
}

// WriteHead sends a header section.
func (s *Stream) WriteHead(section ws.Fields) error {
	s.c.mu.Lock()
	by, err := s.written, s.err
	s.headSent = true
	s.c.mu.Unlock()
	if err != nil {
		return err
	}
	return s.c.writeHead(s, section, false, by)
}

// CloseWrite sends END_STREAM and keeps reading.
func (s *Stream) CloseWrite() error {
	s.c.mu.Lock()
	by := s.written
	if by.IsZero() {
		by = time.Now().Add(controlWrite)
	}
	done := s.endSent || !s.headSent
	err := s.err
	if err == nil && s.c.err != nil {
		err = s.lost()
	}
	s.endSent = true
	s.c.mu.Unlock()
	if done || err != nil {
		return err
	}
	return s.c.writeData(s, nil, true, by)
}

// Close sends END_STREAM and lets go of the stream: what the peer still sends is thrown
// away. Where it has not ended the stream itself it is told so.
func (s *Stream) Close() error { return s.end(false) }

// Reset sends RST_STREAM with CANCEL (RFC 8441, 5).
func (s *Stream) Reset() error { return s.end(true) }

func (s *Stream) end(abort bool) error {
	c := s.c
	c.mu.Lock()
	if s.closed {
		c.mu.Unlock()
		return nil
	}
	alive := s.err == nil && c.err == nil
	abort = abort || !s.headSent
	c.mu.Unlock()
	if alive && !abort {
		_ = s.SetWriteDeadline(time.Now().Add(partingWrite))
		_ = s.CloseWrite() // gone either way
	}
	c.mu.Lock()
	ended := s.ended
	opened := s.headSent || c.role == ws.Server
	c.mu.Unlock()
	switch {
	case s.cutOff:
	case alive && opened && abort:
		c.resetStream(s.id, http2.ErrCodeCancel)
	case alive && opened && !ended && (c.role == ws.Server || s.branch):
		c.resetStream(s.id, http2.ErrCodeNo)
	}
	if c.role == ws.Client && alive && !s.branch {
		c.goAway(http2.ErrCodeNo, "")
	}
	c.mu.Lock()
	s.closed = true
	s.buf, s.heads = nil, nil
	s.wake()
	delete(c.streams, s.id)
	c.mu.Unlock()
	if c.role == ws.Client && !s.branch {
		c.part(false)
		c.fail(errClosed)
	}
	return nil
}

// Unread returns how many octets, at least, of what the connection has written the
// program at the other end has not read.
func (s *Stream) Unread() (octets int, sure bool) { return s.c.under.Unread() }

// LocalAddr is that of the connection.
func (s *Stream) LocalAddr() net.Addr { return s.c.under.LocalAddr() }

// RemoteAddr is that of the connection.
func (s *Stream) RemoteAddr() net.Addr { return s.c.under.RemoteAddr() }

// SetDeadline sets both deadlines.
func (s *Stream) SetDeadline(t time.Time) error {
	_ = s.SetReadDeadline(t)
	return s.SetWriteDeadline(t)
}

// SetReadDeadline is when reads end that have come to nothing.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.setDeadline(&s.read, t) }

// SetWriteDeadline is when writes end, also those that wait for a window.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.setDeadline(&s.written, t) }

func (s *Stream) setDeadline(place *time.Time, t time.Time) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	*place = t
	s.wake()
	return nil
}
