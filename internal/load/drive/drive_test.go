// SPDX-License-Identifier: Apache-2.0

package drive_test

import (
	"context"
	"errors"
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
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
)

// A world is a server in memory, in virtual time.
type world struct {
	t       *testing.T
	ctx     context.Context
	begun   time.Time
	refuse  func(n int) error            // whether the nth attempt, from 0, is refused
	serve   func(n int, s stream.Stream) // plays the server on it; nil is an echo server
	servers sync.WaitGroup
	mu      sync.Mutex
	dials   []time.Duration // when each attempt was made
}

// tcp and upgrade are how long these take there.
const (
	tcp     = 2 * time.Millisecond
	upgrade = 3 * time.Millisecond
)

func (w *world) dial(context.Context) (net.Conn, error) {
	w.mu.Lock()
	n := len(w.dials)
	w.dials = append(w.dials, time.Since(w.begun))
	w.mu.Unlock()
	time.Sleep(tcp)
	if w.refuse != nil {
		if err := w.refuse(n); err != nil {
			return nil, err
		}
	}
	ours, theirs := memnet.Pipe(0)
	w.servers.Go(func() {
		if w.serve != nil {
			w.serve(n, theirs)
			return
		}
		time.Sleep(upgrade)
		_ = testee.Serve(w.ctx, theirs, testee.Config{})
	})
	return ours, nil
}

// drives carries out a plan in virtual time, and returns what was measured, all of it in
// the pieces in which it was handed over.
func drives(t *testing.T, w *world, p load.Plan, do func(ctx context.Context, cfg drive.Config) drive.End) (s *stats.Snapshot, end drive.End) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.t, w.ctx, w.begun = t, ctx, time.Now()
		s = new(stats.Snapshot)
		cfg := drive.Config{Plan: p, Target: wire.Target{Host: "example.test"}, Dial: w.dial, Every: 300 * time.Millisecond, Emit: s.Merge}
		if do == nil {
			do = func(ctx context.Context, cfg drive.Config) drive.End { return run(t, ctx, cfg) }
		}
		end = do(ctx, cfg)
		cancel()
		w.servers.Wait()
	})
	return s, end
}

