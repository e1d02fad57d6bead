// SPDX-License-Identifier: Apache-2.0

//go:build unix

package fuzz_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// BenchmarkFuzz tells how many conversations a second are had with the testee, and how much
// time of a processor one takes, that of the testee and of the kernel included. The latter
// says what an idle machine would do, whatever else this one is doing.
func BenchmarkFuzz(b *testing.B) {
	for _, c := range []struct {
		name string
		role ws.Role
		peer func(testing.TB, ws.Role) player.Peer
	}{
		{"memory/server", ws.Server, func(b testing.TB, r ws.Role) player.Peer { return endpoint(b, r) }},
		{"memory/client", ws.Client, func(b testing.TB, r ws.Role) player.Peer { return endpoint(b, r) }},
		{"tcp/server", ws.Server, func(b testing.TB, r ws.Role) player.Peer { return serverOnTCP(b) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := c.peer(b, c.role)
			before := processorTime(b)
			s := fuzz.Run(b.Context(), fuzz.Config{Seed: 6455, Role: c.role.Other(), Peer: p, Runs: uint64(b.N)})
			used := processorTime(b) - before
			if len(s.Findings) > 0 || s.Lost != nil {
				b.Errorf("%d findings, lost %v", len(s.Findings), s.Lost)
			}
			b.ReportMetric(float64(s.Played)/s.Took.Seconds(), "conversations/s")
			b.ReportMetric(float64(used.Microseconds())/float64(s.Played), "cpu-µs/op")
			b.ReportMetric(float64(s.Replayed), "replayed")
		})
	}
}

// processorTime is what this process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverOnTCP is a server without faults on the loopback interface.
func serverOnTCP(b testing.TB) player.Peer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	gone := make(chan error)
	go func() { gone <- testee.Server{}.Serve(ctx, l) }()
	b.Cleanup(func() { cancel(); <-gone })
	addr := l.Addr().String()
	return player.Peer{Host: addr, Target: "/", Connect: func(ctx context.Context) (stream.Stream, error) {
		return stream.Dial(ctx, stream.Target{Addr: addr})
	}}
}
