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
				f.Shows[c.ID] = diagnosis.Outcome{Behavior: o.Behavior, Close: o.Close}
			}
		}
		for _, o := range r.beyond {
			f.Shows[o.id] = diagnosis.Outcome{Behavior: o.Behavior, Close: o.Close}
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