func run(t *testing.T, ctx context.Context, cfg drive.Config) drive.End {
	end, err := drive.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func sec(s float64) load.Duration { return load.Duration(s * float64(time.Second)) }

// every returns n times that are so far apart.
func every(d time.Duration, n int) (times []time.Duration) {
	for i := range n {
		times = append(times, time.Duration(i)*d)
	}
	return times
}

// A ramp of 10 a second dials every 100 ms, whatever the server does meanwhile.
func TestRamp(t *testing.T) {
	w := new(world)
	s, end := drives(t, w, load.Plan{Kind: load.Connect, Connections: 20, ConnectRate: 10, Hold: sec(3)}, nil)
	if want := every(100*time.Millisecond, 20); !slices.Equal(w.dials, want) {
		t.Errorf("dials at %v, want %v", w.dials, want)
	}
	if want := (stats.Counts{Attempts: 20, Opened: 20, Held: 20}); s.Counts != want || end.Interrupted {
		t.Errorf("%+v, %+v", s.Counts, end)
	}
	if s.Ramp != 1900*time.Millisecond+tcp+upgrade || s.End != s.Ramp+3*time.Second {
		t.Errorf("ramp %v, end %v", s.Ramp, s.End)
	}
	for p, want := range map[stats.Phase]time.Duration{stats.TCP: tcp, stats.Upgrade: upgrade, stats.Open: tcp + upgrade} {
		h := s.Latency[p]
		if h.Count() != 20 || h.Quantile(0) != want || h.Quantile(1) != want {
			t.Errorf("%s: %+v, want %v", p, h.Summary(), want)
		}
	}
	held := int64(0)
	for i, slot := range s.Series.Slots {
		held += slot.Opened - slot.Ended
		if at := min(int64(i)+1, 20); i < len(s.Series.Slots)-1 && held != at {
			t.Errorf("at the end of slot %d: %d held, want %d", i, held, at)
		}
	}
}

func TestBatches(t *testing.T) {
	w := new(world)
	drives(t, w, load.Plan{Kind: load.Connect, Connections: 7, Batch: 3, BatchDelay: sec(1)}, nil)
	want := []time.Duration{0, 0, 0, time.Second, time.Second, time.Second, 2 * time.Second}
	if !slices.Equal(w.dials, want) {
		t.Errorf("dials at %v, want %v", w.dials, want)
	}
}

// As fast as possible is so many at a time.
func TestOpeningAtATime(t *testing.T) {
	w := new(world)
	drives(t, w, load.Plan{Kind: load.Connect, Connections: 5, Opening: 2}, nil)
	const each = tcp + upgrade
	if want := []time.Duration{0, 0, each, each, 2 * each}; !slices.Equal(w.dials, want) {
		t.Errorf("dials at %v, want %v", w.dials, want)
	}
}

// The parts of a plan dial when the whole would, and no connection is left out or opened
// twice.
func TestParts(t *testing.T) {
	for _, p := range []load.Plan{{Connections: 10, ConnectRate: 10}, {Connections: 11, Batch: 4, BatchDelay: sec(1)}, {Connections: 2}} {
		p.Kind = load.Connect
		whole, parts := new(world), []time.Duration{}
		drives(t, whole, p, nil)
		opened := int64(0)
		for i := range 3 {
			w := new(world)
			s, _ := drives(t, w, p, func(ctx context.Context, cfg drive.Config) drive.End {
				cfg.Part, cfg.Parts = i, 3
				return run(t, ctx, cfg)
			})
			parts = append(parts, w.dials...)
			opened += s.Opened
		}
		slices.Sort(parts)
		if !slices.Equal(parts, whole.dials) || opened != int64(p.Connections) {
			t.Errorf("%+v: %d opened at %v, want %v", p, opened, parts, whole.dials)
		}
	}
}

// What fails is tried again after a while, as often as the plan says; causes count for each
// attempt.
func TestRetries(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	w := &world{refuse: func(n int) error {
		switch n {
		case 1, 2:
			return refused
		case 3:
			return errors.New("strange\x1b")
		}
		return nil
	}}
	s, _ := drives(t, w, load.Plan{Kind: load.Connect, Connections: 2, ConnectRate: 1, Retries: 2, RetryDelay: sec(0.5)}, nil)
	want := []time.Duration{0, 1000 * time.Millisecond, 1502 * time.Millisecond, 2004 * time.Millisecond}
	if !slices.Equal(w.dials, want) {
		t.Errorf("dials at %v, want %v", w.dials, want)
	}
	if want := (stats.Counts{Attempts: 4, Opened: 1, Failed: 1, Retries: 2, Held: 1}); s.Counts != want {
		t.Errorf("%+v, want %+v", s.Counts, want)
	}
	if s.Failures["refused"].Count != 2 || s.Failures["other"] != (stats.Failure{Count: 1, Example: `other: strange\x1b`}) || s.Ramp != 2006*time.Millisecond {
		t.Errorf("%+v, ramp %v", s.Failures, s.Ramp)
	}
}

// A server that never answers costs the time limit once, and one that answers 404 is
// called by its name.
func TestServersThatDoNotOpen(t *testing.T) {
	w := &world{serve: func(n int, s stream.Stream) {
		if n%2 == 0 {
			_, _ = s.Write([]byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
		}
	}}
	p := load.Plan{Kind: load.Connect, Connections: 4}
	s, _ := drives(t, w, p, func(ctx context.Context, cfg drive.Config) drive.End {
		cfg.Target.OpenTimeout = 10 * time.Second
		return run(t, ctx, cfg)
	})
	if s.Failed != 4 || s.Failures["HTTP 404"].Count != 2 || s.Failures["timeout (upgrade)"].Count != 2 {
		t.Errorf("%+v, %+v", s.Counts, s.Failures)
	}
	if s.End != 10*time.Second {
		t.Errorf("took %v", s.End)
	}
}

// Each connection is pinged at the interval, from its own opening on.
func TestPings(t *testing.T) {
	w := new(world)
	s, _ := drives(t, w, load.Plan{Kind: load.Connect, Connections: 3, ConnectRate: 2, Hold: sec(4.5), Ping: sec(1)}, nil)
	// Opened at 5, 505 and 1005 ms; the hold ends at 5505: pings until then at 1005 to 5005, 1505 to 5505 and 2005 to 5005.
	if s.Pings < 13 || s.Pings > 14 || s.Pongs != s.Pings || s.Latency[stats.Ping].Quantile(1) != 0 {
		t.Errorf("%+v, %+v", s.Counts, s.Latency[stats.Ping].Summary())
	}
}

// What the server ends is lost, and not held.
func TestLost(t *testing.T) {
	w := &world{}
	w.serve = func(n int, s stream.Stream) {
		ctx, cancel := context.WithCancel(w.ctx)
		defer cancel()
		if n == 1 {
			time.AfterFunc(time.Second, func() { _ = s.Reset() })
		}
		_ = testee.Serve(ctx, s, testee.Config{})
	}
	s, _ := drives(t, w, load.Plan{Kind: load.Connect, Connections: 3, Hold: sec(2)}, nil)
	if want := (stats.Counts{Attempts: 3, Opened: 3, Held: 2, Lost: 1}); s.Counts != want {
		t.Errorf("%+v, want %+v", s.Counts, want)
	}
	if len(s.Failures) != 1 {
		t.Errorf("%+v", s.Failures)
	}
}

// mute delivers nothing more after a moment, so that its server never sees our Close.
type mute struct {
	stream.Stream
	ctx  context.Context
	from time.Time
}

func (m *mute) Read(b []byte) (int, error) {
	n, err := m.Stream.Read(b)
	if !time.Now().Before(m.from) {
		<-m.ctx.Done()
	}
	return n, err
}

// A connection on which the server breaks the protocol is lost for that, and not held, also where the run ends
// before the server has ended TCP.
func TestLostToTheProtocol(t *testing.T) {
	for cause, octets := range map[string][]byte{
		"protocol error":  {0x83, 0},
		"message too big": {0x82, 127, 0, 0, 0, 0x80, 0, 0, 0, 0}, // 2^39 octets
	} {
		w := &world{}
		w.serve = func(n int, s stream.Stream) {
			if n == 1 {
				s = &mute{s, w.ctx, w.begun.Add(time.Second)}
				time.AfterFunc(1900*time.Millisecond, func() { _, _ = s.Write(octets) })
			}
			_ = testee.Serve(w.ctx, s, testee.Config{})
		}
		s, _ := drives(t, w, load.Plan{Kind: load.Connect, Connections: 3, Hold: sec(2)}, nil)
		if want := (stats.Counts{Attempts: 3, Opened: 3, Held: 2, Lost: 1}); s.Counts != want || s.Series.Held() != 2 {
			t.Errorf("%s: %+v, want %+v", cause, s.Counts, want)
		}
		if len(s.Failures) != 1 || s.Failures["lost: "+cause].Count != 1 {
			t.Errorf("%s: %+v", cause, s.Failures)
		}
	}
}

// Somebody who stops a run gets what there is: at once, while connections are still to be
// opened, wait to be tried again, or do not answer.
func TestInterrupted(t *testing.T) {
	var w *world
	w = &world{serve: func(n int, s stream.Stream) {
		if n%3 == 0 {
			_ = testee.Serve(w.ctx, s, testee.Config{})
		}
	}, refuse: func(n int) error {
		if n%3 == 2 {
			return syscall.ECONNREFUSED
		}
		return nil
	}}
	p := load.Plan{Kind: load.Connect, Connections: 1000, ConnectRate: 10, Retries: 3, RetryDelay: sec(3600)}
	s, end := drives(t, w, p, func(ctx context.Context, cfg drive.Config) drive.End {
		ctx, stop := context.WithTimeout(ctx, 2950*time.Millisecond)
		defer stop()
		return run(t, ctx, cfg)
	})
	if want := (stats.Counts{Attempts: 30, Opened: 10, Held: 10}); s.Counts != want || !end.Interrupted {
		t.Errorf("%+v, want %+v", s.Counts, want)
	}
	if s.Failures["refused"].Count != 10 || s.Failures["being opened when the run was stopped"].Count != 10 || s.Failures["not begun when the run was stopped"].Count != 970 || s.End != 3950*time.Millisecond {
		t.Errorf("%+v after %v", s.Failures, s.End)
	}
}
