// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"context"
	"errors"
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
)

// inTurn gives the plays of a case the grades of the words, one after the other:
// "OK FAILED OK". After the last they are OK.
func inTurn(words string) func(*report.Result) {
	grades := strings.Fields(words)
	return func(r *report.Result) {
		if len(grades) > 0 {
			r.Verdict.Behavior = verdict.Grade(grades[0])
			grades = grades[1:]
		}
	}
}

// attempts lists a result's attempts: "OK, FAILED!, (FAILED)" with a mark at the one
// that counts and those that load may have spoilt in parentheses.
func attempts(r report.Result) string {
	words := make([]string, len(r.Others)+1)
	words[max(r.Attempt, 1)-1] = string(r.Verdict.Behavior) + "!"
	for _, a := range r.Others {
		word := string(a.Verdict.Behavior)
		if a.Loaded {
			word = "(" + word + ")"
		}
		words[a.Number-1] = word
	}
	return strings.Join(words, ", ")
}

// told plays one case at the pace, beside another that takes an hour where there
// is more than one job.
func told(t *testing.T, pace runner.Pace, m move) (result report.Result, begun int) {
	t.Helper()
	m.id = "1"
	moves := []move{m}
	if pace.Jobs > 1 {
		moves = append(moves, move{id: "2", takes: time.Hour})
	}
	st := newStage(moves...)
	st.pace = pace
	if err := st.run(t.Context(), pace.Jobs); err != nil {
		t.Fatal(err)
	}
	for _, r := range st.told {
		if r.ID == "1" {
			result = r
		}
	}
	for _, id := range st.begun {
		if id == "1" {
			begun++
		}
	}
	return result, begun
}

// course is what attempts come to, one after the other, and what is made of them.
type course struct {
	grades    string
	jobs      int
	want      string
	flakiness string
}

// run plays a case with these grades at the pace.
func (c course) run(t *testing.T, pace runner.Pace) {
	synctest.Test(t, func(t *testing.T) {
		pace.Jobs = c.jobs
		r, begun := told(t, pace, move{shape: inTurn(c.grades)})
		if got := attempts(r); got != c.want || r.Flakiness() != c.flakiness || begun != len(r.Others)+1 {
			t.Errorf("%s, %d jobs: got %s, %q after %d plays, want %s, %q", c.grades, c.jobs, got, r.Flakiness(), begun, c.want, c.flakiness)
		}
	})
}

func TestRepeat(t *testing.T) {
	for _, c := range []course{
		{"OK OK OK", 1, "OK!, OK, OK", ""},
		{"OK FAILED OK", 1, "OK, FAILED!, OK", "passed 2 of 3"},
		{"NON-STRICT FAILED FAILED", 1, "NON-STRICT, FAILED!, FAILED", "passed 0 of 3"},
		{"FAILED FAILED FAILED", 1, "FAILED!, FAILED, FAILED", ""},
		{"OK OK OK", 2, "OK!, OK, OK", ""},
		{"FAILED OK OK OK", 2, "(FAILED), OK!, OK, OK", ""},
		{"OK FAILED OK FAILED", 2, "OK, (FAILED), OK, FAILED!", "passed 2 of 3"},
	} {
		c.run(t, runner.Pace{Repeat: 3})
	}
}

func TestRetries(t *testing.T) {
	fails := func(r report.Result) bool { return r.Verdict.Behavior == verdict.Failed }
	for _, c := range []course{
		{"OK", 1, "OK!", ""},
		{"NON-STRICT", 1, "NON-STRICT!", ""},
		{"FAILED OK", 1, "FAILED, OK!", "passed 1 of 2"},
		{"FAILED NON-STRICT", 1, "FAILED, NON-STRICT!", "passed 0 of 2"},
		{"FAILED FAILED OK", 1, "FAILED, FAILED, OK!", "passed 1 of 3"},
		{"FAILED FAILED FAILED", 1, "FAILED, FAILED, FAILED!", ""},
		{"FAILED OK", 2, "(FAILED), OK!", ""},
		{"FAILED FAILED OK", 2, "(FAILED), FAILED, OK!", "passed 1 of 2"},
	} {
		c.run(t, runner.Pace{Retries: 2, Fails: fails})
	}
}

// Each attempt that counts is told of as it ends.
func TestPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var words []string
		pace := runner.Pace{Jobs: 2, Repeat: 3, Played: func(r report.Result) {
			if r.ID == "1" {
				words = append(words, string(r.Verdict.Behavior))
			}
		}}
		told(t, pace, move{shape: inTurn("OK FAILED FAILED OK")})
		if got := fmt.Sprint(words); got != "[OK FAILED OK]" {
			t.Errorf("told of %s", got)
		}
	})
}

// Where the run ends early, a case counts with the attempts there are, those that
// load may have spoilt among them.
func TestAttemptsOfARunThatEnds(t *testing.T) {
	gone := errors.New("gone")
	for _, tt := range []struct {
		name string
		jobs int
		lost bool
		want string
	}{
		{"stopped", 1, false, "1: OK!, OK, OK; 2: OK, FAILED!"},
		{"stopped", 3, false, "1: OK!, OK; 2: OK, FAILED!"},
		{"lost", 1, true, "1: OK!, OK, OK; 2: OK, FAILED!, OK"},
		{"lost", 3, true, "1: OK!, OK, OK; 2: OK, FAILED!; 4: FAILED!"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			grade, plays := inTurn("OK FAILED"), 0
			second := func(r *report.Result) {
				grade(r)
				if plays++; plays == 2 && !tt.lost {
					time.AfterFunc(time.Millisecond, cancel)
				}
			}
			third := move{id: "3", takes: time.Hour}
			if tt.lost {
				third = move{id: "3", takes: time.Minute, err: gone}
			}
			st := newStage(move{id: "1"}, move{id: "2", shape: second}, third, move{id: "4", shape: inTurn("FAILED")})
			st.pace.Repeat = 3
			if err := st.run(ctx, tt.jobs); err == nil {
				t.Error("the run came to its end")
			}
			slices.SortFunc(st.told, func(a, b report.Result) int { return conform.CompareIDs(a.ID, b.ID) })
			var parts []string
			for _, r := range st.told {
				parts = append(parts, r.ID+": "+attempts(r))
			}
			if got := strings.Join(parts, "; "); got != tt.want {
				t.Errorf("%s, %d jobs: got %s, want %s", tt.name, tt.jobs, got, tt.want)
			}
		})
	}
}

// A fault of ours in any attempt costs the case.
func TestFaultInALaterAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(move{id: "1"}, move{id: "2"})
		st.pace.Repeat = 2
		first := st.moves["1"]
		first.shape = func(*report.Result) {
			m := st.moves["1"]
			m.err = &runner.Fault{ID: "1", Value: "boom"}
			st.moves["1"] = m
		}
		st.moves["1"] = first
		err := st.run(t.Context(), 1)
		if faults, ok := errors.AsType[runner.Faults](err); !ok || len(faults) != 1 || len(st.told) != 1 || st.told[0].ID != "2" {
			t.Errorf("got %v, told %s", err, st.results())
		}
	})
}
