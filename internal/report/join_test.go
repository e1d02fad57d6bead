// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
)

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
		r := report.Join(telling.Explain, reps...).Agents[0].Results[0]
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
	if r := report.Join(telling.Explain, good, good).Agents[0].Results[0]; len(r.Others) != 0 || r.Attempt != 0 {
		t.Errorf("the same twice: %+v", r.Others)
	}
}
