// SPDX-License-Identifier: Apache-2.0

package baseline_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/verdict"
)

func result(agent, id string, behavior, closing verdict.Grade) report.Result {
	return report.Result{Agent: agent, ID: id, Verdict: verdict.Verdict{Behavior: behavior, Close: closing}}
}

func reportOf(rs ...report.Result) *report.Report {
	rep := new(report.Report)
	for _, r := range rs {
		rep.Add(r)
	}
	return rep
}

func TestDiff(t *testing.T) {
	old := reportOf(
		result("a", "1.1.1", "OK", "OK"), result("a", "1.1.2", "OK", "OK"), result("a", "1.1.3", "FAILED", "FAILED"), result("a", "1.1.4", "FAILED", "OK"),
		result("a", "1.1.5", "OK", "UNCLEAN"), result("a", "1.1.6", "OK", "OK"), result("a", "12.1.1", "OK", "OK"), result("b", "1.1.1", "OK", "OK"),
		result("a", "1.1.10", "NON-STRICT", "FAILED"))
	now := reportOf(
		result("a", "1.1.1", "OK", "OK"), result("a", "1.1.2", "NON-STRICT", "OK"), result("a", "1.1.3", "FAILED", "OK"), result("a", "1.1.4", "OK", "FAILED"),
		result("a", "1.1.5", "OK", "WRONG CODE"), result("a", "12.1.1", "UNIMPLEMENTED", "OK"), result("c", "1.1.1", "OK", "OK"),
		result("a", "1.1.10", "OK", "OK"))
	var got []string
	for _, c := range baseline.Diff(old, now) {
		got = append(got, c.Agent+" "+c.ID+" "+string(c.Kind)+" "+string(c.Old.Behavior)+"/"+string(c.Old.Close)+">"+string(c.New.Behavior)+"/"+string(c.New.Close))
	}
	want := []string{
		"a 1.1.2 regressed OK/OK>NON-STRICT/OK",
		"a 1.1.3 improved FAILED/FAILED>FAILED/OK",
		"a 1.1.4 regressed FAILED/OK>OK/FAILED",
		"a 1.1.5 changed OK/UNCLEAN>OK/WRONG CODE",
		"a 1.1.6 removed OK/OK>/",
		"a 1.1.10 improved NON-STRICT/FAILED>OK/OK",
		"a 12.1.1 regressed OK/OK>UNIMPLEMENTED/OK",
		"b 1.1.1 removed OK/OK>/",
		"c 1.1.1 added />OK/OK",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A shortened case that passes says less than the whole one did: that is no
// improvement, and proves no expectation outdated. What it fails is a failure.
func TestShortened(t *testing.T) {
	short := func(id string, behavior verdict.Grade) report.Result {
		r := result("a", id, behavior, "OK")
		r.Tags = []conform.Tag{conform.Shortened}
		return r
	}
	old := reportOf(result("a", "12.1.1", "OK", "OK"), result("a", "12.1.2", "FAILED", "OK"), result("a", "12.1.3", "OK", "OK"), short("12.1.4", "OK"), short("12.1.5", "FAILED"), short("12.1.6", "OK"))
	now := reportOf(short("12.1.1", "OK"), short("12.1.2", "OK"), short("12.1.3", "FAILED"), result("a", "12.1.4", "FAILED", "OK"), result("a", "12.1.5", "OK", "OK"), result("a", "12.1.6", "OK", "OK"))
	var got []string
	for _, c := range baseline.Diff(old, now) {
		got = append(got, fmt.Sprintf("%s %s %v>%v", c.ID, c.Kind, c.OldShortened, c.NewShortened))
	}
	want := []string{"12.1.1 shortened false>true", "12.1.2 shortened false>true", "12.1.3 regressed false>true", "12.1.4 regressed true>false", "12.1.5 improved true>false"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	es := baseline.Expectations{{Agent: "a", Case: "12.*", Allowed: verdict.Failed, Reason: "why"}}
	for _, c := range []struct {
		r     report.Result
		fails bool
		want  baseline.Standing
	}{{short("12.1.1", "OK"), false, baseline.Fine}, {result("a", "12.1.1", "OK", "OK"), false, baseline.Outdated}, {short("12.1.1", "FAILED"), true, baseline.Known}} {
		if s, _ := es.Of(c.r, c.fails, time.Now()); s != c.want {
			t.Errorf("%s, shortened %v: standing %d, want %d", c.r.Verdict.Behavior, c.r.Shortened(), s, c.want)
		}
	}
}

// A server that calls itself otherwise, as a new version of it does, is the same one.
func TestRenamed(t *testing.T) {
	for _, c := range []struct {
		old, now string
		want     map[string]string
	}{
		{"nginx/1.27", "nginx/1.28", map[string]string{"nginx/1.28": "nginx/1.27"}},
		{"me", "somebody", map[string]string{"somebody": "me"}},
		{"a,me", "a,somebody", map[string]string{}},
		{"a,Tornado/4.5", "a,TornadoServer/6,Tornado/6.1", map[string]string{"Tornado/6.1": "Tornado/4.5"}},
		{"x 1,x 2", "x 3,x 4", map[string]string{}},
		{"x 1,x 2", "x 1,x 3", map[string]string{"x 3": "x 2"}},
	} {
		made := func(names string) *report.Report {
			rep := new(report.Report)
			for name := range strings.SplitSeq(names, ",") {
				rep.Add(result(name, "1.1.1", "OK", "OK"))
			}
			return rep
		}
		old, now := made(c.old), made(c.now)
		if got := baseline.Renamed(old, now); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s to %s: %v, want %v", c.old, c.now, got, c.want)
		}
		for name := range c.want {
			now.Add(result(name, "1.1.1", "FAILED", "OK"))
			if changes := baseline.Diff(old, now); len(changes) == 0 || !slices.ContainsFunc(changes, func(c baseline.Change) bool { return c.Agent == name && c.Kind == baseline.Regressed }) {
				t.Errorf("%s to %s: %v", c.old, c.now, changes)
			}
		}
	}
}

// Lines that have expired, or fit nothing, are found.
func TestIdle(t *testing.T) {
	es, err := baseline.Parse(strings.NewReader("a 1.1.1 FAILED x until 2026-01-31\na 1.1.2 FAILED x\nb 1.1.1 FAILED x\na 9.* FAILED x\n"))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	expired, idle := es.Idle([]report.Result{result("a", "1.1.1", "OK", "OK"), result("a", "1.1.2", "FAILED", "OK")}, day)
	if len(expired) != 1 || expired[0].Line != 1 || len(idle) != 2 || idle[0].Line != 3 || idle[1].Line != 4 {
		t.Errorf("expired %v, idle %v", expired, idle)
	}
}

func TestParse(t *testing.T) {
	got, err := baseline.Parse(strings.NewReader("\ufeff# what we live with\r\n\n" +
		"gorilla*\t6.4.*  non-strict  checks text until the end of a message\r\n" +
		`"My \"Server\" 2" 7.5.1 "WRONG CODE" issue 17 until 2027-01-31` + "\n  * * failed-by-client x"))
	want := baseline.Expectations{
		{Agent: "gorilla*", Case: "6.4.*", Allowed: verdict.NonStrict, Reason: "checks text until the end of a message", Line: 3},
		{Agent: `My "Server" 2`, Case: "7.5.1", Allowed: verdict.WrongCode, Reason: "issue 17", Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Line: 4},
		{Agent: "*", Case: "*", Allowed: verdict.FailedByClient, Reason: "x", Line: 5},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	var b strings.Builder
	if err := got.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := baseline.Parse(strings.NewReader(b.String()))
	for i := range again {
		again[i].Line = want[i].Line
	}
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("written and read again: %+v, %v\n%s", again, err, b.String())
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a 1.1.1 FAILED":                         "line 1: want agent pattern, case pattern, allowed grade and a reason",
		"\n\na":                                  "line 3: want agent pattern",
		"a 1.1.1 OK why":                         `line 1: grade "OK": want one of FAILED, NON-STRICT, UNIMPLEMENTED, WRONG-CODE, UNCLEAN, FAILED-BY-CLIENT`,
		`"a 1.1.1 FAILED why`:                    `line 1: "\"a 1.1.1 FAILED why": the quotes are not closed`,
		`"a"b 1.1.1 FAILED why`:                  "want a blank behind the quotes",
		"a 1.1.1 FAILED why until 2027-02-30":    `line 1: "2027-02-30" is no date: want one such as 2027-01-31`,
		"a 1.1.1 FAILED until 2027-02-03":        "line 1: want agent pattern",
		strings.Repeat("#\n", 3<<20):             "expectations: larger than 4194304 octets",
		strings.Repeat("a b FAILED c\n", 50_001): "line 50001: more than 50000 expectations",
	} {
		if _, err := baseline.Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

func TestStanding(t *testing.T) {
	es, err := baseline.Parse(strings.NewReader(`
a*z     6.4.1  NON-STRICT late
"a b"   *      FAILED     all is lost until 2027-01-31
"a b"   *      NON-STRICT and later not that bad
.*      1.*.1  FAILED     no regular expression
`))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2027, 1, 31, 23, 59, 0, 0, time.UTC)
	v := report.View{Strict: true}
	for _, c := range []struct {
		r    report.Result
		day  time.Time
		want baseline.Standing
		line int
	}{
		{result("abz", "6.4.1", "NON-STRICT", "OK"), day, baseline.Known, 2},
		{result("az", "6.4.1", "NON-STRICT", "UNCLEAN"), day, baseline.Known, 2},
		{result("abz", "6.4.1", "FAILED", "OK"), day, baseline.Regression, 2},
		{result("abz", "6.4.1", "NON-STRICT", "FAILED"), day, baseline.Regression, 2},
		{result("abz", "6.4.1", "OK", "OK"), day, baseline.Outdated, 2},
		{result("abz", "6.4.11", "NON-STRICT", "OK"), day, baseline.Regression, 0},
		{result("abz", "6.4.11", "OK", "OK"), day, baseline.Fine, 0},
		{result("xabz", "6.4.1", "NON-STRICT", "OK"), day, baseline.Regression, 0},
		{result("a b", "6.4.1", "FAILED", "OK"), day, baseline.Known, 3},
		{result("a b", "6.4.1", "FAILED", "OK"), day.Add(time.Minute), baseline.Regression, 4},
		{result("ab", "1.1.1", "FAILED", "OK"), day, baseline.Regression, 0},
		{result(".q", "1.1.1", "FAILED", "OK"), day, baseline.Known, 5},
		{result(".q", "1.1.11", "FAILED", "OK"), day, baseline.Regression, 0},
		{result(".q", "1.1.2", "FAILED", "OK"), day, baseline.Regression, 0},
	} {
		got, e := es.Of(c.r, v.Fails(c.r), c.day)
		if got != c.want || e.Line != c.line {
			t.Errorf("%+v on %v: standing %d by line %d, want %d by line %d", c.r, c.day, got, e.Line, c.want, c.line)
		}
	}
}

// Where NON-STRICT does not fail, it is no news that an expectation allows it.
func TestLenientStanding(t *testing.T) {
	es, err := baseline.Parse(strings.NewReader("a 6.4.1 NON-STRICT late\na 6.4.2 FAILED later"))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]baseline.Standing{"6.4.1": baseline.Fine, "6.4.2": baseline.Outdated, "6.4.3": baseline.Fine} {
		r := result("a", id, "NON-STRICT", "OK")
		if got, _ := es.Of(r, report.View{}.Fails(r), time.Now()); got != want {
			t.Errorf("%s: standing %d, want %d", id, got, want)
		}
	}
}

// A report's failures, accepted, are known in the same report and in no worse one.
func TestFromReport(t *testing.T) {
	rep := reportOf(result("a *\n\"b", "1.1.1", "FAILED", "OK"), result("#", "1.1.1", "OK", "FAILED"), result("c", "1.1.1", "NON-STRICT", "OK"), result("c", "1.1.2", "OK", "OK"))
	var v report.View
	var b strings.Builder
	if err := baseline.FromReport(rep, v, "as it\nwas").Write(&b); err != nil {
		t.Fatal(err)
	}
	es, err := baseline.Parse(strings.NewReader(b.String()))
	if err != nil || len(es) != 2 || es[0].Reason != "as it was" {
		t.Fatalf("%+v, %v\n%s", es, err, b.String())
	}
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			want := baseline.Fine
			if v.Fails(r) {
				want = baseline.Known
			}
			if got, _ := es.Of(r, v.Fails(r), time.Now()); got != want {
				t.Errorf("%q %s: standing %d, want %d", r.Agent, r.ID, got, want)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("\ufeff# what we live with\r\n\ngorilla* 6.4.* NON-STRICT checks text late\n\"My Server\" 7.5.1 FAILED never")
	f.Add("a 1.1.1 FAILED why until 2027-01-31\n\"\\x00\" * unclean until until 2027-01-31")
	f.Fuzz(func(t *testing.T, text string) {
		es, err := baseline.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		var b strings.Builder
		if err := es.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := baseline.Parse(strings.NewReader(b.String()))
		if err != nil || len(again) != len(es) {
			t.Fatalf("written: %q, read again: %v", b.String(), err)
		}
		for i, e := range es {
			again[i].Line, e.Line = 0, 0
			e.Reason = strings.Join(strings.Fields(e.Reason), " ")
			if again[i] != e {
				t.Errorf("%+v was written as %+v", e, again[i])
			}
		}
	})
}
