// SPDX-License-Identifier: Apache-2.0

package load

import (
	"math"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// What a search may be over.
const (
	OverRate        = "rate"        // messages a second
	OverConnections = "connections" // that many of them, each with messages of its own
)

// A Search looks for the highest number at which something holds: it doubles until it does not, and
// then halves the distance. What does not hold is tried once more, since it may have been bad
// luck; what holds is believed.
type Search struct {
	From, To float64
	Whole    bool // numbers without a fraction

	held, failed float64 // the highest and the lowest so far; 0 is none
	last         float64
	again        bool
}

// near is how close to each other what holds and what does not are at the end.
const near = 1.05

// Next is the number to try, and whether it is tried again; at the end more is false.
func (s *Search) Next() (at float64, again, more bool) {
	switch {
	case s.again:
	case s.failed == 0 && s.held == 0:
		s.last = s.From
	case s.failed == 0 && s.held >= s.To, s.failed > 0 && s.held == 0:
		return 0, false, false
	case s.failed == 0:
		s.last = min(2*s.held, s.To)
	default:
		if s.failed <= near*s.held {
			return 0, false, false
		}
		mid := s.round((s.held + s.failed) / 2)
		if mid <= s.held || mid >= s.failed {
			return 0, false, false
		}
		s.last = mid
	}
	return s.last, s.again, true
}

// round leaves numbers that people would choose: three digits that count.
func (s *Search) round(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	if s.Whole {
		unit = max(unit, 1)
	}
	return decimals(math.Round(v/unit) * unit)
}

// Told takes note of whether it holds at what Next returned.
func (s *Search) Told(holds bool) {
	switch {
	case holds:
		s.held, s.again = s.last, false
	case s.again:
		s.failed, s.again = s.last, false
	default:
		s.again = true
	}
}

// Search is that of the plan.
func (p Plan) Search() *Search {
	return &Search{From: p.From, To: p.To, Whole: p.Over == OverConnections}
}

// Step is the plan of one step of a search.
func (p Plan) Step(at float64) Plan {
	p.Kind, p.Duration, p.Hold = Echo, p.StepDuration, 0
	if p.Over == OverConnections {
		p.Connections = int(at)
		if p.InFlight == 0 {
			p.Rate = at * p.Each
		}
	} else {
		p.Rate = at
	}
	p.FailIf, p.SLO, p.Over, p.From, p.To, p.StepDuration, p.Each = nil, nil, "", 0, 0, 0, 0
	return p
}

// beside is what each step has to fulfil beside the objectives: latencies say nothing of
// messages that were never answered. Who names one of these metrics decides about it.
func beside() []string {
	return []string{"failed<=1%", "lost<=1%", "missing<=1%", "unsent<=1%", "wrong==0"}
}

// objectives are those of the plan, and those that go without saying.
func (p Plan) objectives() (all []Condition, texts []string, err error) {
	named := map[string]bool{}
	for _, text := range p.SLO {
		c, err := ParseCondition(text)
		if err != nil {
			return nil, nil, err
		}
		named[c.Metric] = true
		all, texts = append(all, c), append(texts, text)
	}
	for _, text := range beside() {
		c, err := ParseCondition(text)
		if err != nil {
			return nil, nil, err
		}
		if !named[c.Metric] {
			all, texts = append(all, c), append(texts, text)
		}
	}
	return all, texts, nil
}

// Judge holds what a step has measured against the objectives of the search.
func (p Plan) Judge(at float64, again bool, s *stats.Snapshot, messaging time.Duration) (Step, error) {
	h := s.Latency[stats.Message]
	step := Step{
		At: at, Again: again, Holds: true, Rate: per(s.Messages, messaging.Seconds()), Failed: s.Failed + s.Lost,
		P50: stats.Microseconds(h.Quantile(.5)), P99: stats.Microseconds(h.Quantile(.99)), P999: stats.Microseconds(h.Quantile(.999)), Max: stats.Microseconds(h.Quantile(1)),
	}
	all, texts, err := p.objectives()
	if err != nil {
		return step, err
	}
	m := Measured{s, Echo, messaging}
	late := false
	for i, c := range all {
		met, value, known := c.Met(m)
		if !known && i >= len(p.SLO) && s.Opened > 0 { // a share of nothing
			met, value = true, "none"
		}
		step.Verdicts = append(step.Verdicts, Verdict{Text: texts[i], OK: met, Value: value})
		step.Holds = step.Holds && met
		late = late || !met && c.late(m)
	}
	if late {
		step.Note = "counted from when messages were really sent, it holds: this machine sends too late"
	}
	return step, nil
}

// Reason is the verdict that says best why a step does not hold: one with something measured, if there is
// one. It is nil for a step that holds.
func (s Step) Reason() *Verdict {
	var first *Verdict
	for i, v := range s.Verdicts {
		switch {
		case v.OK:
		case v.Value != NotMeasured:
			return &s.Verdicts[i]
		case first == nil:
			first = &s.Verdicts[i]
		}
	}
	return first
}

// OpenEnd reports whether a search that has found something has found nothing at which it does not hold, as it
// was to go no higher, or was stopped.
func (r *Result) OpenEnd() bool {
	return r.Best != nil && !slices.ContainsFunc(r.Curve, func(s Step) bool { return !s.Holds && s.At > r.Best.At })
}

// Watched reports whether it is known what the server has used in the steps of a search.
func (r *Result) Watched() bool {
	return slices.ContainsFunc(r.Curve, func(s Step) bool { return s.ServerMemory > 0 })
}

// late reports whether a condition for messages would be met if their latency were counted
// from when they were sent.
func (c Condition) late(m Measured) bool {
	if _, counted := metrics()[c.Metric]; counted || c.Phase != "" && c.Phase != stats.Message {
		return false
	}
	c.Phase = stats.Service
	met, _, known := c.Met(m)
	return known && met
}

// ConcludeSearch is Conclude for a search: all is counted in total, and the steps are its curve. Latencies and
// conditions are those of the best step, which is nil where there is none.
func ConcludeSearch(p Plan, r Run, total *stats.Snapshot, steps []Step, best *stats.Snapshot) (*Result, error) {
	failIf := p.FailIf
	p.FailIf = nil
	res, err := Conclude(p, r, total)
	if err != nil {
		return nil, err
	}
	if best == nil {
		best = new(stats.Snapshot)
	}
	each := max(time.Duration(p.StepDuration)-time.Duration(p.Warmup), 0)
	p.FailIf = failIf
	of, err := Conclude(p, Run{Messaging: each}, best)
	if err != nil {
		return nil, err
	}
	res.Plan, res.Latency, res.Thresholds, res.Curve = p, of.Latency, of.Thresholds, steps
	for i, s := range steps {
		if s.Holds && (res.Best == nil || s.At > res.Best.At) {
			res.Best = &steps[i]
		}
	}
	return res, nil
}
