// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/ws"
)

// Diagnose explains the results of an agent by known faults.
func Diagnose(a report.Agent) diagnosis.Diagnosis {
	return diagnosis.Of(roleOf(a), observe(a))
}

// DiagnoseAll is Diagnose for each agent of a report.
func DiagnoseAll(rep *report.Report) []diagnosis.Diagnosis {
	tables := map[ws.Role]func() []diagnosis.Fault{}
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		tables[role] = sync.OnceValue(func() []diagnosis.Fault { return diagnosis.Load(role) })
	}
	all := make([]diagnosis.Diagnosis, len(rep.Agents))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				all[i] = diagnosis.By(tables[roleOf(rep.Agents[i])], observe(rep.Agents[i]))
			}
		})
	}
	workers.Wait()
	return all
}

// roleOf is the role that the agent has.
func roleOf(a report.Agent) ws.Role {
	if n := len(a.Results); n > 0 {
		return a.Results[n-1].Log.Facts.Role.Other()
	}
	return ws.Server
}

func observe(a report.Agent) []diagnosis.Observed {
	observed := make([]diagnosis.Observed, 0, len(a.Results))
	for _, r := range a.Results {
		if r.Shortened() && r.Passed() {
			continue // the whole case might fail, so it speaks against no fault
		}
		observed = append(observed, Observe(r))
	}
	return observed
}

// Observe is a result as a diagnosis takes it.
func Observe(r report.Result) diagnosis.Observed {
	return diagnosis.Observed{ID: r.ID, Outcome: diagnosis.Outcome{Behavior: r.Verdict.Behavior, Close: r.Verdict.Close, Refused: r.Log.Refused != ""}}
}

// What makes a cause Vague.
const (
	mostAlike = 2 // other faults that look the same
	fewCases  = 2 // that were run and show it, where any other looks the same
)

// Told is a diagnosis as a summary tells it: what rests on enough is a cause, and of the
// rest the cases say more than a guess does.
type Told struct {
	Causes []diagnosis.Cause          // most important first
	Left   []string                   // cases that none of the Causes explains, in order
	Guess  map[string]diagnosis.Cause // what some of Left may be owed to, by case: see Perhaps
}

// Tell makes a summary of a diagnosis.
func Tell(d diagnosis.Diagnosis) Told {
	t := Told{Left: slices.Clone(d.Left), Guess: map[string]diagnosis.Cause{}}
	for _, c := range d.Causes {
		if !Vague(c) && c.Of > 1 || len(c.Explains) > mostGuessed {
			t.Causes = append(t.Causes, c)
			continue
		}
		for _, id := range c.Explains {
			t.Left = append(t.Left, id)
			t.Guess[id] = c
		}
	}
	slices.SortFunc(t.Left, conform.CompareIDs)
	return t
}

// mostGuessed are the cases that a cause rests on that is no more than a guess.
const mostGuessed = 3

// Perhaps says what a case may be owed to, behind "perhaps".
func Perhaps(c diagnosis.Cause) string {
	s := fmt.Sprintf("%s (%s)", c.Title, c.Name)
	switch n := len(c.Or); {
	case n == 1:
		s += ", or another mistake that looks the same"
	case n > 1:
		s += fmt.Sprintf(", or one of %d mistakes that look the same", n)
	}
	return s
}

// Vague reports whether so many known faults would look the same, in so few cases, that
// the cause is a kind of fault rather than a fault.
func Vague(c diagnosis.Cause) bool {
	return len(c.Or) > mostAlike || len(c.Or) > 0 && c.Of <= fewCases
}

// Cause says what a peer seems to do wrong, how well that fits, and which case shows
// it best, each in one line.
func Cause(c diagnosis.Cause) (what, fit, example string) {
	what = c.Title
	if c.Legal {
		what += " (which the RFCs allow)"
	}
	what = kindOf(c, what)
	fit = fmt.Sprintf("%s: explains %d of the %d cases that it breaks", c.Name, c.Seen, c.Of)
	if c.Of == 1 {
		fit = c.Name + ": explains the one case run that it breaks"
	}
	if n := len(c.Or); n > 0 {
		fit += "; " + c.Or[0].Name
		if n > 1 {
			fit += fmt.Sprintf(" and %d more", n-1)
		}
		fit += " would look the same"
	}
	return what, fit, "shown best by " + c.Example
}

// Title is what a peer that has the cause seems to do wrong, in one line.
func Title(c diagnosis.Cause) string { return kindOf(c, c.Title) }

// kindOf says of a cause that is Vague that it is one of a kind.
func kindOf(c diagnosis.Cause, what string) string {
	if !Vague(c) {
		return what
	}
	return fmt.Sprintf("Something like: %s (%d known mistakes look the same in these cases)", what, len(c.Or)+1)
}

// LookAt says what to look at in the code of a peer that has the cause: as closely as all
// the faults that it may be have in common; empty where that is nothing.
func LookAt(c diagnosis.Cause) string {
	differs := func(of func(diagnosis.Fault) string) bool {
		return slices.ContainsFunc(c.Or, func(f diagnosis.Fault) bool { return of(f) != of(c.Fault) })
	}
	switch {
	case !differs(func(f diagnosis.Fault) string { return f.Look }) && c.Look != "":
		return c.Look
	case !differs(func(f diagnosis.Fault) string { return f.Topic }):
		return places[c.Topic]
	}
	return ""
}

// Fold shortens a list of ids in order: those of a subcategory share its name, and
// numbers that follow one another become a range.
func Fold(ids []string) string {
	var groups []string
	for len(ids) > 0 {
		group := conform.Subcategory(ids[0])
		n := slices.IndexFunc(ids, func(id string) bool { return conform.Subcategory(id) != group })
		if n < 0 {
			n = len(ids)
		}
		groups = append(groups, foldGroup(ids[:n]))
		ids = ids[n:]
	}
	return strings.Join(groups, ", ")
}

func foldGroup(ids []string) string {
	const few = 3
	if len(ids) <= few {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s … %s (%d)", ids[0], ids[len(ids)-1], len(ids))
}
