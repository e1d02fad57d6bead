// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestPlanNumbersWhatTheRoleCanPlay(t *testing.T) {
	all := []conform.Case{{ID: "1"}, {ID: "2", Only: conform.AsServer}, {ID: "3", Only: conform.AsClient}, {ID: "4"}}
	for role, want := range map[ws.Role]string{ws.Client: "1 3 4", ws.Server: "1 2 4"} {
		var ids []string
		for i, c := range runner.Plan(all, role) {
			ids = append(ids, c.ID)
			if c.Number != i+1 {
				t.Errorf("%s: case %s has the number %d at place %d", role, c.ID, c.Number, i+1)
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: got %s, want %s", role, got, want)
		}
	}
}

// greeting is a case that sends a text and wants it back.
func greeting() conform.Case {
	return conform.Case{
		ID: "1.1", Title: "A text", Spec: "RFC 6455, 5.6", Tags: []conform.Tag{conform.UTF8},
		Play:  func(p *peer.Peer) { p.Send(peer.Frame{Opcode: ws.Text, Payload: []byte("hello")}) },
		Want:  verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{{Type: wirelog.TextEvent, Data: ws.Literal([]byte("hello"))}}}}},
		Close: verdict.Closing{ByUs: true, Codes: []ws.CloseCode{ws.NormalClosure}, Clean: true},
	}
}

// conduct plays a case as the client against whatever serves the other end.
func conduct(ctx context.Context, st runner.Settings, c conform.Case, serve func(stream.Stream)) (report.Result, error) {
	ours, theirs := memnet.Pipe(0)
	ended := make(chan struct{})
	go func() { defer close(ended); serve(theirs) }()
	p := st.Peer(ctx, ours, ws.Client, c)
	open := p.Dial(peer.Request{Host: "h", Target: "/"}, c.Open)
	r, err := st.Conduct(p, runner.Planned{Case: c, Number: 7}, "agent", open)
	<-ended
	return r, err
}

func echo(t *testing.T) func(stream.Stream) {
	return func(s stream.Stream) { _ = testee.Serve(t.Context(), s, testee.Config{}) } // how it ends is judged at our end
}

func silence(s stream.Stream) { _, _ = io.Copy(io.Discard, s); _ = s.Close() }

func TestConduct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		r, err := conduct(t.Context(), runner.Settings{Seed: 5}, greeting(), echo(t))
		if err != nil {
			t.Fatal(err)
		}
		if !r.Passed() || r.Agent != "agent" || r.ID != "1.1" || r.Number != 7 || r.Title != "A text" || r.Spec != "RFC 6455, 5.6" ||
			r.Seed != 5 || !r.Started.Equal(begun) || r.Took != 0 || len(r.Tags) != 1 || r.Timed || r.Ratio {
			t.Errorf("got %+v", r)
		}
	})
}

// A wrong answer ends the wait for the right one, but not with the reference.
func TestWrongAnswerEndsTheWait(t *testing.T) {
	faults, err := testee.ParseFaults("echo-adds-octet")
	if err != nil {
		t.Fatal(err)
	}
	for reference, want := range map[bool]time.Duration{false: 0, true: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r, err := conduct(t.Context(), runner.Settings{Reference: reference}, greeting(), func(s stream.Stream) {
				_ = testee.Serve(t.Context(), s, testee.Config{Faults: faults}) // judged at our end
			})
			if err != nil || r.Verdict.Behavior != verdict.Failed || r.Verdict.Close == verdict.Failed || r.Took != want {
				t.Errorf("reference %v: %v, %+v after %v, want %v", reference, err, r.Verdict, r.Took, want)
			}
		})
	}
}

// A peer that never echoes is given up after seconds, and sooner once it has shown that
// it never does; in the wstest door patience is that of the reference.
func TestStalls(t *testing.T) {
	faults, err := testee.ParseFaults("never-echoes")
	if err != nil {
		t.Fatal(err)
	}
	c := greeting()
	c.Play = func(p *peer.Peer) {
		p.EndAfter(time.Minute, peer.CloseConnection)
		p.EchoFrame(peer.Frame{Opcode: ws.Text, Payload: []byte("hello")})
	}
	c.Want = verdict.Want{Echoes: 1000, Within: time.Minute}
	synctest.Test(t, func(t *testing.T) {
		st := runner.Settings{Stalls: new(runner.Stalls)}
		for i, want := range []struct {
			reference bool
			took      time.Duration
			result    string
		}{
			{true, time.Minute, "Did not receive message within 60 seconds."},
			{false, 5 * time.Second, "Stalled after 0 of 1000 messages: nothing moved in either direction for 5s."},
			{false, 5 * time.Second, "Stalled after 0 of 1000 messages: nothing moved in either direction for 5s."},
			{false, 5 * time.Second, "Stalled after 0 of 1000 messages: nothing moved in either direction for 5s."},
			{false, time.Second, "Stalled after 0 of 1000 messages: nothing moved in either direction for 1s."},
		} {
			st.Reference = want.reference
			r, err := conduct(t.Context(), st, c, func(s stream.Stream) {
				_ = testee.Serve(t.Context(), s, testee.Config{Faults: faults}) // judged at our end
			})
			if err != nil || r.Took.Round(time.Millisecond) != want.took || r.Verdict.Behavior != verdict.Failed || r.Verdict.Result != want.result {
				t.Errorf("%d: %v, %+v after %v, want %q after %v", i, err, r.Verdict, r.Took, want.result, want.took)
			}
		}
	})
}

