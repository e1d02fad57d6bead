// SPDX-License-Identifier: Apache-2.0

package score_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/verdict"
)

func agent(rs ...report.Result) report.Agent { return report.Agent{Name: "a", Results: rs} }

// whole is an agent that passes all there is, but for the results given.
func whole(rs ...report.Result) report.Agent {
	rep := new(report.Report)
	for _, c := range cases.All(cases.Current) {
		rep.Add(result(c.ID, c.Spec, "OK", "OK"))
	}
	for _, r := range rs {
		rep.Add(r)
	}
	return rep.Agents[0]
}

func result(id, spec string, behavior, closing verdict.Grade) report.Result {
	return report.Result{Agent: "a", ID: id, Spec: spec, Verdict: verdict.Verdict{Behavior: behavior, Close: closing}}
}

// among gives a result another attempt beside it.
func among(r report.Result, loaded bool, behavior verdict.Grade) report.Result {
	r.Attempt, r.Others = 2, []report.Attempt{{Number: 1, Loaded: loaded, Verdict: verdict.Verdict{Behavior: behavior, Close: "OK"}}}
	return r
}

// wrongly makes the attempt beside it one that no patience could have saved.
func wrongly(r report.Result) report.Result {
	r.Others[0].Wrong = true
	return r
}

func TestGrades(t *testing.T) {
	good := result("1.1.1", "RFC 6455, 5.6", "OK", "OK")
	for _, c := range []struct {
		result report.Result
		grade  string
		cap    string
	}{
		{good, "A+", ""},
		{result("7.13.1", "RFC 6455, 7.4.2", "INFORMATIONAL", "INFORMATIONAL"), "A+", ""},
		{result("12.1.1", "RFC 7692, 7", "UNIMPLEMENTED", "OK"), "A", "A: permessage-deflate is implemented in part (12.1.1, RFC 7692, 7)"},
		{result("6.4.1", "RFC 6455, 8.1", "NON-STRICT", "OK"), "A", "A: faults are noticed later than they could be (6.4.1, RFC 6455, 8.1)"},
		{result("7.1.1", "RFC 6455, 7.1.1", "OK", "UNCLEAN"), "A-", "A-: connections are not closed cleanly (7.1.1, RFC 6455, 7.1.1)"},
		{result("7.1.1", "RFC 6455, 7.1.1", "OK", "WRONG CODE"), "A-", "A-: connections are not closed cleanly (7.1.1, RFC 6455, 7.1.1)"},
		{result("7.1.1", "", "OK", "FAILED BY CLIENT"), "A-", "A-: connections are not closed cleanly (7.1.1)"},
		{result("2.1", "RFC 6455, 5.5.2", "OK", "FAILED"), "B", "B: connections end the wrong way (2.1, RFC 6455, 5.5.2)"},
		{result("9.1.1", "RFC 6455, 5.2", "FAILED", "FAILED"), "B", "B: large or many messages do not come back in time (9.1.1, RFC 6455, 5.2)"},
		{result("7.5.1", "RFC 6455, 5.5.1", "FAILED", "WRONG CODE"), "C", "C: the closing handshake is not right (7.5.1, RFC 6455, 5.5.1)"},
		{result("3.1", "RFC 6455, 5.2", "FAILED", "OK"), "D", "D: reserved bits are not checked (3.1, RFC 6455, 5.2)"},
		{result("1.1.1", "RFC 6455, 5.6", "FAILED", "FAILED"), "F", "F: a plain message does not come back (1.1.1, RFC 6455, 5.6)"},
		{among(good, false, "FAILED"), "B", "B: some cases are flaky (1.1.1, RFC 6455, 5.6)"},
		{among(good, false, "OK"), "A+", ""},
		{among(good, true, "FAILED"), "B", "B: answers are late while other connections are active (1.1.1, RFC 6455, 5.6)"},
		{wrongly(among(good, true, "FAILED")), "C", "C: beside other connections, answers are wrong or connections end (1.1.1, RFC 6455, 5.6)"},
		{result("0.11.1", "RFC 6455, 4.1", "UNIMPLEMENTED", "OK"), "A+", ""},
		{shortened(result("12.1.4", "RFC 7692, 7.2", "OK", "OK")), "A", "A: compression cases were shortened (12.1.4, RFC 7692, 7.2)"},
		{shortened(result("12.1.4", "RFC 7692, 7.2", "UNIMPLEMENTED", "OK")), "A", "A: permessage-deflate is implemented in part (12.1.4, RFC 7692, 7.2)"},
		{result("H.1", "RFC 9112, 5", "FAILED", "OK"), "C", "C: cases beyond the reference's fail (H.1, RFC 9112, 5)"},
	} {
		card := score.Of(whole(c.result))
		var caps []string
		for _, k := range card.Caps {
			caps = append(caps, k.String())
		}
		if card.Grade != c.grade || strings.Join(caps, "; ") != c.cap {
			t.Errorf("%+v: %s %q, want %s %q", c.result.Verdict, card.Grade, caps, c.grade, c.cap)
		}
	}
}

func shortened(r report.Result) report.Result {
	r.Tags = append(r.Tags, conform.Shortened)
	return r
}

