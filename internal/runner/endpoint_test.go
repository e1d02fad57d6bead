// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// endpoint is an endpoint under test on a network in memory: a server that all the
// connections of a case go to, so that what one does to it shows in the next, or
// clients, one a connection.
type endpoint struct {
	cfg    testee.Config
	role   ws.Role
	holds  int // octets the network takes in each direction, 0 for any
	ctx    context.Context
	cancel context.CancelFunc
	going  sync.WaitGroup

	dial   func(context.Context) (stream.Stream, error) // where the endpoint is elsewhere
	dialed chan net.Conn
	dead   chan struct{} // closed once the server accepts no more
	closed sync.Once
}

var errDead = errors.New("the server accepts no more connections")

func (b *bench) endpoint(ctx context.Context, cfg testee.Config) *endpoint {
	e := &endpoint{cfg: cfg, role: b.role, holds: b.capacity, dialed: make(chan net.Conn), dead: make(chan struct{})}
	e.ctx, e.cancel = context.WithCancel(ctx)
	if e.role == ws.Server {
		e.going.Go(func() { _ = testee.Server{Config: cfg}.Serve(e.ctx, e) }) // how it ends is judged at our end
	}
	return e
}

// connect makes a connection and returns our end of it.
func (e *endpoint) connect(ctx context.Context, command string) (stream.Stream, error) {
	if e.dial != nil {
		return e.dial(ctx)
	}
	ours, theirs := memnet.Pipe(e.holds)
	if e.role == ws.Client {
		cfg := e.cfg
		if command != "" {
			var err error
			if cfg.Commands, err = ws.ParseCommands(command); err != nil {
				return nil, err
			}
		}
		e.going.Go(func() { _ = testee.Echo(e.ctx, theirs, "localhost:9001", "/runCase?case=1&agent=echo", cfg) })
		return ours, nil
	}
	select {
	case e.dialed <- theirs:
		return ours, nil
	case <-e.dead:
		return nil, errDead
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// stop ends the endpoint with all its connections.
func (e *endpoint) stop() {
	e.cancel()
	e.going.Wait()
}

// Accept, Close and Addr make it the listener of its server.
func (e *endpoint) Accept() (net.Conn, error) {
	select {
	case c := <-e.dialed:
		return c, nil
	case <-e.dead:
		return nil, net.ErrClosed
	}
}

func (e *endpoint) Close() error {
	e.closed.Do(func() { close(e.dead) })
	return nil
}

func (e *endpoint) Addr() net.Addr { return &net.TCPAddr{} }
