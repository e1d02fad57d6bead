// SPDX-License-Identifier: Apache-2.0

package fuzz_test

import (
	"context"
	"sync"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

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
		cfg.Pool = new(deflate.Pool)
		p.Connect = func(context.Context) (stream.Stream, error) {
			ours, theirs := memnet.Pipe(0)
			going.Go(func() { _ = testee.Echo(ctx, theirs, "localhost", "/", cfg) })
			return ours, nil
		}
		return p
	}
	start := func() *memnet.Listener {
		l := memnet.Listen()
		going.Go(func() { _ = testee.Server{Config: cfg}.Serve(ctx, l) })
		return l
	}
	var mu sync.Mutex
	l := start()
	p.Connect = func(ctx context.Context) (stream.Stream, error) {
		mu.Lock()
		now := l
		mu.Unlock()
		s, err := now.Dial(ctx, 0)
		if err != nil && ctx.Err() == nil {
			mu.Lock()
			if l == now {
				l = start()
			}
			mu.Unlock()
		}
		return s, err
	}
	return p
}
