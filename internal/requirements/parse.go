// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Parse reads a table; requirements.txt says in which form. The error names the
// line and what is wrong with it.
func Parse(text string) (Table, error) {
	p := parser{ids: map[string]bool{}, sections: map[Section]bool{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if err := p.line(strings.TrimRight(line, "\r\n")); err != nil {
			return Table{}, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return p.table, nil
}

// parser is the table as far as it has been read.
type parser struct {
	table    Table
	over     string  // transport of the specification
	section  Section // where we are
	bare     bool    // nothing has followed the line of the specification yet
	ids      map[string]bool
	sections map[Section]bool // without titles
}

func (p *parser) line(line string) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	inner, indented := strings.CutPrefix(line, "    ")
	head, text, found := strings.Cut(inner, ": ")
	if head, text = strings.TrimSpace(head), strings.TrimSpace(text); !found || head == "" || text == "" {
		return fmt.Errorf("%.60q: want \"WORDS: TEXT\"", line)
	}
	word, rest, _ := strings.Cut(head, " ")
	bare := p.bare
	p.bare = false
	switch {
	case indented:
		return p.remark(head, text)
	case word == "spec":
		return p.spec(rest, text)
	case word == "section":
		return p.begin(rest, text)
	case head == "over" && bare:
		p.over = text
		return nil
	case head == "over":
		return errors.New("over does not follow the line of a specification")
	}
	return p.requirement(word, rest, text)
}

func (p *parser) spec(name, title string) error {
	if name == "" {
		return errors.New("the specification has no name")
	}
	if slices.ContainsFunc(p.table.Specs, func(s Spec) bool { return s.Name == name }) {
		return fmt.Errorf("there is a specification %q above", name)
	}
	p.table.Specs = append(p.table.Specs, Spec{name, title})
	p.section, p.over, p.bare = Section{Spec: name, Title: title}, "", true
	return nil
}

func (p *parser) begin(number, title string) error {
	key := Section{Spec: p.section.Spec, Number: number}
	switch {
	case key.Spec == "":
		return errors.New("a section before the first specification")
	case number == "":
		return errors.New("the section has no number")
	case p.sections[key]:
		return fmt.Errorf("there is a section %s above", key)
	}
	p.sections[key] = true
	p.section = Section{Spec: key.Spec, Number: number, Title: title}
	return nil
}

// requirement reads "ID SIDE LEVEL: TEXT", of which rest is "SIDE LEVEL".
func (p *parser) requirement(id, rest, text string) error {
	side, level, _ := strings.Cut(rest, " ")
	switch {
	case p.section.Spec == "":
		return errors.New("a requirement before the first specification")
	case p.ids[id]:
		return fmt.Errorf("there is a requirement %q above", id)
	case !slices.Contains([]Side{Client, Server, Both, Other}, Side(side)):
		return fmt.Errorf("side %.20q: want client, server, both or other", side)
	case !slices.Contains([]Level{Must, MustNot, Should, ShouldNot, May, Note}, Level(level)):
		return fmt.Errorf("level %.20q: want MUST, MUST NOT, SHOULD, SHOULD NOT, MAY or -", level)
	}
	p.ids[id] = true
	if n := len(p.table.Sections); n == 0 || p.table.Sections[n-1] != p.section {
		p.table.Sections = append(p.table.Sections, p.section)
	}
	p.table.Requirements = append(p.table.Requirements, Requirement{
		ID: id, Spec: p.section.Spec, Section: p.section.Number,
		Side: Side(side), Level: Level(level), Text: text, Testable: Yes, Over: p.over,
	})
	return nil
}

// remark reads what is said of the last requirement.
func (p *parser) remark(what, text string) error {
	n := len(p.table.Requirements)
	if n == 0 {
		return errors.New("a remark before the first requirement")
	}
	r := &p.table.Requirements[n-1]
	switch {
	case what == "over":
		r.Over = text
		return nil
	case what != string(How) && what != string(No):
		return fmt.Errorf("%.20q: want over, how or no", what)
	case r.Remark != "":
		return fmt.Errorf("%s is said to be testable, or not, twice", r.ID)
	}
	r.Testable, r.Remark = Testable(what), text
	return nil
}
