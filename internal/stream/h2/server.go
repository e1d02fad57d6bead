// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// IdlePatience is how long a client may keep a connection on which there is no stream.
const IdlePatience = time.Minute

// ErrNoPreface says that what came does not begin as HTTP/2 does (RFC 9113, 3.4).
var ErrNoPreface = errors.New("no HTTP/2 preface")

// Preface is what a client begins with; its first line and an empty one look like a
// request of HTTP/1.1.
const Preface = http2.ClientPreface

// Serve serves a connection on which the client's preface comes first, to its end: handle
// is called for each request, by a goroutine of its own, and has the stream closed when it
// returns. Serve returns when all have.
func Serve(ctx context.Context, s stream.Stream, handle func(*Stream)) error {
	return ServeWith(ctx, s, Beginning{Settings: []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: 1}}}, handle)
}

// Beginning is what a server begins a connection with.
type Beginning struct {
	Settings []http2.Setting // beside those about sizes and numbers
	Late     time.Duration   // before they go out
	Seen     func(sent bool, frame *wirelog.HTTPFrame)
}

// ServeWith is Serve with a beginning of its own. Where Seen is not nil it is told each frame of the
// connection, with a lock held.
func ServeWith(ctx context.Context, s stream.Stream, b Beginning, handle func(*Stream)) error {
	in := bufio.NewReaderSize(s, 4*maxFrame)
	c := newConn(s, ws.Server, in)
	c.accept, c.seen = handle, b.Seen
	unhook := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer unhook()
	preface := make([]byte, len(Preface))
	_ = s.SetReadDeadline(time.Now().Add(IdlePatience)) // a stream that cannot has ended
	if _, err := io.ReadFull(in, preface); err != nil || string(preface) != Preface {
		_ = s.Close() // it is no HTTP/2
		return errors.Join(ErrNoPreface, err)
	}
	_ = s.SetReadDeadline(time.Time{})
	c.idle = time.AfterFunc(IdlePatience, c.leave)
	begin := func() {
		c.begin(append([]http2.Setting{
			{ID: http2.SettingMaxConcurrentStreams, Val: MaxStreams}, {ID: http2.SettingInitialWindowSize, Val: Window}, {ID: http2.SettingMaxHeaderListSize, Val: maxBlock},
		}, b.Settings...)...)
	}
	if b.Late > 0 {
		defer time.AfterFunc(b.Late, begin).Stop()
	} else {
		begin()
	}
	go c.write()
	c.read()
	c.idle.Stop()
	c.handlers.Wait()
	c.part(false)
	return nil
}

// serve has a request handled.
func (c *conn) serve(s *Stream) {
	c.mu.Lock()
	c.active++
	c.idle.Stop()
	c.mu.Unlock()
	c.handlers.Go(func() {
		defer func() {
			_ = s.Close() // if it is not
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.active--; c.active == 0 && c.err == nil {
				c.idle.Reset(IdlePatience)
			}
		}()
		if !s.isReset() { // else nobody waits for an answer any more
			c.accept(s)
		}
	})
}
