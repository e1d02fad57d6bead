// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// overHTTP2 is an endpoint under test that speaks WebSocket over HTTP/2, in memory.
type overHTTP2 struct {
	role   ws.Role // of the endpoint
	cfg    testee.Config
	ctx    context.Context
	cancel context.CancelFunc
	going  sync.WaitGroup
}

func newOverHTTP2(ctx context.Context, role ws.Role, cfg testee.Config) *overHTTP2 {
	e := &overHTTP2{role: role, cfg: cfg}
	e.ctx, e.cancel = context.WithCancel(ctx)
	return e
}

// connect makes a connection and returns our end of it.
func (e *overHTTP2) connect(ctx context.Context, command string) (stream.Stream, error) {
	ours, theirs := memnet.Pipe(0)
	if e.role == ws.Server {
		e.going.Go(func() { _ = testee.Server{Config: e.cfg, HTTP2: true}.ServeStream(e.ctx, theirs) }) // how it ends is judged at our end
		return h2.Dial(ctx, ours)
	}
	cfg := e.cfg
	if command != "" {
		var err error
		if cfg.Commands, err = ws.ParseCommands(command); err != nil {
			return nil, err
		}
	}
	e.going.Go(func() {
		if s, err := testee.DialHTTP2(e.ctx, theirs, "http", cfg); err == nil {
			_ = testee.Echo(e.ctx, s, "localhost:9001", "/runCase?case=1&agent=echo", cfg)
		}
	})
	opened := make(chan *held)
	e.going.Go(func() {
		_ = h2.Serve(e.ctx, ours, func(s *h2.Stream) {
			h := &held{Stream: s, closed: make(chan struct{})}
			select {
			case opened <- h:
				<-h.closed
			case <-e.ctx.Done():
			}
		})
		close(opened)
	})
	s, ok := <-opened
	if !ok {
		return nil, context.Canceled
	}
	return s, nil
}

// held is a stream whose request is being handled until it is closed.
type held struct {
	*h2.Stream
	once   sync.Once
	closed chan struct{}
}

func (h *held) Close() error {
	defer h.once.Do(func() { close(h.closed) })
	return h.Stream.Close()
}

func (h *held) Reset() error {
	defer h.once.Do(func() { close(h.closed) })
	return h.Stream.Reset()
}

// stop ends the endpoint with all its connections.
func (e *overHTTP2) stop() {
	e.cancel()
	e.going.Wait()
}

// playHTTP2 is playWith over HTTP/2.
func (b *bench) playHTTP2(t *testing.T, fault string, plan []runner.Planned) []report.Result {
	return b.playOver(t, fault, plan, func(ctx context.Context, cfg testee.Config) connecting {
		return newOverHTTP2(ctx, b.role, cfg)
	})
}

// TestOverHTTP2 plays what is played over HTTP/1.1 over HTTP/2, against an endpoint without
// faults: nothing is different there.
func TestOverHTTP2(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			plan := append(slices.Clone(b.plan), runner.Plan(cases.Beyond(), role.Other())...)
			plan = slices.DeleteFunc(plan, func(c runner.Planned) bool {
				return voluminous(c) || conform.Category(c.ID) == "0" || c.Over != "" && c.Over != ws.HTTP2
			})
			for _, r := range b.playHTTP2(t, "", plan) {
				v := r.Verdict
				if v.Behavior != verdict.OK && v.Behavior != verdict.Informational && v.Behavior != verdict.Unimplemented || v.Close != verdict.OK && v.Close != verdict.Informational {
					t.Errorf("%s: %+v", r.ID, v)
				}
			}
		})
	}
}
