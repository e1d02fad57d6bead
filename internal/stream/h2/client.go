// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// ErrNoConnect says that a server does not take extended CONNECT.
var ErrNoConnect = errors.New("the server does not offer WebSocket over HTTP/2: its SETTINGS have no ENABLE_CONNECT_PROTOCOL=1 (RFC 8441, 3)")

// ErrNotHTTP2 says that what answered is no HTTP/2.
var ErrNotHTTP2 = errors.New("the server does not speak HTTP/2 here")

// Dial begins a connection on s, with prior knowledge (RFC 9113, 3.3) or as ALPN has
// agreed, waits for the server's SETTINGS, and returns a stream on which no request has
// been sent. The errors wrap ErrNoConnect or ErrNotHTTP2, or are those of the context and
// of s, which is closed then.
func Dial(ctx context.Context, s stream.Stream) (*Stream, error) {
	in := bufio.NewReaderSize(s, 4*maxFrame)
	c := newConn(s, ws.Client, in)
	unhook := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer unhook()
	c.begin(http2.Setting{ID: http2.SettingEnablePush, Val: 0}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: Window})
	go c.write()
	first, _ := in.Peek(5)
	if bytes.Equal(first, []byte("HTTP/")) {
		c.part(false)
		c.fail(ErrNotHTTP2)
		return nil, fmt.Errorf("%w: it answered with HTTP/1.1", ErrNotHTTP2)
	}
	go c.read()
	select {
	case <-c.settled:
	case <-c.done:
		select {
		case <-c.settled:
		default:
			return nil, c.unsettled(ctx)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.connect {
		go c.leave()
		return nil, ErrNoConnect
	}
	return c.newStream(1), nil
}

// begin queues what each side begins with: the client its preface, both their SETTINGS
// and room for the streams together.
func (c *conn) begin(settings ...http2.Setting) {
	if c.role == ws.Client {
		c.out.buf.WriteString(http2.ClientPreface)
	}
	c.mu.Lock()
	c.acks = append(c.acks, func() {}) // nobody waits for it
	c.mu.Unlock()
	c.control(settingsFrame(settings), func(f *http2.Framer) error { return f.WriteSettings(settings...) })
	const more = connWindow - defaultWindow
	c.control(windowFrame(0, more), func(f *http2.Framer) error { return f.WriteWindowUpdate(0, more) })
}

// leave says goodbye.
func (c *conn) leave() {
	c.goAway(http2.ErrCodeNo, "")
	c.part(false)
	c.fail(errClosed)
}

// unsettled says why no SETTINGS came.
func (c *conn) unsettled(ctx context.Context) error {
	_ = c.under.Close() // gone already
	err := c.over()
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return fmt.Errorf("%w: it takes the connection, and no SETTINGS come", ErrNotHTTP2)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF):
		return &stream.WordedError{Words: ErrNotHTTP2.Error() + ": it closed the connection", Err: errors.Join(ErrNotHTTP2, err)}
	}
	if _, fault := errors.AsType[*FaultError](err); fault {
		return fmt.Errorf("%w: what came instead of SETTINGS is no frame of it", ErrNotHTTP2)
	}
	return err
}
