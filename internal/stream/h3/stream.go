// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Stream is the stream of one request. Once both field sections have been exchanged, what
// is written goes out as DATA frames and what DATA frames bring is read; before that,
// ReadHead reads and WriteHead sends them. It may be read from one goroutine and written to from
// another; Reset may be called from any.
type Stream struct {
	c *Conn
	q *quic.Stream

	in      *reader
	at      position
	current FrameType
	length  uint64
	idle    int    // frames in a row that carried nothing
	skipped uint64 // octets of unknown frames
	ended   error  // what every further read returns

	reading sync.Mutex // held by who reads

	mu       sync.Mutex
	connect  bool // the request is a CONNECT
	tunnel   bool // and has been accepted: only DATA is left (RFC 9114, 4.4)
	heads    int  // field sections that have come
	answered bool // as a server: one has been sent
	finished bool // our side
	closed   bool
}

// position is where the reader of a stream stands.
type position uint8

const (
	between  position = iota // in front of a frame
	inData                   // in the payload of DATA
	inFields                 // of HEADERS
	inOther                  // of a frame that is skipped
)

var _ stream.Stream = (*Stream)(nil)

func newStream(c *Conn, q *quic.Stream) *Stream {
	s := &Stream{c: c, q: q, in: newReader(q)}
	context.AfterFunc(q.Context(), s.stopped)
	return s
}

// ID is the number of the stream (RFC 9000, 2.1).
func (s *Stream) ID() int64 { return int64(s.q.StreamID()) }

// Conn is the connection of the stream.
func (s *Stream) Conn() *Conn { return s.c }

// Version is that of HTTP.
func (s *Stream) Version() string { return ws.HTTP3 }

// Watch has everything told that happens on the stream or concerns the connection as a
// whole. See [Conn.Watch].
func (s *Stream) Watch(see func(at time.Time, sent bool, frame *wirelog.HTTPFrame)) {
	s.c.events.watch(s.ID(), see)
}

// stopped tells watchers that the peer wants to read no more.
func (s *Stream) stopped() {
	if e, ok := errors.AsType[*quic.StreamError](context.Cause(s.q.Context())); ok && e.Remote {
		s.c.events.add(false, codeSeen(stopType, s.ID(), Code(e.ErrorCode), ""))
	}
}

// ReadHead returns the next field section: the request, the final answer or one before it, or
// trailers. It returns io.EOF where the stream ends without one.
func (s *Stream) ReadHead() (ws.Fields, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		if s.isClosed() {
			return nil, net.ErrClosed
		}
		fields, err := s.step()
		switch {
		case err != nil:
			return nil, err
		case fields != nil:
			return fields, nil
		case s.at == inData && !s.hasHead():
			return nil, s.breach(FrameUnexpected, "DATA in front of HEADERS")
		case s.at == inData:
			if err := s.in.skip(); err != nil {
				return nil, s.failed(err)
			}
			s.at = between
		}
	}
}

// Read returns what DATA frames bring, io.EOF after FIN, and an error for which
// stream.IsReset is true after RESET_STREAM and CONNECTION_CLOSE. Trailers are passed over.
func (s *Stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		if s.isClosed() {
			return 0, net.ErrClosed
		}
		if s.at == inData && s.in.rest > 0 {
			n, err := s.in.payload(p)
			if err != nil {
				return n, s.failed(err)
			}
			return n, nil
		}
		if s.at == inData {
			s.at = between
		}
		if _, err := s.step(); err != nil {
			return 0, err
		}
		if s.at == inData && !s.hasHead() {
			return 0, s.breach(FrameUnexpected, "DATA in front of HEADERS")
		}
	}
}

// step reads up to the payload of the next DATA frame, or a whole other frame, and returns
// the fields of HEADERS.
func (s *Stream) step() (ws.Fields, error) {
	if s.ended != nil {
		return nil, s.ended
	}
	if s.at == between {
		t, length, err := s.in.header()
		if err != nil {
			return nil, s.failed(err)
		}
		s.current, s.length = t, length
		if err := s.enter(); err != nil {
			return nil, err
		}
	}
	switch s.at {
	case inFields:
		return s.fields()
	case inOther:
		if err := s.in.skip(); err != nil {
			return nil, s.failed(err)
		}
		s.at = between
	}
	return nil, nil
}

// see tells watchers of the current frame.
func (s *Stream) see() { s.c.events.add(false, frameSeen(s.ID(), s.current, s.length)) }

