// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// What the endpoint knows of HTTP/3 (RFC 9114): frames, a setting, errors.
const (
	h3Data       = 0x0
	h3Headers    = 0x1
	h3Settings   = 0x4
	h3AllowsIt   = 0x8 // SETTINGS_ENABLE_CONNECT_PROTOCOL
	h3NoError    = 0x100
	h3Unexpected = 0x105
	h3TooMuch    = 0x107
	h3Missing    = 0x10a
	h3Cancelled  = 0x10c
	h3Malformed  = 0x10e
	qpackFailed  = 0x200
)

// h3ReadAhead is how much of a stream is read ahead, in octets.
const h3ReadAhead = 2 << 10

// h3Idle is how many frames may come in a row that carry nothing.
const h3Idle = 10_000

// h3Stream is a request of HTTP/3: what DATA frames hold is its octets.
type h3Stream struct {
	*quic.Stream
	conn   *quic.Conn
	faults Faults
	alone  bool // the connection is there for this stream

	in    *bufio.Reader
	left  uint64 // of the DATA frame that is being read
	fresh bool   // nothing of it has been
	ended atomic.Bool
}

func newH3Stream(conn *quic.Conn, s *quic.Stream, faults Faults) *h3Stream {
	h := &h3Stream{Stream: s, conn: conn, faults: faults, in: bufio.NewReaderSize(s, h3ReadAhead)}
	if faults[resetEndsConnection] {
		context.AfterFunc(s.Context(), func() {
			if e, ok := errors.AsType[*quic.StreamError](context.Cause(s.Context())); ok && e.Remote {
				h.fail(h3Cancelled)
			}
		})
	}
	return h
}

// number reads the number at an offset of what waits, without taking it.
func (h *h3Stream) number(at int) (value uint64, end int, err error) {
	b, err := h.in.Peek(at + 1)
	if err != nil {
		return 0, 0, err
	}
	end = at + 1<<(b[at]>>6)
	if b, err = h.in.Peek(end); err != nil {
		return 0, 0, err
	}
	value, _, err = quicvarint.Parse(b[at:])
	return value, end, err
}

// nextFrame reads the header of a frame of the wanted type. Those that nobody knows are passed
// over, and few of those there are.
func (h *h3Stream) nextFrame(want uint64) (length uint64, err error) {
	for range h3Idle {
		kind, n, err := h.number(0)
		if err == nil {
			length, n, err = h.number(n)
		}
		if err != nil {
			return 0, h.readFailed(err)
		}
		_, _ = h.in.Discard(n) // it has been peeked at
		switch {
		case kind == want:
			return length, nil
		case kind < 0x10, h.faults[chokesOnUnknown]:
			return 0, h.fail(h3Unexpected)
		}
		if _, err := io.CopyN(io.Discard, h.in, int64(length)); err != nil {
			return 0, h.readFailed(err)
		}
	}
	return 0, h.fail(h3TooMuch)
}

func (h *h3Stream) Read(p []byte) (int, error) {
	for empty := 0; h.left == 0; empty++ {
		if empty > h3Idle {
			return 0, h.fail(h3TooMuch)
		}
		length, err := h.nextFrame(h3Data)
		if err != nil {
			return 0, err
		}
		h.left, h.fresh = length, true
	}
	if h.fresh && h.faults[dataFrameIsFrame] && !h.isFrame() {
		return 0, h.fail(h3Unexpected)
	}
	h.fresh = false
	n, err := h.in.Read(p[:min(uint64(len(p)), h.left)])
	h.left -= uint64(n)
	if n > 0 {
		return n, nil
	}
	return 0, h.readFailed(err)
}

// readFailed is told, for reads.
func (h *h3Stream) readFailed(err error) error {
	if e, ok := errors.AsType[*quic.StreamError](err); ok && e.Remote && h.faults[survivesReset] {
		_, _ = h.Write([]byte{0x89, 0x80, 1, 2, 3, 4}) // a Ping
		<-h.conn.Context().Done()
	}
	return h.told(err)
}

// isFrame reports whether the DATA frame holds one WebSocket frame, no less and no more.
func (h *h3Stream) isFrame() bool {
	b, err := h.in.Peek(int(min(h.left, ws.MaxHeaderLen)))
	if err != nil {
		return true // which shows in the next read
	}
	frame, n := ws.ParseHeader(b)
	return n > 0 && frame.Length == h.left-uint64(n)
}

