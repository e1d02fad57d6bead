// SPDX-License-Identifier: Apache-2.0

package results

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

type attempt struct {
	Number        int           `json:"number"`
	Behavior      verdict.Grade `json:"behavior"`
	BehaviorClose verdict.Grade `json:"behaviorClose"`
	Result        string        `json:"result,omitempty"`
	ResultClose   string        `json:"resultClose,omitempty"`
	Started       string        `json:"started,omitempty"`
	Duration      float64       `json:"duration"` // milliseconds
	Seed          string        `json:"seed,omitempty"`
	Loaded        bool          `json:"loaded,omitempty"`
	Wrong         bool          `json:"wrong,omitempty"`
	Why           string        `json:"why,omitempty"`
	Explanation   []string      `json:"explanation,omitempty"`
}

// played counts the attempts that load cannot have spoilt.
type played struct {
	Passed int `json:"passed"`
	Of     int `json:"of"`
}

func (x *result) addAttempts(r report.Result) {
	x.Attempt, x.Flaky, x.Caveat = r.Attempt, r.Flaky(), r.Caveat
	if passed, of := r.Played(); of > 1 {
		x.Played = &played{passed, of}
	}
	for _, a := range r.Others {
		v := a.Verdict
		y := attempt{
			Number: a.Number, Behavior: v.Behavior, BehaviorClose: v.Close, Result: v.Result, ResultClose: v.CloseResult,
			Duration: milliseconds(a.Took), Loaded: a.Loaded, Wrong: a.Wrong, Why: a.Why, Explanation: a.Explanation,
		}
		if !a.Started.IsZero() {
			y.Started = a.Started.UTC().Format(time.RFC3339Nano)
		}
		if a.Seed != 0 {
			y.Seed = fmt.Sprint(a.Seed)
		}
		x.Attempts = append(x.Attempts, y)
	}
}

// restoreAttempts restores the attempts of a file. Those of version 1 are in their
// order before the one that counts.
func (x result) restoreAttempts(r *report.Result, version int) {
	r.Attempt, r.Caveat = x.Attempt, x.Caveat
	for i, a := range x.Attempts {
		if version == 1 {
			a.Number, a.Loaded, r.Attempt = i+1, true, len(x.Attempts)+1
		}
		other := report.Attempt{
			Number: a.Number, Verdict: verdict.Verdict{Behavior: a.Behavior, Close: a.BehaviorClose, Result: a.Result, CloseResult: a.ResultClose},
			Took: duration(a.Duration), Loaded: a.Loaded, Wrong: a.Wrong, Why: a.Why, Explanation: a.Explanation,
		}
		other.Started, _ = time.Parse(time.RFC3339Nano, a.Started) // unknown stays zero
		_, _ = fmt.Sscan(a.Seed, &other.Seed)                      // absent where there is none
		r.Others = append(r.Others, other)
	}
}
