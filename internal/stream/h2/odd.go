// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// What no ordinary endpoint would do, for those who test others.

// errNoAnswer says that a PING or SETTINGS was not acknowledged in time.
var errNoAnswer = errors.New("h2: the peer does not acknowledge what it has to")

// Branch opens one more stream on a client's connection, which goes on when it is closed.
func (s *Stream) Branch(context.Context) (stream.Stream, error) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.role != ws.Client:
		return nil, errors.New("h2: a server opens no streams")
	case c.err != nil:
		return nil, c.err
	}
	if c.next == 0 {
		c.next = s.id
	}
	c.next += 2
	b := c.newStream(c.next)
	b.branch = true
	return b, nil
}

// WriteLastHead is WriteHead with END_STREAM: nothing follows.
func (s *Stream) WriteLastHead(section ws.Fields) error {
	s.c.mu.Lock()
	by := s.written
	s.headSent, s.endSent = true, true
	s.c.mu.Unlock()
	return s.c.writeHead(s, section, true, by)
}

// Pad has DATA frames padded with so many octets, 0 to 255, from now on. With empty each has
// another in front that has no data and no padding.
func (s *Stream) Pad(octets int, empty bool) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.padding, s.empties = octets, empty
}

// SendUnknown sends the n-th of some frames on the stream of types that nobody knows, which are
// to be passed over (RFC 9113, 5.5).
func (s *Stream) SendUnknown(n uint64, payload []byte) error {
	const first, last = 0xb0, 0xef // no type is registered there
	typ := http2.FrameType(first + n%(last-first))
	told := frameOf(fmt.Sprintf("type0x%x", uint8(typ)), s.id)
	told.Words = []string{fmt.Sprintf("len=%d", len(payload))}
	s.c.control(told, func(f *http2.Framer) error { return f.WriteRawFrame(typ, 0, s.id, payload) })
	return s.c.over()
}

// GoAway says that we open no more streams, as a client, or take no more.
func (s *Stream) GoAway() { s.c.goAway(http2.ErrCodeNo, "") }

// Narrow leaves the peer a window of so many octets on each stream from now on, which gets no
// wider before they have been read. It returns once the peer knows.
func (s *Stream) Narrow(ctx context.Context, octets uint32) error {
	c := s.c
	acked := make(chan struct{})
	setting := http2.Setting{ID: http2.SettingInitialWindowSize, Val: octets}
	c.mu.Lock()
	c.acks = append(c.acks, func() {
		by := int64(octets) - c.ours
		c.ours = int64(octets)
		for _, st := range c.streams {
			st.window += by
		}
		close(acked)
	})
	c.mu.Unlock()
	c.control(settingsFrame([]http2.Setting{setting}), func(f *http2.Framer) error { return f.WriteSettings(setting) })
	if err := c.acknowledged(ctx, acked); err != nil {
		return err
	}
	c.mu.Lock()
	all := make([]*Stream, 0, len(c.streams))
	for _, st := range c.streams {
		all = append(all, st)
	}
	c.mu.Unlock()
	for _, st := range all {
		st.giveBack(0)
	}
	return nil
}

// Ping returns once the peer has answered a PING (RFC 9113, 6.7): it has seen all in front.
func (s *Stream) Ping(ctx context.Context) error {
	acked := make(chan struct{})
	s.c.ping(func() { close(acked) })
	return s.c.acknowledged(ctx, acked)
}

func (c *conn) acknowledged(ctx context.Context, acked <-chan struct{}) error {
	t := time.NewTimer(controlWrite)
	defer t.Stop()
	select {
	case <-acked:
		return nil
	case <-c.done:
		return c.over()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return errNoAnswer
	}
}

// ping sends a PING, and calls the function with the lock held when it is answered.
func (c *conn) ping(acked func()) {
	c.mu.Lock()
	c.pinged++
	n := c.pinged
	if c.pings == nil {
		c.pings = map[uint64]func(){}
	}
	c.pings[n] = acked
	c.mu.Unlock()
	var data [8]byte
	binary.BigEndian.PutUint64(data[:], n)
	told := frameOf("ping", 0)
	told.Words = []string{fmt.Sprintf("0x%x", data)}
	c.control(told, func(f *http2.Framer) error { return f.WritePing(false, data) })
}

// ponged takes an answer to a PING.
func (c *conn) ponged(data [8]byte) {
	n := binary.BigEndian.Uint64(data[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	if acked := c.pings[n]; acked != nil {
		delete(c.pings, n)
		acked()
	}
}

// afterReset lies between the answer to a PING behind a reset and the next PING.
const afterReset = 50 * time.Millisecond

// CutSending resets the stream and reads on: to its end, which is there once the peer knows, as the
// answers to two PINGs say. What comes on the stream between them is the peer's fault.
func (s *Stream) CutSending() {
	c := s.c
	c.mu.Lock()
	done := s.closed || s.err != nil || c.err != nil
	s.endSent, s.cutOff = true, true
	c.mu.Unlock()
	if done {
		return
	}
	told := frameOf("rst_stream", s.id)
	told.Words = []string{codeName(http2.ErrCodeCancel)}
	c.control(told, func(f *http2.Framer) error { return f.WriteRSTStream(s.id, http2.ErrCodeCancel) })
	c.ping(func() {
		s.known = true
		time.AfterFunc(afterReset, func() {
			c.ping(func() {
				s.ended = true
				s.wake()
			})
		})
	})
}

// late is data on a stream that we have reset. The caller holds the lock.
func (s *Stream) late() {
	if s.known && s.err == nil {
		s.err = &FaultError{http2.ErrCodeStreamClosed, "DATA on a stream that we had reset, behind the answer to a PING after it"}
		s.wake()
	}
}

// gone takes the code of a GOAWAY, which may say why the connection is about to end.
func (c *conn) gone(code http2.ErrCode) {
	if code != http2.ErrCodeNo {
		c.away = &ResetError{Code: code, Whole: true}
	}
}
