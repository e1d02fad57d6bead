// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// WriteHead sends a field section in a HEADERS frame: a request, an answer or trailers.
func (s *Stream) WriteHead(fields ws.Fields) error {
	b := AppendFields(nil, fields)
	s.mu.Lock()
	if s.c.server {
		s.answered = true
		s.tunnel = s.connect && isSuccess(fields)
	} else if fields.Get(":method") == "CONNECT" {
		s.connect = true
	}
	s.mu.Unlock()
	s.c.events.add(true, fieldsSeen(s.ID(), fields))
	return s.send(AppendFrame(nil, Headers, b))
}

// SendFrame sends a frame of any type.
func (s *Stream) SendFrame(t FrameType, payload []byte) error {
	s.c.events.add(true, frameSeen(s.ID(), t, uint64(len(payload))))
	return s.send(AppendFrame(nil, t, payload))
}

// SendOctets sends octets that need not be frames.
func (s *Stream) SendOctets(b []byte) error { return s.send(b) }

func (s *Stream) send(b []byte) error {
	_, err := s.q.Write(b)
	return s.c.explained(err)
}

// Write sends p as the payload of one DATA frame.
func (s *Stream) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.c.events.add(true, frameSeen(s.ID(), Data, uint64(len(p))))
	n := min(len(p), gatherUpTo)
	b := AppendFrameHeader(make([]byte, 0, n+16), Data, uint64(len(p)))
	head := len(b)
	b = append(b, p[:n]...)
	done, err := s.q.Write(b)
	if done = max(0, done-head); err != nil || n == len(p) {
		return done, s.c.explained(err)
	}
	more, err := s.q.Write(p[n:])
	return done + more, s.c.explained(err)
}

// CloseWrite ends our side in order, with FIN, and keeps reading.
func (s *Stream) CloseWrite() error {
	if !s.finish() {
		return nil
	}
	s.c.events.add(true, finSeen(s.ID()))
	err := s.q.Close()
	if e, ok := errors.AsType[*quic.StreamError](context.Cause(s.q.Context())); ok && e.Remote {
		return nil // the peer wants to read no more (STOP_SENDING): our side has ended already
	}
	return s.c.explained(err)
}

// finish marks our side as ended and reports whether it was not.
func (s *Stream) finish() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.finished
	s.finished = true
	return !was
}

// Reset cuts the stream off, both sides of it, as RFC 9220, 3 says that the reset of a TCP
// connection is done: with H3_REQUEST_CANCELLED.
func (s *Stream) Reset() error {
	s.ResetWith(RequestCancelled)
	s.close(func() {})
	return nil
}

// ResetWith cuts the stream off with any code.
func (s *Stream) ResetWith(code Code) {
	s.CancelWrite(code)
	s.CancelRead(code)
}

// CancelWrite sends RESET_STREAM.
func (s *Stream) CancelWrite(code Code) {
	s.finish()
	s.c.events.add(true, codeSeen(resetType, s.ID(), code, ""))
	s.q.CancelWrite(quic.StreamErrorCode(code))
}

// CancelRead sends STOP_SENDING.
func (s *Stream) CancelRead(code Code) {
	s.c.events.add(true, codeSeen(stopType, s.ID(), code, ""))
	s.q.CancelRead(quic.StreamErrorCode(code))
}

// GoAway is that of the connection.
func (s *Stream) GoAway() { _ = s.c.GoAway() } // who is gone needs not be told

// CutSending resets our side of the stream, as Reset does both.
func (s *Stream) CutSending() { s.CancelWrite(RequestCancelled) }

// SendUnknown sends a frame whose type nobody knows: Reserved(n).
func (s *Stream) SendUnknown(n uint64, payload []byte) error {
	return s.SendFrame(FrameType(Reserved(n)), payload)
}

// SendUnknownStream opens a unidirectional stream whose type nobody knows: Reserved(n). The peer may
// refuse to read it (RFC 9114, 6.2).
func (s *Stream) SendUnknownStream(n uint64, octets []byte) error {
	q, err := s.c.q.OpenUniStream()
	if err != nil {
		return s.c.explained(err)
	}
	s.c.events.add(true, openSeen(int64(q.StreamID()), Reserved(n)))
	_, err = q.Write(append(quicvarint.Append(nil, Reserved(n)), octets...))
	return s.c.explained(err)
}

// StopSending sends STOP_SENDING with H3_REQUEST_CANCELLED. The channel is closed when the peer has
// ended its side, which it must (RFC 9000, 3.5), or the connection has ended.
func (s *Stream) StopSending() (ended <-chan struct{}) {
	done := make(chan struct{})
	var once sync.Once
	finish := func() { once.Do(func() { close(done) }) }
	s.q.SetReceiveFinalSizeCallback(func(int64) { finish() })
	context.AfterFunc(s.c.q.Context(), finish)
	s.CancelRead(RequestCancelled)
	return done
}

// Close ends our side in order and lets go of the stream. What the peer still sends is
// read and thrown away for a while, so that it does not take a late word for a breach.
func (s *Stream) Close() error {
	err := s.CloseWrite()
	s.close(s.drain)
	return err
}

// Patience with a peer whose stream, or whose connection, is over for us.
const (
	lingerFor = time.Second
	settleFor = 50 * time.Millisecond // for what has been written to be under way
)

// close lets nobody read any more, and ends a connection that was there for the stream alone
// once there is nothing left to do.
func (s *Stream) close(last func()) {
	s.mu.Lock()
	was, unanswered := s.closed, s.c.server && !s.answered
	s.closed = true
	s.mu.Unlock()
	if was {
		return
	}
	s.q.ReleaseStreamCredit() // only now: a stream that was reset has cost us no less
	if unanswered {
		s.c.spend(stream.Unanswered)
	}
	_ = s.q.SetReadDeadline(time.Unix(1, 0)) // wakes who is reading
	leaving := s.c.left()
	go func() {
		last()
		if leaving {
			s.settle()
			s.c.Close(NoError, "")
		}
	}()
}

// drain reads to the end of a stream that has been closed.
func (s *Stream) drain() {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.ended == nil {
		_ = s.q.SetReadDeadline(time.Now().Add(lingerFor)) // one that cannot has ended
		if n, err := io.CopyN(io.Discard, s.q, drainUpTo); n == drainUpTo || stream.IsTimeout(err) {
			s.CancelRead(RequestCancelled)
		}
	}
}

// settle lets what has been written get under way before the connection ends.
func (s *Stream) settle() {
	select {
	case <-time.After(settleFor):
	case <-s.c.Done():
	}
}
