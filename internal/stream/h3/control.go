// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"errors"
	"fmt"
	"io"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
)

// acceptUni reads the unidirectional streams that the peer opens, until the connection ends.
func (c *Conn) acceptUni() {
	for n := 0; ; n++ {
		q, err := c.q.AcceptUniStream(c.q.Context())
		switch {
		case err != nil:
			return
		case n == maxUni:
			_ = c.fail(ExcessiveLoad, fmt.Sprintf("more than %d unidirectional streams", maxUni))
			return
		}
		go func() {
			defer q.ReleaseStreamCredit()
			c.readUni(q)
		}()
	}
}

// readUni reads a unidirectional stream according to its type (RFC 9114, 6.2).
func (c *Conn) readUni(q *quic.ReceiveStream) {
	kind, err := quicvarint.Read(quicvarint.NewReader(q))
	if err != nil {
		return // it may end before its type (RFC 9114, 6.2)
	}
	c.events.add(false, openSeen(int64(q.StreamID()), kind))
	switch kind {
	case ControlStream, QPACKEncoder, QPACKDecoder:
		if c.isSecond(kind) {
			_ = c.fail(StreamCreationError, "a second "+kindName(kind)+" stream")
			return
		}
		c.readCritical(q, kind)
	case PushStream:
		if c.server {
			_ = c.fail(StreamCreationError, "a push stream of a client")
			return
		}
		_ = c.fail(IDError, "a push that was not allowed")
	default:
		q.CancelRead(quic.StreamErrorCode(StreamCreationError))
	}
}

// isSecond reports whether there has been a stream of the type, of which there may be one.
func (c *Conn) isSecond(kind uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.uni[kind]
	c.uni[kind] = true
	return was
}

// readCritical reads a stream that has to last as long as the connection (RFC 9114, 6.2.1;
// RFC 9204, 4.2). The instructions of QPACK mean nothing to us, as we allow no dynamic table.
func (c *Conn) readCritical(q *quic.ReceiveStream, kind uint64) {
	if kind == ControlStream {
		if !c.readControl(newReader(q), int64(q.StreamID())) {
			return
		}
	} else {
		n, err := io.CopyN(io.Discard, q, maxQPACK)
		if n == maxQPACK {
			_ = c.fail(ExcessiveLoad, "no end of instructions of QPACK")
		}
		if n == maxQPACK || !c.outlives(err) {
			return
		}
	}
	_ = c.fail(ClosedCriticalStream, "the "+kindName(kind)+" stream has ended")
}

// outlives reports whether the connection goes on although one of its streams has ended with the
// error. QUIC tells the streams of a connection that it is over before it tells its context.
func (c *Conn) outlives(err error) bool {
	_, reset := errors.AsType[*quic.StreamError](err)
	ended := reset || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errCutFrame)
	return ended && c.q.Context().Err() == nil
}

// readControl reads the control stream (RFC 9114, 6.2.1) and reports whether it ended although the
// connection has not.
func (c *Conn) readControl(f *reader, stream int64) bool {
	for n := 0; ; n++ {
		t, length, err := f.header()
		if err != nil {
			return c.outlives(err)
		}
		known := t == Settings || t == GoAway || t == CancelPush || t == MaxPushID
		if !known || n == 0 && t != Settings || length > maxControl {
			c.events.add(false, frameSeen(stream, t, length))
		}
		switch {
		case n == 0 && t != Settings:
			_ = c.fail(MissingSettings, "the control stream does not begin with SETTINGS")
			return false
		case known && length > maxControl:
			_ = c.fail(ExcessiveLoad, fmt.Sprintf("%v frame of %d octets", t, length))
			return false
		case t == Data || t == Headers || t == PushPromise || t.fromHTTP2():
			_ = c.fail(FrameUnexpected, fmt.Sprintf("%v on the control stream", t))
			return false
		case n > maxIdle:
			_ = c.fail(ExcessiveLoad, "no end of frames on the control stream")
			return false
		case !known:
			if err := f.skip(); err != nil {
				return c.outlives(err)
			}
			continue
		}
		payload, err := f.whole()
		if err != nil {
			return c.outlives(err)
		}
		switch t {
		case Settings:
			err = c.takeSettings(payload, n == 0)
		case GoAway:
			err = c.takeGoAway(payload)
		default:
			err = c.takePush(stream, t, length)
		}
		if err != nil {
			return false
		}
	}
}

// takeSettings takes in a SETTINGS frame (RFC 9114, 7.2.4). It returns why it had to end the
// connection.
func (c *Conn) takeSettings(payload []byte, first bool) error {
	entries, err := ParseSettings(payload)
	c.events.add(false, settingsSeen(entries))
	switch {
	case !first:
		return c.fail(FrameUnexpected, "a second SETTINGS frame")
	case errors.Is(err, errCut):
		return c.fail(FrameError, "SETTINGS: "+err.Error())
	case err != nil:
		return c.fail(SettingsError, err.Error())
	}
	// As a client we go on with what means yes, so that the case that is about it is the one
	// to find it wrong.
	for _, s := range entries {
		if c.server && s.ID == EnableConnectProtocol && s.Value > 1 {
			return c.fail(SettingsError, fmt.Sprintf("SETTINGS_ENABLE_CONNECT_PROTOCOL is %d", s.Value))
		}
	}
	c.mu.Lock()
	c.theirs = entries
	c.mu.Unlock()
	close(c.heard)
	return nil
}

// takeGoAway takes in a GOAWAY frame (RFC 9114, 7.2.6). A stream that is open goes on.
func (c *Conn) takeGoAway(payload []byte) error {
	id, err := parseID(payload)
	c.events.add(false, goAwaySeen(id))
	switch {
	case err != nil:
		return c.fail(FrameError, "GOAWAY: "+err.Error())
	case !c.server && !isRequest(int64(id)):
		return c.fail(IDError, fmt.Sprintf("GOAWAY with %d, which is no stream of a request", id))
	}
	return nil
}

// takePush takes in a frame that has to do with pushes, of which we want none.
func (c *Conn) takePush(stream int64, t FrameType, length uint64) error {
	c.events.add(false, frameSeen(stream, t, length))
	if t == MaxPushID && !c.server {
		return c.fail(FrameUnexpected, "MAX_PUSH_ID from a server")
	}
	return nil
}
