// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
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

// A case beyond the 517 costs one literal, wherever the list that it is in stands: it gets the
// tag by which specification files of the reference pass over it, and the suite autobahn is
// what it was.
func TestNewCasesAreBeyond(t *testing.T) {
	all, full := cases.All(cases.Current), cases.Full(cases.Current)
	seen, left := map[string]bool{}, []conform.Case{}
	for _, c := range full {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		if seen[c.ID] = true; !c.Has(conform.Beyond) {
			left = append(left, c)
		}
	}
	if got, want := len(full), len(all)+len(cases.Beyond()); got != want {
		t.Errorf("%d cases in all, want %d", got, want)
	}
	for name, got := range map[string][]conform.Case{"the tag beyond": left, "the suite autobahn": cases.AutobahnSuite.Of(cases.Current, corpus.New())} {
		if !slices.EqualFunc(got, all, func(a, b conform.Case) bool { return a.ID == b.ID }) {
			t.Errorf("%s leaves %d cases, and not the reference's %d", name, len(got), len(all))
		}
	}
}
