// SPDX-License-Identifier: Apache-2.0

// Package requirements is the table of what RFC 6455, RFC 7692 and the
// specifications around them require of WebSocket endpoints, a sentence each in
// our own words, under ids that cases name. It knows nothing of cases, nor of how
// a requirement is tested. Start reading with requirements.txt.
package requirements

import (
	_ "embed"
	"slices"
	"strings"
)

// Side says who is bound by a requirement.
type Side string

// Sides. Other is who is no endpoint, such as an intermediary.
const (
	Client Side = "client"
	Server Side = "server"
	Both   Side = "both"
	Other  Side = "other"
)

// Level is the word of RFC 2119 that a requirement has. What a specification
// states without one as a fact of the protocol is a MUST.
type Level string

// Levels. A Note binds nobody.
const (
	Must      Level = "MUST"
	MustNot   Level = "MUST NOT"
	Should    Level = "SHOULD"
	ShouldNot Level = "SHOULD NOT"
	May       Level = "MAY"
	Note      Level = "-"
)

// Testable says whether a test of an endpoint can tell if a requirement is met.
type Testable string

// Whether a requirement can be tested. How: yes, with something beyond what goes
// over one connection.
const (
	Yes Testable = "yes"
	How Testable = "how"
	No  Testable = "no"
)

// A Requirement is one thing that a specification demands, or permits.
type Requirement struct {
	ID       string // "6455-5.5.2-1": never changes, never names another
	Spec     string // "RFC 6455"
	Section  string // "5.5.2"; empty: the specification as a whole
	Side     Side
	Level    Level
	Text     string // one sentence
	Testable Testable
	Remark   string // what a test needs, or why there can be none
	Over     string // transport it is about, such as "HTTP/2"; empty: TCP
}

// Place is where it stands: "RFC 6455, 5.5.2".
func (r Requirement) Place() string { return Section{Spec: r.Spec, Number: r.Section}.String() }

// Binds reports whether it binds an endpoint that plays the side, Client or
// Server. What one side MAY do, the other has to put up with, so that it binds both.
func (r Requirement) Binds(side Side) bool {
	switch r.Side {
	case Both:
		return true
	case Other:
		return false
	}
	return r.Side == side || r.Level == May
}

// A Spec is a specification.
type Spec struct {
	Name  string // "RFC 6455"
	Title string
}

// A Section is a section of a specification, or all of it where Number is empty.
type Section struct {
	Spec   string // "RFC 6455"
	Number string // "5.5.2"
	Title  string
}

// String is how the section is cited: "RFC 6455, 5.5.2".
func (s Section) String() string {
	if s.Number == "" {
		return s.Spec
	}
	return s.Spec + ", " + s.Number
}

// Of returns those of the requirements that stand in the section itself, in their order.
func (s Section) Of(all []Requirement) []Requirement {
	var of []Requirement
	for _, r := range all {
		if r.Spec == s.Spec && r.Section == s.Number {
			of = append(of, r)
		}
	}
	return of
}

// A Table is specifications, their sections and the requirements in them, each in
// the order of the text it was read from.
type Table struct {
	Specs        []Spec
	Sections     []Section // those that have requirements
	Requirements []Requirement
}

//go:embed requirements.txt
var source string

// Load returns the whole table.
func Load() Table {
	t, err := Parse(source)
	if err != nil {
		panic("requirements.txt: " + err.Error()) // it is part of the program, and tested
	}
	return t
}

// All returns the requirements, by specification and section.
func All() []Requirement { return Load().Requirements }

// Sections returns the sections that have requirements, in the same order.
func Sections() []Section { return Load().Sections }

// ByID returns the requirement with the id.
func (t Table) ByID(id string) (Requirement, bool) {
	i := slices.IndexFunc(t.Requirements, func(r Requirement) bool { return r.ID == id })
	if i < 0 {
		return Requirement{}, false
	}
	return t.Requirements[i], true
}

// FindSpec returns the specification that a user means by "6455", "rfc6455",
// "RFC 6455" or "iana".
func (t Table) FindSpec(name string) (Spec, bool) {
	short := func(s string) string {
		return strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(s), " ", ""), "rfc")
	}
	i := slices.IndexFunc(t.Specs, func(s Spec) bool { return short(s.Name) == short(name) })
	if i < 0 {
		return Spec{}, false
	}
	return t.Specs[i], true
}
