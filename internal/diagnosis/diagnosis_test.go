// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"fmt"
	"slices"
	"testing"
)

// faulty makes a fault that fails the cases.
func faulty(name string, ids ...string) Fault {
	f := Fault{Name: name, Shows: map[string]Outcome{}}
	for _, id := range ids {
		f.Shows[id] = Outcome{"FAILED", "OK", false}
	}
	return f
}

// cases are n cases of a category.
func cases(category string, n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint(category, ".", i+1))
	}
	return ids
}

// A cause is told for what it explains anew, and not for one or two cases of many that
// another fault breaks already.
func TestExplain(t *testing.T) {
	large := faulty("large", cases("1", 30)...)
	for _, tt := range []struct {
		name   string
		second Fault
		wrong  []string // beside those of the large fault
		want   []string
		left   int
	}{
		{"of its own", faulty("second", cases("2", 2)...), cases("2", 2), []string{"large", "second"}, 0},
		{"not seen", faulty("second", cases("2", 2)...), nil, []string{"large"}, 0},
		{"mostly masked, but for many", faulty("second", append(cases("1", 30), cases("2", 3)...)...), cases("2", 3), []string{"second"}, 0},
		{"a part of it is masked", faulty("second", append(cases("1", 12), cases("2", 3)...)...), cases("2", 3), []string{"large", "second"}, 0},
		{"one case of many", faulty("second", append(cases("1", 12), cases("2", 1)...)...), cases("2", 1), []string{"large"}, 1},
		{"half of it was right", faulty("second", cases("2", 4)...), cases("2", 2), []string{"large"}, 2},
	} {
		wrong := append(cases("1", 30), tt.wrong...)
		var results []Observed
		for _, id := range append(cases("1", 30), cases("2", 4)...) {
			o := Outcome{"OK", "OK", false}
			if slices.Contains(wrong, id) {
				o.Behavior = "FAILED"
			}
			results = append(results, Observed{id, o})
		}
		d := newSearch(results).explain([]Fault{large, tt.second})
		var got []string
		for _, c := range d.Causes {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, tt.want) || len(d.Left) != tt.left {
			t.Errorf("%s: told %q and left %q, want %q and %d", tt.name, got, d.Left, tt.want, tt.left)
		}
	}
}
