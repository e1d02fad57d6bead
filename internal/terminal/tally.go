// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Tally counts the verdicts of one agent.
type Tally struct {
	Strict   bool // see report.View
	Partial  bool // so
	Outdated bool // what was to fail and does not counts too
	// Standing holds a result against a baseline, and says why. Nil: there is none, and
	// what fails is a regression.
	Standing func(r report.Result, fails bool) (s baseline.Standing, reason string)
	// Whole is a result with its conversation, of which a tally keeps none. Nil, or an
	// error: what is known without has to do.
	Whole func(report.Result) (report.Result, error)
	// Diagnosis explains the results, where somebody has worked that out for many agents
	// at once. Nil: it is worked out once it is shown.
	Diagnosis *diagnosis.Diagnosis

	behavior map[verdict.Grade][]string // ids
	closing  map[verdict.Grade][]string
	expected []string // those that fail as the baseline says
	unfailed []string // those that were to fail and do not
	failed   []string // those that make the run a failure
	flaky    []string // those whose attempts differ
	unjudged []string // those that say nothing about the agent, which the baseline does not know of
	besides  []string // those that fail beside others only
	mixed    []string // those among them where something wrong came
	results  map[string]report.Result
	done     int
	agent    report.Agent // the results without their conversations
}

// Plan says what was to be played, and why some of it was not. It may be called again
// once more is known.
func (t *Tally) Plan(planned []report.Planned, why string) {
	t.agent.Planned, t.agent.Why = planned, why
	slices.SortFunc(t.agent.Planned, func(a, b report.Planned) int { return conform.CompareIDs(a.ID, b.ID) })
}

// From says which suites the cases were picked from.
func (t *Tally) From(suites ...string) { t.agent.Suites = suites }

// Add counts a result. One of a case that has been counted takes its place, as where
// the connections of a case come one at a time.
func (t *Tally) Add(r report.Result) {
	if t.behavior == nil {
		t.behavior, t.closing, t.results = map[verdict.Grade][]string{}, map[verdict.Grade][]string{}, map[string]report.Result{}
	}
	if had, again := t.results[r.ID]; again {
		t.forget(had)
	}
	t.done++
	light := r
	if len(r.Log.Records)+len(r.Log.Request)+len(r.Log.Response) > 0 { // else there is nothing to let go of
		light.Log = &wirelog.Log{Facts: r.Log.Facts, Traffic: r.Log.Traffic, Compression: r.Log.Compression}
	}
	t.agent.Results = append(t.agent.Results, light)
	t.behavior[r.Verdict.Behavior] = append(t.behavior[r.Verdict.Behavior], r.ID)
	t.closing[r.Verdict.Close] = append(t.closing[r.Verdict.Close], r.ID)
	if t.Counts(r) {
		t.failed = append(t.failed, r.ID)
	}
	if r.Flaky() {
		t.flaky = append(t.flaky, r.ID)
	}
	if beside, wrong := r.OnlyBeside(); wrong {
		t.mixed = append(t.mixed, r.ID)
	} else if beside {
		t.besides = append(t.besides, r.ID)
	}
	t.results[r.ID] = light
	if t.unknown(r) {
		t.unjudged = append(t.unjudged, r.ID)
	}
	switch t.standing(r) {
	case baseline.Known:
		t.expected = append(t.expected, r.ID)
	case baseline.Outdated:
		t.unfailed = append(t.unfailed, r.ID)
	}
}

// forget takes a result back.
func (t *Tally) forget(r report.Result) {
	t.done--
	same := func(id string) bool { return id == r.ID }
	for _, ids := range []*[]string{&t.expected, &t.unfailed, &t.failed, &t.flaky, &t.unjudged, &t.besides, &t.mixed} {
		*ids = slices.DeleteFunc(*ids, same)
	}
	t.behavior[r.Verdict.Behavior] = slices.DeleteFunc(t.behavior[r.Verdict.Behavior], same)
	t.closing[r.Verdict.Close] = slices.DeleteFunc(t.closing[r.Verdict.Close], same)
	t.agent.Results = slices.DeleteFunc(t.agent.Results, func(x report.Result) bool { return x.ID == r.ID })
}

// Done is how many cases have a result.
func (t *Tally) Done() int { return t.done }

// Results are those that have been counted, without their conversations.
func (t *Tally) Results() []report.Result { return t.agent.Results }

