// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

// move is one case of a plan as the stage plays it.
type move struct {
	id    string
	takes time.Duration // 0 means a second
	acts  time.Duration // after which it only waits; 0: it never does
	again time.Duration // how long it acts at its end, where it has waited
	tags  []conform.Tag
	fresh bool          // it may be what the peer dies of
	word  verdict.Grade // what it comes to beside others that act; empty means OK
	alone verdict.Grade // what it comes to with none beside it; empty means OK
	err   error
	shape func(*report.Result)
}

// stage plays a plan in virtual time and takes notes.
type stage struct {
	moves map[string]move
	plan  []runner.Planned
	pace  runner.Pace // but for the jobs

	mu      sync.Mutex
	running []string // those that act
	begun   []string
	most    int                      // cases that ran at once
	beside  map[string]int           // cases that ran beside it, in its last go
	told    []report.Result          // in the order of done
	toldAt  map[string]time.Duration // since the stage began
	start   time.Time
	deny    error // what done returns
}

func newStage(moves ...move) *stage {
	st := &stage{moves: map[string]move{}, beside: map[string]int{}, toldAt: map[string]time.Duration{}, start: time.Now()}
	for i, m := range moves {
		st.moves[m.id] = m
		st.plan = append(st.plan, runner.Planned{Case: conform.Case{ID: m.id, Tags: m.tags, Fresh: m.fresh}, Number: i + 1})
	}
	return st
}

func (st *stage) play(ctx context.Context, c runner.Planned, acting runner.Acting) (report.Result, error) {
	m := st.moves[c.ID]
	st.mu.Lock()
	st.beside[c.ID] = len(st.running)
	for _, id := range st.running {
		st.beside[id]++
	}
	st.running = append(st.running, c.ID)
	st.begun = append(st.begun, c.ID)
	st.most = max(st.most, len(st.running))
	st.mu.Unlock()
	takes := time.Second
	if m.takes > 0 {
		takes = m.takes
	}
	begun := time.Now()
	if m.acts > 0 && acting != nil {
		time.Sleep(m.acts)
		takes -= m.acts
		st.leave(c.ID)
		acting.Rest()
	}
	select {
	case <-time.After(takes - m.again):
	case <-ctx.Done():
	}
	if m.again > 0 && acting != nil {
		acting.Resume()
		time.Sleep(m.again)
	}
	st.leave(c.ID)
	takes = time.Since(begun)
	st.mu.Lock()
	defer st.mu.Unlock()
	r := report.Result{ID: c.ID, Number: c.Number, Took: takes, Want: c.Want, Log: wirelog.New(ws.Client), Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}}
	if word := m.alone; st.beside[c.ID] == 0 && word != "" {
		r.Verdict.Behavior = word
	} else if word := m.word; st.beside[c.ID] > 0 && word != "" {
		r.Verdict.Behavior = word
	}
	r.Log.Start = begun
	if m.shape != nil {
		m.shape(&r)
	}
	return r, m.err
}

func (st *stage) leave(id string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.running = slices.DeleteFunc(st.running, func(other string) bool { return other == id })
}

func (st *stage) done(r report.Result) error {
	st.told = append(st.told, r)
	st.toldAt[r.ID] = time.Since(st.start)
	return st.deny
}

func (st *stage) run(ctx context.Context, jobs int) error {
	st.pace.Jobs = jobs
	return runner.Schedule(ctx, st.plan, st.pace, st.play, st.done)
}

// results lists what counted: "1.1 OK, 1.2 FAILED (was OK)".
func (st *stage) results() string {
	var parts []string
	for _, r := range st.told {
		part := r.ID + " " + string(r.Verdict.Behavior)
		for _, a := range r.Others {
			part += fmt.Sprintf(" (was %s in %v)", a.Verdict.Behavior, a.Took)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func TestOneAtATimeKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(move{id: "1", tags: []conform.Tag{conform.Serial}}, move{id: "2"}, move{id: "3", tags: []conform.Tag{conform.Paced}, alone: verdict.Failed}, move{id: "4"})
		if err := st.run(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if got, want := st.results(), "1 OK, 2 OK, 3 FAILED, 4 OK"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if took := time.Since(st.start); took != 4*time.Second || st.most != 1 {
			t.Errorf("took %v, %d at once", took, st.most)
		}
	})
}

// Cases with waits begin first, those tagged serial come last and alone, and no
// more than so many run at once.
func TestOrderUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serial, paced := []conform.Tag{conform.Serial}, []conform.Tag{conform.Paced}
		st := newStage(move{id: "1", tags: serial}, move{id: "2"}, move{id: "3"}, move{id: "4", tags: paced, takes: 3 * time.Second},
			move{id: "5"}, move{id: "6", tags: paced, takes: 3 * time.Second}, move{id: "7"}, move{id: "8", tags: serial})
		if err := st.run(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		first := st.begun[:3]
		slices.Sort(first)
		if got := strings.Join(first, " "); got != "2 4 6" {
			t.Errorf("began with %s", got)
		}
		if got := strings.Join(st.begun[6:], " "); got != "1 8" || st.beside["1"]+st.beside["8"] != 0 {
			t.Errorf("ended with %s, beside %v", got, st.beside)
		}
		if st.most != 3 {
			t.Errorf("%d at once, want 3", st.most)
		}
		// 2, 3 and 5 run while 4 and 6 wait, then 7, then the two alone.
		if took := time.Since(st.start); took != 6*time.Second || len(st.told) != 8 {
			t.Errorf("%d results after %v", len(st.told), took)
		}
		if st.toldAt["2"] != time.Second {
			t.Errorf("2 was told of after %v, not as soon as it was known", st.toldAt["2"])
		}
	})
}

