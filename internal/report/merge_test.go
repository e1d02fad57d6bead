// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
)

func TestMerge(t *testing.T) {
	result := func(agent, id, title string) report.Result { return report.Result{Agent: agent, ID: id, Title: title} }
	var a, b report.Report
	a.Add(result("x", "1.10", "a"))
	a.Add(result("x", "1.9", "a"))
	b.Add(result("x", "1.10", "b"))
	b.Add(result("w", "1.1", "b"))
	var got []string
	for _, agent := range report.Merge(&a, &b).Agents {
		for _, r := range agent.Results {
			got = append(got, r.Agent+" "+r.ID+" "+r.Title)
		}
	}
	if want := []string{"w 1.1 b", "x 1.9 a", "x 1.10 b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
