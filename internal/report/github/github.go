// SPDX-License-Identifier: Apache-2.0

// Package github writes annotations: workflow commands that GitHub Actions shows
// beside a run. It knows nothing of files. Start at Write.
package github

import (
	"fmt"
	"io"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
)

// Most is how many annotations of a kind GitHub shows for a step.
const Most = 10

// Write writes a notice for what each report is of where that is not the whole of all
// cases and for what the peer does not implement, an error for what was not run, one for each result that fails, a notice for each known
// failure, and a warning for each that is flaky and does not count as failed, up to
// Most of each, and one line that sums up the rest of the errors.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	var b strings.Builder
	errors, notices, warnings := 0, 0, 0
	for _, a := range rep.Agents {
		kind := "error"
		if v.Partial {
			kind = "notice"
		}
		for _, line := range telling.Scope(a) {
			fmt.Fprintf(&b, "::notice title=%s::%s\n", property(visible.Text(a.Name)), data(visible.Text(line)))
		}
		for _, line := range telling.Holes(a) {
			fmt.Fprintf(&b, "::%s title=%s::%s\n", kind, property(visible.Text(a.Name)), data(visible.Text(line)))
		}
		for _, line := range telling.Blanks(a) {
			fmt.Fprintf(&b, "::notice title=%s::%s\n", property(visible.Text(a.Name)), data(visible.Text(line)))
		}
		for _, line := range telling.LeftOut(a) {
			fmt.Fprintf(&b, "::notice title=%s::%s\n", property(visible.Text(a.Name)), data(line))
		}
		for _, r := range a.Results {
			if !v.Fails(r) {
				if tally := r.Flakiness(); tally != "" && warnings < Most {
					warnings++
					command(&b, "warning", r, "flaky: "+tally+"\n"+strings.Join(telling.AttemptLines(r), "\n"))
				}
				continue
			}
			if reason, known := v.KnownReason(r); known {
				if notices++; notices <= Most {
					command(&b, "notice", r, "known failure: "+reason)
				}
				continue
			}
			// The last one has to make room for the sum.
			if errors++; errors < Most {
				r, err := v.WholeOf(r)
				if err != nil {
					return err
				}
				command(&b, "error", r, strings.Join(append(telling.Explain(r), "$ "+telling.Command(r)), "\n"))
			}
		}
	}
	if rest := errors - Most + 1; rest > 0 {
		fmt.Fprintf(&b, "::error title=wsspec::%d more failed\n", rest)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	return nil
}

func command(b *strings.Builder, kind string, r report.Result, message string) {
	fmt.Fprintf(b, "::%s title=%s::%s\n", kind, property(visible.Text(r.Agent)+": case "+r.ID), data(message))
}

// most bounds a message, in octets; GitHub cuts at 4 KiB.
const most = 4000

// data escapes a message as workflow commands want it.
func data(s string) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

// property escapes the value of a property.
func property(s string) string {
	const longest = 200
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
