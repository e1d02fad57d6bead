// SPDX-License-Identifier: Apache-2.0

// Package baseline compares a report with what is known of the agents: with an
// earlier report (Diff), or with a file of expected failures (Expectations). It knows
// nothing of how differences are shown, nor of exit statuses. Start at Standing.
package baseline

import (
	"maps"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
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
	// Shortened is no worse, and less: the whole case was played before, and a shortened
	// one now, so that what was wrong may be in what it leaves out.
	Shortened Kind = "shortened"
)

// Change is a result whose verdict is not what it was.
type Change struct {
	Agent, ID string
	Kind      Kind
	Old, New  verdict.Verdict // zero where there is none
	// Of a shortened case: see report.Result.Shortened.
	OldShortened, NewShortened bool
}

// Renamed says which agents of the later report are taken for which of the earlier one
// that have another name: the default name is what a server calls itself, so that a new
// version of it has a new name. Those are taken for one another whose names are alike but
// for what follows a slash or the first digit, where each report has one such, and where
// each has one agent only, these.
func Renamed(old, now *report.Report) map[string]string {
	renamed := map[string]string{}
	before, after := only(old, now), only(now, old)
	if len(old.Agents) == 1 && len(now.Agents) == 1 && len(before) == 1 {
		renamed[after[0]] = before[0]
		return renamed
	}
	byStem := map[string][2][]string{}
	for i, names := range [][]string{before, after} {
		for _, name := range names {
			pair := byStem[stem(name)]
			pair[i] = append(pair[i], name)
			byStem[stem(name)] = pair
		}
	}
	for s, pair := range byStem {
		if s != "" && len(pair[0]) == 1 && len(pair[1]) == 1 {
			renamed[pair[1][0]] = pair[0][0]
		}
	}
	return renamed
}

// only are the agents that the other report has not.
func only(rep, other *report.Report) []string {
	var names []string
	for _, a := range rep.Agents {
		if _, has := other.Agent(a.Name); !has {
			names = append(names, a.Name)
		}
	}
	return names
}

// stem is a name without its version.
func stem(name string) string {
	if i := strings.IndexAny(name, "/0123456789"); i >= 0 {
		name = name[:i]
	}
	return strings.ToLower(strings.TrimRight(name, " -_v"))
}

// Diff returns what changed from one report to the next, in the order of agents
// and cases. Agents that are Renamed have their new name.
func Diff(old, now *report.Report) []Change {
	if renamed := Renamed(old, now); len(renamed) > 0 {
		old = underNewNames(old, renamed)
	}
	var changes []Change
	for _, name := range agentsOf(old, now) {
		before, after := byID(old, name), byID(now, name)
		ids := slices.Collect(maps.Keys(before))
		for id := range after {
			if _, had := before[id]; !had {
				ids = append(ids, id)
			}
		}
		slices.SortFunc(ids, conform.CompareIDs)
		for _, id := range ids {
			o, had := before[id]
			n, has := after[id]
			c := Change{Agent: name, ID: id, Old: o.Verdict, New: n.Verdict, OldShortened: o.Shortened(), NewShortened: n.Shortened()}
			switch {
			case !had:
				c.Kind = Added
			case !has:
				c.Kind = Removed
			case c.NewShortened && !c.OldShortened && compare(c.Old, c.New) != Regressed:
				c.Kind = Shortened
			case c.Old.Behavior == c.New.Behavior && c.Old.Close == c.New.Close:
				continue
			default:
				c.Kind = compare(c.Old, c.New)
			}
			changes = append(changes, c)
		}
	}
	return changes
}

// agentsOf are the names of all agents, sorted.
func agentsOf(reps ...*report.Report) []string {
	var names []string
	for _, rep := range reps {
		for _, a := range rep.Agents {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// underNewNames is the report with the agents under their new names.
func underNewNames(rep *report.Report, renamed map[string]string) *report.Report {
	names := map[string]string{}
	for now, old := range renamed {
		names[old] = now
	}
	moved := new(report.Report)
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			if name, is := names[a.Name]; is {
				r.Agent = name
			}
			moved.Add(r)
		}
	}
	return moved
}

func byID(rep *report.Report, agent string) map[string]report.Result {
	results := map[string]report.Result{}
	a, _ := rep.Agent(agent) // one without results has none
	for _, r := range a.Results {
		results[r.ID] = r
	}
	return results
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
