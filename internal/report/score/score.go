// SPDX-License-Identifier: Apache-2.0

// Package score sums up what an agent achieved: counts by verdict and by section
// of the RFCs, and a grade from A+ to F. It knows nothing of how a card is shown.
// Start at Of.
//
// A grade is the lowest of some caps. There is no addition of points: one rule
// that is broken says more than fifty that are kept, and each cap names the case
// and the section it comes from.
package score

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Grades, best first.
var grades = []string{"A+", "A", "A-", "B", "C", "D", "F"}

// Worse reports whether grade a is worse than b. No grade at all counts as the best.
func Worse(a, b string) bool { return slices.Index(grades, a) > slices.Index(grades, b) }

// Card is what an agent achieved.
type Card struct {
	Agent    string
	Grade    string // "A+" to "F"; empty where too little was run
	Ungraded string // why there is no grade, as a clause
	Caps     []Cap  // why it is not better, lowest first
	Total    int
	Missing  int     // cases that were planned and have no result
	Unjudged int     // results that say nothing about the agent: see report.Result.Judged
	Verdicts []Count // by the grade of the behavior, OK first; none of them is 0
	Closings []Count // by the grade of the closing, OK first
	Sections []Section
}

// Count is how many results have a grade.
type Count struct {
	Grade verdict.Grade
	N     int
}

// Cap is a reason why a grade is not better.
type Cap struct {
	Grade  string
	Reason string
	ID     string // the first case it comes from
	Spec   string // and its section
	N      int    // how many cases it comes from
}

// String is the cap as one line: "C: text that is not UTF-8 … (6.3.1, RFC 6455, 8.1)".
func (c Cap) String() string {
	where := c.ID
	if c.Spec != "" {
		where += ", " + c.Spec
	}
	if c.N > 1 {
		where += fmt.Sprintf(", and %d more", c.N-1)
	}
	return fmt.Sprintf("%s: %s (%s)", c.Grade, c.Reason, where)
}

// Section counts the results that rest on a section of an RFC.
type Section struct {
	Name   string // "RFC 6455, 5.2"; empty where reports do not tell
	Passed int
	Failed int
	Other  int // neither: NON-STRICT, a closing that could be cleaner
	// Unjudged are the results that say nothing about the agent.
	Unjudged int
}

// failures are the caps that a failed case sets, by its category.
var failures = map[string]struct{ grade, reason string }{
	"1":  {"F", "a plain message does not come back"},
	"2":  {"C", "pings are not answered as they should be"},
	"3":  {"D", "reserved bits are not checked"},
	"4":  {"D", "reserved opcodes are not checked"},
	"5":  {"D", "fragmentation is not right"},
	"6":  {"C", "text that is not ASCII, or not UTF-8, is handled wrongly"},
	"7":  {"C", "the closing handshake is not right"},
	"9":  {"B", "large or many messages do not come back in time"},
	"10": {"C", "fragmented messages do not come back"},
	"12": {"C", "compressed messages do not come back"},
	"13": {"C", "compression does not keep to its parameters"},
}

// rule is a cap that a result sets which did not fail.
type rule struct {
	grade, reason string
	applies       func(r report.Result) bool
}

// Of these, one is told: the second where any case about compression was judged. What an
// endpoint makes of single parameters is its choice beyond 12 and 13.
const (
	noCompression   = "permessage-deflate is not implemented"
	someCompression = "permessage-deflate is implemented in part"
)

var rules = []rule{
	{"C", "some results have an unknown verdict", func(r report.Result) bool { return !slices.Contains(order, r.Verdict.Behavior) }},
	{"B", "some cases are flaky", failsAtTimes},
	{"B", "connections end the wrong way", func(r report.Result) bool { return r.Verdict.Close == verdict.Failed }},
	{"A-", "connections are not closed cleanly", func(r report.Result) bool {
		c := r.Verdict.Close
		return c == verdict.Unclean || c == verdict.WrongCode || c == verdict.FailedByClient
	}},
	{"A", "faults are noticed later than they could be", func(r report.Result) bool { return r.Verdict.Behavior == verdict.NonStrict }},
	{"A", noCompression, func(r report.Result) bool { return !r.Judged() && aboutCompression(r) }},
	{"A", someCompression, func(r report.Result) bool { return !r.Judged() && exchangesCompressed(r) }},
	{"A", "compression cases were shortened", func(r report.Result) bool { return r.Shortened() && r.Judged() }},
	{"C", "beside other connections, answers are wrong or connections end", func(r report.Result) bool { _, wrong := r.OnlyBeside(); return wrong }},
	{"B", "answers are late while other connections are active", func(r report.Result) bool { late, wrong := r.OnlyBeside(); return late && !wrong }},
}

// aboutCompression tells an extension that the peer does not do from what else could
// not be judged.
func aboutCompression(r report.Result) bool {
	return r.Want.NeedsDeflate || slices.Contains(r.Tags, conform.Deflate) || exchangesCompressed(r)
}

// exchangesCompressed tells the cases of the reference that are about compression.
func exchangesCompressed(r report.Result) bool {
	category := conform.Category(r.ID)
	return category == "12" || category == "13"
}

// failsAtTimes reports whether attempts failed that load cannot have spoilt, beside
// the one that counts and did not.
func failsAtTimes(r report.Result) bool {
	return !r.Verdict.Failed() && slices.ContainsFunc(r.Others, func(a report.Attempt) bool { return !a.Loaded && a.Verdict.Failed() })
}

