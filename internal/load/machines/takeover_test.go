// SPDX-License-Identifier: Apache-2.0

package machines

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
)

// slow reads 50 milliseconds after there is something.
type slow struct{ stream.Stream }

func (s slow) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	time.Sleep(50 * time.Millisecond)
	return n, err
}

// A yard has two workers, a and b, with one part each, and a server in memory, in virtual time.
type yard struct {
	ctx   context.Context
	all   sync.WaitGroup
	kills map[string]func()
	notes []string
	total stats.Snapshot
}

func (y *yard) dial(context.Context) (net.Conn, error) {
	time.Sleep(time.Millisecond)
	ours, theirs := memnet.Pipe(0)
	y.all.Go(func() { _ = testee.Serve(y.ctx, slow{theirs}, testee.Config{}) })
	return ours, nil
}

// start starts a worker. Its kill takes it off the network, with what it has not reported.
func (y *yard) start(t *testing.T, hub *fleet.Hub, name string) {
	bus, err := hub.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(y.ctx)
	y.kills[name] = func() { bus.Close(); stop() }
	w := fleet.Worker{Bus: bus, Name: name, Version: "test", Runners: map[string]fleet.Runner{
		Kind: func(ctx context.Context, p fleet.Part) error { return carryOut(ctx, locate, y.dial, p) },
	}}
	y.all.Go(func() { _ = w.Run(ctx) })
}

// lose carries out a plan, in which the workers that are named are killed some time after the beginning.
func lose(t *testing.T, plan load.Plan, after time.Duration, victims ...string) (y *yard, end End) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		y = &yard{ctx: ctx, kills: map[string]func(){}}
		hub, err := fleet.NewHub(fleet.HubConfig{Dir: t.TempDir(), Inside: true})
		if err != nil {
			t.Fatal(err)
		}
		y.start(t, hub, "a")
		y.start(t, hub, "b")
		bus, err := hub.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plan.URL, plan.Size, plan.Timeout = "ws://127.0.0.1:1", "64", load.Duration(time.Second)
		end, err = Run(t.Context(), Config{
			Bus: bus, Plan: plan, Workers: 2, Version: "test", Name: "me", Emit: y.total.Merge,
			Note: func(text string) {
				y.notes = append(y.notes, text)
				if text == "all 2 parts are taken: it begins" {
					for _, name := range victims {
						time.AfterFunc(after, y.kills[name])
					}
				}
			},
		})
		if err != nil {
			t.Error(err)
		}
		bus.Close()
		cancel()
		for _, kill := range y.kills {
			kill()
		}
		y.all.Wait()
		hub.Close()
	})
	return y, end
}

func sec(s float64) load.Duration { return load.Duration(s * float64(time.Second)) }

// A worker dies while messages are sent. The other opens its connections again and sends what is due from then on, in the open
// model and in the closed one; what was under way is missing, what was due in between is not sent, and all adds up.
func TestMessagesAreTakenOver(t *testing.T) {
	for _, plan := range []load.Plan{
		{Kind: load.Echo, Connections: 7, Rate: 20, Duration: sec(12), Warmup: sec(1)},
		{Kind: load.Echo, Connections: 7, InFlight: 2, Duration: sec(12)},
		{Kind: load.Connect, Connections: 7, Hold: sec(12)},
	} {
		y, end := lose(t, plan, 5*time.Second+300*time.Millisecond, "b")
		s := &y.total
		reopened := s.Lost // each once
		if s.Opened != 7+reopened || reopened != 3 && reopened != 4 || s.Held != 7 || s.Failed != 0 || s.Failures["lost: "+LostWorker].Count != reopened {
			t.Errorf("%+v: connections %+v, %v", plan, s.Counts, s.Failures)
		}
		if len(end.Lost) > 0 || end.Interrupted || s.Sent != s.Messages+s.Missing || s.Missing != s.Failures["no answer: "+LostWorker].Count {
			t.Errorf("%+v: %+v, messages %+v, %v", plan, end, s.Counts, s.Failures)
		}
		unsent := s.Failures["not sent: "+LostWorker].Count
		switch {
		case plan.Rate > 0 && (s.Sent+s.Unsent != 220 || unsent != s.Unsent || unsent < 10*3 || unsent > 10*5 || end.Messaging != 11*time.Second):
			t.Errorf("open model: %+v, %v, %+v", s.Counts, s.Failures, end)
		case plan.InFlight > 0 && (s.Unsent != 0 || s.Messages < 7*2*10*8):
			t.Errorf("closed model: %+v, %v", s.Counts, s.Failures)
		}
		if !slices.ContainsFunc(y.notes, func(n string) bool { return n == "a takes over part 1 from b" || n == "a takes over part 2 from b" }) {
			t.Errorf("%q", y.notes)
		}
	}
}

// A worker dies while connections are opened: the others do not wait for it, and the one that takes over joins them.
func TestRampIsTakenOver(t *testing.T) {
	y, end := lose(t, load.Plan{Kind: load.Echo, Connections: 10, ConnectRate: 2, Rate: 10, Duration: sec(5)}, 3*time.Second, "b")
	s := &y.total
	if len(end.Lost) > 0 || s.Held != 10 || s.Opened != 10+s.Lost || s.Lost < 1 || s.Failed != 0 || s.Sent != s.Messages+s.Missing || s.Sent+s.Unsent != 50 {
		t.Errorf("%+v, %+v, %v", end, s.Counts, s.Failures)
	}
}

// Where nobody is left, all that was planned is accounted for, and the loss is told. Nobody takes over what has had its time.
func TestNobodyTakesOver(t *testing.T) {
	for _, after := range []time.Duration{1500 * time.Millisecond, 5 * time.Second} {
		y, end := lose(t, load.Plan{Kind: load.Echo, Connections: 6, ConnectRate: 2, Rate: 20, Duration: sec(10)}, after, "a", "b")
		s := &y.total
		if len(end.Lost) != 2 || s.Opened+s.Failed != 6 || s.Opened != s.Lost || s.Held != 0 || s.Sent != s.Messages+s.Missing || s.Sent+s.Unsent != 200 {
			t.Errorf("after %v: %+v, %+v, %v", after, end, s.Counts, s.Failures)
		}
	}
	y, end := lose(t, load.Plan{Kind: load.Echo, Connections: 4, Rate: 20, Duration: sec(3)}, 2*time.Second, "b")
	s := &y.total
	if len(end.Lost) != 0 || s.Opened != 4 || s.Held != 2 || s.Lost != 2 || s.Sent+s.Unsent != 60 || s.Sent != s.Messages+s.Missing {
		t.Errorf("near the end: %+v, %+v, %v", end, s.Counts, s.Failures)
	}
}
