// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
)

// AttemptLines tells of all attempts, those alike on one line: "1, 3–5: OK, closing
// OK". There are none where there was one attempt.
func AttemptLines(r report.Result) []string {
	if len(r.Others) == 0 {
		return nil
	}
	counts := report.Attempt{Number: r.Attempt, Verdict: r.Verdict}
	var numbers [][]int
	var whats []string
	all := append(slices.Clone(r.Others), counts)
	slices.SortStableFunc(all, func(a, b report.Attempt) int { return cmp.Compare(a.Number, b.Number) })
	for _, a := range all {
		what := fmt.Sprintf("%s, closing %s", a.Verdict.Behavior, a.Verdict.Close)
		if a.Why != "" {
			what += "; repeated: " + a.Why
		}
		i := slices.Index(whats, what)
		if i < 0 {
			i = len(whats)
			whats, numbers = append(whats, what), append(numbers, nil)
		}
		numbers[i] = append(numbers[i], a.Number)
	}
	lines := make([]string, len(whats))
	for i, what := range whats {
		lines[i] = ranges(numbers[i]) + ": " + what
	}
	return lines
}

// ranges lists ascending numbers: "1, 3–5".
func ranges(ns []int) string {
	var parts []string
	for i := 0; i < len(ns); {
		j := i + 1
		for j < len(ns) && ns[j] == ns[j-1]+1 {
			j++
		}
		switch j - i {
		case 1:
			parts = append(parts, strconv.Itoa(ns[i]))
		case 2:
			parts = append(parts, strconv.Itoa(ns[i]), strconv.Itoa(ns[i+1]))
		default:
			parts = append(parts, fmt.Sprintf("%d–%d", ns[i], ns[j-1]))
		}
		i = j
	}
	return strings.Join(parts, ", ")
}
