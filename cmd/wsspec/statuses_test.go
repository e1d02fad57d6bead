// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// The manual and the README say of status 1 what sets it: which words of a case, and which
// of a closing, with --strict and without.
func TestStatusOneAsDocumented(t *testing.T) {
	told := map[string]string{}
	for _, name := range []string{"README.md", "docs/ci.md"} {
		b, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		told[name] = string(b)
	}
	for _, e := range exitStatuses() {
		if e.tag == "1" {
			told["manual"] = e.text
		}
	}
	list := regexp.MustCompile(`(?i)some case FAILED, or a closing is ([A-Z, or]+?)(?: \(|;)`)
	for where, text := range told {
		m := list.FindStringSubmatch(text)
		if m == nil {
			t.Errorf("%s does not say what sets status 1", where)
			continue
		}
		closings := strings.Split(strings.ReplaceAll(m[1], " or ", ", "), ", ")
		for _, g := range grades {
			of := func(behavior, closing verdict.Grade) report.Result {
				return report.Result{Verdict: verdict.Verdict{Behavior: behavior, Close: closing}}
			}
			g := verdict.Grade(g)
			if got := (report.View{}).Fails(of(verdict.OK, g)); got != slices.Contains(closings, string(g)) {
				t.Errorf("%s names closings %q; that one is %s sets status 1: %v", where, closings, g, got)
			}
			if got := (report.View{}).Fails(of(g, verdict.OK)); got != (g == verdict.Failed) {
				t.Errorf("%s: a case FAILED; that one is %s sets status 1: %v", where, g, got)
			}
			good := g == verdict.OK || g == verdict.Informational || g == verdict.Unimplemented
			if strict := (report.View{Strict: true}); strict.Fails(of(verdict.OK, g)) == good {
				t.Errorf("%s: --strict does not do with a closing that is %s what is said of it", where, g)
			}
		}
	}
	const anything = "`--strict`: anything but OK, INFORMATIONAL and UNIMPLEMENTED"
	for where, strict := range map[string]string{
		"README.md": anything, "docs/ci.md": anything, "manual": "with --strict, anything is not OK, INFORMATIONAL or UNIMPLEMENTED",
	} {
		if !strings.Contains(told[where], strict) {
			t.Errorf("%s does not say %q", where, strict)
		}
	}
}
