// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// What was left out for want of a profile is kept beside what was planned, until it is
// planned.
func TestUntold(t *testing.T) {
	dir := t.TempDir()
	run := func(part bool, planned ...report.Planned) (missing, untold []report.Planned) {
		s := open(t, dir, false)
		s.Expect(archive.Plan{Of: func(string) []report.Planned { return planned }, Part: part})
		do(t, s.Begin("a"), s.Put(reporttest.Simple("a", "1.1.1")), s.Finish())
		rep, err := archive.Load(dir)
		do(t, err)
		a, _ := rep.Agent("a")
		return a.Missing(), a.Untold()
	}
	first, needing := report.Planned{ID: "1.1.1"}, report.Planned{ID: "8.3.1", Title: "Long", Needs: "frame-limit"}
	if missing, untold := run(false, first, needing); len(missing) > 0 || !slices.Equal(untold, []report.Planned{needing}) {
		t.Errorf("missing %v, untold %v", missing, untold)
	}
	if missing, untold := run(true, first); len(missing) > 0 || !slices.Equal(untold, []report.Planned{needing}) {
		t.Errorf("after a part: missing %v, untold %v", missing, untold)
	}
	told := report.Planned{ID: "8.3.1", Title: "Long"}
	if missing, untold := run(true, told); !slices.Equal(missing, []report.Planned{told}) || len(untold) > 0 {
		t.Errorf("with a profile: missing %v, untold %v", missing, untold)
	}
	if missing, untold := run(true, needing); !slices.Equal(missing, []report.Planned{told}) || len(untold) > 0 {
		t.Errorf("and without one again: missing %v, untold %v", missing, untold)
	}
}
