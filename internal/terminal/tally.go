// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"slices"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Tally counts the verdicts of one agent.
type Tally struct {
	Strict   bool // see report.View
	Outdated bool // what was to fail and does not counts too
	// Planned are the ids of all cases that there are for the agent, who may leave before
	// it has run them. Nil: not told.
	Planned []string
	// Standing holds a result against a baseline, and says why. Nil: there is none, and
	// what fails is a regression.
	Standing func(r report.Result, fails bool) (s baseline.Standing, reason string)

	behavior map[verdict.Grade][]string // ids
	closing  map[verdict.Grade][]string
	expected []string // those that fail as the baseline says
	unfailed []string // those that were to fail and do not
	failed   []string // those that make the run a failure
	flaky    []string // those whose attempts differ
	done     int
	agent    report.Agent // the results without their conversations
}

// Add counts a result, in place of the one there was of the case, which has got a
// connection more or been played again.
func (t *Tally) Add(r report.Result) {
	t.forget(r.ID)
	if t.behavior == nil {
		t.behavior, t.closing = map[verdict.Grade][]string{}, map[verdict.Grade][]string{}
	}
	t.done++
	light := r
	light.Log = &wirelog.Log{Facts: r.Log.Facts, Traffic: r.Log.Traffic, Compression: r.Log.Compression}
	t.agent.Results = append(t.agent.Results, light)
	t.behavior[r.Verdict.Behavior] = append(t.behavior[r.Verdict.Behavior], r.ID)
	t.closing[r.Verdict.Close] = append(t.closing[r.Verdict.Close], r.ID)
	if t.Counts(r) {
		t.failed = append(t.failed, r.ID)
	}
	if r.Flaky() {
		t.flaky = append(t.flaky, r.ID)
	}
	switch t.standing(r) {
	case baseline.Known:
		t.expected = append(t.expected, r.ID)
	case baseline.Outdated:
		t.unfailed = append(t.unfailed, r.ID)
	}
}

// forget takes back the result of a case.
func (t *Tally) forget(id string) {
	i := slices.IndexFunc(t.agent.Results, func(r report.Result) bool { return r.ID == id })
	if i < 0 {
		return
	}
	t.done--
	t.agent.Results = slices.Delete(t.agent.Results, i, i+1)
	is := func(other string) bool { return other == id }
	for _, ids := range []map[verdict.Grade][]string{t.behavior, t.closing} {
		for g := range ids {
			ids[g] = slices.DeleteFunc(ids[g], is)
		}
	}
	for _, ids := range []*[]string{&t.expected, &t.unfailed, &t.failed, &t.flaky} {
		*ids = slices.DeleteFunc(*ids, is)
	}
}

// HasFailed reports whether the case has a result that counts.
func (t *Tally) HasFailed(id string) bool { return slices.Contains(t.failed, id) }

// Counts reports whether the result makes the run a failure.
func (t *Tally) Counts(r report.Result) bool {
	s := t.standing(r)
	return s == baseline.Regression || s == baseline.Outdated && t.Outdated
}

// Regressed reports whether the result fails, and not as the baseline says.
func (t *Tally) Regressed(r report.Result) bool {
	return t.standing(r) == baseline.Regression
}

// standing holds the result against the baseline.
func (t *Tally) standing(r report.Result) baseline.Standing {
	fails := report.View{Strict: t.Strict}.Fails(r)
	switch {
	case t.Standing != nil:
		s, _ := t.Standing(r, fails)
		return s
	case fails:
		return baseline.Regression
	}
	return baseline.Fine
}

// Failed is how many results there are that Count.
func (t *Tally) Failed() int { return len(t.failed) }

// lines prints the tally, a line a grade, each at most width columns wide.
func (t *Tally) lines(width int) []string {
	var lines []string
	for _, g := range []verdict.Grade{verdict.OK, verdict.NonStrict, verdict.Informational, verdict.Unimplemented, verdict.Failed} {
		if ids := t.behavior[g]; len(ids) > 0 {
			lines = append(lines, gradeLine(string(g), ids, width, g != verdict.OK))
		}
	}
	for _, g := range []verdict.Grade{verdict.WrongCode, verdict.Unclean, verdict.FailedByClient, verdict.Failed} {
		if ids := t.closing[g]; len(ids) > 0 {
			lines = append(lines, gradeLine("closing "+string(g), ids, width, true))
		}
	}
	if len(t.flaky) > 0 {
		lines = append(lines, gradeLine("flaky", t.flaky, width, true))
	}
	if len(t.expected) > 0 {
		lines = append(lines, gradeLine("failed as expected", t.expected, width, true))
	}
	if len(t.unfailed) > 0 {
		lines = append(lines, gradeLine("no longer failing", t.unfailed, width, true))
	}
	if left := t.notRun(); len(left) > 0 {
		lines = append(lines, gradeLine("not run", left, width, true))
	}
	return append(append(lines, t.grade(width)...), t.causes(width)...)
}

// notRun are the cases planned that have no result.
func (t *Tally) notRun() []string {
	return slices.DeleteFunc(slices.Clone(t.Planned), func(id string) bool {
		return slices.ContainsFunc(t.agent.Results, func(r report.Result) bool { return r.ID == id })
	})
}

// grade tells the grade that these results make, and the first reasons why it is
// not better.
func (t *Tally) grade(width int) []string {
	card := score.Of(t.agent)
	lines := []string{"  grade " + card.Grade}
	for _, c := range card.Caps[:min(len(card.Caps), 3)] {
		lines = append(lines, clip("    "+c.String(), width))
	}
	return lines
}
