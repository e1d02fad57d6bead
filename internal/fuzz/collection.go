// SPDX-License-Identifier: Apache-2.0

package fuzz

import "slices"

// Collection is findings, without those that say nothing new. Its zero value is empty.
type Collection struct {
	Findings []Finding // in the order in which they came, but for those that came to be behind another
	Repeated int       // findings of the same shape as another
	Behind   int       // findings that are behind another

	shapes map[string]bool
}

// Add takes a finding, and reports whether it is new.
func (c *Collection) Add(f Finding) bool {
	shape := Shape(f.Violation, f.Conversation)
	switch {
	case c.shapes[shape]:
		c.Repeated++
		return false
	case slices.ContainsFunc(c.Findings, func(g Finding) bool { return f.behind(&g) }):
		c.Behind++
		return false
	}
	if c.shapes == nil {
		c.shapes = map[string]bool{}
	}
	c.shapes[shape] = true
	before := len(c.Findings)
	c.Findings = slices.DeleteFunc(c.Findings, func(g Finding) bool { return g.behind(&f) })
	c.Behind += before - len(c.Findings)
	c.Findings = append(c.Findings, f)
	return true
}

// behind reports whether f is likely to be what comes of the mistake that g shows: g is a
// conversation with one unusual thing, with which the endpoint does not do what the sentence
// about it says; f has that thing too, shows nothing worse, and is about another sentence, or
// about more unusual things. It could not be shrunk to be without it. Where the endpoint has that
// mistake no more, what is left of f shows.
func (f *Finding) behind(g *Finding) bool {
	rule := g.Violation.Requirement
	return len(g.Unusual) == 1 && g.Unusual[0] == rule &&
		slices.Contains(f.Unusual, rule) && (f.Violation.Requirement != rule || len(f.Unusual) > 1) &&
		f.Violation.Level >= g.Violation.Level &&
		f.Violation.Requirement != goneRule && f.Violation.Requirement != restlessRule
}
