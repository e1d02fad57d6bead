// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// caught is a fault and the cases, by ids and patterns, that have to notice it: as a
// breach of a MUST, or, in lesser, of a SHOULD.
type caught struct {
	fault  string
	failed string
	lesser string
}

// beyond is a bench with the cases beyond the reference that the patterns name. A case
// of several turns stands there once, whichever side plays it.
func beyond(t *testing.T, role ws.Role, patterns string) *bench {
	t.Helper()
	b := newBench(role)
	b.plan = runner.Plan(cases.Beyond(), role.Other())
	b.plan = slices.CompactFunc(b.pick(t, strings.Fields(patterns)...), func(x, y runner.Planned) bool { return x.ID == y.ID })
	return b
}

// checkCaught plays the rows in both roles and wants each case of the patterns caught
// by at least one of them, but for those excepted.
func checkCaught(t *testing.T, patterns string, rows []caught, excepted map[string]string) {
	t.Helper()
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := beyond(t, role, patterns)
			idle := map[string]bool{}
			for _, c := range b.plan {
				idle[c.ID] = true
			}
			for _, row := range rows {
				i := slices.IndexFunc(testee.AllFaults(), func(f testee.Fault) bool { return f.Name == row.fault })
				if i < 0 {
					t.Fatalf("there is no fault %s", row.fault)
				}
				if !testee.AllFaults()[i].Roles.Has(role) {
					continue
				}
				b.check(t, row.fault, row.failed, func(r report.Result) bool { return r.Verdict.Failed() }, idle)
				b.check(t, row.fault, row.lesser, func(r report.Result) bool { return r.Verdict.Behavior == verdict.NonStrict }, idle)
			}
			for id := range idle {
				if excepted[id] == "" {
					t.Errorf("%s: no fault of the list is caught by it", id)
				}
			}
		})
	}
}

// check plays the cases with the fault and wants each to be as it should be.
func (b *bench) check(t *testing.T, fault, ids string, right func(report.Result) bool, idle map[string]bool) {
	t.Helper()
	if ids == "" {
		return
	}
	for _, r := range b.play(t, fault, b.pickThere(t, ids)) {
		if !right(r) {
			t.Errorf("%s with %s: %s, %s", r.ID, fault, r.Verdict.Behavior, r.Verdict.Result)
		}
		delete(idle, r.ID)
	}
}

// pickThere is pick without the cases that are for the other role alone.
func (b *bench) pickThere(t *testing.T, ids string) []runner.Planned {
	t.Helper()
	picked, err := conform.Select(cases.Beyond(), ranges(ids), nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(b.plan), func(c runner.Planned) bool {
		return !slices.ContainsFunc(picked, func(p conform.Case) bool { return p.ID == c.ID })
	})
}

// ranges makes of "15.1.4-6 15.2.1" what Select reads: 15.1.4, 15.1.5, 15.1.6, 15.2.1.
func ranges(ids string) []string {
	var all []string
	for _, word := range strings.Fields(ids) {
		from, to, isRange := strings.Cut(word, "-")
		if !isRange {
			all = append(all, word)
			continue
		}
		dot := strings.LastIndexByte(from, '.') + 1
		first, _ := strconv.Atoi(from[dot:])
		last, _ := strconv.Atoi(to)
		for i := first; i <= last; i++ {
			all = append(all, from[:dot]+strconv.Itoa(i))
		}
	}
	return all
}

// checkLegal plays all that the RFCs allow and wants none of it FAILED, but for what
// makes a case unplayable. Cases of megabytes are left out.
func checkLegal(t *testing.T, patterns string) {
	t.Helper()
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String()+", legal", func(t *testing.T) {
			t.Parallel()
			b := beyond(t, role, patterns)
			b.plan = slices.DeleteFunc(b.plan, voluminous)
			for _, f := range testee.AllFaults() {
				if !f.Legal || f.Chance || !f.Roles.Has(role) || f.Name == "closes-on-open" { // nothing can be seen then
					continue
				}
				for _, r := range b.play(t, f.Name, b.plan) {
					if r.Verdict.Failed() {
						t.Errorf("%s with %s, which is allowed: %s", r.ID, f.Name, r.Verdict.Result)
					}
				}
			}
		})
	}
}
