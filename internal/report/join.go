// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
)

// Join is Merge without forgetting: where several reports have a result of the same
// case and agent, each is an attempt at it, of which the worst counts, and of equals one
// at the whole case rather than at a shortened one. The same result twice is one.
// Explain tells of those that did not pass: telling.Explain.
func Join(explain func(Result) []string, reports ...*Report) *Report {
	joined := new(Report)
	for _, rep := range reports {
		for _, a := range rep.Agents {
			joined.Plan(a.Name, a.Planned, a.Why)
			joined.From(a.Name, a.Suites...)
			for _, r := range a.Results {
				if had, ok := joined.find(r.Agent, r.ID); ok {
					r = both(had, r, explain)
				}
				joined.Add(r)
			}
		}
	}
	return joined
}

func (r *Report) find(agent, id string) (Result, bool) {
	a, _ := r.Agent(agent)
	i := slices.IndexFunc(a.Results, func(x Result) bool { return x.ID == id })
	if i < 0 {
		return Result{}, false
	}
	return a.Results[i], true
}

// all are the attempt that counts and the others, as far as they can be told apart.
func (r Result) all() []Attempt {
	return append(slices.Clone(r.Others), Attempt{Verdict: r.Verdict, Started: r.Started, Took: r.Took})
}

// same reports whether the attempt is that of the result.
func (r Result) same(a Attempt) bool {
	return r.Started.Equal(a.Started) && r.Verdict.Behavior == a.Verdict.Behavior && r.Verdict.Close == a.Verdict.Close && r.Took.Milliseconds() == a.Took.Milliseconds()
}

// both makes one result of two.
func both(a, b Result, explain func(Result) []string) Result {
	switch {
	case slices.ContainsFunc(a.all(), b.same): // all that b is, is in a already
		return a
	case slices.ContainsFunc(b.all(), a.same):
		return b
	}
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
