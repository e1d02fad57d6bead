// SPDX-License-Identifier: Apache-2.0

package drive_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// A room is a server in memory that passes messages on, as relay says.
type room struct {
	ctx    context.Context
	conns  chan net.Conn
	refuse func() bool // whether it refuses the next connection
	relay  func(to []*wire.Conn, from, number int, opcode ws.Opcode, payload []byte)
	mu     sync.Mutex
	inside []*wire.Conn // in the order in which they came
	number int          // of messages so far
}

func (r *room) Accept() (net.Conn, error) {
	select {
	case c := <-r.conns:
		return c, nil
	case <-r.ctx.Done():
		return nil, net.ErrClosed
	}
}
func (r *room) Close() error   { return nil }
func (r *room) Addr() net.Addr { return &net.TCPAddr{} }

func (r *room) Opened(c *wire.Conn, _ wire.Opening) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inside = append(r.inside, c)
}

func (r *room) Message(c *wire.Conn, opcode ws.Opcode, payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := 0
	for r.inside[from] != c {
		from++
	}
	r.relay(r.inside, from, r.number, opcode, append([]byte(nil), payload...))
	r.number++
}
func (r *room) Pong(*wire.Conn, []byte)         {}
func (r *room) Closed(*wire.Conn, wire.Closing) {}

// broadcasts carries out a plan of broadcasting in virtual time.
func broadcasts(t *testing.T, r *room, p load.Plan) *stats.Snapshot {
	t.Helper()
	s := new(stats.Snapshot)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r.ctx, r.conns = ctx, make(chan net.Conn)
		e, err := wire.New(wire.Config{Portable: true})
		if err != nil {
			t.Fatal(err)
		}
		var server sync.WaitGroup
		server.Go(func() {
			if err := e.Serve(ctx, r, wire.Service{Handler: func() wire.Handler { return r }}); err != nil {
				t.Error(err)
			}
		})
		dial := func(context.Context) (net.Conn, error) {
			if r.refuse != nil && r.refuse() {
				return nil, syscall.ECONNREFUSED
			}
			ours, theirs := memnet.Pipe(0)
			r.conns <- theirs
			return ours, nil
		}
		p.Size, p.Timeout, p.ConnectRate = "64", sec(1), 100
		if p.Kind == "" {
			p.Kind = load.Broadcast
		}
		run(t, ctx, drive.Config{Plan: p, Target: wire.Target{Host: "example.test"}, Dial: dial, Every: time.Second, Emit: s.Merge})
		cancel()
		server.Wait()
		_ = e.Close()
	})
	return s
}

// Each message takes a millisecond longer to each receiver in turn: the first, the one in the middle and the last
// are told apart. That the sender gets it too changes nothing, nor do messages of the server's own.
func TestBroadcast(t *testing.T) {
	r := &room{relay: func(to []*wire.Conn, _, _ int, opcode ws.Opcode, payload []byte) {
		for i, c := range to {
			time.AfterFunc(time.Duration(i)*time.Millisecond, func() {
				_ = c.Send(ws.Text, []byte("tick"))
				_ = c.Send(opcode, append([]byte("somebody says: "), payload...))
			})
		}
	}}
	s := broadcasts(t, r, load.Plan{Connections: 8, Rate: 10, Duration: sec(2)})
	if s.Opened != 8 || s.Sent != 20 || s.Messages != 20*7 || s.Missing+s.Wrong+s.Unsent != 0 || len(s.Failures) != 0 {
		t.Errorf("%+v %v", s.Counts, s.Failures)
	}
	for phase, want := range map[stats.Phase]time.Duration{stats.First: 1, stats.Median: 4, stats.Last: 7} {
		h := s.Latency[phase]
		if want *= time.Millisecond; h.Count() != 20 || h.Quantile(0) != want || h.Quantile(1) != want {
			t.Errorf("%s: %d from %v to %v, want 20 of %v", phase, h.Count(), h.Quantile(0), h.Quantile(1), want)
		}
	}
}

