// SPDX-License-Identifier: Apache-2.0

package drive_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// service is how long the server in memory takes for an answer, and hiccup for how long it does
// nothing once, at a second.
const (
	service = time.Millisecond
	hiccup  = 200 * time.Millisecond
)

// slow delays what the server reads, and pauses once.
type slow struct {
	stream.Stream
	pause time.Time
	done  *bool
}

func (s *slow) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	time.Sleep(service)
	if !*s.done && !time.Now().Before(s.pause) {
		*s.done = true
		time.Sleep(hiccup)
	}
	return n, err
}

// patient waits for a millisecond before it reads all that has come.
type patient struct{ stream.Stream }

func (p patient) Read(b []byte) (int, error) {
	time.Sleep(service)
	return p.Stream.Read(b)
}

// pausing is a server that echoes, a millisecond a read, and pauses once for 200 ms.
func pausing() *world {
	w := new(world)
	w.serve = func(_ int, s stream.Stream) {
		var paused bool
		_ = testee.Serve(w.ctx, &slow{s, w.begun.Add(time.Second), &paused}, testee.Config{})
	}
	return w
}

// A server that pauses for 200 ms once keeps all messages waiting that were to be sent
// meanwhile. The open model has them in its latencies; the closed one sends one message
// then, and hardly notices: that is coordinated omission.
func TestOpenModelShowsThePause(t *testing.T) {
	for _, tt := range []struct {
		name    string
		plan    load.Plan
		p50     time.Duration
		p999    [2]time.Duration // at least, at most
		service time.Duration    // p99.9 of what a tool would show that forgets when it was to send; 0 if there is none
	}{
		{"open", load.Plan{Rate: 100}, service, [2]time.Duration{190 * time.Millisecond, 202 * time.Millisecond}, 190 * time.Millisecond},
		{"closed", load.Plan{InFlight: 1}, service, [2]time.Duration{service, 2 * service}, 0},
	} {
		p := tt.plan
		p.Kind, p.Connections, p.Size, p.Duration, p.Timeout, p.Verify = load.Echo, 1, "64", sec(5), sec(1), true
		s, end := drives(t, pausing(), p, nil)
		h := s.Latency[stats.Message]
		if got := h.Quantile(.999); got < tt.p999[0] || got > tt.p999[1] {
			t.Errorf("%s: p99.9 is %v, want %v", tt.name, got, tt.p999)
		}
		if got := h.Quantile(.5); got < tt.p50 || got > tt.p50+tt.p50/100 {
			t.Errorf("%s: p50 is %v, want %v", tt.name, got, tt.p50)
		}
		if end.Messaging != 5*time.Second || s.Missing+s.Wrong+s.Unsent+s.Lost != 0 || s.Messages != s.Sent || s.Messages == 0 {
			t.Errorf("%s: %+v for %v", tt.name, s.Counts, end.Messaging)
		}
		if max := h.Quantile(1); max < hiccup {
			t.Errorf("%s: the longest is %v", tt.name, max)
		}
	}
}

// The open model sends when it is due and on connections in turn; parts of a plan share
// the messages.
func TestRate(t *testing.T) {
	sum := new(stats.Snapshot)
	for part := range 3 {
		w := new(world)
		s, _ := drives(t, w, load.Plan{Kind: load.Echo, Connections: 5, Rate: 50, Size: "0-100", Duration: sec(2), Timeout: sec(1), Verify: true}, func(ctx context.Context, cfg drive.Config) drive.End {
			cfg.Part, cfg.Parts = part, 3
			return run(t, ctx, cfg)
		})
		sum.Merge(s)
	}
	if sum.Sent != 100 || sum.Messages != 100 || sum.Opened != 5 || sum.Latency[stats.Message].Quantile(1) != 0 {
		t.Errorf("%+v, %+v", sum.Counts, sum.Latency[stats.Message].Summary())
	}
}

// Messages of the beginning are not measured where there is a warm-up.
func TestWarmup(t *testing.T) {
	s, end := drives(t, pausing(), load.Plan{Kind: load.Echo, Connections: 1, Rate: 100, Size: "64", Duration: sec(4), Warmup: sec(2), Timeout: sec(1)}, nil)
	if s.Sent != 200 || s.Messages != 200 || s.Latency[stats.Message].Quantile(1) > 2*service || end.Messaging != 2*time.Second {
		t.Errorf("%+v, %+v, %v", s.Counts, s.Latency[stats.Message].Summary(), end.Messaging)
	}
}

