// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Config is what a connection has to know before it begins.
type Config struct {
	// Settings are those that we send. nil means Allowing as a server and Plain as a
	// client, empty an empty frame.
	Settings []Setting
	// Wait keeps us from sending SETTINGS, until SendSettings does.
	Wait bool
	// MaxConns is how many connections a Listener has at once. 0: [MaxConns].
	MaxConns int
}

// Conn is an HTTP/3 connection: its control streams and the streams of its requests. Its
// methods may be called from several goroutines.
type Conn struct {
	q      *quic.Conn
	server bool
	events events

	control *quic.SendStream
	heard   chan struct{} // closed once the peer's SETTINGS have come

	mu      sync.Mutex
	theirs  []Setting
	failure error           // why we have ended it
	uni     map[uint64]bool // stream types that have been
	alone   bool            // it is there for the streams that have been opened, and ends with the last
	streams int             // that have been opened and not closed
	leaving bool            // it is about to end by itself
	budget  stream.Budget   // as a server
	idle    *time.Timer     // as a server: runs while there is no stream
	since   time.Time       // as a server: when the last one was there
	next    uint64          // as a server: the first stream that has not been accepted
}

// open are the connections of a socket that have not ended.
type open struct {
	mu    sync.Mutex
	conns map[*Conn]bool
}

func (o *open) add(c *Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conns == nil {
		o.conns = map[*Conn]bool{}
	}
	o.conns[c] = true
	context.AfterFunc(c.q.Context(), func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.conns, c)
	})
}

// end ends all of them, and waits for those that are about to.
func (o *open) end() {
	o.mu.Lock()
	conns := slices.Collect(maps.Keys(o.conns))
	o.mu.Unlock()
	for _, c := range conns {
		c.mu.Lock()
		leaving := c.leaving
		c.mu.Unlock()
		if !leaving {
			c.Close(NoError, "")
		}
		<-c.Done()
	}
}

func newConn(q *quic.Conn, server bool, cfg Config) (*Conn, error) {
	c := &Conn{q: q, server: server, heard: make(chan struct{}), uni: map[uint64]bool{}}
	context.AfterFunc(q.Context(), c.ended)
	control, err := q.OpenUniStream()
	if err != nil {
		return nil, fmt.Errorf("control stream: %w", translated(err))
	}
	c.control = control
	c.events.add(true, openSeen(int64(control.StreamID()), ControlStream))
	b := quicvarint.Append(nil, ControlStream)
	if settings := cfg.Settings; !cfg.Wait {
		if settings == nil {
			settings = defaults(server)
		}
		c.events.add(true, settingsSeen(settings))
		b = AppendFrame(b, Settings, AppendSettings(nil, settings))
	}
	if _, err := control.Write(b); err != nil {
		return nil, fmt.Errorf("control stream: %w", translated(err))
	}
	if server {
		c.since = time.Now()
		c.idle = time.AfterFunc(IdlePatience, func() { c.Close(NoError, "") })
	}
	go c.acceptUni()
	return c, nil
}

func defaults(server bool) []Setting {
	if server {
		return Allowing()
	}
	return Plain()
}

// SendControl sends a frame on our control stream.
func (c *Conn) SendControl(t FrameType, payload []byte) error {
	return c.sendControl(frameSeen(int64(c.control.StreamID()), t, uint64(len(payload))), t, payload)
}

func (c *Conn) sendControl(seen *wirelog.HTTPFrame, t FrameType, payload []byte) error {
	c.events.add(true, seen)
	_, err := c.control.Write(AppendFrame(nil, t, payload))
	return c.explained(err)
}

// SendSettings sends a SETTINGS frame, the first of which is the only legal one.
func (c *Conn) SendSettings(entries []Setting) error {
	return c.sendControl(settingsSeen(entries), Settings, AppendSettings(nil, entries))
}

// SendGoAway sends a GOAWAY frame (RFC 9114, 5.2).
func (c *Conn) SendGoAway(id uint64) error {
	return c.sendControl(goAwaySeen(id), GoAway, quicvarint.Append(nil, id))
}

// GoAway tells a client that no more of its requests are taken than have come.
func (c *Conn) GoAway() error {
	c.mu.Lock()
	next := c.next
	c.mu.Unlock()
	return c.SendGoAway(next)
}

