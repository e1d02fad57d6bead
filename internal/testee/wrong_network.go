// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults that show when several connections are open, when TCP is cut, when nothing
// happens for long or when nobody reads.
const (
	sharesBuffer     = "shares-buffer-between-connections"
	oneAtATime       = "serves-one-connection-at-a-time"
	diesOfReset      = "dies-of-reset-in-frame"
	leaksAtCutHeader = "keeps-tcp-open-at-cut-header"
	dropsLargeFrames = "drops-tcp-on-frames-above-16k"
	deadlocksWriting = "hangs-when-peer-does-not-read"
	dropsIdle        = "drops-tcp-after-10s-of-silence"
	keepsAlive       = "sends-keepalive-pings"
	expectsNoPong    = "sends-keepalive-pings-in-vain"
	missesPongs      = "sends-keepalive-pings-and-misses-pongs"
)

func networkFaults() []Fault {
	return []Fault{
		{Name: sharesBuffer, Title: "Holds the messages of all connections in one buffer until it echoes them", Roles: AsServer, Chance: true},
		{Name: oneAtATime, Title: "Serves one connection after the other", Roles: AsServer, Chance: true},
		{Name: diesOfReset, Title: "Dies where the peer resets TCP inside a frame", Roles: InBoth},
		{Name: leaksAtCutHeader, Title: "Keeps TCP open where the peer ends it inside a frame header", Roles: InBoth},
		{Name: dropsLargeFrames, Title: "Ends TCP without a Close on data frames above 16 KiB", Roles: InBoth},
		{Name: deadlocksWriting, Title: "Hangs when the peer has not read for a second what it sends", Roles: InBoth},
		{Name: dropsIdle, Title: "Ends TCP without a Close when nothing has come for 10 s", Roles: InBoth},
		{Name: keepsAlive, Title: "Sends a Ping when nothing has come for 5 s, and closes 5 s later", Roles: InBoth, Legal: true},
		{Name: expectsNoPong, Title: "Sends a Ping whenever nothing has come for 5 s, and never gives up", Roles: InBoth},
		{Name: missesPongs, Title: "Sends a Ping when nothing has come for 5 s, and closes 5 s behind the Pong", Roles: InBoth},
	}
}

// scratch is a buffer that the connections of a server share, and should not.
type scratch struct {
	mu  sync.Mutex
	buf []byte
}

// put replaces what is in the buffer.
func (s *scratch) put(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = bytes.Clone(p)
}

func (s *scratch) get() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf
}

// mixUp lets a message go through the shared buffer. Another connection has a
// millisecond to put its own there.
func (c *Conn) mixUp() {
	if !c.has(sharesBuffer) || c.cfg.scratch == nil {
		return
	}
	c.cfg.scratch.put(c.msg.payload())
	c.pause(time.Millisecond)
	c.msg.buf = append(c.msg.buf[:ws.MaxHeaderLen], c.cfg.scratch.get()...)
}

// wrongEOF returns what an endpoint with faults makes of the end of TCP without a
// Close.
func (c *Conn) wrongEOF(err error) error {
	if end := c.wrongTruncation(err); !errors.Is(end, err) {
		return end
	}
	c.deliverUnfinished()
	inHeader := c.rest == 0 && len(c.in.waiting()) > 0
	if c.opened && (c.has(ignoresFIN) || c.has(leaksAtCutHeader) && inHeader) {
		return c.hang()
	}
	return err
}

// wrongReset returns what an endpoint with faults makes of a reset.
func (c *Conn) wrongReset(err error) error {
	if c.opened && c.has(diesOfReset) && (c.rest > 0 || len(c.in.waiting()) > 0) {
		return errDied
	}
	return err
}

// wrongStall returns what an endpoint with faults makes of an error in writing.
func (c *Conn) wrongStall(err error) error {
	if c.has(deadlocksWriting) && stream.IsTimeout(err) && !c.hung {
		return c.hang()
	}
	return err
}

// silence is how long nothing may come before an endpoint with faults does
// something about it; 0 is for ever.
func (c *Conn) silence() time.Duration {
	switch {
	case !c.opened:
		return 0
	case c.has(dropsIdle):
		return 10 * time.Second
	case c.has(keepsAlive), c.has(expectsNoPong), c.has(missesPongs):
		return 5 * time.Second
	}
	return 0
}

// breakSilence does what an endpoint with faults does when nothing has come for so
// long.
func (c *Conn) breakSilence() error {
	switch {
	case c.has(dropsIdle):
		return errDropped
	case c.unanswered && !c.has(expectsNoPong):
		return &ProtocolError{internalError, "no Pong"}
	}
	c.unanswered = true
	return c.sendControl(ws.Ping, []byte("alive?"))
}
