// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
)

// MostTries bounds Pace.Repeat and Pace.Retries.
const MostTries = 100

// Pace says how often the cases of a run are played, and how many at a time. All
// attempts at a case have the same seed: where they differ, the peer does. Repeat
// and Retries exclude each other.
type Pace struct {
	Jobs int // 0 means 1
	// Repeat is how often each case is played, of which the worst counts; 0 means
	// once.
	Repeat int
	// Retries is how often a case is played again, at most, while it Fails. The last
	// attempt counts.
	Retries int
	Fails   func(report.Result) bool
	// Played is told of each attempt that load cannot have spoilt, from one goroutine
	// at a time. May be nil.
	Played func(report.Result)
}

// What cases take of a run, about, on a machine with little to do and against a fast
// server: only how they compare is of use.
const (
	costSerial = 400 * time.Millisecond
	costSlow   = 120 * time.Millisecond
	costPaced  = 100 * time.Millisecond // others run meanwhile
	costPlain  = 5 * time.Millisecond
)

// Cost is about how much of a run the case takes, to tell how much of one is left.
func Cost(c conform.Case) time.Duration {
	switch {
	case c.Has(conform.Serial):
		return costSerial
	case c.Has(conform.Slow):
		return costSlow
	case c.Has(conform.Paced):
		return costPaced
	}
	return costPlain * time.Duration(max(len(c.Turns), 1))
}

// Add adds an attempt to those before, and reports whether another is to follow.
func (p Pace) Add(t *report.Tries, r report.Result) (more bool) {
	if p.Retries == 0 {
		t.AddWorst(r)
		return t.Counted < p.Repeat
	}
	t.AddLast(r, "it failed")
	return t.Counted <= p.Retries && p.Fails(r)
}
