// SPDX-License-Identifier: Apache-2.0

// Package broadcast is a server that sends each message of any client to all clients,
// and a client for it: the reference's modes broadcastserver and broadcastclient. It knows
// nothing of flags and of web pages. Start at Server and Client.
package broadcast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/ws"
)

// Server sends every message that a client sends to all clients, the sender included,
// with its type. All clients get all messages in the same order.
type Server struct {
	// Tick is how often the text "tick N" goes to all, with N counted from 1 whether there
	// is anybody or not. 0 is never.
	Tick        time.Duration
	Agent       string // the Server field of our answers
	wire.Limits        // of what clients send, and of what waits for those that do not read
	// Dropped, where set, is told of clients that read so slowly that they had to go.
	Dropped func(remaining int)

	mu      sync.Mutex
	clients map[*wire.Conn]struct{}
}

// Serve serves the listener until ctx ends, as [wire.Engine.Serve] does.
func (s *Server) Serve(ctx context.Context, e *wire.Engine, l net.Listener) error {
	s.clients = map[*wire.Conn]struct{}{}
	ctx, stop := context.WithCancel(ctx)
	var ticking sync.WaitGroup
	defer ticking.Wait()
	defer stop()
	if s.Tick > 0 {
		ticking.Go(func() { s.tick(ctx) })
	}
	return e.Serve(ctx, l, wire.Service{Handler: func() wire.Handler { return hub{s} }, Agent: s.Agent, Limits: s.Limits})
}

func (s *Server) tick(ctx context.Context) {
	t := time.NewTicker(s.Tick)
	defer t.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.send(ws.Text, fmt.Appendf(nil, "tick %d", n))
		}
	}
}

// send sends a message to all clients. Who does not read is dropped.
func (s *Server) send(opcode ws.Opcode, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		if errors.Is(c.Send(opcode, payload), wire.ErrBacklog) {
			delete(s.clients, c)
			c.Abort()
			if s.Dropped != nil {
				s.Dropped(len(s.clients))
			}
		}
	}
}

// hub is the Handler of all clients.
type hub struct{ s *Server }

// Opened adds a client.
func (h hub) Opened(c *wire.Conn, _ wire.Opening) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.clients[c] = struct{}{}
}

// Message goes to all.
func (h hub) Message(_ *wire.Conn, opcode ws.Opcode, payload []byte) { h.s.send(opcode, payload) }

// Pong is nothing that matters here.
func (hub) Pong(*wire.Conn, []byte) {}

// Closed removes a client.
func (h hub) Closed(c *wire.Conn, _ wire.Closing) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	delete(h.s.clients, c)
}

// Client sends a text on opening and from time to time, and tells of what comes.
type Client struct {
	Hello    string
	Every    time.Duration
	Received func(opcode ws.Opcode, payload []byte) // the payload is only valid during the call
}

// Run is a client's connection, from the beginning to the end. Dial is that of a
// wire.Dialer. The result is nil after a closing handshake, whoever began it; when ctx ends, it is
// we. An error of type [*Failure] says that the connection was never opened.
func (cl Client) Run(ctx context.Context, dial func(wire.Handler) *wire.Conn) error {
	v := &visitor{client: cl, opened: make(chan struct{}), closed: make(chan wire.Closing, 1)}
	c := dial(v)
	defer context.AfterFunc(ctx, func() { c.Close(ws.NormalClosure, "") })()
	var again <-chan time.Time
	open := v.opened
	for {
		select {
		case <-open:
			open = nil
			t := time.NewTicker(cl.Every)
			defer t.Stop()
			again = t.C
		case <-again:
			_ = c.Send(ws.Text, []byte(cl.Hello)) // an error shows as the end
		case end := <-v.closed:
			switch {
			case ctx.Err() != nil || !end.Failed():
				return nil
			case end.Phase < wire.InOpen:
				return &Failure{end}
			}
			return fmt.Errorf("connection lost: %v", end)
		}
	}
}

// Failure is why there was no connection.
type Failure struct{ wire.Closing }

func (e *Failure) Error() string { return e.Closing.String() }

// Unwrap returns the cause.
func (e *Failure) Unwrap() error { return e.Err }

// visitor is the Handler of a client.
type visitor struct {
	client Client
	opened chan struct{}
	closed chan wire.Closing
}

// Opened says hello.
func (v *visitor) Opened(c *wire.Conn, _ wire.Opening) {
	_ = c.Send(ws.Text, []byte(v.client.Hello)) // an error shows as the end
	close(v.opened)
}

// Message is told.
func (v *visitor) Message(_ *wire.Conn, opcode ws.Opcode, payload []byte) {
	v.client.Received(opcode, payload)
}

// Pong is nothing that matters here.
func (*visitor) Pong(*wire.Conn, []byte) {}

// Closed ends Run.
func (v *visitor) Closed(_ *wire.Conn, end wire.Closing) { v.closed <- end }
