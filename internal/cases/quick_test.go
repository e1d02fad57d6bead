// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
)

// TestQuickSuite wants the suite quick to be all cases but 9.*, and those of 12 and 13
// to send what fills a window of 32 KiB four times, or to be as they are where they
// never do. What is shortened says so.
func TestQuickSuite(t *testing.T) {
	quick, left := map[string]conform.Case{}, map[string]bool{}
	for _, c := range cases.QuickSuite.Of(cases.Current, corpus.New()) {
		quick[c.ID], left[c.ID] = c, true
	}
	shortened := 0
	for _, whole := range cases.Full(cases.Current) {
		c, has := quick[whole.ID]
		delete(left, whole.ID)
		category := conform.Category(whole.ID)
		if has != (category != "9") {
			t.Errorf("%s: in quick %v", whole.ID, has)
		}
		if !has {
			continue
		}
		if !c.Has(conform.Shortened) {
			if c.Title != whole.Title || c.Want.Echoes != whole.Want.Echoes || len(c.Tags) != len(whole.Tags) {
				t.Errorf("%s is %q, wants %d echoes and does not say that it is shortened", c.ID, c.Title, c.Want.Echoes)
			}
			continue
		}
		shortened++
		if category != "12" && category != "13" || c.Want.Echoes >= whole.Want.Echoes || c.Want.Echoes < 4 || c.Has(conform.Slow) {
			t.Errorf("%s: %d echoes of %d, tags %v", c.ID, c.Want.Echoes, whole.Want.Echoes, c.Tags)
		}
		n := fmt.Sprintf("%d of %d messages", c.Want.Echoes, whole.Want.Echoes)
		if c.Title != strings.Replace(whole.Title, "1000 messages", n, 1) {
			t.Errorf("%s: title %q", c.ID, c.Title)
		}
	}
	if len(left) > 0 {
		t.Errorf("%d cases are in quick alone", len(left))
	}
	if want := 12 * 16; shortened != want { // the rows of 16 and 64 octets do not fill the window once
		t.Errorf("%d cases are shortened, want %d", shortened, want)
	}
	for id, n := range map[string]int{"12.1.1": 1000, "12.1.2": 1000, "12.1.3": 512, "12.2.4": 128, "12.3.5": 32, "13.1.6": 16, "13.2.7": 8, "13.7.8": 4, "13.7.9": 4, "12.5.18": 4} {
		if got := quick[id].Want.Echoes; got != n {
			t.Errorf("%s: %d messages, want %d", id, got, n)
		}
	}
}

func TestParseSuite(t *testing.T) {
	for name, want := range map[string]cases.Suite{"": cases.FullSuite, "full": cases.FullSuite, "autobahn": cases.AutobahnSuite, "quick": cases.QuickSuite, "Quick": "", "fast": ""} {
		got, err := cases.ParseSuite(name)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}
