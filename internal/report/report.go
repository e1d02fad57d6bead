// SPDX-License-Identifier: Apache-2.0

// Package report holds the results of a run and writes and reads them in the
// reference's files: index.json, and one JSON file a case and agent, to which
// ours add one key of their own. It knows nothing that can run a case.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
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
	Turns   []Turn    // the connections of a case that has several; Log is that of the worst
	File    string    // name of its case file, once it has one
	Timed   bool      // the duration is a figure people look at
	Ratio   bool      // so is the compression ratio
	URL     string    // of the server under test, where we were the client
	Tags    []conform.Tag

	expectation string // as the reference put it, in a report of its own
	excerpt     bool   // from a file with the reference's keys alone
}

// Turn is one of several connections of a case.
type Turn struct {
	Name    string // what was special about it; empty: a plain one afterwards
	Verdict verdict.Verdict
	Took    time.Duration
}

// Expectation says in words what must come back and how the connection must end.
// It is empty where a report does not tell.
func (r Result) Expectation() string {
	if r.expectation != "" || !known(r.Want) {
		return r.expectation
	}
	return Expectation(r.Want, r.Close)
}

func known(w verdict.Want) bool { return len(w.Outcomes) > 0 || w.Echoes > 0 || w.Informational }

// Passed reports whether nothing is wrong with the case: see verdict.Verdict.
func (r Result) Passed() bool { return r.Verdict.Passed() }

// Whole reports whether the result has all that it was judged by. Files in the
// reference's form have less.
func (r Result) Whole() bool { return !r.excerpt }

// Report is the results of a run, or of several, by agent.
type Report struct {
	Agents []Agent // in the order of their names
}

// Agent is one peer under test and its results in the order of the cases.
type Agent struct {
	Name    string
	Results []Result
}

// Add puts a result in its place and replaces an earlier one of the same case
// and agent. Ids are made visible: a report may come from anywhere, and they are
// shown everywhere.
func (r *Report) Add(res Result) {
	res.ID = Visible(res.ID)
	i, found := slices.BinarySearchFunc(r.Agents, res.Agent, func(a Agent, name string) int { return cmp.Compare(a.Name, name) })
	if !found {
		r.Agents = slices.Insert(r.Agents, i, Agent{Name: res.Agent})
	}
	a := &r.Agents[i]
	j, found := slices.BinarySearchFunc(a.Results, res.ID, func(x Result, id string) int { return conform.CompareIDs(x.ID, id) })
	if found {
		a.Results[j] = res
		return
	}
	a.Results = slices.Insert(a.Results, j, res)
}

// Merge returns a report with the results of all: of those with the same case and
// agent, the one of the last report.
func Merge(reports ...*Report) *Report {
	merged := new(Report)
	for _, rep := range reports {
		for _, a := range rep.Agents {
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

// Expectation says in words what must come back and how the connection must end.
func Expectation(w verdict.Want, c verdict.Closing) string {
	return describeWant(w) + " " + ClosingExpectation(c)
}
