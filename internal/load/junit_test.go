// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/xml"
	"strings"
	"testing"
)

func TestJUnit(t *testing.T) {
	for _, tt := range []struct {
		r    Result
		want string // tests, failures, errors
	}{
		{Result{Kind: Connect, URL: "ws://x/\x01<", Opened: 1, Thresholds: []Verdict{{"a>1", true, "0"}, {"b>1", false, "2"}, {"c>1", false, NotMeasured}}}, `tests="4" failures="1" errors="1"`},
		{Result{Kind: Connect, Failed: 3, Failures: []Failure{{"refused", 3, ""}}}, `tests="1" failures="0" errors="1"`},
		{Result{Kind: Echo, Opened: 1, Interrupted: "a signal"}, `tests="1" failures="0" errors="1"`},
		{Result{Kind: Echo, Opened: 1, Amiss: "no message came back"}, `tests="1" failures="1" errors="0"`},
		{Result{Kind: Find, Opened: 1, Plan: Plan{SLO: []string{"p99<1ms"}}}, `tests="1" failures="1" errors="0"`},
		{Result{Kind: Find, Opened: 1, Best: &Step{}}, `tests="1" failures="0" errors="0"`},
	} {
		var b strings.Builder
		if err := WriteJUnit(&b, &tt.r); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), tt.want) || strings.Count(b.String(), tt.want) != 2 {
			t.Errorf("want %s twice in\n%s", tt.want, b.String())
		}
		var any struct{}
		if err := xml.Unmarshal([]byte(b.String()), &any); err != nil {
			t.Error(err)
		}
	}
}
