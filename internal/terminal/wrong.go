// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
)

// How much of what is wrong a summary shows: the rest is counted.
const (
	mostCauses   = 5
	mostExamples = 3 // of what no cause explains
)

// wrong is what is wrong with an agent: the causes, most important first, each with one
// case as an example, and a few of the cases that no cause explains.
type wrong struct {
	screen *Screen
	tally  *Tally
	width  int
	agent  string
	shown  int // causes
	told   telling.Told
	lines  []string
}

// wrong are the lines of the summary about what is wrong, none where nothing is.
func (s *Screen) wrong(agent string, t *Tally) []string {
	w := &wrong{screen: s, tally: t, width: s.width, agent: agent, told: telling.Tell(t.diagnosed())}
	w.mixed()
	for i, c := range w.told.Causes {
		if i == mostCauses {
			w.line("  ", fmt.Sprintf("and %s: wsspec diagnose lists them", count(len(w.told.Causes)-i, "more cause", "more causes")))
			break
		}
		w.cause(c)
	}
	w.left(w.told.Left)
	w.flaky()
	return w.lines
}

// title begins the next cause.
func (w *wrong) title(text string) {
	if w.shown == 0 {
		w.lines = append(w.lines, "", clip(fmt.Sprintf("What is wrong with %q, most important first:", w.agent), w.width))
	}
	w.shown++
	w.lines = append(w.lines, "")
	for i, line := range wrap(text, w.width-5) {
		mark := "     "
		if i == 0 {
			mark = fmt.Sprintf("%3d. ", w.shown)
		}
		w.lines = append(w.lines, mark+w.screen.bold(line))
	}
}

// line appends a text, broken into lines, behind a mark of the first.
func (w *wrong) line(mark, text string) {
	blank := fmt.Sprintf("%*s", len([]rune(mark)), "")
	for i, line := range wrap(text, w.width-len(blank)) {
		if i > 0 {
			mark = blank
		}
		w.lines = append(w.lines, mark+line)
	}
}

const column = "     %-8s "

func (w *wrong) about(name, text string) {
	if text != "" {
		w.line(fmt.Sprintf(column, name), text)
	}
}

// mixed tells of what is wrong beside other cases only.
func (w *wrong) mixed() {
	t := w.tally
	if len(t.mixed) == 0 {
		return
	}
	w.title("Answers are wrong or connections end, but only beside others")
	w.about("fits", count(len(t.mixed), "case", "cases"))
	w.about("look at", "what connections share: buffers, pools, compressors, anything global; limits that a busy endpoint reaches")
	w.ids(t.mixed)
	if w.screen.detail.Quiet {
		return
	}
	r := t.whole(t.mixed[0])
	w.heading(r)
	for _, line := range telling.AttemptLines(r) {
		w.line("       attempt   ", visible.Text(line))
	}
	w.repeat(r)
}

func (w *wrong) cause(c diagnosis.Cause) {
	what, fit, _ := telling.Cause(c)
	w.title(what)
	w.about("fits", fit)
	w.about("look at", telling.LookAt(c))
	w.ids(c.Explains)
	counts := func(id string) bool { return w.tally.counts(id) }
	switch {
	case w.screen.detail.Quiet:
	case counts(c.Example):
		w.example(c.Example)
	case slices.ContainsFunc(c.Explains, counts):
		w.example(c.Explains[slices.IndexFunc(c.Explains, counts)])
	case w.tally.Standing != nil && len(w.tally.expected) > 0:
		w.about("known", "the baseline expects this")
	}
}

// ids lists cases, as far as they fit on a line.
func (w *wrong) ids(ids []string) {
	if len(ids) > 1 {
		w.lines = append(w.lines, clip(fmt.Sprintf(column, "cases")+telling.Ranges(ids), w.width))
	}
}

// left tells of the cases that fail and that no cause explains.
func (w *wrong) left(ids []string) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return !w.tally.counts(id) })
	if len(ids) == 0 || w.screen.detail.Quiet {
		return
	}
	if w.shown > 0 {
		w.lines = append(w.lines, "", fmt.Sprintf("Not explained by these causes: %s", count(len(ids), "case", "cases")))
	} else {
		w.lines = append(w.lines, "", clip(fmt.Sprintf("What is wrong with %q: %s", w.agent, count(len(ids), "case", "cases")), w.width))
	}
	if d := w.screen.detail; d.Verbose || d.Wire { // they have been printed
		w.lines = append(w.lines, clip("  "+telling.Ranges(ids), w.width))
		return
	}
	for _, id := range ids[:min(len(ids), mostExamples)] {
		w.lines = append(w.lines, "")
		w.story(w.tally.whole(id), "", w.width)
	}
	if more := len(ids) - mostExamples; more > 0 {
		w.lines = append(w.lines, "")
		w.line("", fmt.Sprintf("and %d more: -v prints each, and so does wsspec report show", more))
		w.lines = append(w.lines, clip("  "+telling.Ranges(ids[mostExamples:]), w.width))
	}
}

// flaky shows some of those whose attempts differ and that do not fail.
func (w *wrong) flaky() {
	ids := slices.DeleteFunc(slices.Clone(w.tally.flaky), w.tally.counts)
	if w.screen.detail.Quiet || w.screen.detail.Verbose {
		return
	}
	for _, id := range ids[:min(len(ids), mostExamples)] {
		r := w.tally.whole(id)
		w.lines = append(w.lines, "", w.screen.verdictLine(r, false))
		for _, line := range telling.AttemptLines(r) {
			w.line("  attempt   ", visible.Text(line))
		}
	}
}

// example shows one case of a cause.
func (w *wrong) example(id string) { w.story(w.tally.whole(id), "     ", w.width) }

func (w *wrong) story(r report.Result, indent string, width int) {
	w.lines = append(w.lines, clipColored(indent+w.screen.verdictLine(r, true), width))
	for _, line := range telling.Brief(r, width-len(indent)-2) {
		w.lines = append(w.lines, indent+"  "+line)
	}
	if c, ok := w.told.Guess[r.ID]; ok {
		w.line(indent+"  perhaps   ", telling.Perhaps(c))
	}
	w.lines = append(w.lines, indent+"  repeat    "+telling.Command(r)) // not cut: it is there to be copied
}

func (w *wrong) heading(r report.Result) {
	w.lines = append(w.lines, clipColored("     "+w.screen.verdictLine(r, false), w.width))
}

func (w *wrong) repeat(r report.Result) {
	w.lines = append(w.lines, "       repeat    "+telling.Command(r))
}
