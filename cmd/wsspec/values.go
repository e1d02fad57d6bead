// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// values completes the value of a flag or an argument. The tag "complete" says
// what it is; head is what stands before it in the same word.
func values(command *kong.Node, v *kong.Value, head, typed string) []word {
	if comma := strings.LastIndexByte(typed, ','); comma >= 0 && v.IsSlice() && v.Tag.Sep == ',' {
		head, typed = head+typed[:comma+1], typed[comma+1:]
	}
	what := v.Tag.Get("complete")
	switch v.Tag.Type {
	case "existingfile":
		what = "file"
	case "existingdir":
		what = "dir"
	}
	var fits []word
	switch what {
	case "file":
		return []word{{":files", head}}
	case "dir":
		return []word{{":dirs", head}}
	case "output":
		if kind, _, given := strings.Cut(typed, "="); given {
			return []word{{":files", head + kind + "="}}
		}
		for _, kind := range slices.Sorted(maps.Keys(writers())) {
			fits = append(fits, word{kind + "=", "to a file"}, word{kind, "to standard output"})
		}
	case "loadoutput":
		if kind, _, given := strings.Cut(typed, "="); given {
			return []word{{":files", head + kind + "="}}
		}
		for _, kind := range slices.Sorted(maps.Keys(loadWriters())) {
			fits = append(fits, word{kind + "=", "to a file"}, word{kind, "to standard output"})
		}
	case "kind":
		for _, kind := range slices.Sorted(maps.Keys(writers())) {
			fits = append(fits, word{text: kind})
		}
	case "pattern":
		fits = patterns(typed)
	case "id":
		fits = ids()
	case "section":
		fits = rfcSections()
	case "fault":
		fits = faultNames(command.Name)
	default:
		for _, name := range strings.FieldsFunc(cmp.Or(v.Enum, what), func(r rune) bool { return r == ',' }) {
			fits = append(fits, word{text: name})
		}
	}
	fits = starting(fits, typed)
	for i := range fits {
		fits[i].text = head + fits[i].text
	}
	return fits
}

// patterns are those for categories, and where more is typed those for their
// subcategories and then the cases themselves, so that no list is long.
func patterns(typed string) []word {
	titles := conform.Titles(cases.Sections())
	var fits []word
	add := func(section string) {
		w := word{section + ".*", titles[section]}
		if !slices.Contains(fits, w) {
			fits = append(fits, w)
		}
	}
	for _, c := range cases.Full(cases.Current) {
		section := conform.Subcategory(c.ID)
		add(conform.Category(c.ID))
		if typed != "" {
			add(section)
		}
		if typed != "" && strings.HasPrefix(typed, section) {
			fits = append(fits, word{c.ID, c.Title})
		}
	}
	return fits
}

// ids are those of all cases.
func ids() []word {
	var fits []word
	for _, c := range cases.Full(cases.Current) {
		fits = append(fits, word{c.ID, c.Title})
	}
	return fits
}

// rfcSections are those on which cases rest, and the ones above them.
func rfcSections() []word {
	rfcs := map[string]string{}
	for _, c := range cases.Full(cases.Current) {
		rfc, section, _ := strings.Cut(c.Spec, ", ")
		rfcs[section] = rfc
		for dot := strings.LastIndexByte(section, '.'); dot > 0; dot = strings.LastIndexByte(section, '.') {
			section = section[:dot]
			rfcs[section] = rfc
		}
	}
	var fits []word
	for _, section := range slices.SortedFunc(maps.Keys(rfcs), conform.CompareIDs) {
		fits = append(fits, word{section, rfcs[section]})
	}
	return fits
}

// faultNames are those of the faults that make a difference in a command.
func faultNames(command string) []word {
	role := ws.Server
	if command == "client" {
		role = ws.Client
	}
	var fits []word
	for _, f := range testee.AllFaults() {
		if f.Roles.Has(role) {
			fits = append(fits, word{f.Name, f.Title})
		}
	}
	return fits
}
