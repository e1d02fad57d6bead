// SPDX-License-Identifier: Apache-2.0

package markdown_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/markdown"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

func write(t *testing.T, rep *report.Report, v report.View) string {
	t.Helper()
	var b bytes.Buffer
	if err := markdown.Write(&b, rep, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	before := reporttest.Mixed()
	before.Agents = slices.DeleteFunc(before.Agents, func(a report.Agent) bool { return a.Name == "good" })
	r := reporttest.Result("poor", 1, "1.1.1")
	before.Add(r)
	golden.Check(t, "mixed.md", []byte(write(t, reporttest.Mixed(), report.View{
		Title: "Nightly", Link: "report.html", Baseline: before,
		Known: func(r report.Result) (string, bool) { return "issue 17", r.ID == "7.5.1" },
	})))
	golden.Check(t, "empty.md", []byte(write(t, new(report.Report), report.View{})))
}

// Of a few agents each section is listed, and of many those that are not kept.
func TestKept(t *testing.T) {
	v := report.View{Kept: func(report.Agent) []report.Kept {
		return []report.Kept{
			{Place: "RFC 6455, 5.2", Title: "Framing", OK: 3, Of: 3},
			{Place: "RFC 6455, 5.5.2", Title: "Ping", OK: 11, Of: 12, Against: []string{"2.1"}},
			{Place: "RFC 6455, 7.3", Title: "Closing", Unjudged: 2, NotRun: 1},
		}
	}}
	whole, broken := "- RFC 6455, 5.2: 3 of 3, Framing\n", "- RFC 6455, 5.5.2: 11 of 12, Ping: 2.1\n- RFC 6455, 7.3: not judged, 1 not run, Closing\n"
	rep := new(report.Report)
	rep.Add(reporttest.Result("one", 1, "2.1"))
	if out := write(t, rep, v); !strings.Contains(out, "no case speaks against 2 sections, some against 1") || !strings.Contains(out, whole+broken) {
		t.Error(out)
	}
	for i := range 20 {
		rep.Add(reporttest.Result(fmt.Sprint("more", i), 1, "2.1"))
	}
	if out := write(t, rep, v); strings.Contains(out, whole) || strings.Count(out, "5.5.2: 11 of 12") != 21 {
		t.Error(out)
	}
}

// The summary of many failures stays within what GitHub takes, and says how many
// are left out.
func TestLimit(t *testing.T) {
	rep := reporttest.Catalogue(4, cases.All(cases.Current))
	total := 0
	for _, a := range rep.Agents {
		for i := range a.Results {
			a.Results[i].Verdict.Behavior = verdict.Failed
			total++
		}
	}
	out := write(t, rep, report.View{Link: "https://example.com/report.html"})
	shown := strings.Count(out, "<details>")
	if len(out) > 1<<20 || shown == 0 || strings.Count(out, "</details>") != shown {
		t.Errorf("%d octets, %d of %d shown", len(out), shown, total)
	}
	if want := fmt.Sprintf("\n%d more are left out", total-shown); !strings.Contains(out, want) {
		t.Errorf("the end: %q, want %q in it", out[len(out)-200:], want)
	}
}

// What Markdown would take as its own is escaped, and nothing is lost.
func TestTextIsShownAsItIs(t *testing.T) {
	out := write(t, new(report.Report), report.View{Title: "a <b> & #1 @me `c` *d* _e_ [f](g) {h} i|j ~k ! $l \\ www.m http://n"})
	want := "# a &lt;b&gt; &amp; &#35;1 &#64;me \\`c\\` \\*d\\* \\_e\\_ \\[f\\]\\(g\\) \\{h\\} i\\|j \\~k \\! \\$l \\\\ www&#46;m http:&#47;/n\n"
	if got, _, _ := strings.Cut(out, "\n"); got+"\n" != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHostile(t *testing.T) {
	out := write(t, reporttest.Hostile(), report.View{Baseline: reporttest.Hostile(), Link: `"><script>` + reporttest.Executed})
	fenced := false
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "~~~") {
			fenced = !fenced
			continue
		}
		// What is not in a fence: no tag but ours, and no link but to the report.
		if fenced {
			continue
		}
		rest := strings.NewReplacer("<details><summary>", "", "</summary>", "", "</details>", "", "<b>", "", "</b>", "", "</a>", "", `<a href="%22%3E%3Cscript%3Edocument.body.id=1#`, "", `">`, "").Replace(line)
		if strings.ContainsAny(rest, "<@") || strings.Contains(rest, "](javascript") || strings.Contains(rest, "```") {
			t.Errorf("mark-up got through: %.200q", rest)
		}
	}
	if fenced {
		t.Error("a fence is open at the end")
	}
	if !utf8.ValidString(out) || strings.ContainsAny(out, "\x00\x1b\u2028\u202e") || len(out) > 1<<20 {
		t.Errorf("%d octets, valid %v", len(out), utf8.ValidString(out))
	}
}
