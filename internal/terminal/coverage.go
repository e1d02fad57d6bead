// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/requirements/coverage"
)

// How narrow and how wide a page gets, whatever the terminal.
const (
	narrowest = 40
	widest    = 120
)

// Coverage prints which requirements are tested and by which cases, or in short how
// many in each section. Of the surroundings, Width is that of the terminal at Out.
func Coverage(on Surroundings, table requirements.Table, c coverage.Coverage, short bool) {
	p := coveragePage{out: on.Out, width: plainWidth, color: on.color(), all: c}
	if on.Width > 0 {
		p.width = min(max(on.Width, narrowest), widest)
	}
	for _, spec := range table.Specs {
		sum := c.Spec(spec.Name)
		begun := false
		for _, s := range c.Sections {
			if s.Spec != spec.Name {
				continue
			}
			if !begun {
				p.heading(spec.Name, spec.Title, sum, bold)
				begun = true
			}
			p.section(s, short)
		}
		if begun {
			fmt.Fprintln(p.out)
		}
	}
	p.total(c.Total)
}

// coveragePage is what is printed of a coverage.
type coveragePage struct {
	out   io.Writer
	width int
	color bool
	all   coverage.Coverage
}

// The look of words on a terminal with colours.
const (
	plain  = ""
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

func (p coveragePage) paint(look, s string) string {
	if !p.color || look == plain || s == "" {
		return s
	}
	return look + s + "\x1b[0m"
}

// heading is a line with a name, a title that is cut where there is no room, and how
// many requirements have cases.
func (p coveragePage) heading(name, title string, s coverage.Section, look string) {
	count := ""
	if s.Total() > 0 {
		count = fmt.Sprintf("%d of %d", s.Covered, s.Total())
	}
	room := p.width - utf8.RuneCountInString(count) - 2
	text := clip(strings.TrimRight(name+"  "+title, " "), room)
	gap := strings.Repeat(" ", max(p.width-utf8.RuneCountInString(text)-utf8.RuneCountInString(count), 0))
	fmt.Fprintln(p.out, strings.TrimRight(p.paint(look, text)+gap+count, " "))
}

func (p coveragePage) section(s coverage.Section, short bool) {
	if short {
		if s.Number != "" {
			p.heading(fmt.Sprintf("  %-8s", s.Number), s.Title, s, plain)
		}
		return
	}
	fmt.Fprintln(p.out)
	if s.Number != "" {
		p.heading(s.Number, s.Title, s, bold)
		fmt.Fprintln(p.out)
	}
	for _, e := range p.all.In(s.Section) {
		p.entry(e)
	}
}

// entry prints a requirement: on the left its id over its level and side, on the
// right its text over what tests it.
func (p coveragePage) entry(e coverage.Entry) {
	const left = 24
	mark, look, cases := p.tests(e)
	type line struct{ look, text string }
	var right []line
	add := func(look, text string) {
		for _, s := range wrap(text, p.width-left) {
			right = append(right, line{look, s})
		}
	}
	add(plain, e.Text)
	if e.Testable == requirements.How {
		add(dim, "how: "+e.Remark)
	}
	add(look, cases)
	for i, r := range right {
		beside := ""
		switch i {
		case 0:
			beside = fmt.Sprintf("  %s %s", mark, e.ID)
		case 1:
			beside = "    " + strings.TrimPrefix(fmt.Sprintf("%s, %s", e.Level, e.Side), string(requirements.Note)+", ")
		}
		gap := strings.Repeat(" ", max(left-utf8.RuneCountInString(beside), 1))
		if i == 0 {
			beside = "  " + p.paint(look, mark) + " " + e.ID
		}
		fmt.Fprintln(p.out, beside+gap+p.paint(r.look, r.text))
	}
}

// tests says what tests a requirement, after a mark and a look for it.
func (p coveragePage) tests(e coverage.Entry) (mark, look, cases string) {
	switch e.State {
	case coverage.Covered:
		cases = strings.Join(p.all.Ranges(e.Cases), ", ")
		switch {
		case e.OneSided() && e.Servers:
			cases += " (on servers only)"
		case e.OneSided():
			cases += " (on clients only)"
		}
		mark, look = "✓", green
	case coverage.Excepted:
		mark, look, cases = "–", yellow, "no case: "+e.Exception
	case coverage.Untestable:
		return "–", yellow, "cannot be tested: " + e.Remark
	default:
		mark, look, cases = "✗", red, "no case"
	}
	if len(e.Looks) > 0 {
		cases += "; cannot fail by it: " + strings.Join(p.all.Ranges(e.Looks), ", ")
	}
	return mark, look, cases
}

func (p coveragePage) total(s coverage.Section) {
	text := fmt.Sprintf("%d requirements can be tested: %d with a case, %d without for a reason that is given, %d without.",
		s.Total(), s.Covered, s.Excepted, s.Uncovered)
	for _, line := range wrap(text, p.width) {
		fmt.Fprintln(p.out, line)
	}
}

// wrap breaks a text into lines of at most width columns, if its words allow.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
