// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// A shortened case that passes speaks against no cause: the whole one might not. One
// that fails speaks for it.
func TestDiagnosisOfShortenedCases(t *testing.T) {
	for _, tags := range [][]conform.Tag{nil, {conform.Shortened}} {
		var a report.Agent
		for _, c := range []struct {
			id       string
			behavior verdict.Grade
			tags     []conform.Tag
		}{
			{"13.2.5", verdict.Failed, []conform.Tag{conform.Shortened}}, {"13.5.5", verdict.Failed, nil}, {"13.6.5", verdict.Failed, nil}, {"13.7.5", verdict.OK, tags},
		} {
			r := reporttest.Simple("a", c.id)
			r.Verdict, r.Tags, r.Log.Facts.Role = verdict.Verdict{Behavior: c.behavior, Close: c.behavior}, c.tags, ws.Client
			a.Results = append(a.Results, r)
		}
		d := telling.Diagnose(a)
		if len(d.Causes) != 1 || d.Wrong != 3 || slices.Contains(d.Causes[0].Missing, "13.7.5") != (tags == nil) {
			t.Errorf("with tags %v of what passed: %+v", tags, d)
		}
	}
}
