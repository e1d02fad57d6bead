// SPDX-License-Identifier: Apache-2.0

// Package baseline compares a report with what is known of the agents: with an
// earlier report (Diff), or with a file of expected failures (Expectations). It knows
// nothing of how differences are shown, nor of exit statuses. Start at Standing.
package baseline

import (
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Kind is how a result relates to the one before.
type Kind string

// Kinds of changes.
const (
	Regressed Kind = "regressed" // one half of the verdict is worse
	Improved  Kind = "improved"  // one half is better, none worse
	Changed   Kind = "changed"   // another verdict, as good or bad
	Added     Kind = "added"     // there was no such result
	Removed   Kind = "removed"   // there is none any more
)

// Change is a result whose verdict is not what it was.
type Change struct {
	Agent, ID string
	Kind      Kind
	Old, New  verdict.Verdict // zero where there is none
}

// Diff returns what changed from one report to the next, in the order of agents
// and cases.
func Diff(old, now *report.Report) []Change {
	var changes []Change
	for _, a := range report.Merge(old, now).Agents {
		before, after := byID(old, a.Name), byID(now, a.Name)
		for _, r := range a.Results {
			o, had := before[r.ID]
			n, has := after[r.ID]
			c := Change{Agent: a.Name, ID: r.ID, Old: o, New: n}
			switch {
			case !had:
				c.Kind = Added
			case !has:
				c.Kind = Removed
			case o.Behavior == n.Behavior && o.Close == n.Close:
				continue
			default:
				c.Kind = compare(o, n)
			}
			changes = append(changes, c)
		}
	}
	return changes
}

func byID(rep *report.Report, agent string) map[string]verdict.Verdict {
	verdicts := map[string]verdict.Verdict{}
	a, _ := rep.Agent(agent) // one without results has none
	for _, r := range a.Results {
		verdicts[r.ID] = r.Verdict
	}
	return verdicts
}

func compare(old, now verdict.Verdict) Kind {
	behavior := report.Severity(now.Behavior) - report.Severity(old.Behavior)
	closing := report.Severity(now.Close) - report.Severity(old.Close)
	switch {
	case behavior > 0 || closing > 0:
		return Regressed
	case behavior < 0 || closing < 0:
		return Improved
	}
	return Changed
}
