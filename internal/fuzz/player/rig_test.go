// SPDX-License-Identifier: Apache-2.0

package player_test

import (
	"context"
	"sync"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

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
	l := memnet.Listen()
	going.Go(func() { _ = testee.Server{Config: cfg}.Serve(ctx, l) })
	p.Connect = func(ctx context.Context) (stream.Stream, error) { return l.Dial(ctx, 0) }
	return p
}