// Of sums up an agent.
func Of(a report.Agent) Card {
	c := Card{Agent: a.Name, Total: len(a.Results), Missing: len(a.Missing()), Unjudged: len(a.Unjudged())}
	behaviors, closings := map[verdict.Grade]int{}, map[verdict.Grade]int{}
	sections := map[string]*Section{}
	found := map[string]*Cap{} // by reason
	untold := someCompression
	for _, r := range a.Results {
		if r.Judged() && aboutCompression(r) {
			untold = noCompression
		}
		behaviors[r.Verdict.Behavior]++
		closings[r.Verdict.Close]++
		s := sections[r.Spec]
		if s == nil {
			s = &Section{Name: r.Spec}
			sections[r.Spec] = s
		}
		switch {
		case !r.Judged():
			s.Unjudged++
		case r.Passed():
			s.Passed++
		case r.Verdict.Failed():
			s.Failed++
		default:
			s.Other++
		}
		for _, k := range capsOf(r) {
			if f := found[k.Reason]; f != nil {
				f.N++
			} else {
				found[k.Reason] = &k
			}
		}
	}
	delete(found, untold)
	c.Verdicts, c.Closings = ordered(behaviors), ordered(closings)
	for _, s := range sections {
		c.Sections = append(c.Sections, *s)
	}
	slices.SortFunc(c.Sections, func(a, b Section) int { return compareSections(a.Name, b.Name) })
	for _, k := range found {
		c.Caps = append(c.Caps, *k)
	}
	slices.SortFunc(c.Caps, func(a, b Cap) int {
		return cmp.Or(slices.Index(grades, b.Grade)-slices.Index(grades, a.Grade), conform.CompareIDs(a.ID, b.ID), strings.Compare(a.Reason, b.Reason))
	})
	if c.Missing > 0 {
		c.Caps = append(c.Caps, Cap{Grade: "B", Reason: "cases were not run", ID: a.Missing()[0].ID, N: c.Missing})
	}
	slices.SortStableFunc(c.Caps, func(a, b Cap) int { return slices.Index(grades, b.Grade) - slices.Index(grades, a.Grade) })
	switch c.Ungraded = ungraded(a, c); {
	case c.Ungraded != "":
	case len(c.Caps) > 0:
		c.Grade = c.Caps[0].Grade
	default:
		c.Grade = grades[0]
	}
	return c
}

// What a grade takes: so many results that say something about the agent, some of them
// of each of the categories of which an endpoint can do without none.
const fewest = 100

var basics = []string{"1", "2", "3", "4", "5", "6", "7"}

// ungraded says why the agent gets no grade, or nothing where it gets one.
func ungraded(a report.Agent, c Card) string {
	planned, judged := c.Total+c.Missing, map[string]int{}
	for _, r := range a.Results {
		if r.Judged() {
			judged[conform.Category(r.ID)]++
		}
	}
	switch {
	case c.Total == 0:
		return "there are no results"
	case 10*c.Missing > planned:
		return fmt.Sprintf("%d of %d cases were not run", c.Missing, planned)
	case c.Total-c.Unjudged < fewest:
		return fmt.Sprintf("it needs %d results that could be judged, and there are %d", fewest, c.Total-c.Unjudged)
	}
	for _, category := range basics {
		if judged[category] == 0 {
			return fmt.Sprintf("there is no result of %s.*", category)
		}
	}
	return ""
}

// capsOf are the caps that one result sets.
func capsOf(r report.Result) []Cap {
	v := r.Verdict
	cap := Cap{ID: r.ID, Spec: r.Spec, N: 1}
	if v.Behavior == verdict.Failed {
		f, ok := failures[conform.Category(r.ID)]
		if !ok {
			f.grade, f.reason = "C", "cases beyond the reference's fail"
		}
		cap.Grade, cap.Reason = f.grade, f.reason
		return []Cap{cap}
	}
	var caps []Cap
	for _, rule := range rules {
		if rule.applies(r) {
			cap.Grade, cap.Reason = rule.grade, rule.reason
			caps = append(caps, cap)
		}
	}
	return caps
}

// order of grades in counts.
var order = []verdict.Grade{
	verdict.OK, verdict.NonStrict, verdict.Informational, verdict.Unimplemented, verdict.WrongCode, verdict.Unclean, verdict.FailedByClient, verdict.Failed,
}

func ordered(counts map[verdict.Grade]int) []Count {
	var cs []Count
	for g, n := range counts {
		cs = append(cs, Count{g, n})
	}
	rank := func(g verdict.Grade) int {
		if i := slices.Index(order, g); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(cs, func(a, b Count) int {
		return cmp.Or(rank(a.Grade)-rank(b.Grade), strings.Compare(string(a.Grade), string(b.Grade)))
	})
	return cs
}

// compareSections orders "RFC 6455, 5.2" before "RFC 6455, 5.10" and before
// "RFC 7692, 7.1".
func compareSections(a, b string) int {
	x, y := strings.FieldsFunc(a, separates), strings.FieldsFunc(b, separates)
	return slices.CompareFunc(x, y, func(p, q string) int {
		m, errM := strconv.Atoi(p)
		n, errN := strconv.Atoi(q)
		if errM == nil && errN == nil {
			return m - n
		}
		return strings.Compare(p, q)
	})
}

func separates(r rune) bool { return r == ' ' || r == ',' || r == '.' }
