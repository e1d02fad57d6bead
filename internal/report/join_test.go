// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
)

// joined is what the reports come to together.
func joined(t *testing.T, reps ...*report.Report) *report.Report {
	t.Helper()
	all := report.Plans(reps...)
	err := report.Joining{Reports: reps, Explain: telling.Explain}.Each(func(_ string, js []report.Joined) error {
		for _, j := range js {
			all.Add(j.Result)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever the order of the reports, the worst result of a case counts, and all others
// stay as attempts.
func TestJoin(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	made := func(second int, g verdict.Grade) *report.Report {
		r := reporttest.Simple("a", "1.1.1")
		r.Verdict.Behavior, r.Started = g, at.Add(time.Duration(second)*time.Second)
		rep := new(report.Report)
		rep.Add(r)
		return rep
	}
	good, bad, lax := made(1, verdict.OK), made(2, verdict.Failed), made(3, verdict.NonStrict)
	for name, reps := range map[string][]*report.Report{
		"good first": {good, bad, lax}, "bad first": {bad, lax, good}, "bad last": {lax, good, bad}, "twice": {lax, good, bad, bad},
	} {
		r := joined(t, reps...).Agents[0].Results[0]
		if r.Verdict.Behavior != verdict.Failed || len(r.Others) != 2 || !r.Flaky() {
			t.Errorf("%s: %s with %d others", name, r.Verdict.Behavior, len(r.Others))
		}
		seen := map[int]bool{r.Attempt: true}
		for _, o := range r.Others {
			seen[o.Number] = true
		}
		if len(seen) != 3 || !seen[1] || !seen[2] || !seen[3] {
			t.Errorf("%s: attempts %v", name, seen)
		}
	}
	if r := joined(t, good, good).Agents[0].Results[0]; len(r.Others) != 0 || r.Attempt != 0 {
		t.Errorf("the same twice: %+v", r.Others)
	}
}

// Of a shortened case and the whole one, as good, the whole one counts, in any order; a
// worse one counts whichever it is. The suites of both are kept.
func TestJoinShortened(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	made := func(second int, suite string, g verdict.Grade, tags ...conform.Tag) *report.Report {
		r := reporttest.Simple("a", "12.1.10")
		r.Verdict.Behavior, r.Started, r.Tags = g, at.Add(time.Duration(second)*time.Second), tags
		rep := new(report.Report)
		rep.Add(r)
		rep.From("a", suite)
		return rep
	}
	for _, c := range []struct {
		short, whole verdict.Grade
		shortCounts  bool
		why          string
	}{
		{verdict.OK, verdict.OK, false, "it is in another report, shortened"},
		{verdict.OK, verdict.Failed, false, "it is in another report, shortened"},
		{verdict.Failed, verdict.OK, true, "it is in another report, whole"},
	} {
		short, whole := made(1, "quick", c.short, conform.Shortened), made(2, "full", c.whole)
		for _, reps := range [][]*report.Report{{short, whole}, {whole, short}} {
			a := joined(t, reps...).Agents[0]
			r := a.Results[0]
			if r.Shortened() != c.shortCounts || len(a.Shortened()) == 1 != c.shortCounts || len(r.Others) != 1 || r.Others[0].Why != c.why {
				t.Errorf("shortened %s, whole %s: counts %s, shortened %v, beside %+v", c.short, c.whole, r.Verdict.Behavior, r.Shortened(), r.Others)
			}
			if !slices.Equal(a.Suites, []string{"full", "quick"}) || !slices.Equal(report.Merge(reps...).Agents[0].Suites, a.Suites) {
				t.Errorf("suites %q", a.Suites)
			}
		}
	}
}