// All patience is stretched by the factor: 5 s for the handshake.
func TestFactorStretchesPatience(t *testing.T) {
	for factor, want := range map[float64]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2.5: 12500 * time.Millisecond, 0.1: 500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			r, err := conduct(t.Context(), runner.Settings{Factor: factor}, greeting(), silence)
			if err != nil || r.Took != want || r.Verdict.Behavior != verdict.Failed || r.Verdict.Close != verdict.Failed {
				t.Errorf("factor %v: %v, %+v after %v, want %v", factor, err, r.Verdict, r.Took, want)
			}
		})
	}
}

// mask is the masking key of the first frame that was sent.
func mask(t *testing.T, r report.Result) (key [4]byte) {
	t.Helper()
	for _, rec := range r.Log.Records {
		if rec.Kind == wirelog.SentFrame {
			return rec.Frame.Key
		}
	}
	t.Fatalf("no frame was sent: %+v", r.Verdict)
	return key
}

// A seed repeats the masking keys of a case, whatever ran before it, and no two
// cases share theirs.
func TestSeedRepeatsMasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := map[[4]byte]string{}
		for name, seed := range map[string]uint64{"1.1 with 5": 5, "1.1 with 6": 6, "1.2 with 5": 5} {
			c := greeting()
			c.ID = name[:3]
			for range 2 {
				r, err := conduct(t.Context(), runner.Settings{Seed: seed}, c, echo(t))
				if err != nil {
					t.Fatal(err)
				}
				key := mask(t, r)
				if of, seen := keys[key]; seen && of != name {
					t.Errorf("%s and %s share the key %x", of, name, key)
				}
				keys[key] = name
			}
		}
		if len(keys) != 3 {
			t.Errorf("got %d keys, want one for each case and seed: %x", len(keys), keys)
		}
	})
}

// A panic of ours is no result, names the case, and leaves no connection behind.
func TestPanicIsAFaultOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := greeting()
		c.Play = func(p *peer.Peer) {
			p.Send(peer.Frame{Opcode: ws.Ping})
			panic("boom")
		}
		var end error
		r, err := conduct(t.Context(), runner.Settings{}, c, func(s stream.Stream) { end = testee.Serve(t.Context(), s, testee.Config{}) })
		var fault *runner.Fault
		if !errors.As(err, &fault) || fault.ID != "1.1" || fault.Value != "boom" || !strings.Contains(string(fault.Stack), "TestPanicIsAFaultOfOurs") {
			t.Fatalf("got %v", err)
		}
		if err.Error() != "case 1.1: fault in wsspec: boom" || r.Verdict.Behavior != "" {
			t.Errorf("got %q and %+v", err, r.Verdict)
		}
		if end == nil {
			t.Error("the peer saw a proper end")
		}
	})
}

// So is one when the conversation is over, and what the connection borrowed for
// permessage-deflate has been given back.
func TestPanicWhileJudgingIsAFaultOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := greeting()
		c.Open.Offers = []deflate.Offer{{}}
		c.Close.ByUs = false // or it would panic as soon as the echo is there
		c.Want.Outcomes[0].Events[0].Data = ws.Pattern{Len: len("hello")}
		_, err := conduct(t.Context(), runner.Settings{}, c, echo(t))
		if _, ours := errors.AsType[*runner.Fault](err); !ours {
			t.Errorf("got %v", err)
		}
	})
}

// What a case can bring back, twice, is on top of what any peer may send.
func TestBacklogGrowsWithTheCase(t *testing.T) {
	plain, big, slow := greeting(), greeting(), greeting()
	big.Want.Outcomes[0].Events = []verdict.Event{{Data: ws.Pattern{Unit: []byte("x"), Len: 16 << 20}}}
	slow.Tags = []conform.Tag{conform.Slow}
	var st runner.Settings
	if p, b, s := st.Backlog(plain), st.Backlog(big), st.Backlog(slow); p < 1<<20 || b-p < 31<<20 || s < 33<<20 {
		t.Errorf("got %d, %d and %d octets", p, b, s)
	}
}
