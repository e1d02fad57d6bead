// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"flag"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// overQUIC is an endpoint under test that speaks WebSocket over HTTP/3, on a network in
// memory.
type overQUIC struct {
	role   ws.Role // of the endpoint
	cfg    testee.Config
	ctx    context.Context
	cancel context.CancelFunc
	going  sync.WaitGroup
	dialer *h3.Dialer
	theirs net.PacketConn
}

func newOverQUIC(ctx context.Context, role ws.Role, cfg testee.Config) *overQUIC {
	e := &overQUIC{role: role, cfg: cfg}
	e.ctx, e.cancel = context.WithCancel(ctx)
	if role == ws.Server {
		var ours net.PacketConn
		ours, e.theirs = memnet.Packets()
		e.dialer = &h3.Dialer{TLS: memnet.ClientTLS(), Packets: ours}
		e.going.Go(func() { _ = testee.Server{Config: cfg}.ServeQUIC(e.ctx, e.theirs, memnet.ServerTLS()) }) // how it ends is judged at our end
	}
	return e
}

// connect makes a connection and returns our end of it.
func (e *overQUIC) connect(ctx context.Context, command string) (stream.Stream, error) {
	if e.role == ws.Server {
		return e.dialer.DialStream(ctx, "127.0.0.1:2")
	}
	cfg := e.cfg
	if command != "" {
		var err error
		if cfg.Commands, err = ws.ParseCommands(command); err != nil {
			return nil, err
		}
	}
	ours, theirs := memnet.Packets()
	l, err := h3.ListenOn(ours, memnet.ServerTLS(), h3.Config{})
	if err != nil {
		return nil, err
	}
	e.going.Go(func() {
		if s, err := testee.DialQUIC(e.ctx, theirs, ours.LocalAddr(), memnet.ClientTLS(), cfg); err == nil {
			_ = testee.Echo(e.ctx, s, "localhost:9001", "/runCase?case=1&agent=echo", cfg)
		}
	})
	e.going.Go(func() {
		<-e.ctx.Done()
		_, _, _ = l.Close(), ours.Close(), theirs.Close()
	})
	s, err := l.Accept()
	if err != nil {
		return nil, err
	}
	return s.(*h3.Stream), nil
}

// stop ends the endpoint with all its connections.
func (e *overQUIC) stop() {
	if e.dialer != nil {
		_ = e.dialer.Close()
	}
	e.cancel()
	e.going.Wait()
	if e.dialer != nil {
		_, _ = e.dialer.Packets.Close(), e.theirs.Close()
	}
}

// playQUIC is playWith over HTTP/3.
func (b *bench) playQUIC(t *testing.T, fault string, plan []runner.Planned) []report.Result {
	t.Helper()
	return b.playOver(t, fault, plan, func(ctx context.Context, cfg testee.Config) connecting {
		return newOverQUIC(ctx, b.role, cfg)
	})
}

// connecting is an endpoint under test.
type connecting interface {
	connect(ctx context.Context, command string) (stream.Stream, error)
	stop()
}

// playOver is playWith over the connections of an endpoint that speaks HTTP/2 or HTTP/3.
func (b *bench) playOver(t *testing.T, fault string, plan []runner.Planned, begin func(context.Context, testee.Config) connecting) []report.Result {
	t.Helper()
	cfg := testee.Config{Subprotocols: b.settings.Profile.Subprotocols}
	if no := b.settings.Profile.ForbiddenOrigin; no != "" {
		cfg.ForbiddenOrigins = []string{no}
	}
	if fault != "" {
		var err error
		if cfg.Faults, err = testee.ParseFaults(strings.Split(fault, ",")...); err != nil {
			t.Fatal(err)
		}
	}
	var results []report.Result
	for _, c := range plan {
		synctest.Test(t, func(t *testing.T) {
			end := begin(t.Context(), cfg)
			r, err := runner.PlayAll(c, func(c runner.Planned) (report.Result, error) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ours, err := end.connect(ctx, c.Command)
				if err != nil {
					return report.Result{}, err
				}
				p := b.settings.Peer(ctx, ours, b.role.Other(), c.Case)
				return b.settings.Conduct(p, c, cfg.Faults.String(), b.openQUIC(p, b.settings.Opening(c.Case)))
			})
			end.stop()
			if err != nil {
				t.Errorf("%s, %s: %v", c.ID, fault, err)
			}
			results = append(results, r)
		})
	}
	return results
}

// openQUIC performs our half of the opening handshake.
func (b *bench) openQUIC(p *peer.Peer, o peer.Opening) bool {
	if b.role == ws.Server {
		return p.Dial(peer.Request{Host: "localhost:9001", Target: "/", Secure: true}, o)
	}
	req, ok := p.AwaitRequest()
	if !ok {
		return false
	}
	if no := peer.CheckConnect(req); no != nil {
		p.Refuse(no.Status, no.Why, no.Fields)
		return false
	}
	p.Accept(req, nil, o)
	return true
}

var whole = flag.Bool("whole", false, "play all cases where a test plays a sample: over HTTP/3 the first of each subcategory, for two judges a few with each fault")

// TestOverHTTP3 plays what is played over HTTP/1.1 over HTTP/3, against an endpoint without
// faults: nothing is different there. It takes the first case of each subcategory; with
// -whole it takes all of them, which needs a minute.
func TestOverHTTP3(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			plan := append(slices.Clone(b.plan), runner.Plan(cases.Beyond(), role.Other())...)
			plan = slices.DeleteFunc(plan, func(c runner.Planned) bool {
				return voluminous(c) || c.Over != "" && c.Over != ws.HTTP3
			})
			if !*whole {
				plan = slices.CompactFunc(plan, func(x, y runner.Planned) bool {
					return conform.Subcategory(x.ID) == conform.Subcategory(y.ID)
				})
			}
			for _, r := range b.playQUIC(t, "", plan) {
				v := r.Verdict
				if v.Behavior != verdict.OK && v.Behavior != verdict.Informational && v.Behavior != verdict.Unimplemented || v.Close != verdict.OK && v.Close != verdict.Informational {
					t.Errorf("%s: %+v", r.ID, v)
				}
			}
		})
	}
}
