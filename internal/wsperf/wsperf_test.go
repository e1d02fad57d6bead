// SPDX-License-Identifier: Apache-2.0

package wsperf

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
)

// against plays a case against a server in memory, whose handshake takes 100 ms.
func against(t *testing.T, ctx context.Context, c spec.PerfCase, serve func(context.Context, stream.Stream), refused error) (Result, error) {
	t.Helper()
	var servers sync.WaitGroup
	defer servers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e, err := wire.New(wire.Config{Dial: func(context.Context) (net.Conn, error) {
		if refused != nil {
			return nil, refused
		}
		ours, theirs := memnet.Pipe(64 << 10)
		servers.Go(func() {
			time.Sleep(100 * time.Millisecond)
			serve(ctx, theirs)
		})
		return ours, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := e.Dialer(wire.Target{Host: "example.test"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Test(ctx, d.Dial, c)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	return r, err
}

func echo(ctx context.Context, s stream.Stream) { _ = testee.Serve(ctx, s, testee.Config{}) }

// wrong is an echo server with a fault.
func wrong(t *testing.T, name string) func(context.Context, stream.Stream) {
	faults, err := testee.ParseFaults(name)
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, s stream.Stream) { _ = testee.Serve(ctx, s, testee.Config{Faults: faults}) }
}

func TestOutcomes(t *testing.T) {
	silent := func(ctx context.Context, s stream.Stream) { <-ctx.Done(); _ = s.Close() }
	for _, c := range []struct {
		name    string
		c       spec.PerfCase
		serve   func(context.Context, stream.Stream)
		refused error
		outcome Outcome
		why     string
	}{
		{"sync", spec.PerfCase{Count: 50, Size: 100, Sync: true, Verify: true}, echo, nil, Passed, ""},
		{"at once", spec.PerfCase{Count: 50, Size: 100, Binary: true, Verify: true}, echo, nil, Passed, ""},
		{"more than may wait", spec.PerfCase{Count: 40, Size: 100_000}, echo, nil, Passed, ""},
		{"empty", spec.PerfCase{Count: 3, Verify: true}, echo, nil, Passed, ""},
		{"length", spec.PerfCase{Count: 3, Size: 10}, wrong(t, "echo-adds-octet"), nil, Failed, "message 1: 11 octets came back instead of 10"},
		{"octets", spec.PerfCase{Count: 3, Size: 10, Verify: true, Binary: true}, wrong(t, "echo-flips-last-octet"), nil, Failed, "message 1: other octets came back"},
		{"not verified", spec.PerfCase{Count: 3, Size: 10, Binary: true}, wrong(t, "echo-flips-last-octet"), nil, Passed, ""},
		{"refused", spec.PerfCase{Count: 3}, echo, syscall.ECONNREFUSED, Unreachable, "refused"},
		{"no answer", spec.PerfCase{Count: 3}, silent, nil, Unreachable, "no connection within 2s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.c.Timeout = 2 * time.Second
				r, err := against(t, ctx, c.c, c.serve, c.refused)
				if err != nil || r.Outcome != c.outcome || !strings.Contains(r.Why, c.why) {
					t.Fatalf("%s, %q, %v, want %s, %q", r.Outcome, r.Why, err, c.outcome, c.why)
				}
				if c.outcome == Passed && len(r.RTTs) != c.c.Count {
					t.Errorf("%d times", len(r.RTTs))
				}
			})
		})
	}
}

// slow delays what is read from a stream.
type slow struct {
	stream.Stream
	by time.Duration
}

func (s slow) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	time.Sleep(s.by)
	return n, err
}

// Each message is timed from its own sending.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		serve := func(ctx context.Context, s stream.Stream) {
			_ = testee.Serve(ctx, slow{s, 10 * time.Millisecond}, testee.Config{})
		}
		r, err := against(t, ctx, spec.PerfCase{Count: 5, Size: 10, Sync: true, Timeout: time.Second}, serve, nil)
		if want := slices.Repeat([]time.Duration{10 * time.Millisecond}, 5); err != nil || !slices.Equal(r.RTTs, want) {
			t.Errorf("%+v, %v", r, err)
		}
		r, err = against(t, ctx, spec.PerfCase{Count: 500, Size: 10, Sync: true, Timeout: 1005 * time.Millisecond}, serve, nil)
		if err != nil || r.Outcome != TimedOut || r.Why != "89 of 500 echoes within 1.005s" {
			t.Errorf("%+v, %v", r, err)
		}
		ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		if _, err = against(t, ctx, spec.PerfCase{Count: 500, Sync: true, Timeout: time.Second}, serve, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTable(t *testing.T) {
	var times []time.Duration
	for i := range 10 {
		times = append(times, time.Duration(10-i)*time.Microsecond)
	}
	results := []Result{
		{Server: spec.LoadServer{Name: "a;b\nc"}, Case: spec.PerfCase{Size: 7}, Outcome: Passed, RTTs: times},
		{Server: spec.LoadServer{Name: "d"}, Outcome: TimedOut},
		{Server: spec.LoadServer{Name: "e"}, Outcome: Passed, RTTs: times[:1]},
	}
	got := Table(spec.PerfSet{Sep: ";", Digits: 1, Quantiles: 4}, results)
	want := `name;outcome;count;size;min;median;max;avg;stddev;q0;q1;q2;q3
a_b_c;PASSED;10;7;1.0;5.5;10.0;5.5;2.9;3;5;8;10
d;TIMEOUT
e;PASSED;1;0;10.0;10.0;10.0;10.0;0.0;10;10;10;10
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	got = Table(spec.PerfSet{Sep: "\t", RTTs: true}, []Result{{Server: spec.LoadServer{Name: "a"}, Outcome: Passed, RTTs: times[8:]}})
	if want := "name\toutcome\tcount\tsize\tmin\tmedian\tmax\tavg\tstddev\trtts\na\tPASSED\t2\t0\t1\t2\t2\t2\t0\t2 1\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
