// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"

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
	fmt.Fprintf(on.Out, "%s, explained by %s\n", count(d.Wrong, "case that is not as it should be", "cases that are not as they should be"), count(len(d.Causes), "cause", "causes"))
	for _, line := range causeLines(d, width) {
		fmt.Fprintln(on.Out, line)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// causeLines tells of the causes, most important first, with every case, and of what
// is left.
func causeLines(d diagnosis.Diagnosis, width int) []string {
	var lines []string
	add := func(first, text string) {
		for i, line := range wrap(text, width-len(first)) {
			if i > 0 {
				first = "     "
			}
			lines = append(lines, first+line)
		}
	}
	for i, c := range d.Causes {
		what, fit, example := telling.Cause(c)
		add(fmt.Sprintf("%3d. ", i+1), what)
		add("     ", fit+"; "+example)
		if at := telling.LookAt(c); at != "" {
			add("     ", "look at "+at)
		}
		if len(c.Explains) > 0 {
			add("     ", telling.Fold(c.Explains))
		}
	}
	if len(d.Left) > 0 {
		add("   ? ", fmt.Sprintf("%s without a known cause: %s", count(len(d.Left), "case", "cases"), telling.Fold(d.Left)))
	}
	return lines
}
