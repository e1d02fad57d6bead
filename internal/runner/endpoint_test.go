// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/stream/secure"
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

	authority *secure.Authority // that a client trusts, made when it is needed
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

// connect makes a connection for a case and returns our end of it.
func (e *endpoint) connect(ctx context.Context, c runner.Planned, command string) (stream.Stream, error) {
	if e.dial != nil {
		return e.dial(ctx)
	}
	ours, theirs := memnet.Pipe(e.holds)
	if c.Needs == conform.OverTLS || c.Needs == conform.Authority {
		return e.secured(ctx, ours, theirs, c.Open.TLS)
	}
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
	return ours, e.take(ctx, theirs)
}

// take has the server accept a connection.
func (e *endpoint) take(ctx context.Context, theirs net.Conn) error {
	select {
	case e.dialed <- theirs:
		return nil
	case <-e.dead:
		return errDead
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// secured makes a connection of TLS of the two ends of one.
func (e *endpoint) secured(ctx context.Context, ours, theirs stream.Stream, m *secure.Manner) (stream.Stream, error) {
	var err error
	if e.authority == nil {
		if e.authority, err = secure.NewAuthority("localhost", "127.0.0.1"); err != nil {
			return nil, err
		}
	}
	client := &tls.Config{ServerName: "localhost", RootCAs: e.authority.Pool(), NextProtos: []string{stream.HTTP1}}
	if e.role == ws.Client {
		host := "localhost:9001"
		if e.cfg.Faults["sends-address-as-sni"] {
			client.ServerName, host = "127.0.0.1", "127.0.0.1:9001"
		}
		server, err := e.authority.Server(ours, m)
		e.going.Go(func() {
			if s, err := testee.SecureClient(e.ctx, theirs, client, e.cfg); err == nil {
				_ = testee.Echo(e.ctx, s, host, "/runCase?case=1&agent=echo", e.cfg)
			}
		})
		return server, err
	}
	server, err := e.authority.Config(nil)
	if err != nil {
		return nil, err
	}
	if err := e.take(ctx, testee.SecureServer(theirs, server, e.cfg)); err != nil || m != nil && m.Plain {
		return ours, err
	}
	s := secure.Client(ours, client, m)
	_ = s.Handshake(ctx) // what comes of it is the case's to see
	return s, nil
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

// open performs our half of the opening handshake.
func (b *bench) open(p *peer.Peer, c runner.Planned, o peer.Opening) bool {
	if b.role == ws.Server {
		return p.Dial(peer.Request{Host: "localhost:9001", Target: "/"}, o)
	}
	req, ok := p.AwaitRequest()
	if !ok {
		return false
	}
	if c.Open.TLS.Apart() {
		p.Refuse(403, "no client may get this far", nil)
		return false
	}
	if no := peer.CheckRequest(req); no != nil {
		p.Refuse(no.Status, no.Why, no.Fields)
		return false
	}
	p.Accept(req, nil, o)
	return true
}
