// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/requirements/coverage"
)

func TestCoverageIsFresh(t *testing.T) {
	table := requirements.Load()
	c := coverage.Of(table, cases.Full(cases.Current), coverage.Exceptions())
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# Requirements and the cases that test them\n\n", written)
	fmt.Fprint(&b, "What `wsspec coverage` prints. Each requirement has an id that never changes, a level, which is the word of RFC 2119, and\n"+
		"says who is bound by it; the sentences are ours. A server or client can fail the cases by it: some breach of it shows there,\n"+
		"not each one. \"How\" is what a test takes beyond one connection.\n\n")
	fmt.Fprint(&b, "| specification | can be tested | with a case | without, for a reason | without |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, s := range table.Specs {
		row := c.Spec(s.Name)
		fmt.Fprintf(&b, "| [%s](#%s), %s | %d | %d | %d | %d |\n", s.Name, anchor(s), s.Title, row.Total(), row.Covered, row.Excepted, row.Uncovered)
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | %d |\n", c.Total.Total(), c.Total.Covered, c.Total.Excepted, c.Total.Uncovered)
	for _, spec := range table.Specs {
		fmt.Fprintf(&b, "\n## %s %s\n", spec.Name, spec.Title)
		for _, s := range c.Sections {
			if s.Spec == spec.Name {
				b.WriteString(coverageOf(c, s))
			}
		}
	}
	golden.Check(t, "../coverage.md", b.Bytes())
}

// anchor is what GitHub makes of the heading of a specification.
func anchor(s requirements.Spec) string {
	kept := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(s.Name+" "+s.Title), "")
	return strings.ReplaceAll(kept, " ", "-")
}

// coverageOf is the table of a section.
func coverageOf(c coverage.Coverage, s coverage.Section) string {
	var b strings.Builder
	if s.Number != "" {
		fmt.Fprintf(&b, "\n### %s %s\n", s.Number, markdownText(s.Title))
	}
	if at := linked(s.String()); at != s.String() {
		fmt.Fprintf(&b, "\n%s, %d of %d\n", at, s.Covered, s.Total())
	}
	b.WriteString("\n| id | level | binds | requirement | cases |\n| --- | --- | --- | --- | --- |\n")
	for _, e := range c.In(s.Section) {
		text := markdownText(e.Text)
		if e.Testable == requirements.How {
			text += " *How: " + markdownText(e.Remark) + ".*"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", e.ID, e.Level, e.Side, text, testedBy(c, e))
	}
	return b.String()
}

// testedBy is the cell with the cases, or with why there are none.
func testedBy(c coverage.Coverage, e coverage.Entry) string {
	links := func(ids []string) string {
		var parts []string
		for _, part := range c.Ranges(ids) {
			page := fmt.Sprintf("cases/%02s.md", conform.Category(part))
			if _, err := os.Stat(page); err == nil { // written by a test before this one
				part = fmt.Sprintf("[%s](%s)", part, page)
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ", ")
	}
	cell := links(e.Cases)
	switch {
	case e.State == coverage.Untestable:
		cell = "cannot be tested: " + e.Remark
	case e.State == coverage.Excepted:
		cell = "none: " + e.Exception
	case e.State == coverage.Uncovered:
		cell = "**none**"
	case e.OneSided():
		cell += map[bool]string{true: " on servers only", false: " on clients only"}[e.Servers]
	}
	if looks := links(e.Looks); looks != "" {
		cell = strings.Join([]string{cell, "cannot fail by it: " + looks}, "; ")
	}
	return cell
}