// Settings waits for the peer's SETTINGS.
func (c *Conn) Settings(ctx context.Context) ([]Setting, error) {
	select {
	case <-c.heard:
	case <-c.q.Context().Done():
		return nil, c.Err()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.theirs), nil
}

// Allows reports whether settings let a client send an extended CONNECT (RFC 9220, 3). Any
// value but 0 is meant so, though only 1 may be.
func Allows(settings []Setting) bool {
	return slices.ContainsFunc(settings, func(s Setting) bool { return s.ID == EnableConnectProtocol && s.Value > 0 })
}

// Open begins a stream for a request. It waits while the server allows no more of them.
func (c *Conn) Open(ctx context.Context) (*Stream, error) {
	q, err := c.q.OpenStreamSync(ctx)
	if err != nil {
		return nil, c.explained(err)
	}
	c.mu.Lock()
	c.streams++
	c.mu.Unlock()
	return newStream(c, q), nil
}

// left takes note that a stream has been closed, and reports whether the connection has nothing
// left to do.
func (c *Conn) left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams--
	if c.server && c.streams == 0 && c.q.Context().Err() == nil {
		c.since = time.Now()
		c.idle.Reset(IdlePatience)
	}
	c.leaving = c.alone && c.streams == 0
	return c.leaving
}

// Accept waits for the next stream that the client begins.
func (c *Conn) Accept(ctx context.Context) (*Stream, error) {
	q, err := c.q.AcceptStream(ctx)
	if err != nil {
		return nil, c.explained(err)
	}
	c.mu.Lock()
	c.streams++
	c.next = max(c.next, uint64(q.StreamID())+4)
	c.idle.Stop()
	c.mu.Unlock()
	return newStream(c, q), nil
}

// spend takes what a client costs us without getting anywhere from what it may, and ends the
// connection where that was too much.
func (c *Conn) spend(n float64) {
	c.mu.Lock()
	enough := c.budget.Spend(n)
	c.mu.Unlock()
	if !enough {
		_ = c.fail(ExcessiveLoad, "no end of requests that are cancelled")
	}
}

// Watch has everything told that is not of one request stream, what has been first; with
// nil it ends. The function is called from any goroutine, but from one at a time, and must
// not wait.
func (c *Conn) Watch(see Watcher) { c.events.watch(-1, see) }

// Close ends the connection and all its streams at once.
func (c *Conn) Close(code Code, why string) {
	_ = c.end(&Error{Code: code, Why: why, Whole: true}, code, why)
}

// RemoteAddr is the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.q.RemoteAddr() }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.q.Context().Done() }

// Err is why the connection has ended, nil while it has not.
func (c *Conn) Err() error {
	if c.q.Context().Err() == nil {
		return nil
	}
	return c.explained(context.Cause(c.q.Context()))
}

// fail ends the connection for what the peer has done.
func (c *Conn) fail(code Code, why string) error {
	return c.end(BreachError{&Error{Code: code, Why: why, Whole: true}}, code, why)
}

// end ends the connection with an error of ours; only the first counts.
func (c *Conn) end(err error, code Code, why string) error {
	c.mu.Lock()
	first := c.failure == nil && c.q.Context().Err() == nil
	if c.failure == nil {
		c.failure = err
	}
	err = c.failure
	c.mu.Unlock()
	if first {
		c.events.add(true, codeSeen(closingType, -1, code, why))
		_ = c.q.CloseWithError(quic.ApplicationErrorCode(code), why)
	}
	return err
}

// explained is an error of QUIC as one of ours, and of a connection that we have ended the
// reason.
func (c *Conn) explained(err error) error {
	err = translated(err)
	if e, ok := errors.AsType[*Error](err); ok && e.Whole && !e.Remote {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.failure != nil {
			return c.failure
		}
	}
	return err
}

// ended tells watchers how the peer has ended the connection.
func (c *Conn) ended() {
	c.mu.Lock()
	if c.idle != nil {
		c.idle.Stop()
	}
	c.mu.Unlock()
	if e, ok := errors.AsType[*Error](translated(context.Cause(c.q.Context()))); ok && e.Remote {
		c.events.add(false, codeSeen(closingType, -1, e.Code, e.Why))
	}
}
