// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// How much of what is wrong the summary tells.
const (
	mostCauses   = 6  // of an agent
	mostExamined = 50 // agents whose causes are told: the rest is for the failures
)

// wrong tells what is wrong with each agent, most important first, each with a case
// as an example.
func (b *summary) wrong(rep *report.Report) {
	told := 0
	for i, d := range telling.DiagnoseAll(rep) {
		w := telling.Tell(d)
		if len(w.Causes) == 0 {
			continue // the failures say it
		}
		if told++; told <= mostExamined {
			b.causes(rep.Agents[i], w)
		}
	}
	if more := told - mostExamined; more > 0 {
		b.line("What is wrong with %d more agents is not told here: `wsspec diagnose` tells it.\n", more)
	}
}

func (b *summary) causes(a report.Agent, w telling.Told) {
	heading := "What could be better with %s, most important first"
	if slices.ContainsFunc(a.Results, b.view.Fails) {
		heading = "What is wrong with %s, most important first"
	}
	b.line("## "+heading+"\n", text(name(a.Name)))
	by := make(map[string]report.Result, len(a.Results))
	for _, r := range a.Results {
		by[r.ID] = r
	}
	for i, c := range w.Causes[:min(len(w.Causes), mostCauses)] {
		b.cause(i+1, c, by)
	}
	b.line("")
	if more := len(w.Causes) - mostCauses; more > 0 {
		b.line("Causes that are not told here: %d. `wsspec diagnose` tells them.\n", more)
	}
	if len(w.Left) > 0 {
		b.line("Not explained by any of this: %s\n", text(telling.Fold(w.Left)))
	}
}

// cause is an item of the list. Lines end in two blanks where the next is to begin.
func (b *summary) cause(n int, c diagnosis.Cause, by map[string]report.Result) {
	what, fit, _ := telling.Cause(c)
	known := ""
	if !slices.ContainsFunc(c.Explains, func(id string) bool {
		_, is := b.view.KnownReason(by[id])
		return !is
	}) {
		known = " (known)"
	}
	b.line("%d. **%s**%s  ", n, text(what), known)
	if at := telling.LookAt(c); at != "" {
		b.line("   Look at %s.  ", text(at))
	}
	example := text(c.Example)
	if page := b.view.PageLink(by[c.Example]); page != "" {
		example = fmt.Sprintf("[%s](%s)", example, link(page))
	}
	b.line("   %s; shown best by %s %s", text(fit), example, text(by[c.Example].Title))
}
