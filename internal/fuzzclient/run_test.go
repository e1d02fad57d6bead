// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
)

// How many cases run at a time follows from how many connections the server
// serves, unless it is given.
func TestJobsFollowTheServer(t *testing.T) {
	for _, tt := range []struct {
		name         string
		serves, jobs int
		want         int // connections open at once, while cases run
	}{
		{"one at a time", 1, 0, 1},
		{"many", 100, 0, fuzzclient.MaxJobs},
		{"as told", 100, 3, 3},
		{"one, as told", 100, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			seats := make(chan struct{}, tt.serves)
			n := newNetwork(func(ctx context.Context, s stream.Stream) {
				seats <- struct{}{}
				defer func() { <-seats }()
				time.Sleep(10 * time.Millisecond) // it has something else to do as well
				_ = testee.Serve(ctx, s, testee.Config{})
			})
			o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*", "1.2.*", "2.*"), Pace: runner.Pace{Jobs: tt.jobs}, Begin: func(string, int) error {
				n.most = 0 // connections of the probe
				return nil
			}})
			if o.err != nil || o.Done != 27 || o.Left != 0 || len(o.results) != 27 {
				t.Fatalf("%s: %+v, %v", tt.name, o.Outcome, o.err)
			}
			if n.most != tt.want {
				t.Errorf("%s: %d at once, want %d", tt.name, n.most, tt.want)
			}
			for _, r := range o.results {
				if !r.Passed() || len(r.Others) > 0 || r.URL != "ws://server.example/" {
					t.Errorf("%s: %s at %s is %+v, after %v", tt.name, r.ID, r.URL, r.Verdict, r.Others)
				}
			}
		})
	}
}

// A server is called as the user says, or as it calls itself.
func TestAgentNames(t *testing.T) {
	called := func(name string) server { return echoing(testee.Config{Agent: name}) }
	for _, tt := range []struct {
		name, given string
		jobs        int
		serve       server
		want        string
	}{
		{"given", "mine", 0, called("theirs/1.0"), "mine"},
		{"its own", "", 0, called("theirs/1.0"), "theirs/1.0"},
		{"its own, one at a time", "", 1, called("theirs/1.0"), "theirs/1.0"},
		{"too long", "", 1, called(strings.Repeat("x", 10_000)), strings.Repeat("x", 200)},
		{"no HTTP", "", 1, func(_ context.Context, s stream.Stream) { _, _ = s.Write([]byte("220 mail\r\n\r\n")); _ = s.Close() }, fuzzclient.UnknownAgent},
		{"not in time", "", 1, func(_ context.Context, s stream.Stream) { silence(s) }, fuzzclient.UnknownAgent},
		{"a refusal has a name too", "", 1, func(_ context.Context, s stream.Stream) {
			_, _ = s.Write([]byte("HTTP/1.1 503 Busy\r\nServer: gate\r\n\r\n"))
			silence(s)
		}, "gate"},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(tt.serve)
			var begun string
			o := n.run(t, t.Context(), fuzzclient.Run{Server: n.resolved(t, tt.given), Plan: plan(t, "1.1.1"), Pace: runner.Pace{Jobs: tt.jobs}, Settings: runner.Settings{Reference: true}, Begin: func(agent string, cases int) error {
				begun = agent
				return nil
			}})
			if o.err != nil || o.Agent != tt.want || begun != tt.want || len(o.results) != 1 || o.results[0].Agent != tt.want {
				t.Errorf("%s: got %q, began %q, want %q (%v)", tt.name, o.Agent, begun, tt.want, o.err)
			}
		})
	}
}

func TestSkippedCasesAreNoPartOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(echoing(testee.Config{}))
		announced := 0
		o := n.run(t, t.Context(), fuzzclient.Run{
			Plan: plan(t, "1.1.*"), Skip: func(agent, id string) bool { return agent == "wsspec-echo" && id != "1.1.3" },
			Begin: func(_ string, cases int) error { announced = cases; return nil },
		})
		if o.err != nil || announced != 1 || o.Done != 1 || o.Left != 0 || o.results[0].Number != 3 {
			t.Errorf("announced %d, %+v, %v", announced, o.Outcome, o.err)
		}
	})
}

func TestErrorOfBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(echoing(testee.Config{}))
		full := errors.New("disk full")
		o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*"), Begin: func(string, int) error { return full }})
		if !errors.Is(o.err, full) || o.Done != 0 || o.Left != 8 {
			t.Errorf("%+v, %v", o.Outcome, o.err)
		}
	})
}

// refused is what connecting to a port without a listener comes to.
var refused error = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}

// A server that refuses connections is tried again for almost 5 s, ever more rarely.
func TestRefusedConnectionsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(nil)
		n.fail = func(int) error { return refused }
		o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*")})
		if !errors.Is(o.err, fuzzclient.ErrUnreachable) || !errors.Is(o.err, syscall.ECONNREFUSED) || !strings.Contains(o.err.Error(), "ws://server.example/") {
			t.Errorf("got %v", o.err)
		}
		if o.Done != 0 || o.Left != 8 {
			t.Errorf("got %+v, want 8 cases left", o.Outcome)
		}
		ms := time.Millisecond
		want := []time.Duration{0, 50 * ms, 150 * ms, 350 * ms, 750 * ms, 1550 * ms, 2550 * ms, 3550 * ms, 4550 * ms}
		if len(n.dials) != len(want) {
			t.Fatalf("tried at %v, want %v", n.dials, want)
		}
		for i := range want {
			if n.dials[i] != want[i] {
				t.Fatalf("tried at %v, want %v", n.dials, want)
			}
		}
	})
}