func (h *h3Stream) Write(p []byte) (int, error) {
	b := quicvarint.Append(quicvarint.Append(make([]byte, 0, len(p)+9), h3Data), uint64(len(p)))
	header := len(b)
	n, err := h.Stream.Write(append(b, p...))
	return max(n-header, 0), h.told(err)
}

func (h *h3Stream) readSection() (ws.Fields, error) {
	length, err := h.nextFrame(h3Headers)
	if err != nil {
		return nil, err
	}
	if length > maxHead {
		return nil, h.fail(h3TooMuch)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(h.in, b); err != nil {
		return nil, h.told(err)
	}
	var fields ws.Fields
	size := 0
	for next := qpack.NewDecoder().Decode(b); ; {
		f, err := next()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if size += len(f.Name) + len(f.Value); err != nil || size > maxHead {
			return nil, h.fail(qpackFailed)
		}
		fields = append(fields, ws.Field{Name: f.Name, Value: f.Value})
	}
}

func (h *h3Stream) writeSection(fields ws.Fields, end bool) error {
	var section bytes.Buffer
	enc := qpack.NewEncoder(&section)
	for _, f := range fields {
		_ = enc.WriteField(qpack.HeaderField{Name: f.Name, Value: f.Value}) // a buffer takes all
	}
	b := quicvarint.Append(quicvarint.Append(nil, h3Headers), uint64(section.Len()))
	_, err := h.Stream.Write(append(b, section.Bytes()...))
	if err == nil && end {
		err = h.CloseWrite()
	}
	return h.told(err)
}

func (h *h3Stream) malform() error {
	h.CancelRead(h3Malformed)
	h.CancelWrite(h3Malformed)
	return nil
}

// fail ends the whole connection.
func (h *h3Stream) fail(code quic.ApplicationErrorCode) error {
	_ = h.conn.CloseWithError(code, "")
	return stream.ErrReset
}

// told makes of QUIC's errors those of a stream.Stream.
func (h *h3Stream) told(err error) error {
	if err == nil || errors.Is(err, io.EOF) || stream.IsTimeout(err) {
		return err
	}
	if e, ok := errors.AsType[*quic.StreamError](err); ok && e.Remote && h.faults[resetEndsConnection] {
		return h.fail(h3Cancelled)
	}
	return errors.Join(stream.ErrReset, err)
}

// CloseWrite ends the sending in order.
func (h *h3Stream) CloseWrite() error {
	if h.ended.Swap(true) {
		return nil
	}
	if h.faults[resetsAtEnd] {
		time.AfterFunc(h3Settle, func() { h.CancelWrite(h3Cancelled) })
		return nil
	}
	return h.told(h.Stream.Close())
}

// h3Settle is what a FIN needs to be under way before the connection may end.
const h3Settle = 20 * time.Millisecond

// Close ends the sending in order and reads no more.
func (h *h3Stream) Close() error {
	err := h.CloseWrite()
	if h.alone {
		go h.linger()
		return err
	}
	h.CancelRead(h3NoError)
	h.leave()
	return err
}

// h3Linger is how long a server may take to end the only stream of a connection.
const h3Linger = time.Second

// linger ends a connection once the server has ended its stream: what a server has not read yet is
// lost to it when the connection ends.
func (h *h3Stream) linger() {
	_ = h.SetReadDeadline(time.Now().Add(h3Linger))
	_, _ = io.Copy(io.Discard, h.Stream) // it ends with the connection
	h.CancelRead(h3NoError)
	h.leave()
}

// Reset cuts the stream off.
func (h *h3Stream) Reset() error {
	h.ended.Store(true)
	h.CancelWrite(h3Cancelled)
	h.CancelRead(h3Cancelled)
	h.leave()
	return nil
}

// leave ends a connection that has nothing left to do.
func (h *h3Stream) leave() {
	if h.alone || h.faults[closeEndsConnection] {
		time.AfterFunc(h3Settle, func() { _ = h.conn.CloseWithError(h3NoError, "") })
	}
}

// Unread knows nothing.
func (h *h3Stream) Unread() (octets int, sure bool) { return 0, false }

// LocalAddr is that of the connection.
func (h *h3Stream) LocalAddr() net.Addr { return h.conn.LocalAddr() }

// RemoteAddr is that of the peer.
func (h *h3Stream) RemoteAddr() net.Addr { return h.conn.RemoteAddr() }
