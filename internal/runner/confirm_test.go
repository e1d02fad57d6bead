// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// failing are n cases of a category that take so long, fail beside others, and alone
// come to the grade. After a tenth of their time they only wait.
func failing(category, n int, takes time.Duration, alone verdict.Grade) []move {
	var moves []move
	for i := range n {
		moves = append(moves, move{id: fmt.Sprintf("%d.%d", category, i+1), takes: takes, acts: takes / 10, word: verdict.Failed, alone: alone})
	}
	return moves
}

func (st *stage) played(prefix string) (n int) {
	for _, id := range st.begun {
		if strings.HasPrefix(id, prefix) {
			n++
		}
	}
	return n
}

// What failed beside others is had again, while others that only wait are there.
func TestWaitingDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(failing(1, 4, time.Second, verdict.Failed)...)
		if err := st.run(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		if n := st.played("1."); n != 8 || len(st.told) != 4 {
			t.Errorf("%d plays, %d results", n, len(st.told))
		}
		// All at once, then one after the other but for the waiting.
		if took := time.Since(st.start); took != 2300*time.Millisecond {
			t.Errorf("took %v", took)
		}
		for _, r := range st.told {
			if len(r.Others) != 1 || !r.Others[0].Loaded || r.Caveat != "" {
				t.Errorf("%s: %+v, %q", r.ID, r.Others, r.Caveat)
			}
		}
	})
}

// One that was soon over beside others and is not alone, as where the peer hangs without
// them, does not keep the others waiting either.
func TestWaitingAloneDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moves := failing(1, 4, time.Second, verdict.NonStrict)
		for i := range moves {
			moves[i].shape = func(r *report.Result) {
				if r.Verdict.Behavior == verdict.Failed {
					r.Took = 10 * time.Millisecond
				}
			}
		}
		st := newStage(moves...)
		if err := st.run(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(st.start); took != 2300*time.Millisecond || st.played("1.") != 8 {
			t.Errorf("took %v, %d plays", took, st.played("1."))
		}
	})
}

// Cases that take their time are had again until their kind of deviation is clear.
func TestKindsOfDeviation(t *testing.T) {
	for _, tt := range []struct {
		name         string
		takes        time.Duration
		alone        func(i int) verdict.Grade // of the i-th, from 1
		retries      int
		plays, taken int // plays of category 2, and attempts beside others that count
	}{
		{"all alike", time.Second, func(int) verdict.Grade { return verdict.Failed }, 0, 20 + 5, 15},
		{"one of the first fails", time.Second, func(i int) verdict.Grade {
			if i == 3 {
				return verdict.Failed
			}
			return verdict.OK
		}, 0, 20 + 20, 0},
		{"soon over", 10 * time.Millisecond, func(int) verdict.Grade { return verdict.Failed }, 0, 20 + 20, 0},
		{"to be tried again", time.Second, func(int) verdict.Grade { return verdict.Failed }, 1, 20 + 40, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				moves := append([]move{{id: "1.1"}}, failing(2, 20, tt.takes, "")...)
				for i := range moves[1:] {
					moves[i+1].alone = tt.alone(i + 1)
				}
				st := newStage(moves...)
				st.pace.Retries, st.pace.Fails = tt.retries, func(r report.Result) bool { return !r.Passed() }
				if err := st.run(t.Context(), 16); err != nil {
					t.Fatal(err)
				}
				taken := 0
				for _, r := range st.told {
					if strings.Contains(r.Caveat, "5 that failed the same way beside others did so alone too") && len(r.Others) == 0 {
						taken++
					}
				}
				if plays := st.played("2."); plays != tt.plays || taken != tt.taken || len(st.told) != 21 {
					t.Errorf("%d plays, %d taken as they were, %d results; want %d, %d, 21", plays, taken, len(st.told), tt.plays, tt.taken)
				}
			})
		})
	}
}

// What comes after another case has begun to act does not count: the case is played
// with none other there.
func TestDisturbedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := func(r *report.Result) {
			r.Log.Add(r.Log.Start.Add(500*time.Millisecond), wirelog.Record{Kind: wirelog.Event, Type: wirelog.TextEvent})
		}
		moves := failing(1, 2, time.Second, verdict.Failed)
		moves[0].shape, moves[1].shape = late, late
		st := newStage(moves...)
		if err := st.run(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		if n := st.played("1."); n < 5 || len(st.told) != 2 {
			t.Errorf("%d plays, %d results", n, len(st.told))
		}
		for _, m := range moves {
			if st.beside[m.id] != 0 {
				t.Errorf("the last go at %s was beside %d others", m.id, st.beside[m.id])
			}
		}
	})
}

