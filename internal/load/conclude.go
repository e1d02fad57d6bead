// SPDX-License-Identifier: Apache-2.0

package load

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// A Distribution is how long something took, in microseconds.
type Distribution struct {
	stats.Summary
	Curve []stats.Quantile `json:"curve"`         // the whole of it, for plots
	HDR   *stats.Histogram `json:"hdr,omitempty"` // the histogram itself
}

// A Run is what is known of a run beside what was measured.
type Run struct {
	Wsspec      string // version of the program
	Started     time.Time
	Interrupted string
	Messaging   time.Duration // during which messages were to be sent
	Preflight   []Finding
	Processes   int
	Server      *Resources
	Client      *Resources
}

// Conclude makes a result of what was measured, and holds the plan's conditions against
// it. The histograms of the snapshot become part of the result.
func Conclude(p Plan, r Run, s *stats.Snapshot) (*Result, error) {
	ramp, end := s.Ramp.Seconds(), s.End.Seconds()
	res := &Result{
		Wsspec: r.Wsspec, Kind: p.Kind, URL: p.URL, Started: r.Started.UTC().Truncate(time.Millisecond), Interrupted: r.Interrupted, Plan: p,
		Attempts: s.Attempts, Opened: s.Opened, Failed: s.Failed, Held: s.Held, Lost: s.Lost, Retries: s.Retries,
		ConnectRate: per(s.Opened, ramp), ConnectS: decimals(ramp), DurationS: decimals(end), MessagingS: decimals(r.Messaging.Seconds()),
		Sent: s.Sent, Messages: s.Messages, MessageRate: per(s.Messages, r.Messaging.Seconds()), Bytes: s.Bytes,
		Missing: s.Missing, Wrong: s.Wrong, Unsent: s.Unsent, Pings: s.Pings, Pongs: s.Pongs,
		Failures: failures(s), Series: points(s.Series),
		Preflight: append([]Finding{}, r.Preflight...), Processes: max(r.Processes, 1), Server: r.Server, Client: r.Client,
	}
	for phase, to := range map[stats.Phase]**Distribution{
		stats.TCP: &res.Latency.TCP, stats.TLS: &res.Latency.TLS, stats.Upgrade: &res.Latency.Upgrade, stats.Open: &res.Latency.Open,
		stats.Message: &res.Latency.Message, stats.Service: &res.Latency.Service, stats.Ping: &res.Latency.Ping,
		stats.First: &res.Latency.First, stats.Median: &res.Latency.Median, stats.Last: &res.Latency.Last,
	} {
		h := s.Latency[phase]
		if h.Count() > 0 {
			*to = &Distribution{Summary: h.Summary(), Curve: h.Curve(), HDR: h}
		}
	}
	res.Amiss = p.amiss(s, r.Interrupted == "")
	var err error
	res.Thresholds, err = judge(p.FailIf, p.Kind, s, r.Messaging)
	return res, err
}

// SoFar makes of what has been measured a snapshot that a result can be made of, at a moment of a run that goes
// on: what is known only at its end is what it would be if that were now. It also says for how long messages
// have been measured.
func (p Plan) SoFar(s *stats.Snapshot, now time.Duration) (stats.Snapshot, time.Duration) {
	c := *s
	c.Held, c.End = s.Series.Held(), now
	if c.Ramp == 0 {
		c.Ramp = now
	}
	if s.Sent == 0 {
		return c, 0
	}
	return c, max(now-c.Ramp-time.Duration(p.Warmup), 0)
}

// judge holds conditions for failure against what was measured.
func judge(failIf []string, kind Kind, s *stats.Snapshot, messaging time.Duration) ([]Verdict, error) {
	verdicts := []Verdict{}
	for _, text := range failIf {
		c, err := ParseCondition(text)
		if err != nil {
			return nil, err
		}
		met, value, known := c.Met(Measured{s, kind, messaging})
		verdicts = append(verdicts, Verdict{Text: text, OK: known && !met, Value: value})
	}
	return verdicts, nil
}

// failures are those of a snapshot, most frequent first.
func failures(s *stats.Snapshot) []Failure {
	list := []Failure{}
	for cause, f := range s.Failures {
		list = append(list, Failure{cause, f.Count, f.Example})
	}
	slices.SortFunc(list, func(a, b Failure) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause)) })
	return list
}

// points are those of a series.
func points(s stats.Series) []Point {
	list, held := []Point{}, int64(0)
	for i, slot := range s.Slots {
		held += slot.Opened - slot.Ended
		width := s.Width.Seconds()
		list = append(list, Point{
			AtS: decimals(float64(i+1) * width), WidthS: width, Held: held,
			Opened: slot.Opened, Failed: slot.Failed, Retried: slot.Retried, ConnectRate: per(slot.Opened, width),
			Sent: slot.Sent, Messages: slot.Messages, MessageRate: per(slot.Messages, width), Bytes: slot.Bytes,
			P50: stats.Microseconds(slot.Quantile(.5)), P99: stats.Microseconds(slot.Quantile(.99)), Max: stats.Microseconds(slot.Quantile(1)),
		})
	}
	return list
}

// per is n a second, and 0 where no time has passed.
func per(n int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return math.Round(float64(n)/seconds*10) / 10
}

// decimals leaves six, so that no number ends in what binary fractions make of it.
func decimals(f float64) float64 { return math.Round(f*1e6) / 1e6 }