// A server that comes back in time has lost nothing.
func TestServerThatRestarts(t *testing.T) {
	for _, jobs := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(echoing(testee.Config{}))
			var downSince time.Time
			n.fail = func(i int) error {
				if i == 5 {
					downSince = time.Now()
				}
				if i >= 5 && time.Since(downSince) < 4*time.Second {
					return refused
				}
				return nil
			}
			o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*", "1.2.*"), Pace: runner.Pace{Jobs: jobs}})
			if o.err != nil || o.Done != 16 || o.Left != 0 || o.took < 4*time.Second || o.took > 5*time.Second {
				t.Errorf("%d jobs: %+v after %v, %v", jobs, o.Outcome, o.took, o.err)
			}
		})
	}
}

// A server that dies on the way: what is left is counted as not run, and what it
// died of is among the results.
func TestServerThatDies(t *testing.T) {
	for _, jobs := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			var served atomic.Int32
			n := newNetwork(func(ctx context.Context, s stream.Stream) {
				if served.Add(1) == 4 { // after the probe, with the third case
					_ = s.Reset()
					return
				}
				_ = testee.Serve(ctx, s, testee.Config{})
			})
			n.fail = func(int) error {
				if served.Load() >= 4 {
					return refused
				}
				return nil
			}
			o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*"), Pace: runner.Pace{Jobs: jobs}})
			if !errors.Is(o.err, fuzzclient.ErrUnreachable) || o.Done+o.Left != 8 || o.Done < 2 || len(o.results) != o.Done {
				t.Fatalf("%d jobs: %+v, %v", jobs, o.Outcome, o.err)
			}
			lost, ok := errors.AsType[*fuzzclient.LostError](o.err)
			failed := 0
			for _, r := range o.results {
				if r.Verdict.Behavior == verdict.Failed {
					failed++
					if !ok || !slices.Contains(lost.Last, r.ID) {
						t.Errorf("%d jobs: %v does not name %s, which it died of", jobs, o.err, r.ID)
					}
				}
			}
			if failed != 1 {
				t.Errorf("%d jobs: %d cases failed, want the one it died of", jobs, failed)
			}
			if o.took < 4*time.Second || o.took > 6*time.Second {
				t.Errorf("%d jobs: gave up after %v", jobs, o.took)
			}
		})
	}
}

// Where trying again is of no use we do not.
func TestNoSecondTryForAnUnknownName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(nil)
		n.fail = func(int) error { return &net.DNSError{Err: "no such host", Name: "server.example", IsNotFound: true} }
		o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*")})
		if !errors.Is(o.err, fuzzclient.ErrUnreachable) || o.took != 0 || len(n.dials) != 1 {
			t.Errorf("tried at %v: %v", n.dials, o.err)
		}
	})
}

// Connecting has a limit of its own, whatever the network does.
func TestConnectingThatMakesNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := fuzzclient.Server{URL: "ws://h", Dial: func(ctx context.Context) (stream.Stream, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		e, err := server.Resolve("")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		out, err := (&fuzzclient.Run{Server: e, Plan: plan(t, "1.1.*")}).Do(t.Context())
		if took := time.Since(start); !errors.Is(err, fuzzclient.ErrUnreachable) || took != 10*time.Second || out.Left != 8 {
			t.Errorf("%+v, %v after %v", out, err, took)
		}
	})
}

// The end of the context ends a run wherever it is, at once, with the cause.
func TestCancel(t *testing.T) {
	enough := errors.New("enough")
	for name, serve := range map[string]server{
		"between tries":    nil,
		"in the probe":     func(_ context.Context, s stream.Stream) { silence(s) },
		"in the handshake": func(_ context.Context, s stream.Stream) { silence(s) },
		"in a case":        echoing(testee.Config{Faults: testee.Faults{"never-echoes": true}}),
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(serve)
			agent := "given"
			switch name {
			case "between tries":
				n.fail = func(int) error { return refused }
			case "in the probe":
				agent = ""
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			const at = 300 * time.Millisecond
			time.AfterFunc(at, func() { cancel(enough) })
			o := n.run(t, ctx, fuzzclient.Run{Server: n.resolved(t, agent), Plan: plan(t, "9.1.1"), Pace: runner.Pace{Jobs: 1}})
			if !errors.Is(o.err, enough) || o.took != at || o.Done != 0 || o.Left != 1 {
				t.Errorf("%s: %+v after %v: %v", name, o.Outcome, o.took, o.err)
			}
		})
	}
}

// A fault of ours is not counted as a case that was run, nor as one that was left.
func TestFaultOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(echoing(testee.Config{}))
		cases := plan(t, "1.1.1", "1.1.2", "1.1.3")
		cases[1].Play = nil
		o := n.run(t, t.Context(), fuzzclient.Run{Plan: cases})
		faults, ok := errors.AsType[runner.Faults](o.err)
		if !ok || len(faults) != 1 || faults[0].ID != "1.1.2" {
			t.Fatalf("got %v", o.err)
		}
		if o.Done != 2 || o.Faults != 1 || o.Left != 0 {
			t.Errorf("got %+v", o.Outcome)
		}
	})
}
