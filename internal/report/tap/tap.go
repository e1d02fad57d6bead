// SPDX-License-Identifier: Apache-2.0

// Package tap writes a report in version 14 of the Test Anything Protocol: a
// subtest per agent, with a diagnostic block for each case that failed. What is
// not implemented is skipped, what is known to fail is a TODO, and what was planned and
// not run is not ok. It knows nothing of files. Start at Write.
package tap

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
)

// Write writes the report.
func Write(w io.Writer, rep *report.Report, v report.View) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "TAP version 14\n1..%d\n", len(rep.Agents))
	for i, a := range rep.Agents {
		missing, untold := a.Missing(), a.LeftOut()
		fmt.Fprintf(b, "# Subtest: %s\n    1..%d\n", clean(a.Name), len(a.Results)+len(missing)+len(untold))
		good := true
		for j, r := range a.Results {
			passed, err := point(b, j+1, r, v)
			if err != nil {
				return err
			}
			good = passed && good
		}
		for j, p := range missing {
			directive := ""
			if v.Partial {
				directive = " # SKIP"
			}
			fmt.Fprintf(b, "    %s %d - %s %s%s %s\n", okay(v.Partial), len(a.Results)+j+1, clean(p.ID), clean(p.Title), directive, clean(a.NotRun()))
			good = good && v.Partial
		}
		for j, p := range untold {
			fmt.Fprintf(b, "    ok %d - %s %s # SKIP %s\n", len(a.Results)+len(missing)+j+1, clean(p.ID), clean(p.Title), clean(p.WhyLeftOut()))
		}
		fmt.Fprintf(b, "%s %d - %s\n", okay(good), i+1, clean(a.Name))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write TAP report: %w", err)
	}
	return nil
}

func okay(good bool) string {
	if good {
		return "ok"
	}
	return "not ok"
}

// point writes one test point and reports whether it counts as passed.
func point(b *bufio.Writer, number int, r report.Result, v report.View) (passed bool, err error) {
	fails := v.Fails(r)
	fmt.Fprintf(b, "    %s %d - %s %s", okay(!fails), number, clean(r.ID), clean(r.Title))
	if tally := r.Flakiness(); tally != "" {
		fmt.Fprintf(b, " (flaky: %s)", tally)
	}
	reason, known := v.KnownReason(r)
	switch {
	case known:
		fmt.Fprintf(b, " # TODO %s", clean(reason))
	case !fails && r.Verdict.Behavior == verdict.Unimplemented:
		fmt.Fprintf(b, " # SKIP %s", clean(r.Verdict.Result))
	}
	fmt.Fprint(b, "\n")
	if !fails {
		return true, nil
	}
	if r, err = v.WholeOf(r); err != nil {
		return false, err
	}
	// A literal block of YAML holds any line that is indented.
	fmt.Fprintf(b, "      ---\n      duration_ms: %d\n      message: |2\n", r.Took.Milliseconds())
	for _, line := range append(telling.Explain(r), "$ "+telling.Command(r)) {
		fmt.Fprintf(b, "        %s\n", visible.Text(line))
	}
	fmt.Fprint(b, "      ...\n")
	return known, nil
}

// most bounds a description, in characters.
const most = 200

// clean is a description on one line, without what would be read as a directive.
func clean(s string) string {
	s = strings.Join(strings.Fields(visible.Text(s)), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(s)
}
