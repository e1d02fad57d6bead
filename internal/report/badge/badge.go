// SPDX-License-Identifier: Apache-2.0

// Package badge draws a report as a badge for a README: one SVG with the grade and
// how many cases passed. It knows nothing of files. Start at Write.
package badge

import (
	"fmt"
	"io"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/score"
)

// colours by the first letter of the grade.
var colours = map[byte]string{'A': "#1a7f4b", 'B': "#8a6100", 'C': "#b3541e", 'D': "#c02626", 'F': "#8f1212"}

// Write draws the badge. It says where cases were shortened. Of several agents it shows the worst grade, and none where one
// of them has none.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	grade, graded, passed, total, shortened := "", true, 0, 0, false
	for _, a := range rep.Agents {
		card := score.Of(a)
		if score.Worse(card.Grade, grade) {
			grade = card.Grade
		}
		graded = graded && card.Grade != ""
		total += card.Missing
		shortened = shortened || len(a.Shortened()) > 0
		for _, r := range a.Results {
			total++
			if !v.Fails(r) && r.Judged() {
				passed++
			}
		}
	}
	value, colour := "no results", "#71757b"
	if total > 0 {
		value = fmt.Sprintf("%d/%d", passed, total)
	}
	if graded && grade != "" {
		value, colour = fmt.Sprintf("%s · %d/%d", grade, passed, total), colours[grade[0]]
	}
	if shortened {
		value += " shortened"
	}
	if _, err := io.WriteString(w, draw("WebSocket", value, colour)); err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	return nil
}

// draw sets two words of ours beside each other. Widths are stretched to fit, so
// that it looks the same with every font.
func draw(name, value, colour string) string {
	width := func(s string) int { return 7*len([]rune(s)) + 12 }
	l, r := width(name), width(value)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[2]s: %[3]s"><title>%[2]s: %[3]s</title><clipPath id="r"><rect width="%[1]d" height="20" rx="4"/></clipPath><g clip-path="url(#r)"><rect width="%[4]d" height="20" fill="#3a3d42"/><rect x="%[4]d" width="%[5]d" height="20" fill="%[6]s"/></g><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="%[7]d" y="14" textLength="%[8]d">%[2]s</text><text x="%[9]d" y="14" textLength="%[10]d">%[3]s</text></g></svg>
`, l+r, name, value, l, r, colour, l/2, l-12, l+r/2, r-12)
}