// What a peer may die of comes when the rest that runs together has begun, and the cases
// with waits are over.
func TestDangerComesLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(move{id: "1", fresh: true}, move{id: "2"}, move{id: "3", tags: []conform.Tag{conform.Paced}, takes: 5 * time.Second}, move{id: "4"})
		if err := st.run(t.Context(), 4); err != nil {
			t.Fatal(err)
		}
		if got := st.begun[3]; got != "1" || st.beside["3"] != 2 || st.toldAt["1"] != 6*time.Second {
			t.Errorf("1 is not the last of %v, or ran beside 3: told after %v", st.begun, st.toldAt["1"])
		}
	})
}

// What load may have spoilt is had again with no other beside it; only that
// counts, and the first attempt is kept.
func TestSpoiltCasesAreHadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(
			move{id: "1", word: verdict.Failed},
			move{id: "2", word: verdict.Failed, alone: verdict.Failed},
			move{id: "3", tags: []conform.Tag{conform.Serial}, alone: verdict.Failed},
			move{id: "4", word: verdict.NonStrict, alone: verdict.Failed},
			move{id: "5", word: verdict.Informational},
			move{id: "6", word: verdict.Unimplemented},
		)
		if err := st.run(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		const want = "1 OK (was FAILED in 1s), 2 FAILED (was FAILED in 1s), 3 FAILED, 4 FAILED (was NON-STRICT in 1s), 5 INFORMATIONAL, 6 UNIMPLEMENTED"
		if last := st.told[len(st.told)-1].ID; last != "3" {
			t.Errorf("%s came last, not the serial case", last)
		}
		slices.SortFunc(st.told, func(a, b report.Result) int { return strings.Compare(a.ID, b.ID) })
		if got := st.results(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if why := st.told[0].Others[0].Why; why != "it ran beside other cases" {
			t.Errorf("it was repeated because %q", why)
		}
	})
}

// A case that has nothing to run beside is played once.
func TestCasesAloneAreNotSpoilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(
			move{id: "1", alone: verdict.Failed},
			move{id: "2", tags: []conform.Tag{conform.Serial}, alone: verdict.Failed},
		)
		if err := st.run(t.Context(), 16); err != nil {
			t.Fatal(err)
		}
		if got, want := st.results(), "1 FAILED, 2 FAILED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A second look changes nothing where the peer let a whole wait of the case pass
// unused, or broke its word in the handshake; in any other case it may.
func TestWhatLoadCannotSpoil(t *testing.T) {
	waited := wirelog.Record{Kind: wirelog.Event, Type: wirelog.TimeoutEvent, Tag: "A"}
	for _, tt := range []struct {
		name  string
		shape func(*report.Result)
		again bool
	}{
		{"non-strict after a wait", func(r *report.Result) {
			r.Verdict.Behavior = verdict.NonStrict
			r.Log.Add(r.Log.Start, waited)
		}, false},
		{"non-strict without one", func(r *report.Result) { r.Verdict.Behavior = verdict.NonStrict }, true},
		{"closing of a non-strict one", func(r *report.Result) {
			r.Verdict = verdict.Verdict{Behavior: verdict.NonStrict, Close: verdict.Unclean}
			r.Log.Add(r.Log.Start, waited)
		}, true},
		{"failed after a wait", func(r *report.Result) {
			r.Verdict.Behavior = verdict.Failed
			r.Log.Add(r.Log.Start, waited)
		}, true},
		{"closing", func(r *report.Result) { r.Verdict.Close = verdict.WrongCode }, true},
		{"agreement broken, all echoes there", func(r *report.Result) {
			r.Verdict.Behavior = verdict.Failed
			r.Log.Compression.Broken = []string{"answered with parameters that were not offered"}
		}, false},
		{"agreement broken, echoes missing", func(r *report.Result) {
			r.Verdict.Behavior, r.Want.Echoes = verdict.Failed, 2
			r.Log.Compression.Broken = []string{"answered with parameters that were not offered"}
		}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(move{id: "1", shape: tt.shape}, move{id: "2"})
			if err := st.run(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			if again := len(st.begun) == 3; again != tt.again || len(st.told) != 2 {
				t.Errorf("%s: played again is %v, want %v", tt.name, again, tt.again)
			}
		})
	}
}