func faults(t *testing.T, fault string) testee.Faults {
	t.Helper()
	set, err := testee.ParseFaults(fault)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// faulty is a server with a fault.
func faulty(t *testing.T, fault string) *world {
	t.Helper()
	set := faults(t, fault)
	w := new(world)
	w.serve = func(_ int, s stream.Stream) { _ = testee.Serve(w.ctx, s, testee.Config{Faults: set}) }
	return w
}

// Every octet is compared where the plan says so; type and length always are. What is not
// answered is missing, and costs the patience once.
func TestWrongAnswers(t *testing.T) {
	wrong := func(c stats.Counts) bool { return c.Wrong == 10 && c.Messages == 0 && c.Missing == 10 } // what is wrong has not come back
	for _, tt := range []struct {
		fault  string
		plan   load.Plan
		check  func(c stats.Counts) bool
		causes string
	}{
		{"echo-flips-last-octet", load.Plan{Size: "400", Verify: true}, wrong, "wrong answer octet 400 of 400 is"},
		{"echo-flips-last-octet", load.Plan{Size: "400"}, func(c stats.Counts) bool { return c.Wrong == 0 && c.Messages == 10 }, ""},
		{"echo-adds-octet", load.Plan{Size: "64"}, wrong, "wrong answer 65 octets as the answer to 64"},
		{"swaps-type", load.Plan{Size: "64"}, wrong, "wrong answer binary as the answer to text"},
		{"echoes-twice", load.Plan{Size: "64"}, func(c stats.Counts) bool { return c.Wrong == 10 && c.Messages == 10 }, "wrong answer a message that nobody asked for"},
		{"never-echoes", load.Plan{Size: "64"}, func(c stats.Counts) bool { return c.Missing == 10 && c.Messages == 0 }, "no answer: 1s after the last message"},
	} {
		p := tt.plan
		p.Kind, p.Connections, p.Rate, p.Duration, p.Timeout, p.Binary = load.Echo, 2, 10, sec(1), sec(1), tt.fault != "swaps-type"
		s, _ := drives(t, faulty(t, tt.fault), p, nil)
		causes := ""
		for cause, f := range s.Failures {
			causes += cause + " " + f.Example
		}
		if !tt.check(s.Counts) || !strings.Contains(causes, tt.causes) || (tt.causes == "") != (causes == "") {
			t.Errorf("%s: %+v, %s", tt.fault, s.Counts, causes)
		}
	}
}

// An answer that comes when it is no longer waited for is missing, and not wrong; one too many is.
func TestLateAnswers(t *testing.T) {
	for _, tt := range []struct {
		fault string
		wrong int64
	}{{"", 0}, {"echoes-twice", 1}} {
		var set testee.Faults
		if tt.fault != "" {
			set = faults(t, tt.fault)
		}
		w := new(world)
		w.serve = func(_ int, s stream.Stream) {
			never := true
			_ = testee.Serve(w.ctx, &slow{&delayed{Stream: s, from: w.begun.Add(3500 * time.Microsecond)}, time.Time{}, &never}, testee.Config{Faults: set})
		}
		s, _ := drives(t, w, load.Plan{Kind: load.Echo, Connections: 1, Rate: 10, Size: "64", Binary: true, Duration: load.Duration(100 * time.Millisecond), Timeout: sec(1), Hold: sec(5)}, nil)
		if s.Sent != 1 || s.Missing != 1 || s.Messages != 0 || s.Wrong != tt.wrong {
			t.Errorf("%s: %+v", tt.fault, s.Counts)
		}
	}
}

// delayed keeps what the server writes after a moment for three seconds.
type delayed struct {
	stream.Stream
	from time.Time
}

func (d *delayed) Write(b []byte) (int, error) {
	if time.Now().After(d.from) {
		time.Sleep(3 * time.Second)
	}
	return d.Stream.Write(b)
}

// A connection that is lost takes its messages with it, the others go on; where none is
// left, the rest of the messages is not sent, and the run is over.
func TestLostWhileSending(t *testing.T) {
	for _, all := range []bool{false, true} {
		w := new(world)
		w.serve = func(n int, s stream.Stream) {
			if n == 0 || all {
				time.AfterFunc(1050*time.Millisecond, func() { _ = s.Reset() })
			}
			_ = testee.Serve(w.ctx, s, testee.Config{})
		}
		s, end := drives(t, w, load.Plan{Kind: load.Echo, Connections: 2, Rate: 10, Size: "64", Duration: sec(3), Timeout: sec(1)}, nil)
		if s.Sent+s.Unsent != 30 || s.Messages != s.Sent || all == (s.Sent == 30) || all == (s.Held == 1) {
			t.Errorf("all %v: %+v", all, s.Counts)
		}
		if want := 3 * time.Second; all != (end.Messaging < want) {
			t.Errorf("all %v: sent for %v", all, end.Messaging)
		}
	}
}

// The closed model has as many messages under way on each connection as it is told, no
// more and no fewer.
func TestInFlight(t *testing.T) {
	w := new(world)
	w.serve = func(_ int, s stream.Stream) { _ = testee.Serve(w.ctx, patient{s}, testee.Config{}) }
	s, _ := drives(t, w, load.Plan{Kind: load.Echo, Connections: 3, InFlight: 4, Size: "64", Duration: sec(1), Timeout: sec(1), Verify: true}, nil)
	// Time goes on when there is nothing more to send: what comes in a millisecond is four messages.
	if s.Messages < 3*4*990 || s.Messages > 3*4*1010 || s.Messages != s.Sent || s.Latency[stats.Service].Count() != 0 {
		t.Errorf("%+v", s.Counts)
	}
}
