// SPDX-License-Identifier: Apache-2.0

package machines

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// locate is for plans that say nothing of TLS and of ways.
func locate(ctx context.Context, p load.Plan) (wire.Target, error) {
	return drive.NewTarget(ctx, p, stream.ClientTLS{}, stream.Way{})
}

// said is a report of so many connections opened and ended.
func said(t *testing.T, opened, ended int64) []byte {
	t.Helper()
	s := new(stats.Snapshot)
	s.Opened = opened
	s.Series.At(time.Second).Opened = opened
	s.Series.At(time.Second).Ended = ended
	s.Record(stats.Open, time.Millisecond)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(report{b, time.Second}); err != nil {
		t.Fatal(err)
	}
	return b
}

// What a lost worker had measured counts, and what it held is lost: opened less lost is held.
func TestLosses(t *testing.T) {
	total := new(stats.Snapshot)
	var notes []string
	g := newGathering(Config{Workers: 2, Emit: func(s *stats.Snapshot) { total.Merge(s) }, Note: func(text string) { notes = append(notes, text) }})
	first, second := new(sum), new(sum)
	g.event(fleet.Event{Kind: fleet.Ready, Worker: "a", Part: 0, Offset: 3 * time.Millisecond, Within: 200 * time.Microsecond})
	g.event(fleet.Event{Kind: fleet.Begun})
	for _, s := range []*sum{first, first, second} {
		if err := s.Add(said(t, 10, 2)); err != nil {
			t.Fatal(err)
		}
		g.event(fleet.Event{Kind: fleet.Reported, Sum: s})
	}
	if total.Opened != 30 || first.held() != 16 {
		t.Errorf("%d opened, %d held", total.Opened, first.held())
	}
	g.event(fleet.Event{Kind: fleet.Lost, Worker: "a\n", Part: 0, Sum: first})
	if total.Lost != 0 || g.lost[0] == "" {
		t.Errorf("%d are lost while it may come back, %v", total.Lost, g.lost)
	}
	g.event(fleet.Event{Kind: fleet.Taken, Worker: "b", Part: 0, Sum: first, Text: "a"})
	if total.Lost != 16 || total.Opened != 30 || total.Failures["lost: "+LostWorker].Count != 16 {
		t.Errorf("%+v, %+v", total.Counts, total.Failures)
	}
	want := `a has part 1 of 2, clock +3.0 ms ± 0.2|all 2 parts are taken: it begins|lost: a\x0a with 16 connections|b takes over part 1 from a`
	if got := strings.Join(notes, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A whole test, with two workers in this process.
func TestRun(t *testing.T) {
	l, err := stream.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 3)
	go func() { ended <- testee.Server{}.Serve(ctx, l) }()
	hub, err := fleet.NewHub(fleet.HubConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	connect := func() *fleet.Bus {
		bus, err := hub.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(bus.Close)
		return bus
	}
	patient := fleet.Times{Lease: time.Hour, Dead: time.Hour} // nobody is lost, however busy this machine is
	for _, name := range []string{"a", "b"} {
		w := fleet.Worker{Bus: connect(), Name: name, Version: "test", Times: patient, Runners: map[string]fleet.Runner{Kind: NewRunner(locate)}}
		go func() { ended <- w.Run(ctx) }()
	}
	plan := load.Plan{
		Kind: load.Echo, URL: "ws://" + l.Addr().(*net.TCPAddr).String(), Connections: 5, InFlight: 1, Size: "64",
		Duration: load.Duration(100 * time.Millisecond), Timeout: load.Duration(time.Minute), Seed: 1,
	}
	total := new(stats.Snapshot)
	end, err := Run(t.Context(), Config{
		Bus: connect(), Plan: plan, Workers: 2, Version: "test", Name: "me", Times: patient,
		Emit: func(s *stats.Snapshot) { total.Merge(s) }, Note: func(string) {},
	})
	if err != nil || end.Interrupted || len(end.Lost) > 0 || end.Messaging <= 0 {
		t.Fatalf("%+v, %v", end, err)
	}
	if total.Opened != 5 || total.Held != 5 || total.Sent == 0 || total.Sent != total.Messages+total.Missing || total.Latency[stats.Message].Count() != total.Messages {
		t.Errorf("%+v", total.Counts)
	}
	plan.Size = "x"
	if _, err := Run(t.Context(), Config{Bus: connect(), Plan: plan, Workers: 1, Version: "test", Name: "me", Times: patient, Emit: func(*stats.Snapshot) {}, Note: func(string) {}}); err == nil || !strings.Contains(err.Error(), "plan: size") {
		t.Errorf("a plan that makes no sense: %v", err)
	}
	cancel()
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"snapshot": {"opened": 1, "series": {"width_ns": 100000000, "slots": [{"ended": 7}]}}, "messaging_ns": 5}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := new(sum)
		if s.Add(b) == nil && (s.held() < 0 || s.messaging < 0) {
			t.Fatalf("%+v", s)
		}
	})
}
