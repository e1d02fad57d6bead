// SPDX-License-Identifier: Apache-2.0

// Package conformance says of each requirement, and of each section of the
// specifications, what the results of a run prove. It takes cases and verdicts as
// values and knows nothing of files, terminals or pages. Start reading with Of.
package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// Result is what a case came to, as far as it counts here.
type Result struct {
	Verdict verdict.Verdict
	Opened  bool // the opening handshake succeeded: wirelog.Facts.Opened
}

// State is what the results prove of a requirement. A case that FAILED speaks against
// each requirement it names, although one breach is enough: so it is by how many of its
// cases are OK that a requirement is told from its neighbours.
type State string

// States.
const (
	Met      State = "met"          // each case that could tell is OK
	Lapsed   State = "not strictly" // some are NON-STRICT or ended with a wrong code, and none FAILED
	Partly   State = "met in part"  // some are OK and some FAILED
	Broken   State = "not met"      // some FAILED and none is OK
	Unjudged State = "not judged"   // cases ran, and could not tell
	NotRun   State = "not run"      // there are cases, and none of them ran
	NoCase   State = "no case"      // nothing tests it
	NoTest   State = "not testable" // no test of an endpoint can tell
)

// Tally is cases by what they came to.
type Tally struct {
	OK       []string
	Lapsed   []string // NON-STRICT, or ended with a wrong code
	Failed   []string
	Unjudged []string // INFORMATIONAL, UNIMPLEMENTED, or failed before the requirement could show
	NotRun   []string
}

// NotOK is how many speak against the peer.
func (t Tally) NotOK() int { return len(t.Lapsed) + len(t.Failed) }

// Judged is how many can tell.
func (t Tally) Judged() int { return len(t.OK) + t.NotOK() }

// Run is how many ran.
func (t Tally) Run() int { return t.Judged() + len(t.Unjudged) }

// Requirement is a requirement and what its cases came to.
type Requirement struct {
	requirements.Requirement
	State State
	Tally
}

// Section is a section and what its cases came to. A case counts once, by the worst
// it came to for a requirement of the section.
type Section struct {
	requirements.Section
	Tally
	States map[State]int // its requirements
}

// String is the section in a line: "RFC 6455, 5.5.2: 11 of 12", and how many cases
// are not in the 12 because they could not tell or did not run.
func (s Section) String() string {
	var parts []string
	if s.Judged() > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d", len(s.OK), s.Judged()))
	}
	if n := len(s.Unjudged); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not judged", n))
	}
	if n := len(s.NotRun); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not run", n))
	}
	line := cmp.Or(strings.Join(parts, ", "), string(NoCase))
	if name := s.Section.String(); name != "" {
		line = name + ": " + line
	}
	return line
}

// Conformance is what the results of one peer prove.
type Conformance struct {
	Side         requirements.Side // the peer's
	Requirements []Requirement     // those that bind the side, in the order of the table
	Sections     []Section         // those that have any
	Total        Section           // of all
	// Endings are cases that are OK but for the end of the connection and name no
	// requirement on closing for which that could count.
	Endings []string
}

// Of says what the results prove of a peer that plays the side, Client or Server. The
// cases are those of the catalogue: one that names a requirement and has no result
// did not run. Results are by id; of ids that are not in the catalogue nothing is said.
func Of(table requirements.Table, cs []conform.Case, side requirements.Side, results map[string]Result) Conformance {
	c := Conformance{Side: side}
	at := map[string]int{}
	for _, r := range table.Requirements {
		if r.Binds(side) {
			at[r.ID] = len(c.Requirements)
			c.Requirements = append(c.Requirements, Requirement{Requirement: r})
		}
	}
	we := ws.Client // what we play against the side
	if side == requirements.Client {
		we = ws.Server
	}
	of, sections := topicsOf(table), newSections(table)
	for _, k := range cs {
		if !k.Only.Has(we) {
			continue
		}
		res, ran := results[k.ID]
		worst := map[*Section]grade{}
		for _, id := range k.Requirements {
			i, known := at[id]
			if !known {
				continue
			}
			g := notRun
			if ran {
				g = of.judge(k, id, res)
			}
			r := &c.Requirements[i]
			r.add(g, k.ID)
			for _, s := range []*Section{sections.of(r.Requirement), &c.Total} {
				worst[s] = max(worst[s], g)
			}
		}
		for s, g := range worst {
			s.add(g, k.ID)
		}
		if ran && of.endsBadly(k, res) {
			c.Endings = append(c.Endings, k.ID)
		}
	}
	c.count(sections)
	return c
}

// Worst are the requirements against which cases speak, those first that have the
// smallest share of cases that are OK: the likeliest to be broken.
func (c Conformance) Worst() []Requirement {
	worst := slices.DeleteFunc(slices.Clone(c.Requirements), func(r Requirement) bool { return r.NotOK() == 0 })
	slices.SortStableFunc(worst, func(a, b Requirement) int {
		return cmp.Compare(len(a.OK)*b.Judged(), len(b.OK)*a.Judged())
	})
	return worst
}

// sections are those of the table.
type sections struct {
	all  []Section
	byID map[string]*Section
}

func newSections(table requirements.Table) *sections {
	s := &sections{make([]Section, len(table.Sections)), map[string]*Section{}}
	for i, section := range table.Sections {
		s.all[i] = Section{Section: section, States: map[State]int{}}
		s.byID[section.String()] = &s.all[i]
	}
	return s
}

func (s *sections) of(r requirements.Requirement) *Section { return s.byID[r.Place()] }

// count gives each requirement its state and keeps the sections that have any.
func (c *Conformance) count(s *sections) {
	c.Total.States = map[State]int{}
	for i := range c.Requirements {
		r := &c.Requirements[i]
		r.State = r.state(r.Testable)
		s.of(r.Requirement).States[r.State]++
		c.Total.States[r.State]++
	}
	c.Sections = slices.DeleteFunc(s.all, func(s Section) bool { return len(s.States) == 0 })
}

// add puts a case where it belongs.
func (t *Tally) add(g grade, id string) {
	lists := [...]*[]string{notRun: &t.NotRun, unjudged: &t.Unjudged, ok: &t.OK, lapsed: &t.Lapsed, failed: &t.Failed}
	*lists[g] = append(*lists[g], id)
}

func (t Tally) state(testable requirements.Testable) State {
	switch {
	case len(t.Failed) > 0 && len(t.OK) > 0:
		return Partly
	case len(t.Failed) > 0:
		return Broken
	case len(t.Lapsed) > 0:
		return Lapsed
	case len(t.OK) > 0:
		return Met
	case len(t.Unjudged) > 0:
		return Unjudged
	case len(t.NotRun) > 0:
		return NotRun
	case testable == requirements.No:
		return NoTest
	}
	return NoCase
}