// News reports whether the result is another than the one that was counted of the case.
func (t *Tally) News(r report.Result) bool {
	had, again := t.results[r.ID]
	return !again || had.Verdict.Behavior != r.Verdict.Behavior || had.Verdict.Close != r.Verdict.Close || had.Partly() != r.Partly()
}

// unknown reports whether the result says nothing about the agent, and the baseline
// does not expect that.
func (t *Tally) unknown(r report.Result) bool {
	if r.Judged() {
		return false
	}
	if t.Standing == nil {
		return true
	}
	s, _ := t.Standing(r, true)
	return s != baseline.Known
}

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

// counts is Counts of the case with the id, or that it fails beside others in a way that
// counts.
func (t *Tally) counts(id string) bool {
	return slices.Contains(t.failed, id) || slices.Contains(t.mixed, id)
}

// whole is the result of a case that has been counted, with its conversation if that
// can be had.
func (t *Tally) whole(id string) report.Result {
	r := t.results[id]
	if t.Whole == nil {
		return r
	}
	if all, err := t.Whole(r); err == nil {
		all.Flags = r.Flags
		return all
	}
	return r
}

func (t *Tally) diagnosed() diagnosis.Diagnosis {
	if t.Diagnosis != nil {
		return *t.Diagnosis
	}
	return telling.Diagnose(t.agent)
}

// Failed is how many results there are that Count, those included that fail beside
// others only, but for what may be a matter of time.
func (t *Tally) Failed() int { return len(t.failed) + len(t.mixed) }

// Gap is what the results do not say.
type Gap uint8

// Gaps, the smallest first.
const (
	Complete Gap = iota
	Some         // cases that were planned have no result, or not all of their connections were played
	Nothing      // there is no result that says anything
)

// Gap is how much the results leave open. UNIMPLEMENTED, which is an option that the peer
// does not have, is counted apart and is no gap, unless there is nothing else.
func (t *Tally) Gap() Gap {
	t.sort()
	switch {
	case len(t.agent.Unjudged()) == t.done:
		return Nothing
	case !t.Partial && len(t.agent.Missing())+len(t.agent.Partly()) > 0:
		return Some
	}
	return Complete
}

// sort brings the results into the order of the cases.
func (t *Tally) sort() {
	slices.SortFunc(t.agent.Results, func(a, b report.Result) int { return conform.CompareIDs(a.ID, b.ID) })
}

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
	t.sort()
	if missing := t.agent.Missing(); len(missing) > 0 {
		lines = append(lines, gradeLine("not run", idsOf(missing), width, true))
		if t.agent.Why != "" {
			lines = append(lines, clip("    "+t.agent.NotRun(), width))
		}
	}
	if ids := t.agent.Shortened(); len(ids) > 0 {
		lines = append(lines, gradeLine("shortened", ids, width, true))
	}
	if partly := t.agent.Partly(); len(partly) > 0 {
		lines = append(lines, gradeLine("run in part", partly, width, true), "    some of their connections were not played")
	}
	if untold := t.agent.Untold(); len(untold) > 0 {
		lines = append(lines, gradeLine("need a profile", idsOf(untold), width, true), "    not run: see --profile")
	}
	if unfit := t.agent.Unfit(); len(unfit) > 0 {
		lines = append(lines, gradeLine("about other HTTP", idsOf(unfit), width, true), "    not run: they make no sense over this version of HTTP")
	}
	if inClear := t.agent.InClear(); len(inClear) > 0 {
		lines = append(lines, gradeLine("about TLS", idsOf(inClear), width, true), "    not run: they need a URL with wss:, or serve with --tls-authority")
	}
	if len(t.mixed) > 0 {
		lines = append(lines, gradeLine("wrong beside others", t.mixed, width, true))
	}
	if len(t.besides) > 0 {
		lines = append(lines, gradeLine("late beside others", t.besides, width, true))
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
	return append(lines, t.grade(width)...)
}

func idsOf(ps []report.Planned) []string {
	ids := make([]string, len(ps))
	for i, p := range ps {
		ids[i] = p.ID
	}
	return ids
}

// grade tells the grade that these results make, and the first reasons why it is
// not better.
func (t *Tally) grade(width int) []string {
	card := score.Of(t.agent)
	lines := []string{"  grade " + card.Grade}
	if card.Grade == "" {
		lines = []string{clip("  no grade: "+card.Ungraded, width)}
	}
	for _, c := range card.Caps[:min(len(card.Caps), 3)] {
		lines = append(lines, clip("    "+c.String(), width))
	}
	return lines
}