// enter decides what to do with a frame whose header has been read (RFC 9114, 7.2).
func (s *Stream) enter() error {
	switch t := s.current; {
	case t == Data:
		s.see()
		s.at = inData
		if s.length > 0 {
			s.idle = 0
			return nil
		}
		return s.idled()
	case t == Headers && s.isTunnel():
		s.see()
		return s.breach(FrameUnexpected, "HEADERS behind an accepted CONNECT")
	case t == Headers && s.length > MaxFields:
		s.see()
		return s.refuse(ExcessiveLoad, fmt.Sprintf("%v: its frame has %d", errFieldsTooLong, s.length))
	case t == Headers:
		s.at = inFields
		s.idle = 0
		return nil
	case t == PushPromise && !s.c.server:
		s.see()
		return s.breach(IDError, "a push that was not allowed")
	case t == CancelPush || t == Settings || t == PushPromise || t == GoAway || t == MaxPushID || t.fromHTTP2():
		s.see()
		return s.breach(FrameUnexpected, fmt.Sprintf("%v on the stream of a request", t))
	}
	s.see()
	if s.skipped += min(s.length, maxSkipped+1); s.skipped > maxSkipped {
		return s.refuse(ExcessiveLoad, "no end of frames that mean nothing")
	}
	s.at = inOther
	return s.idled()
}

// idled counts a frame that carries nothing.
func (s *Stream) idled() error {
	if s.idle++; s.idle > maxIdle {
		return s.refuse(ExcessiveLoad, "no end of frames that carry nothing")
	}
	return nil
}

// fields reads the payload of HEADERS.
func (s *Stream) fields() (ws.Fields, error) {
	b, err := s.in.whole()
	if err != nil {
		return nil, s.failed(err)
	}
	s.at = between
	fields, err := ParseFields(b)
	if errors.Is(err, errFieldsTooLong) {
		return nil, s.refuse(ExcessiveLoad, err.Error())
	}
	if err != nil {
		s.see()
		return nil, s.breach(DecompressionFailed, err.Error())
	}
	s.c.events.add(false, fieldsSeen(s.ID(), fields))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heads++
	if s.c.server {
		s.connect = fields.Get(":method") == "CONNECT"
	} else {
		s.tunnel = s.connect && isSuccess(fields)
	}
	return fields, nil
}

// isSuccess reports whether an answer accepts a CONNECT.
func isSuccess(answer ws.Fields) bool { return strings.HasPrefix(answer.Get(":status"), "2") }

func (s *Stream) hasHead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heads > 0
}

func (s *Stream) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Stream) isTunnel() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tunnel
}

// failed makes of the error of a read what the reader is told, and tells watchers once
// how the peer has ended its side.
func (s *Stream) failed(err error) error {
	if s.isClosed() {
		return net.ErrClosed
	}
	if stream.IsTimeout(err) {
		return err
	}
	switch {
	case errors.Is(err, io.EOF):
		s.c.events.add(false, finSeen(s.ID()))
		err = io.EOF
	case errors.Is(err, errCutFrame):
		s.c.events.add(false, finSeen(s.ID()))
		return s.breach(FrameError, err.Error())
	default:
		err = s.c.explained(err)
		if e, ok := errors.AsType[*Error](err); ok && e.Remote && !e.Whole {
			s.c.events.add(false, codeSeen(resetType, s.ID(), e.Code, ""))
			if s.c.server {
				s.c.spend(1)
			}
		}
	}
	s.ended = err
	return err
}

// breach ends the connection for what the peer must not do.
func (s *Stream) breach(code Code, why string) error {
	s.ended = s.c.fail(code, why)
	return s.ended
}

// refuse ends the stream for what we do not bear.
func (s *Stream) refuse(code Code, why string) error {
	s.ended = BreachError{&Error{Code: code, Why: why}}
	s.ResetWith(code)
	return s.ended
}

// Unread knows nothing: QUIC tells what the other end's kernel has, not its program.
func (s *Stream) Unread() (octets int, sure bool) { return 0, false }

// LocalAddr is the address of the connection.
func (s *Stream) LocalAddr() net.Addr { return s.c.q.LocalAddr() }

// RemoteAddr is that of the peer.
func (s *Stream) RemoteAddr() net.Addr { return s.c.q.RemoteAddr() }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (s *Stream) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline bounds reads. What has been read of a frame is not lost.
func (s *Stream) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	return s.q.SetReadDeadline(t)
}

// SetWriteDeadline bounds writes. A frame that was not written to its end is the last.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.q.SetWriteDeadline(t) }
