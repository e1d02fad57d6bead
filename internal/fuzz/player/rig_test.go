// SPDX-License-Identifier: Apache-2.0

package player_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// network is an endpoint under test in memory.
type network struct {
	dialed chan net.Conn
	dead   chan struct{}
	once   sync.Once
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.dialed:
		return c, nil
	case <-n.dead:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { n.once.Do(func() { close(n.dead) }); return nil }
func (n *network) Addr() net.Addr { return nil }

// endpoint starts an endpoint of the role and returns a player that talks to it.
func endpoint(t testing.TB, role ws.Role, faults ...string) *player.Player {
	t.Helper()
	set, err := testee.ParseFaults(faults...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cfg := testee.Config{Faults: set}
	p := &player.Player{Patience: player.Quick(), Keep: true}
	p.Host, p.Target = "localhost", "/"
	var going sync.WaitGroup
	t.Cleanup(func() { cancel(); going.Wait() })
	if role == ws.Client {
		p.Connect = func(context.Context) (stream.Stream, error) {
			ours, theirs := memnet.Pipe(0)
			going.Go(func() { _ = testee.Echo(ctx, theirs, "localhost", "/", cfg) })
			return ours, nil
		}
		return p
	}
	n := &network{dialed: make(chan net.Conn), dead: make(chan struct{})}
	going.Go(func() { _ = testee.Server{Config: cfg}.Serve(ctx, n) })
	p.Connect = func(ctx context.Context) (stream.Stream, error) {
		ours, theirs := memnet.Pipe(0)
		select {
		case n.dialed <- theirs:
			return ours, nil
		case <-n.dead:
			return nil, errors.New("the server accepts no more connections")
		}
	}
	return p
}
