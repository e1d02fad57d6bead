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

// A fault is not told where the endpoint does less than the fault would: ending TCP
// without a word is not to accept what is wrong, nor is a wrong code. One that is only
// advised against is not told where most of its cases failed.
func TestExplainInItsOwnWay(t *testing.T) {
	accepts := faulty("accepts", cases("1", 9)...)
	drops := Fault{Name: "drops", Shows: map[string]Outcome{}}
	wrongCode := Fault{Name: "wrong code", Shows: map[string]Outcome{}}
	for _, id := range cases("1", 9) {
		drops.Shows[id] = Outcome{"NON-STRICT", "OK", false}
		wrongCode.Shows[id] = Outcome{"NON-STRICT", "WRONG CODE", false}
	}
	for _, tt := range []struct {
		came   Outcome
		failed int // of nine, those that came out as FAILED in place of that
		want   string
	}{
		{Outcome{"NON-STRICT", "OK", false}, 0, "drops"},
		{Outcome{"NON-STRICT", "OK", false}, 2, "drops"},
		{Outcome{"NON-STRICT", "WRONG CODE", false}, 0, "wrong code"},
		{Outcome{"FAILED", "OK", false}, 0, "accepts"},
		{Outcome{"OK", "WRONG CODE", false}, 0, ""},
		{Outcome{"NON-STRICT", "OK", false}, 7, "accepts"},
	} {
		var results []Observed
		for i, id := range cases("1", 9) {
			o := tt.came
			if i < tt.failed {
				o = Outcome{"FAILED", "OK", false}
			}
			results = append(results, Observed{id, o})
		}
		got := ""
		for _, c := range newSearch(results).explain([]Fault{accepts, drops, wrongCode}).Causes {
			got += c.Name
		}
		if got != tt.want {
			t.Errorf("%v, %d of them FAILED: told %q, want %q", tt.came, tt.failed, got, tt.want)
		}
	}
}

// What the RFCs allow is told behind what they do not, however much it explains.
func TestExplainLegalLast(t *testing.T) {
	legal, small := faulty("legal", cases("1", 20)...), faulty("small", cases("2", 2)...)
	legal.Legal = true
	var results []Observed
	for _, id := range append(cases("1", 20), cases("2", 2)...) {
		results = append(results, Observed{id, Outcome{"FAILED", "OK", false}})
	}
	d := newSearch(results).explain([]Fault{legal, small})
	if len(d.Causes) != 2 || d.Causes[0].Name != "small" {
		t.Errorf("told %v, want the small fault first of two", d.Causes)
	}
}

// A fault that explains much, but is not seen everywhere, gives way to several that fit.
func TestExplainBySeveral(t *testing.T) {
	one := faulty("one", append(cases("1", 10), append(cases("2", 10), cases("3", 6)...)...)...)
	first, second := faulty("first", cases("1", 10)...), faulty("second", cases("2", 10)...)
	var results []Observed
	for _, id := range append(cases("1", 10), cases("2", 10)...) {
		results = append(results, Observed{id, Outcome{"FAILED", "OK", false}})
	}
	for _, id := range cases("3", 6) {
		results = append(results, Observed{id, Outcome{"OK", "OK", false}})
	}
	var got []string
	for _, c := range newSearch(results).explain([]Fault{one, first, second}).Causes {
		got = append(got, c.Name)
	}
	if want := []string{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
