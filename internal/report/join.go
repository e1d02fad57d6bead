// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
)

// Plans is a report of the agents of all and of what was to be played of them, without
// results.
func Plans(reports ...*Report) *Report {
	plans := new(Report)
	for _, rep := range reports {
		for _, a := range rep.Agents {
			plans.Plan(a.Name, a.Planned, a.Why)
			plans.From(a.Name, a.Suites...)
		}
	}
	return plans
}

// Joining is Merge without forgetting: where several reports have a result of the same
// case and agent, each is an attempt at it, of which the worst counts, and of equals one
// at the whole case rather than at a shortened one. The same result twice is one. The
// reports may be too large to have all conversations at hand.
type Joining struct {
	Reports []*Report
	// Explain tells of the attempts that did not pass: telling.Explain.
	Explain func(Result) []string
	// Whole gets the conversation of a result of the report with the number, from 0. It is
	// asked only for results that are joined with others. Nil: they have it.
	Whole func(from int, r Result) (Result, error)
}

// Joined is a result, and the number of the report that has it just so, or Made.
type Joined struct {
	Result Result
	From   int
}

// Made stands for no report: the result was made of several.
const Made = -1

// Each gives the results of each agent, in the order of their names and of the cases. It
// ends with the first error, of Whole or of put.
func (j Joining) Each(put func(agent string, all []Joined) error) error {
	names := map[string]bool{}
	for _, rep := range j.Reports {
		for _, a := range rep.Agents {
			names[a.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all, err := j.agent(name)
		if err != nil {
			return err
		}
		if err := put(name, all); err != nil {
			return err
		}
	}
	return nil
}

// agent joins the results of one agent.
func (j Joining) agent(name string) ([]Joined, error) {
	var all []Joined
	at := map[string]int{}
	for from, rep := range j.Reports {
		a, _ := rep.Agent(name)
		all = slices.Grow(all, len(a.Results))
		for _, r := range a.Results {
			i, had := at[r.ID]
			if !had {
				at[r.ID], all = len(all), append(all, Joined{r, from})
				continue
			}
			var err error
			if all[i], err = j.both(all[i], Joined{r, from}); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(all, func(a, b Joined) int { return conform.CompareIDs(a.Result.ID, b.Result.ID) })
	return all, nil
}

// both makes one result of two.
func (j Joining) both(a, b Joined) (Joined, error) {
	switch {
	case slices.ContainsFunc(a.Result.all(), b.Result.same): // all that b is, is in a already
		return a, nil
	case slices.ContainsFunc(b.Result.all(), a.Result.same):
		return b, nil
	}
	for _, x := range []*Joined{&a, &b} {
		if x.From == Made || j.Whole == nil {
			continue
		}
		var err error
		if x.Result, err = j.Whole(x.From, x.Result); err != nil {
			return Joined{}, err
		}
	}
	return Joined{both(a.Result, b.Result, j.Explain), Made}, nil
}

// all are the attempt that counts and the others, as far as they can be told apart.
func (r Result) all() []Attempt {
	return append(slices.Clone(r.Others), Attempt{Verdict: r.Verdict, Started: r.Started, Took: r.Took})
}

// same reports whether the attempt is that of the result.
func (r Result) same(a Attempt) bool {
	return r.Started.Equal(a.Started) && r.Verdict.Behavior == a.Verdict.Behavior && r.Verdict.Close == a.Verdict.Close && r.Took.Milliseconds() == a.Took.Milliseconds()
}

// both are attempts at the same case, none of which is in the other.
func both(a, b Result, explain func(Result) []string) Result {
	earlier := len(a.Others) + 1
	a.Attempt, b.Attempt = max(a.Attempt, 1), earlier+max(b.Attempt, 1)
	b.Others = slices.Clone(b.Others)
	for i := range b.Others {
		b.Others[i].Number += earlier
	}
	counts, other := a, b
	if worse(b.Verdict, a.Verdict) || a.Shortened() && !b.Shortened() && !worse(a.Verdict, b.Verdict) {
		counts, other = b, a
	}
	why := "it is in another report"
	switch {
	case other.Shortened() && !counts.Shortened():
		why += ", shortened"
	case counts.Shortened() && !other.Shortened():
		why += ", whole"
	}
	t := Tries{Explain: explain, others: slices.Concat(a.Others, b.Others)}
	t.keep(other, why)
	counts.Others = slices.SortedFunc(slices.Values(t.others), func(x, y Attempt) int { return cmp.Compare(x.Number, y.Number) })
	return counts
}