// A failure that is gone alone is a finding: wrong where it is no matter of time.
func TestOnlyBeside(t *testing.T) {
	hello := verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{{Data: ws.Literal([]byte("Hello"))}}}}}
	came := func(records ...wirelog.Record) func(*report.Result) {
		return func(r *report.Result) {
			r.Want, r.Log.Facts.Opened = hello, true
			for _, rec := range records {
				r.Log.Add(r.Log.Start, rec)
			}
		}
	}
	whole := func(records ...wirelog.Record) func(*report.Result) {
		return func(r *report.Result) {
			came(records...)(r)
			r.Want.Whole, r.Log.Facts.DroppedByMe = true, records[len(records)-1].Kind == wirelog.DroppedByMe
		}
	}
	patience := wirelog.Record{Kind: wirelog.FailFired}
	message := func(s string) wirelog.Record {
		return wirelog.Record{Kind: wirelog.Event, Data: wirelog.Whole([]byte(s))}
	}
	for _, tt := range []struct {
		name   string
		shape  func(*report.Result)
		failed bool
		wrong  bool
	}{
		{"nothing came in time", came(patience), true, false},
		{"another's message came", came(message("Other!"), patience), true, true},
		{"twice as much came", came(message("Hello"), message("Hello"), patience), true, true},
		{"a rule was broken", came(wirelog.Record{Kind: wirelog.Violation, Note: "RFC 6455, 5.1"}), true, true},
		{"the connection ended", came(wirelog.Record{Kind: wirelog.DroppedByPeer}), true, true},
		{"a wrong code", func(r *report.Result) { came(patience)(r); r.Verdict.Close = verdict.WrongCode }, true, true},
		{"a wrong echo", func(r *report.Result) { came(patience)(r); r.Log.Echo.Difference = "octet 3" }, true, true},
		{"no connection", func(r *report.Result) { r.Log.Refused = "503" }, true, false},
		{"non-strict", func(r *report.Result) { came(message("Other!"))(r); r.Verdict.Behavior = verdict.NonStrict }, false, false},
		{"we ended what might have gone well", whole(wirelog.Record{Kind: wirelog.DroppedByMe}), true, false},
		{"we ended what could not", whole(message("Other!"), wirelog.Record{Kind: wirelog.DroppedByMe}), true, true},
		{"the end came too soon", whole(wirelog.Record{Kind: wirelog.DroppedByPeer}), true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				beside := func(r *report.Result) {
					if r.Verdict.Behavior == verdict.Failed {
						tt.shape(r)
					}
				}
				st := newStage(move{id: "1.1", word: verdict.Failed, shape: beside}, move{id: "1.2"})
				if err := st.run(t.Context(), 16); err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(st.told, func(r report.Result) bool { return r.ID == "1.1" })
				r := st.told[i]
				if failed, wrong := r.OnlyBeside(); failed != tt.failed || wrong != tt.wrong || !r.Passed() {
					t.Errorf("failed beside others %v, wrong %v, want %v, %v: %+v", failed, wrong, tt.failed, tt.wrong, r.Others)
				}
			})
		})
	}
}

// A case with many connections or messages acts to its end; with a few, or with waits, it
// lets others act while it waits.
func TestCasesThatActAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*runner.Planned)
		took   time.Duration
	}{
		{"connections together", func(c *runner.Planned) { c.Turns, c.Together = []conform.Turn{{}}, true }, 4 * time.Second},
		{"many messages", func(c *runner.Planned) { c.Want.Echoes = 1000 }, 4 * time.Second},
		{"one connection after the other", func(c *runner.Planned) { c.Turns = []conform.Turn{{}} }, 2200 * time.Millisecond},
		{"waits", func(c *runner.Planned) { c.Tags = []conform.Tag{conform.Paced} }, 2200 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(failing(1, 3, time.Second, verdict.Failed)...)
			for i := range st.plan {
				tt.change(&st.plan[i])
			}
			if err := st.run(t.Context(), 16); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(st.start); took != tt.took {
				t.Errorf("%s: took %v, want %v", tt.name, took, tt.took)
			}
		})
	}
}

// A case that only waits before it sends something again waits for its turn then: what it
// hears after that is undisturbed, and what it hears before that is not.
func TestResume(t *testing.T) {
	for _, tt := range []struct {
		name  string
		heard time.Duration // since the case began
		plays int
	}{
		{"after it acted again", 950 * time.Millisecond, 4},
		{"while it waited", 500 * time.Millisecond, 8}, // twice beside each other, and then alone
	} {
		synctest.Test(t, func(t *testing.T) {
			moves := failing(1, 2, time.Second, verdict.Failed)
			for i := range moves {
				moves[i].again = 100 * time.Millisecond
				moves[i].shape = func(r *report.Result) {
					r.Log.Add(r.Log.Start.Add(tt.heard), wirelog.Record{Kind: wirelog.Event, Type: wirelog.TextEvent})
				}
			}
			st := newStage(moves...)
			if err := st.run(t.Context(), 16); err != nil {
				t.Fatal(err)
			}
			if n := st.played("1."); n != tt.plays || len(st.told) != 2 {
				t.Errorf("%s: %d plays, %d results", tt.name, n, len(st.told))
			}
		})
	}
}

// What is to be had again is not kept waiting by what nothing is heard of any more.
func TestBegunEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moves := append(failing(1, 2, 100*time.Millisecond, verdict.Failed), move{id: "2.1", takes: time.Minute, acts: time.Second})
		st := newStage(moves...)
		if err := st.run(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		if st.toldAt["1.2"] > 2*time.Second || st.toldAt["2.1"] != time.Minute {
			t.Errorf("1.2 was told of after %v, 2.1 after %v", st.toldAt["1.2"], st.toldAt["2.1"])
		}
	})
}
