// SPDX-License-Identifier: Apache-2.0

// Package stats is what a load test counts and measures, in a form that merges exactly:
// what several goroutines, processes or machines have counted adds up to what one
// would have counted. It knows nothing of connections, plans and clocks: whoever
// measures says when. Start at Snapshot.
package stats

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a Histogram can tell apart: three digits of everything up to an hour. What takes
// longer counts as an hour, but for the maximum, which is exact.
const (
	digits  = 3
	longest = time.Hour
)

// A Histogram is a distribution of durations. Nil is an empty one for those who only
// read. Counts, the minimum, the maximum and the mean are exact, quantiles right to
// a thousandth.
type Histogram struct {
	hdr      *hdrhistogram.PackedHistogram // sparse: handing over and adding up cost what was measured
	min, max time.Duration
	sum      float64 // in nanoseconds; exact up to 2^53, about a hundred days
}

// NewHistogram returns an empty one.
func NewHistogram() *Histogram {
	return &Histogram{hdr: hdrhistogram.NewPacked(1, int64(longest), digits), min: math.MaxInt64}
}

// Record takes note of a duration. A negative one counts as none.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	_ = h.hdr.RecordValue(int64(min(d, longest))) // it is in range
	h.min, h.max, h.sum = min(h.min, d), max(h.max, d), h.sum+float64(d)
}

// Merge adds what another histogram has.
func (h *Histogram) Merge(o *Histogram) {
	if o.Count() == 0 {
		return
	}
	h.hdr.Merge(o.hdr) // of the same geometry: nothing is dropped
	h.min, h.max, h.sum = min(h.min, o.min), max(h.max, o.max), h.sum+o.sum
}

// Count is how many durations there are.
func (h *Histogram) Count() int64 {
	if h == nil {
		return 0
	}
	return h.hdr.TotalCount()
}

// Quantile is the duration that the share q of all, from 0 to 1, do not exceed; 0 where
// there is none at all.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.Count() == 0 {
		return 0
	}
	d := time.Duration(h.hdr.ValueAtPercentile(100 * q))
	if d >= longest { // a bucket of everything that took longer
		return h.max
	}
	return min(max(d, h.min), h.max)
}

// A Summary is a histogram in a few numbers; times in microseconds.
type Summary struct {
	Count int64   `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

// Summary returns the numbers, all of them 0 where the histogram is empty.
func (h *Histogram) Summary() Summary {
	if h.Count() == 0 {
		return Summary{}
	}
	return Summary{
		Count: h.Count(), Min: Microseconds(h.min), Max: Microseconds(h.max), Mean: round(h.sum / float64(h.Count()) / 1e3),
		P50: Microseconds(h.Quantile(.5)), P90: Microseconds(h.Quantile(.9)), P95: Microseconds(h.Quantile(.95)),
		P99: Microseconds(h.Quantile(.99)), P999: Microseconds(h.Quantile(.999)),
	}
}

// Microseconds is a duration as a number, to the nanosecond.
func Microseconds(d time.Duration) float64 { return round(float64(d) / 1e3) }

// round leaves three decimals.
func round(us float64) float64 { return math.Round(us*1e3) / 1e3 }

// Mean is the average; 0 where there is none.
func (h *Histogram) Mean() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.Count()))
}

// Sum is that of all durations.
func (h *Histogram) Sum() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.sum)
}

// AtMost is how many durations are at most as long as each of the bounds, which ascend; right to a
// thousandth of the bound.
func (h *Histogram) AtMost(bounds []time.Duration) []int64 {
	counts := make([]int64, len(bounds))
	if h.Count() == 0 {
		return counts
	}
	i, sum := 0, int64(0)
	for value, n := range h.hdr.ForEachBucket {
		for ; i < len(bounds) && time.Duration(value) > bounds[i]; i++ {
			counts[i] = sum
		}
		sum += n
	}
	for ; i < len(bounds); i++ {
		counts[i] = sum
	}
	return counts
}

// A Quantile is a point of the curve that Curve draws.
type Quantile struct {
	Q  float64 `json:"q"`  // share, 0 to 1
	US float64 `json:"us"` // microseconds that it does not exceed
}

// Curve is the whole distribution in a few dozen points, the closer together the nearer to
// its end, as far as there are durations to tell them apart.
func (h *Histogram) Curve() []Quantile {
	n := h.Count()
	if n == 0 {
		return nil
	}
	curve := []Quantile{{0, Microseconds(h.min)}}
	for tail := 1.0; tail*float64(n) >= 1; tail /= 10 {
		for _, part := range []float64{.75, .5, .35, .25, .175, .1} {
			if left := tail * part; left*float64(n) >= 1 {
				q := math.Round((1-left)*1e9) / 1e9
				curve = append(curve, Quantile{q, Microseconds(h.Quantile(q))})
			}
		}
	}
	return append(curve, Quantile{1, Microseconds(h.max)})
}

// encoded is a histogram as JSON: the interchange format of HdrHistogram (V2, base64),
// in nanoseconds, and what is exact beside it.
type encoded struct {
	HDR   string  `json:"hdr"`
	MinNS int64   `json:"min_ns"`
	MaxNS int64   `json:"max_ns"`
	SumNS float64 `json:"sum_ns"`
}

// MarshalJSON writes the form that other programs for HDR histograms read, too.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	text, err := h.hdr.Encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(encoded{string(text), int64(h.min), int64(h.max), h.sum})
}

// maxEncoded is how many octets of text a histogram may have: a full one of ours has
// about a tenth of it.
const maxEncoded = 1 << 20

var errHistogram = errors.New("not a histogram of ours")

// UnmarshalJSON reads what MarshalJSON writes, and nothing of another geometry: it would
// not merge exactly.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var e encoded
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	if len(e.HDR) > maxEncoded {
		return fmt.Errorf("%w: it has %d octets", errHistogram, len(e.HDR))
	}
	hdr, err := hdrhistogram.DecodePacked([]byte(e.HDR))
	if err != nil {
		return fmt.Errorf("%w: %w", errHistogram, err)
	}
	n := NewHistogram()
	if hdr.SignificantFigures() != digits || hdr.LowestTrackableValue() != n.hdr.LowestTrackableValue() || n.hdr.Merge(hdr) != 0 {
		return fmt.Errorf("%w: it has other limits", errHistogram)
	}
	if n.Count() > 0 && !(0 <= e.MinNS && e.MinNS <= e.MaxNS && e.SumNS >= 0) {
		return fmt.Errorf("%w: from %d to %d ns", errHistogram, e.MinNS, e.MaxNS)
	}
	n.min, n.max, n.sum = time.Duration(e.MinNS), time.Duration(e.MaxNS), e.SumNS
	*h = *n
	return nil
}