// The end of the context ends the run at once. What was cut short is not told of;
// what was to be had again counts as it is, and says so.
func TestCancel(t *testing.T) {
	for _, jobs := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(move{id: "1"}, move{id: "2", word: verdict.Failed}, move{id: "3", takes: time.Minute}, move{id: "4", takes: time.Minute})
			why := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() { cancel(why) })
			if err := st.run(ctx, jobs); !errors.Is(err, why) {
				t.Errorf("%d jobs: got %v", jobs, err)
			}
			want, caveat := "1 OK, 2 OK", ""
			if jobs > 1 {
				want, caveat = "1 OK, 2 FAILED", "it ran beside other cases, which may be why, and was not played again alone: the run was stopped"
			}
			slices.SortFunc(st.told, func(a, b report.Result) int { return strings.Compare(a.ID, b.ID) })
			if took := time.Since(st.start); took != 10*time.Second || st.results() != want {
				t.Errorf("%d jobs: %s after %v, want %s", jobs, st.results(), took, want)
			}
			if len(st.told) == 2 && (st.told[0].Caveat != "" || st.told[1].Caveat != caveat) {
				t.Errorf("%d jobs: caveats %q and %q", jobs, st.told[0].Caveat, st.told[1].Caveat)
			}
		})
	}
}

// Where a result cannot be kept, nothing more is played.
func TestErrorOfDoneEndsTheRun(t *testing.T) {
	for _, jobs := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(move{id: "1"}, move{id: "2", takes: time.Hour}, move{id: "3"}, move{id: "4"})
			st.deny = errors.New("disk full")
			err := st.run(t.Context(), jobs)
			if !errors.Is(err, st.deny) || strings.Count(err.Error(), "disk full") != 1 {
				t.Errorf("%d jobs: got %v", jobs, err)
			}
			if took := time.Since(st.start); took != time.Second || len(st.told) != 1 || len(st.begun) > 2*jobs-1 {
				t.Errorf("%d jobs: began %v, told %s after %v", jobs, st.begun, st.results(), took)
			}
		})
	}
}

// The error of a case that could not be played ends the run. What was to be had
// again counts then: it may be all there is of what the peer died of.
func TestLostPeer(t *testing.T) {
	gone := errors.New("gone")
	for _, tt := range []struct {
		name string
		jobs int
		st   []move
		want string
	}{
		{"one at a time", 1, []move{{id: "1"}, {id: "2", err: gone}, {id: "3"}}, "1 OK"},
		{"at once", 2, []move{{id: "1", word: verdict.Failed}, {id: "2", takes: 3 * time.Second, err: gone}, {id: "3"}, {id: "4", takes: time.Hour}}, "3 OK, 1 FAILED"},
		{"while had again", 3, []move{{id: "1", word: verdict.Failed}, {id: "2", word: verdict.Failed}, {id: "3", tags: []conform.Tag{conform.Serial}, err: gone}, {id: "4", word: verdict.Failed}},
			"1 OK (was FAILED in 1s), 2 OK (was FAILED in 1s), 4 OK (was FAILED in 1s)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(tt.st...)
			if err := st.run(t.Context(), tt.jobs); !errors.Is(err, gone) {
				t.Errorf("%s: got %v", tt.name, err)
			}
			if tt.jobs == 3 { // had again side by side, they end in any order
				slices.SortFunc(st.told, func(a, b report.Result) int { return strings.Compare(a.ID, b.ID) })
			}
			if st.results() != tt.want {
				t.Errorf("%s: got %s, want %s", tt.name, st.results(), tt.want)
			}
		})
	}
}

// A fault of ours costs its case; the run goes on to its end and says so then.
func TestFaultsCostTheirCase(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(move{id: "1"}, move{id: "2", err: &runner.Fault{ID: "2", Value: "boom"}}, move{id: "3"},
				move{id: "4", tags: []conform.Tag{conform.Serial}, err: &runner.Fault{ID: "4", Value: "bang"}}, move{id: "5"})
			err := st.run(t.Context(), jobs)
			faults, ok := errors.AsType[runner.Faults](err)
			if !ok || len(faults) != 2 || faults[0].ID != "2" || faults[1].ID != "4" {
				t.Fatalf("%d jobs: got %v", jobs, err)
			}
			if want := "case 2: fault in wsspec: boom, and in 1 more cases"; err.Error() != want {
				t.Errorf("%d jobs: got %q, want %q", jobs, err, want)
			}
			slices.SortFunc(st.told, func(a, b report.Result) int { return strings.Compare(a.ID, b.ID) })
			if got := st.results(); got != "1 OK, 3 OK, 5 OK" {
				t.Errorf("%d jobs: told %s", jobs, got)
			}
		})
	}
}
