// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/ws"
)

// tableFile is the table that package diagnosis embeds, with a part for each role.
const tableFile = "../diagnosis/table.txt"

// diagnosisTable prints the rows for package diagnosis, a line each.
func (b *bench) diagnosisTable(rows []row) string {
	ids := make([]string, 0, len(b.plan)+len(b.beyond)+len(b.surveys))
	for _, c := range slices.Concat(b.plan, b.beyond, b.surveys) {
		ids = append(ids, c.ID)
	}
	slices.SortFunc(ids, conform.CompareIDs)
	var text strings.Builder
	for _, r := range rows {
		f := diagnosis.Fault{
			Name: r.fault.Name, Title: r.fault.Title, Topic: string(r.fault.Topic), Legal: r.fault.Legal, Shows: map[string]diagnosis.Outcome{},
		}
		for _, c := range b.judged {
			if o, ok := r.guess(c.ID); ok && (o.Behavior != "OK" || o.Close != "OK") {
				f.Shows[c.ID] = diagnosis.Outcome{Behavior: o.Behavior, Close: o.Close, Refused: o.refused}
			}
		}
		for _, o := range r.beyond {
			if r.chance != "" {
				break // there is nothing to go by
			}
			f.Shows[o.id] = diagnosis.Outcome{Behavior: o.Behavior, Close: o.Close, Refused: o.refused}
		}
		if len(f.Shows) > 0 {
			text.WriteString(f.Line(b.role, slices.Compact(ids)))
		}
	}
	return text.String()
}

// guess is the outcome of a case of the reference, and for one that was not played
// that of its nearest neighbour in the same subcategory, or else category.
func (r row) guess(id string) (outcome, bool) {
	for _, same := range []func(string) string{func(id string) string { return id }, conform.Subcategory, conform.Category} {
		for _, o := range r.outcomes {
			if same(o.id) == same(id) {
				return o, true
			}
		}
	}
	return outcome{}, false
}

// checkTable holds the lines of a role against the embedded table.
func checkTable(t *testing.T, role ws.Role, lines string) {
	t.Helper()
	golden.CheckPart(t, tableFile, role.String()+"\t", lines)
}

// TestTableIsThere wants rows for both roles, so that a diagnosis is never silently
// about nothing.
func TestTableIsThere(t *testing.T) {
	if _, err := os.Stat(tableFile); err != nil {
		t.Fatal(err)
	}
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		if n := len(diagnosis.Load(role)); n < 100 {
			t.Errorf("%v: %d faults in the table", role, n)
		}
	}
}

// TestDiagnosisOfSeveralFaults has endpoints with two and three faults at once, which
// the table was not made from, and counts how many of the causes told are faults they
// have (precision), and how many of their faults are told (recall).
func TestDiagnosisOfSeveralFaults(t *testing.T) {
	withoutRaceDetector(t, "tens of thousands of conversations")
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			plan := slices.DeleteFunc(slices.Concat(b.judged, b.beyond), voluminous)
			told, right, faults, found := 0, 0, 0, 0
			for _, mix := range mixtures(role) {
				var observed []diagnosis.Observed
				for _, o := range outcomes(b.surveyed(t, strings.Join(mix, ","), plan)) {
					observed = append(observed, diagnosis.Observed{ID: o.id, Outcome: diagnosis.Outcome{Behavior: o.Behavior, Close: o.Close, Refused: o.refused}})
				}
				d := diagnosis.Of(role, observed)
				named := map[string]bool{}
				for _, c := range d.Causes {
					told++
					isRight := false
					for _, f := range append(c.Or, c.Fault) {
						named[f.Name] = true
						isRight = isRight || slices.Contains(mix, f.Name)
					}
					if isRight {
						right++
					} else {
						t.Logf("%q: told %s", mix, c.Name)
					}
				}
				for _, name := range mix {
					faults++
					if named[name] {
						found++
					} else {
						t.Logf("%q: not told %s", mix, name)
					}
				}
			}
			t.Logf("%ss: precision %d of %d, recall %d of %d", role, right, told, found, faults)
			if right*10 < told*8 || found*10 < faults*8 {
				t.Errorf("%ss: less than four of five causes are right, or told", role)
			}
		})
	}
}

// mixtures are pairs and triples of faults that show, far apart in the table, the same
// ones in every run.
func mixtures(role ws.Role) [][]string {
	faults := slices.DeleteFunc(diagnosis.Load(role), func(f diagnosis.Fault) bool {
		// A fault that breaks everything leaves nothing to tell others by.
		const most = 200
		return f.Legal || len(f.Shows) == 0 || len(f.Shows) > most
	})
	const many, step = 16, 37
	var mixes [][]string
	for i := range many {
		at := func(k int) string { return faults[(i*step+k*len(faults)/3)%len(faults)].Name }
		mixes = append(mixes, []string{at(0), at(1)})
		if i%2 == 0 {
			mixes = append(mixes, []string{at(0), at(1), at(2)})
		}
	}
	return mixes
}
