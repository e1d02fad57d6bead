// SPDX-License-Identifier: Apache-2.0

// Package coverage says which requirements are tested, by which cases, and which are
// not and why. It looks at what cases say of themselves and knows nothing of
// results: package conformance does. Start reading with Of.
package coverage

import (
	"fmt"
	"maps"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// State is whether a requirement is tested.
type State string

// States.
const (
	Covered    State = "covered"
	Uncovered  State = "uncovered"
	Excepted   State = "excepted"   // it could be tested, and there is a reason why it is not
	Untestable State = "untestable" // a test of an endpoint cannot tell
)

// Entry is a requirement and what tests it.
type Entry struct {
	requirements.Requirement
	State     State
	Cases     []string // those that a peer can fail by it, in the order of the catalogue
	Looks     []string // those that look at it and that nothing fails
	Servers   bool     // they test it on servers
	Clients   bool     // they test it on clients
	Exception string   // why there is no case
}

// Section counts the requirements of a section, without those that are untestable.
type Section struct {
	requirements.Section
	Covered, Uncovered, Excepted int
}

// Total is how many requirements there are.
func (s Section) Total() int { return s.Covered + s.Uncovered + s.Excepted }

// Coverage is which requirements are tested.
type Coverage struct {
	Entries  []Entry   // in the order of the table
	Sections []Section // likewise
	Total    Section   // of all
	Unnamed  []string  // cases that name no requirement
	Problems []string  // what is wrong with what cases and exceptions say; empty but for mistakes of ours

	order map[string]int // of the cases
}

// Of looks at what the cases say they test. Exceptions are the reasons, by id, why
// requirements that could be tested are not.
func Of(table requirements.Table, cs []conform.Case, exceptions map[string]string) Coverage {
	c := Coverage{order: map[string]int{}}
	at := map[string]int{}
	for i, r := range table.Requirements {
		c.Entries = append(c.Entries, Entry{Requirement: r})
		at[r.ID] = i
	}
	for i, k := range cs {
		c.order[k.ID] = i
		if len(k.Requirements) == 0 {
			c.Unnamed = append(c.Unnamed, k.ID)
		}
		for n, id := range k.Requirements {
			switch i, known := at[id]; {
			case !known:
				c.problem("case %s: there is no requirement %q", k.ID, id)
			case slices.Contains(k.Requirements[:n], id):
				c.problem("case %s names %s twice", k.ID, id)
			default:
				c.add(&c.Entries[i], k)
			}
		}
	}
	c.except(at, exceptions)
	c.count(table)
	return c
}

func (c *Coverage) problem(format string, args ...any) {
	c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
}

// add takes note of a case that names the requirement.
func (c *Coverage) add(e *Entry, k conform.Case) {
	servers := k.Only.Has(ws.Client) && e.Binds(requirements.Server)
	clients := k.Only.Has(ws.Server) && e.Binds(requirements.Client)
	switch {
	case !servers && !clients:
		c.problem("case %s names %s, which does not bind whom it is played with", k.ID, e.ID)
	case e.Level != requirements.May && !canFail(k):
		e.Looks = append(e.Looks, k.ID)
	default: // what a specification permits nobody can break: the case shows what a peer does
		e.Cases = append(e.Cases, k.ID)
		e.Servers, e.Clients = e.Servers || servers, e.Clients || clients
	}
}

// canFail reports whether some conversation makes more of a case than that it is
// informational.
func canFail(k conform.Case) bool {
	wants := []verdict.Want{k.Want}
	for i := range k.Turns {
		wants = append(wants, k.Turn(i).Want)
	}
	return slices.ContainsFunc(wants, func(w verdict.Want) bool {
		return !w.Informational && (w.Level != verdict.Open || slices.ContainsFunc(w.Outcomes, func(o verdict.Outcome) bool {
			return o.Grade == verdict.Failed || o.Grade == verdict.NonStrict
		}))
	})
}

// except gives each requirement its state.
func (c *Coverage) except(at map[string]int, exceptions map[string]string) {
	for i := range c.Entries {
		e := &c.Entries[i]
		reason, excepted := exceptions[e.ID]
		if excepted && (len(e.Cases) > 0 || e.Testable == requirements.No) {
			c.problem("%s needs no exception", e.ID)
			excepted = false
		}
		switch {
		case len(e.Cases) > 0:
			e.State = Covered
		case e.Testable == requirements.No:
			e.State = Untestable
		case excepted:
			e.State, e.Exception = Excepted, reason
		default:
			e.State = Uncovered
		}
	}
	for _, id := range slices.Sorted(maps.Keys(exceptions)) {
		if _, known := at[id]; !known {
			c.problem("exception %q: there is no such requirement", id)
		}
	}
}

func (c *Coverage) count(table requirements.Table) {
	sections := map[string]*Section{}
	c.Sections = make([]Section, len(table.Sections))
	for i, s := range table.Sections {
		c.Sections[i].Section = s
		sections[s.String()] = &c.Sections[i]
	}
	for _, e := range c.Entries {
		for _, s := range []*Section{sections[e.Place()], &c.Total} {
			switch e.State {
			case Covered:
				s.Covered++
			case Uncovered:
				s.Uncovered++
			case Excepted:
				s.Excepted++
			}
		}
	}
}

// Only keeps the entries for which keep holds, and the sections that have any. The
// counts stay those of all.
func (c Coverage) Only(keep func(Entry) bool) Coverage {
	c.Entries = slices.DeleteFunc(slices.Clone(c.Entries), func(e Entry) bool { return !keep(e) })
	c.Sections = slices.DeleteFunc(slices.Clone(c.Sections), func(s Section) bool {
		return !slices.ContainsFunc(c.Entries, func(e Entry) bool { return e.Place() == s.String() })
	})
	return c
}

// Of keeps what belongs to a specification, and counts no more than that.
func (c Coverage) Of(spec string) Coverage {
	c = c.Only(func(e Entry) bool { return e.Spec == spec })
	c.Total = c.Spec(spec)
	return c
}

// In returns the entries that stand in the section itself.
func (c Coverage) In(s requirements.Section) []Entry {
	var in []Entry
	for _, e := range c.Entries {
		if e.Spec == s.Spec && e.Section == s.Number {
			in = append(in, e)
		}
	}
	return in
}

// Spec counts the requirements of a specification.
func (c Coverage) Spec(name string) Section {
	sum := Section{Section: requirements.Section{Spec: name}}
	for _, s := range c.Sections {
		if s.Spec == name {
			sum.Covered += s.Covered
			sum.Uncovered += s.Uncovered
			sum.Excepted += s.Excepted
		}
	}
	return sum
}

// OneSided reports whether the requirement binds both sides and is tested on one
// only.
func (e Entry) OneSided() bool { return e.Side == requirements.Both && e.Servers != e.Clients }

// Ranges lists ids of cases and joins those of a category that follow one another in
// the catalogue: "2.1, 3.2, 6.12.1–6.21.8".
func (c Coverage) Ranges(ids []string) []string {
	var parts []string
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && c.order[ids[j]] == c.order[ids[j-1]]+1 && conform.Category(ids[j]) == conform.Category(ids[i]) {
			j++
		}
		switch j - i {
		case 1:
			parts = append(parts, ids[i])
		case 2:
			parts = append(parts, ids[i], ids[i+1])
		default:
			parts = append(parts, ids[i]+"–"+ids[j-1])
		}
		i = j
	}
	return parts
}
