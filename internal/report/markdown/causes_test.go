// SPDX-License-Identifier: Apache-2.0

package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// suffering adds a server with faults to the report, and a failure that nothing explains.
func suffering(rep *report.Report, agent string, faults ...string) {
	outcomes := map[string]diagnosis.Outcome{"99.1.1": {Behavior: verdict.Failed, Close: verdict.OK}}
	table := diagnosis.Load(ws.Server)
	for _, f := range table {
		for id := range f.Shows {
			if _, had := outcomes[id]; !had {
				outcomes[id] = diagnosis.Outcome{Behavior: verdict.OK, Close: verdict.OK}
			}
		}
	}
	for _, f := range table {
		for _, name := range faults {
			if f.Name == name {
				for id, o := range f.Shows {
					outcomes[id] = o
				}
			}
		}
	}
	for id, o := range outcomes {
		r := reporttest.Simple(agent, id)
		r.Verdict.Behavior, r.Verdict.Close = o.Behavior, o.Close
		rep.Add(r)
	}
}

// What is wrong comes before what failed: at most six causes of an agent, each with where
// to look and an example, and what they leave.
func TestCauses(t *testing.T) {
	rep := new(report.Report)
	suffering(rep, "poor", "no-utf8-check", "ignores-rsv", "accepts-nested-fragments")
	suffering(rep, reporttest.Nasty, "no-utf8-check")
	out := write(t, rep, report.View{Link: "report.html"})
	for _, want := range []string{
		"## What is wrong with poor, most important first\n\n1. **Does not check that text is UTF-8**  \n   Look at where text is handed to the application",
		"\n2. **Takes frames with any reserved bits", "\n3. **A new message inside",
		"; shown best by [", "](report.html#case=", "Not explained by any of this: ",
		`## What is wrong with &lt;/script&gt;&lt;script&gt;document.body.id=1&lt;/script&gt;`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%.3000s", want, out)
		}
	}
	if strings.Index(out, "## What is wrong") > strings.Index(out, "<details>") {
		t.Error("failures come before what is wrong")
	}
	if strings.Contains(out, "<script") {
		t.Error("a name is mark-up")
	}
}

// What many agents do wrong is told of the first of them, and the rest is counted.
func TestCausesOfManyAgents(t *testing.T) {
	rep := new(report.Report)
	table := diagnosis.Load(ws.Server)
	for i := range 53 {
		for _, id := range []string{"6.3.1", "6.3.2", "6.4.1", "6.4.2", "6.4.3", "6.4.4", "6.6.1", "6.6.3"} {
			r := reporttest.Simple(fmt.Sprintf("agent %02d", i), id)
			r.Verdict.Behavior, r.Verdict.Close = verdict.Failed, verdict.Failed
			for _, f := range table {
				if f.Name == "no-utf8-check" {
					r.Verdict.Behavior, r.Verdict.Close = f.Shows[id].Behavior, f.Shows[id].Close
				}
			}
			rep.Add(r)
		}
	}
	out := write(t, rep, report.View{})
	if n := strings.Count(out, "## What "); n != 50 || !strings.Contains(out, "What is wrong with 3 more agents is not told here") {
		t.Errorf("%d agents are told:\n%.2000s", n, out)
	}
}
