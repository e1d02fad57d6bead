// SPDX-License-Identifier: Apache-2.0

package stats_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// What it costs to take note of a latency, as they are spread in practice.
func BenchmarkRecord(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	latencies := make([]time.Duration, 1<<16)
	for i := range latencies {
		latencies[i] = time.Duration(30_000 + r.ExpFloat64()*40_000)
	}
	h := stats.NewHistogram()
	i := 0
	for b.Loop() {
		h.Record(latencies[i%len(latencies)])
		i++
	}
}
