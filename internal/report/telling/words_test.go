// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report/telling"
)

// A reader finds the word FAILED only where something failed, and so no sentence
// of ours may have it.
func TestNoTitleSaysFailed(t *testing.T) {
	for _, c := range cases.All(cases.Current) {
		for _, s := range []string{c.Title, c.Spec, telling.Expectation(c.Want, c.Close)} {
			if strings.Contains(s, "FAILED") || strings.Contains(s, "case_failed") {
				t.Errorf("%s: %s", c.ID, s)
			}
			if strings.ContainsAny(s, "<>") || strings.Contains(s, "  ") || s != strings.TrimSpace(s) {
				t.Errorf("%s: no plain text with single blanks: %q", c.ID, s)
			}
		}
	}
}
