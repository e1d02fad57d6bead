// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/requirements/coverage"
	"github.com/wsspec/wsspec/internal/terminal"
)

type coverageCmd struct {
	Spec      string `placeholder:"NAME" complete:"6455,7692,9110,9112,6585,iana" help:"Only the requirements of this specification, such as 6455 or 7692."`
	Uncovered bool   `help:"Only requirements that no case tests, with the reason if there is one."`
	Sections  bool   `xor:"form" help:"Only the number of requirements tested in each section."`
	JSON      bool   `name:"json" xor:"form" help:"Print JSON."`
}

// Help says how to read what is printed.
func (coverageCmd) Help() string {
	return `Each requirement has an id that never changes: 6455-5.5.2-1 is the first of RFC 6455, section 5.5.2. Below it are its level, a word of RFC 2119, and whom it binds. Beside it are a sentence in our words and the cases that test it: some violations of it make them fail, not necessarily every one.

A tick means tested, a cross not tested. A dash means that it cannot be tested, or is not for the reason given; "how" says what a test needs beyond one connection.

"wsspec cases show 2.1" explains a case.`
}

// coveredRequirement is a requirement as "coverage --json" prints it.
type coveredRequirement struct {
	ID        string                `json:"id"`
	Spec      string                `json:"spec"`
	Section   string                `json:"section"`
	Side      requirements.Side     `json:"side"`
	Level     requirements.Level    `json:"level"`
	Text      string                `json:"text"`
	Testable  requirements.Testable `json:"testable"`
	Remark    string                `json:"remark,omitempty"`
	Over      string                `json:"over,omitempty"`
	State     coverage.State        `json:"state"`
	Exception string                `json:"exception,omitempty"`
	Cases     []string              `json:"cases"`
	Looks     []string              `json:"cannot_fail,omitempty"`
	Servers   bool                  `json:"on_servers"`
	Clients   bool                  `json:"on_clients"`
}

// countedSection is a section as "coverage --json" prints it.
type countedSection struct {
	Spec      string `json:"spec"`
	Section   string `json:"section"`
	Title     string `json:"title"`
	Covered   int    `json:"covered"`
	Excepted  int    `json:"excepted"`
	Uncovered int    `json:"uncovered"`
}

// Run prints what is tested.
func (c coverageCmd) Run(p *process) error {
	table := requirements.Load()
	all := coverage.Of(table, cases.Full(cases.Current), coverage.Exceptions())
	if c.Spec != "" {
		spec, ok := table.FindSpec(c.Spec)
		if !ok {
			var names []string
			for _, s := range table.Specs {
				names = append(names, strings.TrimPrefix(s.Name, "RFC "))
			}
			return badUsage(fmt.Errorf("--spec: there are no requirements of %q", c.Spec), "it is one of "+strings.Join(names, ", "))
		}
		all = all.Of(spec.Name)
	}
	shown := all
	if c.Uncovered {
		shown = all.Only(func(e coverage.Entry) bool { return e.State == coverage.Uncovered || e.State == coverage.Excepted })
	}
	if c.JSON {
		return c.json(p, shown)
	}
	terminal.Coverage(terminal.Surroundings{Out: p.stdout, Width: p.page(), Getenv: p.getenv}, table, shown, c.Sections)
	return nil
}

// page is how wide the terminal at standard output is, or 0 where there is none.
func (p *process) page() int {
	if out, ok := p.stdout.(*terminal.Output); ok {
		if f, ok := out.W.(*os.File); ok {
			return terminal.Columns(f)
		}
	}
	return 0
}

func (c coverageCmd) json(p *process, shown coverage.Coverage) error {
	doc := struct {
		Requirements []coveredRequirement `json:"requirements"`
		Sections     []countedSection     `json:"sections"`
	}{[]coveredRequirement{}, []countedSection{}}
	for _, e := range shown.Entries {
		doc.Requirements = append(doc.Requirements, coveredRequirement{
			ID: e.ID, Spec: e.Spec, Section: e.Section, Side: e.Side, Level: e.Level, Text: e.Text,
			Testable: e.Testable, Remark: e.Remark, Over: e.Over, State: e.State, Exception: e.Exception,
			Cases: append([]string{}, e.Cases...), Looks: e.Looks, Servers: e.Servers, Clients: e.Clients,
		})
	}
	for _, s := range shown.Sections {
		doc.Sections = append(doc.Sections, countedSection{s.Spec, s.Number, s.Title, s.Covered, s.Excepted, s.Uncovered})
	}
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("print coverage: %w", err)
	}
	fmt.Fprintf(p.stdout, "%s\n", b)
	return nil
}
