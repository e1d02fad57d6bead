// SPDX-License-Identifier: Apache-2.0

package load

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// A Condition compares something that is measured with a number: "p99>5ms",
// "failed>0", "failed>1%", "tls.p50>=20ms", "rate<1000".
type Condition struct {
	Phase    stats.Phase // of a quantile; empty for that of the kind of test
	Metric   string      // a name of Metrics, or "p"
	Quantile float64     // of p, 0 to 1
	Op       string      // one of < <= > >= == !=
	Limit    float64     // nanoseconds, a number, or a share of 1
	Share    bool        // the limit is one
	Time     bool        // the limit is in nanoseconds
}

// A ConditionError says what is wrong with a condition and at which octet, from 1.
type ConditionError struct {
	Text string
	At   int
	What string
}

func (e *ConditionError) Error() string {
	return fmt.Sprintf("condition %q, at %d: %s", e.Text, e.At, e.What)
}

// Measured is what a condition is held against.
type Measured struct {
	*stats.Snapshot
	Kind      Kind
	Messaging time.Duration // during which messages were to be sent
}

// metric is something that can be counted. of is what a share of it is a share of.
type metric struct {
	value, of func(Measured) float64
}

// metrics are all but those of latency.
func metrics() map[string]metric {
	count := func(get func(*stats.Counts) int64) func(Measured) float64 {
		return func(m Measured) float64 { return float64(get(&m.Counts)) }
	}
	wanted := count(func(c *stats.Counts) int64 { return c.Opened + c.Failed })
	opened := count(func(c *stats.Counts) int64 { return c.Opened })
	sent := count(func(c *stats.Counts) int64 { return c.Sent })
	expected := count(func(c *stats.Counts) int64 { return c.Messages + c.Missing })
	return map[string]metric{
		"opened":       {opened, wanted},
		"failed":       {count(func(c *stats.Counts) int64 { return c.Failed }), wanted},
		"retries":      {count(func(c *stats.Counts) int64 { return c.Retries }), count(func(c *stats.Counts) int64 { return c.Attempts })},
		"held":         {count(func(c *stats.Counts) int64 { return c.Held }), opened},
		"lost":         {count(func(c *stats.Counts) int64 { return c.Lost }), opened},
		"sent":         {sent, nil},
		"messages":     {count(func(c *stats.Counts) int64 { return c.Messages }), expected},
		"missing":      {count(func(c *stats.Counts) int64 { return c.Missing }), expected},
		"wrong":        {count(func(c *stats.Counts) int64 { return c.Wrong }), sent},
		"unsent":       {count(func(c *stats.Counts) int64 { return c.Unsent }), count(func(c *stats.Counts) int64 { return c.Sent + c.Unsent })},
		"bytes":        {count(func(c *stats.Counts) int64 { return c.Bytes }), nil},
		"errors":       {count(func(c *stats.Counts) int64 { return c.Failed + c.Lost + c.Missing + c.Wrong + c.Unsent }), nil},
		"rate":         {func(m Measured) float64 { return per(m.Messages, m.Messaging.Seconds()) }, nil},
		"connect_rate": {func(m Measured) float64 { return per(m.Opened, m.Ramp.Seconds()) }, nil},
		"duration":     {func(m Measured) float64 { return float64(m.End) }, nil},
	}
}

// MetricNames are what a condition can name, in a sentence.
func MetricNames() string {
	var phases []string
	for _, p := range stats.Phases() {
		phases = append(phases, string(p))
	}
	return "latency: min, mean, max, p50, p99, p99.9 and so on, after one of " + strings.Join(phases, ", ") + " and a dot, such as tls.p99; counts: " +
		strings.Join(slices.Sorted(maps.Keys(metrics())), ", ")
}

// ParseCondition reads a condition. The error is a *ConditionError.
func ParseCondition(text string) (Condition, error) {
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return Condition{}, &ConditionError{text, len(text) + 1, "there is no comparison: want one of < <= > >= == != and a limit, as in p99>5ms"}
	}
	end := at + 1
	if end < len(text) && text[end] == '=' {
		end++
	}
	c := Condition{Op: text[at:end]}
	if c.Op == "=" || c.Op == "!" {
		return c, &ConditionError{text, at + 1, fmt.Sprintf("%q is no comparison: want one of < <= > >= == !=", c.Op)}
	}
	name := strings.TrimSpace(text[:at])
	if err := c.name(name); err != "" {
		return c, &ConditionError{text, strings.Index(text, name) + 1, err}
	}
	limit := strings.TrimSpace(text[end:])
	if err := c.limit(limit); err != "" {
		return c, &ConditionError{text, end + len(text[end:]) - len(strings.TrimLeft(text[end:], " \t")) + 1, err}
	}
	return c, nil
}