// A peer that does without the extension is told so, and not of each parameter; one that
// has the extension is not told to lack it, whatever else cannot be judged.
func TestWithoutCompression(t *testing.T) {
	var none []report.Result
	for _, c := range cases.All(cases.Current) {
		if c.Has(conform.Deflate) {
			none = append(none, result(c.ID, c.Spec, "UNIMPLEMENTED", "OK"))
		}
	}
	beyond := result("19.2.4", "RFC 7692, 7.2", "UNIMPLEMENTED", "OK")
	beyond.Want.NeedsDeflate = true
	for _, c := range []struct {
		lacks []report.Result
		cap   string
	}{
		{none, "permessage-deflate is not implemented"},
		{none[:len(none)-1], "permessage-deflate is implemented in part"},
		{[]report.Result{beyond}, ""},
	} {
		reason := ""
		if caps := score.Of(whole(c.lacks...)).Caps; len(caps) > 1 {
			t.Errorf("%d caps: %v", len(caps), caps)
		} else if len(caps) == 1 {
			reason = caps[0].Reason
		}
		if reason != c.cap {
			t.Errorf("%d cases: %q, want %q", len(c.lacks), reason, c.cap)
		}
	}
}

// There is a grade only where enough was run, and else the reason.
func TestUngraded(t *testing.T) {
	planned := func(a report.Agent, n int) report.Agent {
		rep := &report.Report{Agents: []report.Agent{a}}
		var missing []report.Planned
		for i := range n {
			missing = append(missing, report.Planned{ID: fmt.Sprintf("99.%d", i+1)})
		}
		rep.Plan(a.Name, missing, "")
		return rep.Agents[0]
	}
	without := func(category string) report.Agent {
		a := whole()
		a.Results = slices.DeleteFunc(a.Results, func(r report.Result) bool { return conform.Category(r.ID) == category })
		return a
	}
	for _, c := range []struct {
		agent      report.Agent
		grade, why string
	}{
		{agent(), "", "there are no results"},
		{agent(result("1.1.1", "", "OK", "OK")), "", "it needs 100 results that could be judged, and there are 1"},
		{agent(whole().Results[:300]...), "A+", ""},
		{without("6"), "", "there is no result of 6.*"},
		{without("12"), "A+", ""},
		{planned(whole(), 10), "B", ""},
		{planned(agent(whole().Results[:10]...), 54), "", "54 of 64 cases were not run"},
	} {
		if card := score.Of(c.agent); card.Grade != c.grade || card.Ungraded != c.why {
			t.Errorf("grade %q, %q, want %q, %q", card.Grade, card.Ungraded, c.grade, c.why)
		}
	}
}

func TestCard(t *testing.T) {
	got := score.Of(agent(
		result("1.1.1", "RFC 6455, 5.6", "OK", "OK"), result("2.1", "RFC 6455, 5.10", "OK", "UNCLEAN"), result("2.2", "RFC 6455, 5.5.2", "FAILED", "FAILED"),
		result("2.3", "RFC 6455, 5.5.2", "FAILED", "OK"), result("6.1", "RFC 7692, 7", "NON-STRICT", "FAILED"), result("6.2", "RFC 6455, 5.6", "?", "")))
	want := score.Card{
		Agent: "a", Ungraded: "it needs 100 results that could be judged, and there are 6", Total: 6,
		Caps: []score.Cap{
			{Grade: "C", Reason: "pings are not answered as they should be", ID: "2.2", Spec: "RFC 6455, 5.5.2", N: 2},
			{Grade: "C", Reason: "some results have an unknown verdict", ID: "6.2", Spec: "RFC 6455, 5.6", N: 1},
			{Grade: "B", Reason: "connections end the wrong way", ID: "6.1", Spec: "RFC 7692, 7", N: 1},
			{Grade: "A-", Reason: "connections are not closed cleanly", ID: "2.1", Spec: "RFC 6455, 5.10", N: 1},
			{Grade: "A", Reason: "faults are noticed later than they could be", ID: "6.1", Spec: "RFC 7692, 7", N: 1},
		},
		Verdicts: []score.Count{{"OK", 2}, {"NON-STRICT", 1}, {"FAILED", 2}, {"?", 1}},
		Closings: []score.Count{{"OK", 2}, {"UNCLEAN", 1}, {"FAILED", 2}, {"", 1}},
		Sections: []score.Section{
			{Name: "RFC 6455, 5.5.2", Failed: 2}, {Name: "RFC 6455, 5.6", Passed: 1, Other: 1}, {Name: "RFC 6455, 5.10", Failed: 1}, {Name: "RFC 7692, 7", Failed: 1},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, want := got.Caps[0].String(), "C: pings are not answered as they should be (2.2, RFC 6455, 5.5.2, and 1 more)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Each category of the catalogue has a cap of its own.
func TestEveryCategoryHasACap(t *testing.T) {
	reasons := map[string]string{}
	for _, c := range cases.All(cases.Current) {
		category := conform.Category(c.ID)
		cap := score.Of(agent(result(c.ID, c.Spec, "FAILED", "OK"))).Caps[0]
		if strings.Contains(cap.Reason, "beyond") {
			t.Fatalf("%s has no cap", c.ID)
		}
		if other := reasons[cap.Reason]; other != "" && other != category {
			t.Errorf("categories %s and %s share %q", other, category, cap.Reason)
		}
		reasons[cap.Reason] = category
	}
	if len(reasons) < 9 {
		t.Error(fmt.Sprint(reasons))
	}
}
