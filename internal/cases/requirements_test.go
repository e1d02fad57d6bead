// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/requirements/coverage"
)

// Each case names requirements that there are and that bind whom it is played with.
func TestCasesNameRequirements(t *testing.T) {
	table := requirements.Load()
	for _, edition := range []cases.Edition{cases.Current, cases.Old} {
		c := coverage.Of(table, cases.Full(edition), coverage.Exceptions())
		for _, problem := range c.Problems {
			t.Errorf("edition %s: %s", edition, problem)
		}
		if len(c.Unnamed) > 0 {
			t.Errorf("edition %s: cases that name no requirement: %s", edition, strings.Join(c.Unnamed, ", "))
		}
	}
}

// Each requirement that can be tested has a case, or there is a reason why it has none.
// Of RFC 6455 and RFC 7692 those that have none are listed here, so that no exception
// comes unseen: the list is to become shorter.
func TestRequirementsHaveCases(t *testing.T) {
	excepted := map[string][]string{
		"RFC 6455": {
			"6455-4.1-2", "6455-4.1-3", "6455-7.1.5-2", // see coverage.Exceptions
		},
		"RFC 7692": nil,
		"RFC 8441": {"8441-3-3"}, // see coverage.Exceptions
		"RFC 9113": nil,
		"RFC 9220": nil,
	}
	table := requirements.Load()
	c := coverage.Of(table, cases.Full(cases.Current), coverage.Exceptions())
	for _, e := range c.Entries {
		listed, strict := excepted[e.Spec]
		switch {
		case e.State == coverage.Uncovered:
			t.Errorf("%s has no case, and there is no reason why: %s", e.ID, e.Text)
		case e.State == coverage.Excepted && strict && !slices.Contains(listed, e.ID):
			t.Errorf("%s has no case any more: %s", e.ID, e.Exception)
		case e.State != coverage.Excepted && slices.Contains(listed, e.ID):
			t.Errorf("%s is %s: take it off the list here", e.ID, e.State)
		}
	}
}

// What the table of the reference's cases says of cases, it says of some that there
// are; of ranges both ends exist.
func TestPickersPick(t *testing.T) {
	var all []string
	for _, c := range cases.All(cases.Current) {
		if !c.Has(conform.Beyond) {
			all = append(all, c.ID)
		}
	}
	form := regexp.MustCompile(`^(\d+(-\d+)?|\*)(\.(\d+(-\d+)?|\*))+$`)
	picks := func(entry string) bool {
		return slices.ContainsFunc(all, func(id string) bool { return cases.Picks(entry, id) })
	}
	for _, entry := range cases.Pickers() {
		if !form.MatchString(entry) {
			t.Errorf("%q is no picker", entry)
		}
		for _, end := range []string{"$1", "$2"} {
			if ends := regexp.MustCompile(`(\d+)-(\d+)`).ReplaceAllString(entry, end); !picks(ends) {
				t.Errorf("%s: there is no case %s", entry, ends)
			}
		}
	}
}

func TestPicks(t *testing.T) {
	for _, c := range []struct {
		entry, id string
		want      bool
	}{
		{"2.1", "2.1", true}, {"2.1", "2.10", false}, {"2.1", "2.1.1", false}, {"2.1.1", "2.1", false},
		{"5.3-8", "5.3", true}, {"5.3-8", "5.8", true}, {"5.3-8", "5.9", false}, {"5.3-8", "5.2", false},
		{"1.*.2-8", "1.2.8", true}, {"1.*.2-8", "1.2.1", false}, {"12-13.*.*", "13.7.18", true}, {"12-13.*.*", "1.1.1", false},
	} {
		if got := cases.Picks(c.entry, c.id); got != c.want {
			t.Errorf("%s picks %s: %v", c.entry, c.id, got)
		}
	}
}

// A text that has to come back is not named as one that is not UTF-8, nor the other
// way round.
func TestTextsNameWhatTheyAre(t *testing.T) {
	for _, c := range cases.All(cases.Current) {
		if conform.Category(c.ID) != "6" {
			continue
		}
		fails := c.Close.WrongEndFails
		if named := slices.Contains(c.Requirements, "6455-8.1-1"); named != fails {
			t.Errorf("%s: fails the connection %v, names 6455-8.1-1 %v", c.ID, fails, named)
		}
		if slices.Contains(c.Requirements, "6455-8.1-4") && fails {
			t.Errorf("%s is about valid text and fails the connection", c.ID)
		}
	}
}
