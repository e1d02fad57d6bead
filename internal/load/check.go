// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// A FieldError says what is wrong with a field of a plan.
type FieldError struct {
	Field string // its key in files, and its name as a flag
	Err   error
	Hint  string // what to do; may be empty
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// Limits of plans.
const (
	MaxConnections = 10_000_000
	MaxRate        = 10_000_000 // a second
	MinRate        = 0.001
	MaxInFlight    = 10_000
	MaxTime        = 30 * 24 * time.Hour
	MaxRetries     = 1000
	MaxProcesses   = 1000
)

// checker keeps the first mistake.
type checker struct{ err error }

func (c *checker) wrong(field, hint, format string, args ...any) {
	if c.err == nil {
		c.err = &FieldError{field, fmt.Errorf(format, args...), hint}
	}
}

func (c *checker) count(field string, n, least, most int) {
	if n < least || n > most {
		c.wrong(field, "", "it is %d: want %d to %d", n, least, most)
	}
}

func (c *checker) rate(field string, r float64) {
	if r != 0 && !(r >= MinRate && r <= MaxRate) {
		c.wrong(field, "", "it is %v: want %v to %d, a second", r, MinRate, MaxRate)
	}
}

func (c *checker) time(field string, d Duration, least time.Duration) {
	if t := time.Duration(d); t < least || t > MaxTime {
		c.wrong(field, "", "it is %v: want %v to %v", t, least, MaxTime)
	}
}

// Check says what is wrong with the plan; the error is a *FieldError. What the URL says is looked at
// by those who connect.
func (p *Plan) Check() error {
	c := new(checker)
	if p.URL == "" {
		c.wrong("url", "wsspec load "+string(p.Kind)+" ws://localhost:9001", "%w", errors.New("the URL of the server is missing"))
	}
	c.count("connections", p.Connections, 1, MaxConnections)
	p.checkOpening(c)
	p.checkMessages(c)
	if p.Kind == Find {
		p.checkSearch(c)
	}
	if !slices.Contains([]string{"", "1.0", "1.1", "1.2", "1.3"}, p.TLSMin) {
		c.wrong("tls-min", "", "it is %q: want 1.0, 1.1, 1.2 or 1.3", p.TLSMin)
	}
	p.checkConditions(c, "fail-if", p.FailIf)
	return c.err
}

func (p *Plan) checkOpening(c *checker) {
	rate := "connect-rate"
	if p.Kind == Connect {
		rate = "rate"
	}
	c.rate(rate, p.ConnectRate)
	c.count("batch", p.Batch, 0, MaxConnections)
	c.time("batch-delay", p.BatchDelay, 0)
	c.count("opening", p.Opening, 0, MaxConnections)
	c.time("hold", p.Hold, 0)
	c.time("timeout", p.Timeout, time.Millisecond)
	c.count("retries", p.Retries, 0, MaxRetries)
	c.time("retry-delay", p.RetryDelay, 0)
	if p.Ping != 0 {
		c.time("ping", p.Ping, time.Millisecond)
	}
	c.count("processes", p.Processes, 0, MaxProcesses)
	switch {
	case p.Kind == Broadcast && p.Processes > 1:
		c.wrong("processes", "", "it is %d: a broadcast has one, which sees what all have received", p.Processes)
	case p.Processes > p.Connections:
		c.wrong("processes", "", "it is %d for %d connections: want at most one for each", p.Processes, p.Connections)
	case p.Batch > 0 && p.ConnectRate > 0:
		c.wrong("batch", "--"+rate+" opens connections evenly, --batch many at once", "there is a rate, too: choose one of them")
	case p.BatchDelay > 0 && p.Batch == 0:
		c.wrong("batch-delay", "--batch says how many connections a batch has", "there are no batches")
	}
}

func (p *Plan) checkMessages(c *checker) {
	if p.Kind == Connect {
		return
	}
	c.rate("rate", p.Rate)
	c.count("in-flight", p.InFlight, 0, MaxInFlight)
	if p.Kind != Find {
		c.time("duration", p.Duration, time.Millisecond)
	}
	c.time("warmup", p.Warmup, 0)
	if _, err := ParseSizes(p.Size); err != nil {
		c.wrong("size", "", "%w", err)
	}
	switch {
	case p.Kind == Broadcast && p.Connections < 2:
		c.wrong("connections", "", "it is %d: want at least 2, one that sends and one that receives", p.Connections)
	case p.Kind == Broadcast && p.Rate == 0:
		c.wrong("rate", "", "it is 0: want how many messages a second are sent to all")
	case p.Rate > 0 && p.InFlight > 0:
		c.wrong("in-flight", "--rate sends whatever the answers do (the open model), --in-flight when one is answered (the closed model)", "there is a rate, too: choose one of them")
	case p.Kind != Find && p.Warmup >= p.Duration:
		c.wrong("warmup", "", "it is %v of a duration of %v: nothing would be measured", p.Warmup, p.Duration)
	}
}

func (p *Plan) checkSearch(c *checker) {
	if len(p.SLO) == 0 {
		c.wrong("slo", "--slo 'p99<50ms'", "there is no objective: what is to hold?")
	}
	p.checkConditions(c, "slo", p.SLO)
	most, least := float64(MaxRate), MinRate
	switch p.Over {
	case OverRate:
		if p.InFlight > 0 {
			c.wrong("in-flight", "--over connections searches for a number of connections", "the search is over rates, and these are of the open model")
		}
	case OverConnections:
		most, least = MaxConnections, 1
		if p.InFlight == 0 && !(p.Each >= MinRate && p.Each <= MaxRate) {
			c.wrong("each", "", "it is %v: want %v to %d messages a second on each connection", p.Each, MinRate, MaxRate)
		}
		if p.InFlight > 0 && p.Each > 0 {
			c.wrong("in-flight", "", "there is a rate for each connection, too: choose one of them")
		}
	default:
		c.wrong("over", "", "it is %q: want %s or %s", p.Over, OverRate, OverConnections)
	}
	if !(p.From >= least && p.From <= most) {
		c.wrong("from", "", "it is %v: want %v to %v", p.From, least, most)
	}
	if !(p.To >= p.From && p.To <= most) {
		c.wrong("to", "", "it is %v: want %v (the beginning) to %v", p.To, p.From, most)
	}
	if p.Over == OverConnections && (p.From != math.Trunc(p.From) || p.To != math.Trunc(p.To)) {
		c.wrong("from", "", "from %v to %v: want whole numbers of connections", p.From, p.To)
	}
	c.time("step-duration", p.StepDuration, time.Millisecond)
	if p.Warmup >= p.StepDuration {
		c.wrong("warmup", "", "it is %v of steps of %v: nothing would be measured", p.Warmup, p.StepDuration)
	}
}