// name reads what is measured.
func (c *Condition) name(name string) (wrong string) {
	if name == "" {
		return "what is to be compared is missing: " + MetricNames()
	}
	phase, rest, dotted := strings.Cut(name, ".")
	if dotted && slices.Contains(stats.Phases(), stats.Phase(phase)) {
		c.Phase, name = stats.Phase(phase), rest
	}
	_, counted := metrics()[name]
	switch {
	case counted && c.Phase == "":
		c.Metric, c.Time = name, name == "duration"
		return ""
	case name == "min" || name == "mean" || name == "max":
		c.Metric, c.Time = name, true
		return ""
	case len(name) > 1 && name[0] == 'p' && strings.Trim(name[1:], "0123456789.") == "":
		percent, err := strconv.ParseFloat(name[1:], 64)
		if err == nil && name == "p999" { // as the keys of the JSON have it
			percent = 99.9
		}
		if err != nil || percent > 100 {
			return fmt.Sprintf("%q is no percentile: want p0 to p100, with decimals as in p99.9", name)
		}
		c.Metric, c.Quantile, c.Time = "p", percent/100, true
		return ""
	}
	return fmt.Sprintf("there is no metric %q: there are %s", name, MetricNames())
}

// limit reads what it is compared with.
func (c *Condition) limit(text string) (wrong string) {
	if text == "" {
		return "the limit is missing"
	}
	if c.Time {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Sprintf("%q is no duration: want a number with a unit, such as 500us, 5ms or 1.5s", text)
		}
		c.Limit = float64(d)
		return ""
	}
	number, share := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n < 0 {
		return fmt.Sprintf("%q is no number", text)
	}
	if share && metrics()[c.Metric].of == nil {
		return fmt.Sprintf("a share of %s means nothing: want a number", c.Metric)
	}
	if share {
		n /= 100
	}
	c.Limit, c.Share = n, share
	return ""
}

// NotMeasured is the value of what was not.
const NotMeasured = "not measured"

// Met reports whether the condition is met, by which value, in words, and whether there is
// one at all.
func (c Condition) Met(m Measured) (met bool, value string, known bool) {
	v, known := c.value(m)
	if !known {
		return false, NotMeasured, false
	}
	switch {
	case c.Time:
		value = Words(time.Duration(v))
	case c.Share:
		value = strconv.FormatFloat(math.Round(v*1e4)/1e2, 'f', -1, 64) + "%"
	default:
		value = strconv.FormatFloat(v, 'f', -1, 64)
	}
	order := cmp.Compare(v, c.Limit)
	switch c.Op {
	case "<":
		return order < 0, value, true
	case "<=":
		return order <= 0, value, true
	case ">":
		return order > 0, value, true
	case ">=":
		return order >= 0, value, true
	case "==":
		return order == 0, value, true
	}
	return order != 0, value, true
}

func (c Condition) value(m Measured) (v float64, known bool) {
	if k, counted := metrics()[c.Metric]; counted {
		v = k.value(m)
		if !c.Share {
			return v, true
		}
		of := k.of(m)
		if of == 0 {
			return 0, false
		}
		return v / of, true
	}
	phase := c.Phase
	if phase == "" {
		phase = m.Kind.phase()
	}
	h := m.Latency[phase]
	if h.Count() == 0 {
		return 0, false
	}
	switch c.Metric {
	case "min":
		return float64(h.Quantile(0)), true
	case "mean":
		return float64(h.Mean()), true
	case "max":
		return float64(h.Quantile(1)), true
	}
	return float64(h.Quantile(c.Quantile)), true
}

// phase is the one that a condition means which names none.
func (k Kind) phase() stats.Phase {
	switch k {
	case Connect:
		return stats.Open
	case Broadcast:
		return stats.Last
	}
	return stats.Message
}
