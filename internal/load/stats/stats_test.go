// SPDX-License-Identifier: Apache-2.0

package stats_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

func TestQuantiles(t *testing.T) {
	h := stats.NewHistogram()
	for i := range 10_000 {
		h.Record(time.Duration(i+1) * time.Microsecond)
	}
	h.Record(3 * time.Hour) // more than can be told apart
	h.Record(-time.Second)
	for _, tt := range []struct {
		q    float64
		want time.Duration
	}{{0, 0}, {.5, 5 * time.Millisecond}, {.99, 9900 * time.Microsecond}, {.999, 9990 * time.Microsecond}, {1, 3 * time.Hour}} {
		if got := h.Quantile(tt.q); (got - tt.want).Abs() > tt.want/500 {
			t.Errorf("%v: %v, want %v", tt.q, got, tt.want)
		}
	}
	s := h.Summary()
	if s.Count != 10_002 || s.Min != 0 || s.Max != 3*3600e6 {
		t.Errorf("%+v", s)
	}
	curve := h.Curve()
	if !slices.IsSortedFunc(curve, func(a, b stats.Quantile) int { return int(a.US - b.US) }) || curve[0].Q != 0 || curve[len(curve)-1] != (stats.Quantile{Q: 1, US: s.Max}) {
		t.Errorf("%v", curve)
	}
	bounds := []time.Duration{0, time.Microsecond, 5 * time.Millisecond, 20 * time.Millisecond, 4 * time.Hour}
	if got := h.AtMost(bounds); !slices.Equal(got[:2], []int64{1, 2}) || got[2] < 4995 || got[2] > 5006 || !slices.Equal(got[3:], []int64{10_001, 10_002}) {
		t.Errorf("at most %v: %v", bounds, got)
	}
	if got, want := h.Sum(), 3*time.Hour+50_005*time.Millisecond; got != want {
		t.Errorf("the sum is %v, want %v", got, want)
	}
	var none *stats.Histogram
	if none.Quantile(.5) != 0 || none.Summary() != (stats.Summary{}) || none.Curve() != nil {
		t.Error("an empty one is not empty")
	}
}

// drawn is a snapshot of what happened at random up to a minute, or rather of each part
// of it, and of all.
func drawn(seed uint64, parts int) (each []*stats.Snapshot, all *stats.Snapshot) {
	r := rand.New(rand.NewPCG(seed, 0))
	all = new(stats.Snapshot)
	for range parts {
		each = append(each, new(stats.Snapshot))
	}
	for range 5000 {
		d := time.Duration(r.ExpFloat64() * 1e6)
		at := time.Duration(r.Int64N(int64(300 * time.Second)))
		phase := stats.Phases()[r.IntN(3)]
		failed := r.IntN(10) == 0
		for _, s := range []*stats.Snapshot{each[r.IntN(parts)], all} {
			s.Record(phase, d)
			slot := s.Series.At(at)
			slot.Record(d)
			slot.Messages++
			s.Messages++
			s.End = max(s.End, at)
			if failed {
				s.Failed++
				s.Fail("refused", 1, "connection refused")
			}
		}
	}
	return each, all
}

func encode(t *testing.T, s *stats.Snapshot) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What several have measured adds up to what one would have, to the last octet, also after
// it was sent somewhere; series of different widths as well.
func TestMergeIsExact(t *testing.T) {
	for seed := range uint64(3) {
		each, all := drawn(seed, 4)
		short := &stats.Snapshot{}
		short.Series.At(50 * time.Millisecond).Opened = 7
		all.Series.At(50 * time.Millisecond).Opened = 7
		sum := new(stats.Snapshot)
		for _, s := range append(each, short) {
			read, err := stats.Read([]byte(encode(t, s)))
			if err != nil {
				t.Fatal(err)
			}
			sum.Merge(read)
		}
		if got, want := encode(t, sum), encode(t, all); (got) != (want) {
			t.Errorf("seed %d: got\n%.2000s\nwant\n%.2000s", seed, got, want)
		}
		if c := encode(t, sum.Clone()); (c) != (encode(t, sum)) {
			t.Error("a clone is not the same")
		}
	}
}

func TestSeriesWidens(t *testing.T) {
	var s stats.Series
	for i := range 20_000 {
		slot := s.At(time.Duration(i) * 100 * time.Millisecond)
		slot.Messages++
		slot.Record(time.Duration(i) * time.Microsecond)
	}
	total := int64(0)
	for i, slot := range s.Slots {
		total += slot.Messages
		if i > 0 && slot.Quantile(.5) < s.Slots[i-1].Quantile(.5) {
			t.Fatalf("slot %d is out of order", i)
		}
	}
	if total != 20_000 || len(s.Slots) > 600 || s.Width != 6400*time.Millisecond {
		t.Errorf("%d messages in %d slots of %v", total, len(s.Slots), s.Width)
	}
}

// Causes are not without bounds: a hostile server may invent one an attempt.
func TestCausesAreBounded(t *testing.T) {
	var s stats.Snapshot
	for i := range 1000 {
		s.Fail(strings.Repeat("x", i+1), 1, "")
	}
	total := int64(0)
	for _, f := range s.Failures {
		total += f.Count
	}
	if len(s.Failures) > 65 || total != 1000 {
		t.Errorf("%d causes, %d failures", len(s.Failures), total)
	}
}

func TestReadTrustsNothing(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                              "cannot unmarshal",
		`{"opened": -1}`:                  "a count of -1",
		`{"latency": {"tcp": null}}`:      `no phase "tcp"`,
		`{"latency": {"x": {"hdr": ""}}}`: "not a histogram of ours",
		`{"series": {"width_ns": 3, "slots": [{}]}}`:                          "no series of ours",
		`{"series": {"width_ns": 100000000, "slots": [{"latency": [1, 0]}]}}`: "not a histogram of ours",
	} {
		if _, err := stats.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	s := new(stats.Snapshot)
	s.Record(stats.TCP, time.Millisecond)
	s.Series.At(time.Second).Record(time.Millisecond)
	s.Fail("refused", 1, "connection refused")
	b, err := json.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"latency":{"tcp":{"hdr":"HISTFAAAAB5"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := stats.Read(b)
		if err != nil {
			return
		}
		again, err := stats.Read([]byte(encode(t, s.Clone())))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again.Counts, s.Counts) {
			t.Errorf("%+v, want %+v", again.Counts, s.Counts)
		}
	})
}
