// SPDX-License-Identifier: Apache-2.0

package stats_test

import (
	"encoding/json"
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

// What it costs to take over what one of many processes has measured in a second, late in a
// long run.
func BenchmarkHandOver(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	piece := new(stats.Snapshot)
	for range 200 {
		for _, p := range []stats.Phase{stats.TCP, stats.Upgrade, stats.Open} {
			piece.Record(p, time.Duration(30_000+r.ExpFloat64()*4_000_000))
		}
		piece.Series.At(55 * time.Second).Record(time.Duration(r.ExpFloat64() * 4_000_000))
	}
	total := new(stats.Snapshot)
	for b.Loop() {
		text, err := json.Marshal(piece)
		if err != nil {
			b.Fatal(err)
		}
		s, err := stats.Read(text)
		if err != nil {
			b.Fatal(err)
		}
		total.Merge(s)
	}
}
