// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Difference is a case that came out otherwise than the reference says.
type Difference struct {
	Case     string
	Want     []Outcome // one, or all that were seen of an unstable case
	Got      Outcome
	Unstable bool // the reference itself is not sure of this case
}

// A Comparison is the outcome of comparing one peer's report.
type Comparison struct {
	Compared    int      // cases in both
	NotRun      []string // cases of the oracle that the report does not have
	Differences []Difference
}

// Compare holds what a report says of a peer against what the reference said.
// Cases that the oracle does not have are ignored. Both lists are in the order
// of the case ids.
func Compare(want Peer, got map[string]Outcome) Comparison {
	var c Comparison
	add := func(id string, wants []Outcome, unstable bool, same func(Outcome) bool) {
		outcome, ran := got[id]
		if !ran {
			c.NotRun = append(c.NotRun, id)
			return
		}
		c.Compared++
		if !same(outcome) {
			c.Differences = append(c.Differences, Difference{id, wants, outcome, unstable})
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(want.Cases), compareIDs) {
		o := want.Cases[id]
		add(id, []Outcome{o}, false, func(got Outcome) bool { return got == o })
	}
	for _, id := range slices.SortedFunc(maps.Keys(want.Unstable), compareIDs) {
		outcomes := want.Unstable[id]
		add(id, outcomes, true, func(got Outcome) bool { return seen(outcomes, got) })
	}
	slices.SortFunc(c.NotRun, compareIDs)
	slices.SortFunc(c.Differences, func(a, b Difference) int { return compareIDs(a.Case, b.Case) })
	return c
}

// Agrees reports whether something was compared and nothing differs but
// unstable cases.
func (c Comparison) Agrees() bool {
	return c.Compared > 0 && !slices.ContainsFunc(c.Differences, func(d Difference) bool { return !d.Unstable })
}

// Print writes the comparison as text: a line of counts under the name of the
// peer, then a line for each difference.
func (c Comparison) Print(w io.Writer, peer string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s compared %d, same %d, different %d, not run %d\n",
		peer, c.Compared, c.Compared-len(c.Differences), len(c.Differences), len(c.NotRun))
	for _, d := range c.Differences {
		wants := make([]string, len(d.Want))
		for i, o := range d.Want {
			wants[i] = o.String()
			if d.Unstable { // without its code
				wants[i] = o.Behavior + " / " + o.BehaviorClose
			}
		}
		fmt.Fprintf(&b, "  %-8s want %s, got %s%s\n", d.Case, strings.Join(wants, " or "), d.Got, d.note())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// note says why a difference may be no fault of the report.
func (d Difference) note() string {
	switch {
	case d.Unstable:
		return "  (unstable)"
	case timingDependent(d.Case):
		return "  (depends on timing: run it again)"
	}
	return ""
}

// timingDependent reports whether the verdict of a case depends on whether an
// echo is on its way before the peer sees what breaks the connection. Each
// client was measured once, so a single difference may be chance there.
func timingDependent(id string) bool {
	switch id {
	case "3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15":
		return true
	}
	return strings.HasPrefix(id, "6.4.")
}

// compareIDs orders case ids by their numbers: 1.2.9 before 1.2.10.
func compareIDs(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		m, errA := strconv.Atoi(a)
		n, errB := strconv.Atoi(b)
		if errA != nil || errB != nil {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(m, n)
	})
}
