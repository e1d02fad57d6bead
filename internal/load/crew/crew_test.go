// SPDX-License-Identifier: Apache-2.0

package crew_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/crew"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
)

// A house has the processes as goroutines, and a server in memory, in virtual time.
type house struct {
	ctx     context.Context
	begun   time.Time
	servers sync.WaitGroup
	mu      sync.Mutex
	dials   []time.Duration
	kill    []func() // each process
	lost    int64    // as Died says
	died    []string
}

func (h *house) dial(context.Context) (net.Conn, error) {
	h.mu.Lock()
	h.dials = append(h.dials, time.Since(h.begun))
	h.mu.Unlock()
	time.Sleep(time.Millisecond)
	ours, theirs := memnet.Pipe(0)
	h.servers.Go(func() { _ = testee.Serve(h.ctx, theirs, testee.Config{}) })
	return ours, nil
}

// locate is for plans that say nothing of TLS and of ways.
func locate(ctx context.Context, p load.Plan) (wire.Target, error) {
	return drive.NewTarget(ctx, p, stream.ClientTLS{}, stream.Way{})
}

// start is a process that takes 50 ms to be there.
func (h *house) start(part int) (*crew.Child, error) {
	childIn, in := io.Pipe()
	out, childOut := io.Pipe()
	ctx, cancel := context.WithCancel(h.ctx)
	ended := make(chan error, 1)
	kill := func() {
		childOut.CloseWithError(io.EOF)
		childIn.Close()
		cancel()
	}
	h.mu.Lock()
	h.kill = append(h.kill, kill)
	h.mu.Unlock()
	h.servers.Go(func() {
		time.Sleep(50 * time.Millisecond)
		err := crew.Work(ctx, childIn, childOut, locate, h.dial)
		childOut.Close()
		ended <- err
	})
	return &crew.Child{In: in, Out: out, Kill: kill, Wait: func() error {
		if ctx.Err() != nil {
			return errors.New("signal: killed")
		}
		return <-ended
	}}, nil
}

func crews(t *testing.T, p load.Plan, processes int, during func(h *house, stop func())) (h *house, s *stats.Snapshot, end drive.End) {
	t.Helper()
	h, s = new(house), new(stats.Snapshot)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		running, stop := context.WithCancel(ctx)
		defer stop()
		h.ctx, h.begun = ctx, time.Now()
		if during != nil {
			go during(h, stop)
		}
		var err error
		p.URL, p.Size, p.Timeout = "ws://127.0.0.1:1", "64", load.Duration(time.Second)
		end, err = crew.Run(running, crew.Config{
			Plan: p, Processes: processes, Start: h.start, Begin: h.begun, Every: 100 * time.Millisecond, Emit: s.Merge,
			Died: func(_ int, lost int64, why error) { h.lost += lost; h.died = append(h.died, why.Error()) },
		})
		if err != nil {
			t.Error(err)
		}
		cancel()
		h.servers.Wait()
	})
	return h, s, end
}

func sec(s float64) load.Duration { return load.Duration(s * float64(time.Second)) }

// Three processes do what one would: dial at the same times, begin to send when all connections are
// there, and all adds up.
func TestCrew(t *testing.T) {
	h, s, end := crews(t, load.Plan{Kind: load.Echo, Connections: 7, ConnectRate: 10, Rate: 100, Duration: sec(2)}, 3, nil)
	want := []time.Duration{}
	for i := range 7 {
		want = append(want, 50*time.Millisecond+time.Duration(i)*100*time.Millisecond)
	}
	if !slices.Equal(h.dials, want) {
		t.Errorf("dials at %v, want %v", h.dials, want)
	}
	if s.Opened != 7 || s.Held != 7 || s.Sent != 200 || s.Messages != 200 || len(s.Failures) > 0 || end.Interrupted || end.Messaging != 2*time.Second {
		t.Errorf("%+v %v %+v", s.Counts, s.Failures, end)
	}
	if s.Ramp != 601*time.Millisecond || len(h.died) > 0 {
		t.Errorf("the ramp took %v; died: %v", s.Ramp, h.died)
	}
}

// A process dies: when it is there, while it opens connections, while it sends. Its share is
// counted as lost, and the totals still are what the plan says.
func TestDeath(t *testing.T) {
	for _, tt := range []struct {
		after time.Duration
		lost  int64
	}{{10 * time.Millisecond, 0}, {270 * time.Millisecond, 1}, {1500 * time.Millisecond, 3}} {
		p := load.Plan{Kind: load.Echo, Connections: 9, ConnectRate: 10, Rate: 100, Duration: sec(2)}
		h, s, end := crews(t, p, 3, func(h *house, _ func()) {
			time.Sleep(tt.after)
			h.mu.Lock()
			kill := h.kill[1]
			h.mu.Unlock()
			kill()
		})
		if len(h.died) != 1 || !strings.Contains(h.died[0], "killed") || h.lost != tt.lost || s.Lost != tt.lost {
			t.Errorf("after %v: died %q, %d lost, %d told; want %d", tt.after, h.died, s.Lost, h.lost, tt.lost)
		}
		if s.Opened+s.Failed != 9 || s.Opened != s.Held+s.Lost || s.Sent != s.Messages+s.Missing || s.Sent+s.Unsent != 200 || end.Messaging != 2*time.Second {
			t.Errorf("after %v: the totals do not add up: %+v %v, %+v", tt.after, s.Counts, s.Failures, end)
		}
	}
}

// What stops the run reaches all processes.
func TestStop(t *testing.T) {
	h, s, end := crews(t, load.Plan{Kind: load.Connect, Connections: 6, Hold: sec(3600)}, 3, func(_ *house, stop func()) {
		time.Sleep(time.Second)
		stop()
	})
	if s.Opened != 6 || s.Held != 6 || s.Lost != 0 || !end.Interrupted || len(h.died) != 0 || s.End > 2*time.Second {
		t.Errorf("%+v %+v, died: %v, after %v", s.Counts, end, h.died, s.End)
	}
}

// What a child says is not taken on trust, and neither is what a parent does.
func TestNonsense(t *testing.T) {
	for _, line := range []string{"hello\n", `{"stats":{"opened":-1}}` + "\n", `{"ready":true}` + "\n"} {
		s := new(stats.Snapshot)
		_, err := crew.Run(t.Context(), crew.Config{
			Plan: load.Plan{Kind: load.Connect, Connections: 5}, Processes: 1, Emit: s.Merge,
			Start: func(int) (*crew.Child, error) {
				return &crew.Child{In: drain(), Out: strings.NewReader(line), Kill: func() {}, Wait: func() error { return nil }}, nil
			},
		})
		if err != nil || s.Failed != 5 {
			t.Errorf("%q: %v, %+v", line, err, s.Counts)
		}
	}
	for _, text := range []string{"", "x", "{}\n", `{"go":true}`} {
		if err := crew.Work(t.Context(), strings.NewReader(text), io.Discard, locate, nil); err == nil {
			t.Errorf("%q was taken for a job", text)
		}
	}
}

// drain takes everything.
func drain() io.WriteCloser {
	r, w := io.Pipe()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	return w
}
