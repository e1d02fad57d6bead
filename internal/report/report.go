// SPDX-License-Identifier: Apache-2.0

// Package report defines results: of a case (Result), with the attempts at it, of an
// agent, and of a run (Report), and ways to look at them (View). It knows
// nothing of files, see report/archive, nor of sentences, see report/telling, nor of
// what can run a case. Start at Result.
package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Result is what one case on one agent came to.
type Result struct {
	Agent   string
	ID      string // of the case
	Number  int    // position among the selected cases, from 1
	Title   string // what we did
	Spec    string // the requirement it rests on
	Want    verdict.Want
	Close   verdict.Closing
	Verdict verdict.Verdict
	Started time.Time
	Took    time.Duration
	Seed    uint64 // repeats the masking keys
	Log     *wirelog.Log
	Attempt int       // number of this attempt, from 1; 0: there was no other
	Others  []Attempt // those beside it, in the order they were played
	Caveat  string    // what stands against the attempt that counts, as a clause; empty as a rule
	Turns   []Turn    // the connections of a case that has several; Log is that of the worst
	File    string    // name of its case file, once it has one
	Timed   bool      // the duration is a figure people look at
	Ratio   bool      // so is the compression ratio
	URL     string    // of the server under test, where we were the client
	Flags   []string  // of the command line that the result depends on, beside its case and seed
	Tags    []conform.Tag
	Expects string // what Want and Close say, as the reference put it in a report of its own
	Excerpt bool   // from a file with the reference's keys alone
}

// Turn is one of several connections of a case.
type Turn struct {
	Name    string          // what was special about it; empty: a plain one afterwards
	Verdict verdict.Verdict // zero where it was not played
	Took    time.Duration
}

// Passed reports whether nothing is wrong with the case: see verdict.Verdict.
func (r Result) Passed() bool { return r.Verdict.Passed() }

// Whole reports whether the result has all that it was judged by. Files in the
// reference's form have less.
func (r Result) Whole() bool { return !r.Excerpt }

// Report is the results of a run, or of several, by agent.
type Report struct {
	Agents []Agent // in the order of their names
}

// Agent is one peer under test and its results in the order of the cases.
type Agent struct {
	Name    string
	Results []Result
	Planned []Planned // what was to be played, in the order of cases; nil where nobody said
	Suites  []string  // names of those the cases were picked from, sorted; nil where nobody said
	Why     string    // why some of it has no result, as a clause; may be empty
}

// Of is a report of the results, of which the last counts where several are of the same
// case and agent. It is Add for many.
func Of(results []*Result) *Report {
	byAgent := map[string][]*Result{}
	for _, r := range results {
		r.ID = visible.Text(r.ID)
		byAgent[r.Agent] = append(byAgent[r.Agent], r)
	}
	rep := new(Report)
	for _, name := range slices.Sorted(maps.Keys(byAgent)) {
		all := byAgent[name]
		slices.SortStableFunc(all, func(x, y *Result) int { return conform.CompareIDs(x.ID, y.ID) })
		a := Agent{Name: name, Results: make([]Result, 0, len(all))}
		for i, r := range all {
			if i == len(all)-1 || all[i+1].ID != r.ID {
				a.Results = append(a.Results, *r)
			}
		}
		rep.Agents = append(rep.Agents, a)
	}
	return rep
}

// Add puts a result in its place and replaces an earlier one of the same case
// and agent. Ids are made visible: a report may come from anywhere, and they are
// shown everywhere.
func (r *Report) Add(res Result) {
	res.ID = visible.Text(res.ID)
	a := r.agent(res.Agent)
	j, found := slices.BinarySearchFunc(a.Results, res.ID, func(x Result, id string) int { return conform.CompareIDs(x.ID, id) })
	if found {
		a.Results[j] = res
		return
	}
	a.Results = slices.Insert(a.Results, j, res)
}

// agent finds the agent, or makes room for it.
func (r *Report) agent(name string) *Agent {
	i, found := slices.BinarySearchFunc(r.Agents, name, func(a Agent, name string) int { return cmp.Compare(a.Name, name) })
	if !found {
		r.Agents = slices.Insert(r.Agents, i, Agent{Name: name})
	}
	return &r.Agents[i]
}

// Merge returns a report with the results of all: of those with the same case and
// agent, the one of the last report.
func Merge(reports ...*Report) *Report {
	merged := new(Report)
	for _, rep := range reports {
		for _, a := range rep.Agents {
			merged.Plan(a.Name, a.Planned, a.Why)
			merged.From(a.Name, a.Suites...)
			for _, r := range a.Results {
				merged.Add(r)
			}
		}
	}
	return merged
}

// Agent returns the agent with the name, if it is in the report.
func (r *Report) Agent(name string) (Agent, bool) {
	i := slices.IndexFunc(r.Agents, func(a Agent) bool { return a.Name == name })
	if i < 0 {
		return Agent{}, false
	}
	return r.Agents[i], true
}

// Stored is the name of an agent as JSON has it: octets that are no UTF-8 are lost.
func Stored(agent string) string { return string([]rune(agent)) }
