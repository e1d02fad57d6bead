// SPDX-License-Identifier: Apache-2.0

package load

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

func TestSearch(t *testing.T) {
	for _, tt := range []struct {
		name  string
		s     Search
		holds func(at float64, again bool) bool
		want  []float64
	}{
		{"doubles, then halves the distance", Search{From: 100, To: 1e6}, func(at float64, _ bool) bool { return at <= 530 },
			[]float64{100, 200, 400, 800, 800, 600, 600, 500, 550, 550, 525}},
		{"bad luck once", Search{From: 100, To: 400}, func(at float64, again bool) bool { return at < 200 || again },
			[]float64{100, 200, 200, 400, 400}},
		{"not even at the beginning", Search{From: 100, To: 400}, func(float64, bool) bool { return false }, []float64{100, 100}},
		{"always", Search{From: 100, To: 500}, func(float64, bool) bool { return true }, []float64{100, 200, 400, 500}},
		{"whole numbers", Search{From: 1, To: 10, Whole: true}, func(at float64, _ bool) bool { return at <= 2 }, []float64{1, 2, 4, 4, 3, 3}},
		{"three digits", Search{From: 1000, To: 1e6}, func(at float64, _ bool) bool { return at <= 1777 },
			[]float64{1000, 2000, 2000, 1500, 1750, 1880, 1880, 1820, 1820}},
	} {
		var got []float64
		for len(got) < 50 {
			at, again, more := tt.s.Next()
			if !more {
				break
			}
			got = append(got, at)
			tt.s.Told(tt.holds(at, again))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A step holds if the objectives do and, beside them, nearly nothing was lost; who names a
// metric decides about it. That only our own lateness is to blame is said.
func TestJudge(t *testing.T) {
	measured := func(service time.Duration, missing int64) *stats.Snapshot {
		s := new(stats.Snapshot)
		s.Opened, s.Sent, s.Messages, s.Missing = 1, 100, 100-missing, missing
		for range s.Messages {
			s.Record(stats.Message, 10*time.Millisecond)
			s.Record(stats.Service, service)
		}
		return s
	}
	for _, tt := range []struct {
		slo     []string
		s       *stats.Snapshot
		holds   bool
		because string
		note    bool
	}{
		{[]string{"p99<20ms"}, measured(10*time.Millisecond, 0), true, "", false},
		{[]string{"p99<20ms", "p50<1ms"}, measured(10*time.Millisecond, 0), false, "p50<1ms", false},
		{[]string{"p50<1ms"}, measured(time.Microsecond, 0), false, "p50<1ms", true},
		{[]string{"p99<20ms"}, measured(10*time.Millisecond, 2), false, "missing<=1%", false},
		{[]string{"p99<20ms", "missing<3"}, measured(10*time.Millisecond, 2), true, "", false},
		{[]string{"tls.p99<20ms"}, measured(10*time.Millisecond, 0), false, "tls.p99<20ms", false},
		{[]string{"p99<20ms"}, new(stats.Snapshot), false, "p99<20ms", false},
	} {
		p := Plan{Kind: Find, SLO: tt.slo}
		step, err := p.Judge(100, false, tt.s, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		because := ""
		if i := slices.IndexFunc(step.Verdicts, func(v Verdict) bool { return !v.OK }); i >= 0 {
			because = step.Verdicts[i].Text
		}
		if step.Holds != tt.holds || because != tt.because || strings.Contains(step.Note, "too late") != tt.note {
			t.Errorf("%v: %v because of %q, %q; want %v, %q", tt.slo, step.Holds, because, step.Note, tt.holds, tt.because)
		}
	}
}

// Where nothing was measured, what is known says more.
func TestReason(t *testing.T) {
	none, failed := Verdict{Text: "p99<1s", Value: NotMeasured}, Verdict{Text: "failed<=1%", Value: "100%"}
	for _, tt := range []struct {
		verdicts []Verdict
		want     *Verdict
	}{
		{[]Verdict{{Text: "missing==0", OK: true, Value: "0"}, none, failed}, &failed},
		{[]Verdict{none}, &none},
		{[]Verdict{{OK: true}}, nil},
	} {
		if got := (Step{Verdicts: tt.verdicts}).Reason(); got != tt.want && (got == nil || tt.want == nil || *got != *tt.want) {
			t.Errorf("%+v: %+v", tt.verdicts, got)
		}
	}
}
