// SPDX-License-Identifier: Apache-2.0

package fuzz_test

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

// network is one life of a server under test, in memory.
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

// endpoint is an endpoint under test of the role, in memory. A server that dies is
// started again once somebody has noticed.
func endpoint(t testing.TB, role ws.Role, faults ...string) player.Peer {
	t.Helper()
	set, err := testee.ParseFaults(faults...)
	if err != nil {
		t.Fatal(err)
	}
	return endpointOf(t, role, testee.Config{Faults: set})
}

func endpointOf(t testing.TB, role ws.Role, cfg testee.Config) player.Peer {
	ctx, cancel := context.WithCancel(t.Context())
	p := player.Peer{Host: "localhost", Target: "/"}
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
	start := func() *network {
		n := &network{dialed: make(chan net.Conn, 64), dead: make(chan struct{})}
		going.Go(func() { _ = testee.Server{Config: cfg}.Serve(ctx, n) })
		return n
	}
	var mu sync.Mutex
	n := start()
	p.Connect = func(ctx context.Context) (stream.Stream, error) {
		mu.Lock()
		now := n
		mu.Unlock()
		ours, theirs := memnet.Pipe(0)
		select {
		case <-now.dead: // rather than into a queue that nobody reads
		default:
			select {
			case now.dialed <- theirs:
				return ours, nil
			default:
			}
		}
		select {
		case now.dialed <- theirs:
			return ours, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-now.dead:
			mu.Lock()
			if n == now {
				n = start()
			}
			mu.Unlock()
			return nil, errors.New("the server accepts no more connections")
		}
	}
	return p
}
