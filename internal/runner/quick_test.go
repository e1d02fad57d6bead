// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestQuickLosesNoFault wants the suite quick to find every fault that the table of
// faults says is found: by a case that is the same in both, or by a shortened one. The
// shortened ones are played where their whole cases are in the table, and find what
// those find.
func TestQuickLosesNoFault(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			short := runner.Plan(cases.QuickSuite.Of(cases.Current, corpus.New()), role.Other())
			short = slices.DeleteFunc(short, func(c runner.Planned) bool { return !c.Has(conform.Shortened) })
			faults := diagnosis.Load(role)
			if len(faults) == 0 || len(short) == 0 {
				t.Fatalf("%d faults, %d shortened cases", len(faults), len(short))
			}
			for _, f := range faults {
				if !f.Legal && !b.foundQuickly(t, f, short) {
					t.Errorf("%s is found by cases that quick does not have, and by none that it has", f.Name)
				}
			}
		})
	}
}

// foundQuickly reports whether the suite quick finds the fault, if all cases do.
func (b *bench) foundQuickly(t *testing.T, f diagnosis.Fault, short []runner.Planned) bool {
	t.Helper()
	voluminous := map[string]bool{} // the table guesses at most of them
	for _, c := range b.plan {
		voluminous[c.ID] = c.Has(conform.Slow)
	}
	missed, found := false, false
	for id, o := range f.Shows {
		if goesWrong(o.Behavior, o.Close) {
			found = found || !voluminous[id]
			missed = missed || voluminous[id]
		}
	}
	for _, whole := range b.pick(t, strings.Fields(volumes()[f.Name])...) {
		o := f.Shows[whole.ID]
		wrong := goesWrong(o.Behavior, o.Close)
		i := slices.IndexFunc(short, func(c runner.Planned) bool { return c.ID == whole.ID })
		if i < 0 { // it is not in the suite, or as it is
			found = found || wrong && conform.Category(whole.ID) != "9"
			continue
		}
		r := b.play(t, f.Name, short[i:i+1])[0]
		v := r.Verdict
		if goesWrong(v.Behavior, v.Close) != wrong {
			t.Errorf("%s with %s: %s, %s; the whole case: %s", r.ID, f.Name, v.Behavior, v.Result, o.Behavior)
		}
		found = found || goesWrong(v.Behavior, v.Close)
	}
	return found || !missed
}

// goesWrong reports whether something is not as it should be.
func goesWrong(behavior, closing verdict.Grade) bool {
	return outcome{Verdict: verdict.Verdict{Behavior: behavior, Close: closing}}.wrong()
}

// TestQuickPasses plays the shortened cases with an endpoint without faults, of each
// section the smallest and the largest of each form.
func TestQuickPasses(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := newBench(role)
		b.plan = runner.Plan(cases.QuickSuite.Of(cases.Current, corpus.New()), role.Other())
		for _, r := range b.play(t, "", b.pick(t, "12.*.3", "12.*.10", "13.*.3", "13.*.10", "12.3.11", "12.3.18")) {
			if r.Verdict.Behavior != verdict.OK || r.Verdict.Close != verdict.OK || !r.Shortened() {
				t.Errorf("%s, %v: %+v, shortened %v", r.ID, role, r.Verdict, r.Shortened())
			}
		}
	}
}
