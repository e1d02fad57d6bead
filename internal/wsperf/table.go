// SPDX-License-Identifier: Apache-2.0

package wsperf

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/spec"
)

// Table is the report of a test set: a line of names, then a line a result. Times are in
// microseconds. A test that failed has its two first columns only.
func Table(s spec.PerfSet, results []Result) string {
	var b strings.Builder
	line := func(columns []string) { b.WriteString(strings.Join(columns, s.Sep) + "\n") }
	names := []string{"name", "outcome", "count", "size", "min", "median", "max", "avg", "stddev"}
	for i := range s.Quantiles {
		names = append(names, fmt.Sprintf("q%d", i))
	}
	if s.RTTs {
		names = append(names, "rtts")
	}
	line(names)
	for _, r := range results {
		line(r.row(s))
	}
	return b.String()
}

// row is the columns of a result.
func (r Result) row(s spec.PerfSet) []string {
	name := strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(s.Sep, c) {
			return '_'
		}
		return c
	}, r.Server.Name)
	row := []string{name, string(r.Outcome)}
	if r.Outcome != Passed {
		return row
	}
	sorted := slices.Sorted(slices.Values(r.RTTs))
	mean, deviation := spread(sorted)
	row = append(row, strconv.Itoa(len(sorted)), strconv.Itoa(r.Case.Size))
	for _, t := range []float64{micro(sorted[0]), median(sorted), micro(sorted[len(sorted)-1]), mean, deviation} {
		row = append(row, strconv.FormatFloat(t, 'f', s.Digits, 64))
	}
	for i := range s.Quantiles {
		row = append(row, strconv.FormatFloat(micro(sorted[quantile(i, s.Quantiles, len(sorted))]), 'f', 0, 64))
	}
	if s.RTTs {
		all := make([]string, len(r.RTTs))
		for i, t := range r.RTTs {
			all[i] = strconv.FormatFloat(micro(t), 'f', s.Digits, 64)
		}
		row = append(row, strings.Join(all, " "))
	}
	return row
}

func micro(t time.Duration) float64 { return float64(t) / float64(time.Microsecond) }

// median is that of sorted times.
func median(sorted []time.Duration) float64 {
	n := len(sorted)
	return (micro(sorted[(n-1)/2]) + micro(sorted[n/2])) / 2
}

// quantile returns where the i-th of n quantiles is in sorted times: the
// smallest time that a share of (i+1)/n of all does not exceed.
func quantile(i, n, times int) int {
	return (times*(i+1)+n-1)/n - 1
}

// spread returns the mean and the standard deviation of all there is, in microseconds.
func spread(times []time.Duration) (mean, deviation float64) {
	for _, t := range times {
		mean += micro(t)
	}
	mean /= float64(len(times))
	for _, t := range times {
		deviation += (micro(t) - mean) * (micro(t) - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(times)))
}
