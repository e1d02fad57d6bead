// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// A case says nothing because connections were not played, or because the peer does not
// do what it is about.
func TestPartly(t *testing.T) {
	turn := func(g verdict.Grade) report.Turn { return report.Turn{Verdict: verdict.Verdict{Behavior: g}} }
	ok, none, left := turn(verdict.OK), turn(verdict.Unimplemented), turn("")
	for _, c := range []struct {
		behavior verdict.Grade
		turns    []report.Turn
		want     bool
	}{
		{verdict.Unimplemented, nil, false},
		{verdict.Unimplemented, []report.Turn{ok, left}, true},
		{verdict.Unimplemented, []report.Turn{left, ok}, true},
		{verdict.Unimplemented, []report.Turn{none, left}, false},
		{verdict.Unimplemented, []report.Turn{ok, none, left}, false},
		{verdict.OK, []report.Turn{ok, ok}, false},
		{verdict.Failed, []report.Turn{turn(verdict.Failed), left}, false},
	} {
		r := report.Result{ID: "1.1", Turns: c.turns, Verdict: verdict.Verdict{Behavior: c.behavior}}
		if r.Partly() != c.want {
			t.Errorf("%s, %v: %v", c.behavior, c.turns, !c.want)
		}
	}
}