// What a server loses, doubles, invents or changes is counted, and the totals add up: what was
// sent to so many is what they received and what is missing.
func TestBroadcastCounts(t *testing.T) {
	all := func(to []*wire.Conn, opcode ws.Opcode, payload []byte) {
		for _, c := range to {
			_ = c.Send(opcode, payload)
		}
	}
	for _, tt := range []struct {
		name  string
		relay func(to []*wire.Conn, from, number int, opcode ws.Opcode, payload []byte)
		want  stats.Counts
		cause string
		n     int64
	}{
		{"one is left out", func(to []*wire.Conn, _, _ int, opcode ws.Opcode, payload []byte) {
			all(to[:3], opcode, payload)
		}, stats.Counts{Sent: 10, Messages: 20, Missing: 10}, "not received: 1s after the last message", 10},
		{"twice", func(to []*wire.Conn, _, _ int, opcode ws.Opcode, payload []byte) {
			all(to, opcode, payload)
			all(to[2:3], opcode, payload)
		}, stats.Counts{Sent: 10, Messages: 30, Wrong: 10}, "wrong message", 10},
		{"the last comes to one too late, and again", func(to []*wire.Conn, _, number int, opcode ws.Opcode, payload []byte) {
			if number < 9 {
				all(to, opcode, payload)
				return
			}
			all(to[:3], opcode, payload)
			payload = slices.Clone(payload)
			time.AfterFunc(1500*time.Millisecond, func() { all(to[3:], opcode, payload) })
			time.AfterFunc(1600*time.Millisecond, func() { all(to[3:], opcode, payload) })
		}, stats.Counts{Sent: 10, Messages: 29, Missing: 1, Wrong: 1}, "wrong message", 1},
		{"as binary", func(to []*wire.Conn, _, _ int, _ ws.Opcode, payload []byte) {
			all(to, ws.Binary, payload)
		}, stats.Counts{Sent: 10, Missing: 30, Wrong: 30}, "wrong message", 30},
		{"never sent", func(to []*wire.Conn, _, number int, opcode ws.Opcode, payload []byte) {
			all(to, opcode, payload)
			copy(payload[24:], []string{"999999 ", "-1 "}[number%2])
			all(to[1:2], opcode, payload)
		}, stats.Counts{Sent: 10, Messages: 30, Wrong: 10}, "wrong message", 10},
		{"a receiver is dropped", func(to []*wire.Conn, _, number int, opcode ws.Opcode, payload []byte) {
			if number == 4 {
				to[3].Abort()
			}
			all(to, opcode, payload)
		}, stats.Counts{Sent: 10, Messages: 24, Missing: 1, Lost: 1}, "not received: the connection ended", 1},
		{"the sender is dropped", func(to []*wire.Conn, from, number int, opcode ws.Opcode, payload []byte) {
			if number == 4 {
				to[from].Abort()
			}
			all(to, opcode, payload)
		}, stats.Counts{Sent: 10, Messages: 5*3 + 5*2, Lost: 1}, "", 0},
		{"all are dropped", func(to []*wire.Conn, from, number int, opcode ws.Opcode, payload []byte) {
			all(to, opcode, payload)
			if number == 4 {
				for i, c := range to {
					if i != from {
						time.AfterFunc(time.Millisecond, c.Abort)
					}
				}
			}
		}, stats.Counts{Sent: 5, Messages: 15, Unsent: 5, Lost: 3}, "not sent: nobody left to receive it", 5},
	} {
		s := broadcasts(t, &room{relay: tt.relay}, load.Plan{Connections: 4, Rate: 10, Duration: sec(1), Hold: sec(4)})
		got := stats.Counts{Sent: s.Sent, Messages: s.Messages, Missing: s.Missing, Wrong: s.Wrong, Unsent: s.Unsent, Lost: s.Lost}
		if got != tt.want || tt.cause != "" && s.Failures[tt.cause].Count != tt.n {
			t.Errorf("%s:\n%+v %v\nwant %+v and %d %q", tt.name, got, s.Failures, tt.want, tt.n, tt.cause)
		}
	}
}
