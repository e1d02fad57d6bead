// SPDX-License-Identifier: Apache-2.0

package conform_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
)

// catalogue is a handful of cases in order.
func catalogue() []conform.Case {
	var cs []conform.Case
	for _, id := range strings.Fields("1.1.1 1.2.1 2.1 2.10 6.4.1 6.4.2 10.1.1 12.1.1 12.1.2 12.1.10 12.1.18 12.2.1 13.1.1") {
		cs = append(cs, conform.Case{ID: id})
	}
	return cs
}

// Selections as specification files in the wild have them.
func TestSelect(t *testing.T) {
	all := "1.1.1 1.2.1 2.1 2.10 6.4.1 6.4.2 10.1.1 12.1.1 12.1.2 12.1.10 12.1.18 12.2.1 13.1.1"
	for _, c := range []struct {
		include, exclude []string
		want             string
	}{
		{[]string{"*"}, nil, all},
		{[]string{"*"}, []string{""}, all}, // "exclude-cases": [""]
		{[]string{"*"}, []string{"1.*", "1[0-3].*", "6.4.2"}, "2.1 2.10 6.4.1"},
		{[]string{"1.*"}, nil, "1.1.1 1.2.1"},
		{[]string{"6.4.*"}, nil, "6.4.1 6.4.2"},
		{[]string{"2.1"}, nil, "2.1"},
		{[]string{"2.1*"}, nil, "2.1 2.10"},
		{[]string{"1[1-4].*"}, nil, "12.1.1 12.1.2 12.1.10 12.1.18 12.2.1 13.1.1"},
		{[]string{"12.*.1"}, nil, "12.1.1 12.1.10 12.1.18 12.2.1"}, // anchored at its start alone
		{[]string{"*.1.1"}, nil, "1.1.1 10.1.1 12.1.1 12.1.10 12.1.18 13.1.1"},
		{[]string{"11.*"}, nil, ""},
		{[]string{"6.4.2", "1.1.1", "6.4.*"}, nil, "1.1.1 6.4.1 6.4.2"}, // in order, each once
		{[]string{"*"}, []string{"99.1", "99.*"}, all},
		{nil, nil, ""},
	} {
		picked, err := conform.Select(catalogue(), c.include, c.exclude)
		var ids []string
		for _, k := range picked {
			ids = append(ids, k.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != c.want {
			t.Errorf("%q without %q: %q, %v; want %q", c.include, c.exclude, got, err, c.want)
		}
	}
}

// Patterns mean what they look like, and what summaries print can be given back.
func TestPick(t *testing.T) {
	all := catalogue()
	for i := range all {
		if all[i].ID == "6.4.1" || all[i].ID == "2.10" {
			all[i].Tags = []conform.Tag{conform.UTF8}
		}
	}
	for _, c := range []struct {
		include, exclude string
		want             string
	}{
		{"*", "", "1.1.1 1.2.1 2.1 2.10 6.4.1 6.4.2 10.1.1 12.1.1 12.1.2 12.1.10 12.1.18 12.2.1 13.1.1"},
		{"12.*.1", "", "12.1.1 12.2.1"},
		{"*.1.1", "", "1.1.1 10.1.1 12.1.1 13.1.1"},
		{"1.*", "", "1.1.1 1.2.1"},
		{"2.*", "", "2.1 2.10"},
		{"2.1", "", "2.1"},
		{"2.1*", "", "2.1 2.10"},
		{"1[0-2].*", "12.*", "10.1.1"},
		{"#utf8", "", "2.10 6.4.1"},
		{"*", "#utf8", "1.1.1 1.2.1 2.1 6.4.2 10.1.1 12.1.1 12.1.2 12.1.10 12.1.18 12.2.1 13.1.1"},
		{"12.1.2-10", "", "12.1.2 12.1.10"},
		{"12.1.2–18, 2.1-2.10", "12.1.18", "2.1 2.10 12.1.2 12.1.10"},
		{"2.1", "99.9", "2.1"},
	} {
		split := func(s string) []string {
			return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
		}
		picked, err := conform.Pick(all, split(c.include), split(c.exclude))
		var ids []string
		for _, k := range picked {
			ids = append(ids, k.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != c.want {
			t.Errorf("%q without %q: %q, %v; want %q", c.include, c.exclude, got, err, c.want)
		}
	}
	for entry, want := range map[string]string{
		"9.9": `there is no case "9.9"`, "#nothing": `no case has the tag "#nothing"`, "5.7-6": `range "5.7-6": want two ids of a section`, "(*": `pattern "(*"`,
		"x-y": `range "x-y"`, "5.6-": `range "5.6-"`, "90.1-2": `there is no case "90.1-2"`,
	} {
		if _, err := conform.Pick(all, []string{entry}, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", entry, err, want)
		}
	}
}

func FuzzPick(f *testing.F) {
	for _, e := range []string{"6.4.*", "#utf8", "5.6-7", "5.6–", "*", "(", "1[", "..", "*.*.*"} {
		f.Add(e)
	}
	all := catalogue()
	f.Fuzz(func(t *testing.T, entry string) {
		if picked, err := conform.Pick(all, []string{entry}, nil); err != nil && picked != nil {
			t.Errorf("%q: %d cases and %v", entry, len(picked), err)
		}
	})
}

func TestSelectErrors(t *testing.T) {
	var unknown *conform.UnknownCaseError
	for _, id := range []string{"1.1.99", "", "1.1", "1[1-4].1"} {
		if _, err := conform.Select(catalogue(), []string{"*", id}, nil); !errors.As(err, &unknown) || unknown.ID != id {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, pattern := range []string{"1[*", "(*", "*)"} {
		for _, lists := range [][2][]string{{{pattern}, nil}, {{"*"}, {pattern}}} {
			if _, err := conform.Select(catalogue(), lists[0], lists[1]); err == nil || !strings.Contains(err.Error(), pattern) {
				t.Errorf("%q: %v", lists, err)
			}
		}
	}
}

// Patterns for agents and what they exclude are anchored at both ends.
func TestWholePatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		matches       bool
	}{
		{"AutobahnServer*", "AutobahnServer/0.7", true}, {"AutobahnServer", "AutobahnServer/0.7", false}, {"*", "", true},
		{"12.*.1", "12.1.10", false}, {"12.*.1", "12.1.1", true}, {"a.b", "axb", false}, {"a|b", "ab", false}, {"a|b", "b", true},
	} {
		p, err := conform.CompilePattern(c.pattern, true)
		if err != nil || p.Match(c.name) != c.matches {
			t.Errorf("%q matches %q: %v, %v", c.pattern, c.name, err == nil && p.Match(c.name), err)
		}
	}
}

func FuzzCompilePattern(f *testing.F) {
	for _, s := range []string{"*", "1[1-4].*", "(", "a|b", `\`, "12.*.1"} {
		f.Add(s, "12.1.1")
	}
	f.Fuzz(func(t *testing.T, pattern, id string) {
		p, err := conform.CompilePattern(pattern, true)
		if err == nil && p.Match(id) {
			// What fits as a whole fits from the start on.
			if q, err := conform.CompilePattern(pattern, false); err != nil || !q.Match(id) {
				t.Errorf("%q matches %q at both ends and not at its start (%v)", pattern, id, err)
			}
		}
	})
}

func TestCompareIDs(t *testing.T) {
	want := strings.Fields("-9223372036854775808 1 1.01 1.1 1.1.1 1.1.2 1.2.1 2.9 2.10 2.10.1 10.1.1 10.1.x 10.x h")
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, conform.CompareIDs)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if conform.CompareIDs("1.1", "1.01") == 0 {
		t.Error("two ids are taken for one")
	}
}

func TestParts(t *testing.T) {
	for id, want := range map[string][2]string{"6.4.1": {"6", "6.4"}, "2.10": {"2", "2"}, "12.1.18": {"12", "12.1"}, "7": {"7", "7"}} {
		if c, s := conform.Category(id), conform.Subcategory(id); c != want[0] || s != want[1] {
			t.Errorf("%s is of %s and %s, want %v", id, c, s, want)
		}
	}
}

func TestRoles(t *testing.T) {
	for roles, want := range map[conform.Roles][2]bool{
		conform.BothRoles: {true, true}, conform.AsClient: {true, false}, conform.AsServer: {false, true}, conform.AsClient | conform.AsServer: {true, true},
	} {
		if roles.Has(0) != want[0] || roles.Has(1) != want[1] {
			t.Errorf("%b: %v, %v", roles, roles.Has(0), roles.Has(1))
		}
	}
}
