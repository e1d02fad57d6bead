// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
)

// Causes prints what a diagnosis found for an agent. Of the surroundings, Width is
// that of the terminal at Out.
func Causes(on Surroundings, agent string, d diagnosis.Diagnosis) {
	width := plainWidth
	if on.Width > 0 {
		width = min(max(on.Width, narrowest), widest)
	}
	fmt.Fprintf(on.Out, "%s: ", visible.Text(agent))
	if d.Wrong == 0 {
		fmt.Fprintln(on.Out, "nothing went wrong, so there is nothing to explain")
		return
	}
	fmt.Fprintf(on.Out, "%s explained by %s\n", count(d.Wrong, "case that is not as it should be", "cases that are not as they should be"), count(len(d.Causes), "cause", "causes"))
	for _, line := range causeLines(d, len(d.Causes), width, true) {
		fmt.Fprintln(on.Out, line)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// causeLines tells of the first causes, most important first, and of what is left; all
// names every case.
func causeLines(d diagnosis.Diagnosis, most, width int, all bool) []string {
	var lines []string
	add := func(first, indent, text string) {
		for i, line := range wrap(text, width-len(indent)) {
			if i > 0 {
				first = indent
			}
			lines = append(lines, first+line)
		}
	}
	for i, c := range d.Causes[:min(len(d.Causes), most)] {
		what, fit, example := telling.Cause(c)
		add(fmt.Sprintf("%3d. ", i+1), "     ", what)
		add("     ", "     ", fit+"; "+example)
		if all && len(c.Explains) > 0 {
			add("     ", "     ", telling.Fold(c.Explains))
		}
	}
	if left := len(d.Causes) - most; left > 0 {
		lines = append(lines, fmt.Sprintf("     and %s: wsspec diagnose tells them", count(left, "more cause", "more causes")))
	}
	if len(d.Left) > 0 {
		text := fmt.Sprintf("%s without a known cause", count(len(d.Left), "case", "cases"))
		if all {
			text += ": " + telling.Fold(d.Left)
		}
		add("   ? ", "     ", text)
	}
	return lines
}

// causes are the lines of the summary about what is wrong, none where nothing is.
func (t *Tally) causes(width int) []string {
	const most = 5
	d := telling.Diagnose(t.agent)
	if d.Wrong == 0 {
		return nil
	}
	head := "  what is wrong, most important first:"
	return append([]string{head}, indented(causeLines(d, most, width-2, false))...)
}

func indented(lines []string) []string {
	for i := range lines {
		lines[i] = "  " + strings.TrimRight(lines[i], " ")
	}
	return lines
}
