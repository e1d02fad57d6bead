// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
)

func TestIDsAreUniqueAndInOrder(t *testing.T) {
	for edition, n := range map[cases.Edition]int{cases.Current: 517, cases.Old: 521} {
		all := cases.All(edition)
		if len(all) != n {
			t.Errorf("edition %s: %d cases, want %d", edition, len(all), n)
		}
		sections := map[string]bool{}
		for _, s := range cases.Sections() {
			sections[s.ID] = true
		}
		for i, c := range all {
			if i > 0 && conform.CompareIDs(all[i-1].ID, c.ID) >= 0 {
				t.Errorf("%s does not come before %s", all[i-1].ID, c.ID)
			}
			if c.Title == "" || c.Spec == "" || c.Play == nil {
				t.Errorf("%s: title %q, spec %q, script %v", c.ID, c.Title, c.Spec, c.Play != nil)
			}
			if !sections[conform.Category(c.ID)] || !sections[conform.Subcategory(c.ID)] {
				t.Errorf("%s belongs to no section", c.ID)
			}
		}
	}
}
