// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// attempt is a go at a case with so many records in its log.
func attempt(behavior, closing verdict.Grade, records int) report.Result {
	r := reporttest.Simple("a", "1.1.1")
	r.Verdict = verdict.Verdict{Behavior: behavior, Close: closing}
	for i := range records {
		r.Log.Records = append(r.Log.Records, wirelog.Record{
			At: time.Duration(i) * time.Microsecond, Kind: wirelog.Event, Type: wirelog.TextEvent, Data: wirelog.Whole([]byte(strings.Repeat("x", 1000))),
		})
	}
	return r
}

// The worst attempt counts: one that failed before one that did not, then the worse
// behavior, then the worse closing; the first of equals.
func TestWorst(t *testing.T) {
	type pair [2]verdict.Grade
	for _, tt := range []struct {
		pairs []pair
		want  int
	}{
		{[]pair{{verdict.OK, verdict.OK}}, 0},
		{[]pair{{verdict.OK, verdict.OK}, {verdict.OK, verdict.OK}}, 1},
		{[]pair{{verdict.OK, verdict.OK}, {verdict.OK, verdict.Unclean}}, 2},
		{[]pair{{verdict.OK, verdict.Unclean}, {verdict.NonStrict, verdict.OK}, {verdict.OK, verdict.OK}}, 1},
		{[]pair{{verdict.NonStrict, verdict.Unclean}, {verdict.OK, verdict.Failed}}, 1},
		{[]pair{{verdict.Failed, verdict.OK}, {verdict.OK, verdict.Failed}, {verdict.Failed, verdict.Failed}}, 3},
		{[]pair{{verdict.Informational, verdict.Informational}, {"NEW WORD", verdict.OK}}, 2},
	} {
		tries := report.Tries{Explain: telling.Explain}
		for _, p := range tt.pairs {
			tries.AddWorst(attempt(p[0], p[1], 0))
		}
		r := tries.Result()
		if r.Attempt != tt.want || len(r.Others) != len(tt.pairs)-1 || tries.Counted != len(tt.pairs) {
			t.Errorf("%v: attempt %d counts beside %d, want %d", tt.pairs, r.Attempt, len(r.Others), tt.want)
		}
	}
}

// However many attempts there are and however long their logs, what is kept is
// bounded.
func TestAttemptsAreBounded(t *testing.T) {
	tries := report.Tries{Explain: telling.Explain}
	tries.SetAside(attempt(verdict.Failed, verdict.OK, 5), true)
	for i := range 100 {
		g := verdict.OK
		if i%2 == 1 {
			g = verdict.Failed
		}
		tries.AddLast(attempt(g, verdict.OK, 10_000), "it failed")
	}
	r := tries.Result()
	if r.Attempt != 101 || len(r.Others) != 100 || len(r.Log.Records) != 10_000 {
		t.Fatalf("attempt %d of %d others, with %d records", r.Attempt, len(r.Others), len(r.Log.Records))
	}
	explained := 0
	for _, a := range r.Others {
		if len(a.Explanation) == 0 {
			if len(a.Records) > 0 {
				t.Errorf("attempt %d: a log without an explanation", a.Number)
			}
			continue
		}
		explained++
		if a.Verdict.Passed() {
			t.Errorf("attempt %d passed and is explained", a.Number)
		}
		want := report.AttemptHead + report.AttemptTail
		if a.Number > 1 && (len(a.Records) != want || a.Left != 10_000-want || a.Records[want-1].At != 9_999*time.Microsecond) {
			t.Errorf("attempt %d: %d records and %d left", a.Number, len(a.Records), a.Left)
		}
	}
	if explained != report.ExplainedAttempts {
		t.Errorf("%d are explained, want %d", explained, report.ExplainedAttempts)
	}
	r.Log.Records = nil
	dir := t.TempDir()
	s, err := archive.Open(dir, false)
	if err == nil {
		err = s.Put(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	const most = 160 << 10
	if s.Size() > most {
		t.Errorf("the attempts take %d octets of the file, more than %d", s.Size(), most)
	}
	rep, err := archive.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := rep.Agents[0].Results[0]
	if got.Flakiness() != "passed 50 of 100" || got.Flakiness() != r.Flakiness() || !reflect.DeepEqual(telling.AttemptLines(got), telling.AttemptLines(r)) {
		t.Errorf("read back: %s, %q", got.Flakiness(), telling.AttemptLines(got))
	}
}

// Load, and only load, does not make a case flaky.
func TestFlaky(t *testing.T) {
	tries := report.Tries{Explain: telling.Explain}
	tries.SetAside(attempt(verdict.Failed, verdict.OK, 0), false)
	tries.AddWorst(attempt(verdict.OK, verdict.OK, 0))
	if r := tries.Result(); r.Flaky() || r.Flakiness() != "" || strings.Contains(telling.Command(r), "--repeat") {
		t.Errorf("flaky for what load may have spoilt: %q", r.Flakiness())
	}
	tries.AddWorst(attempt(verdict.OK, verdict.Unclean, 0))
	r := tries.Result()
	if !r.Flaky() || r.Flakiness() != "passed 1 of 2" {
		t.Errorf("not flaky: %q", r.Flakiness())
	}
	r.Seed, r.URL, r.Log.Facts.Role = 5, "ws://x", ws.Client
	if got := telling.Command(r); got != "wsspec test --cases 1.1.1 --seed 5 --repeat 10 a=ws://x" {
		t.Errorf("command %s", got)
	}
}
