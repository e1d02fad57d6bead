// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

func encodeAttempt(a report.Attempt) extraAttempt {
	v := a.Verdict
	x := extraAttempt{
		Number: a.Number, Behavior: v.Behavior, Close: v.Close, Result: v.Result, CloseResult: v.CloseResult,
		Took: a.Took.Milliseconds(), Loaded: a.Loaded, Wrong: a.Wrong, Why: a.Why, Explanation: a.Explanation, Log: lines(a.Records), Left: a.Left,
	}
	if !a.Started.IsZero() {
		x.Started = a.Started.UTC().Format(time.RFC3339Nano)
	}
	if a.Seed != 0 {
		x.Seed = strconv.FormatUint(a.Seed, 16)
	}
	return x
}

// lines are records in our notation.
func lines(rs []wirelog.Record) []string {
	var ls []string
	for _, r := range rs {
		ls = append(ls, r.String())
	}
	return ls
}

// decodeAttempts restores the attempts of a file. Those of version 1 are in their
// order before the one that counts.
func (x extra) decodeAttempts(r *report.Result) error {
	r.Attempt = x.Attempt
	for i, a := range x.Attempts {
		if x.Schema == 1 {
			a.Number, a.Loaded, r.Attempt = i+1, true, len(x.Attempts)+1
		}
		attempt, err := a.decode()
		if err != nil {
			return fmt.Errorf("attempt %d: %w", a.Number, err)
		}
		r.Others = append(r.Others, attempt)
	}
	return nil
}

func (a extraAttempt) decode() (report.Attempt, error) {
	attempt := report.Attempt{
		Number: a.Number, Verdict: verdict.Verdict{Behavior: a.Behavior, Close: a.Close, Result: a.Result, CloseResult: a.CloseResult},
		Took: milliseconds(a.Took), Loaded: a.Loaded, Wrong: a.Wrong, Why: a.Why, Explanation: a.Explanation, Left: max(a.Left, 0),
	}
	attempt.Started, _ = time.Parse(time.RFC3339Nano, a.Started) // unknown stays zero
	var err error
	if a.Seed != "" {
		if attempt.Seed, err = strconv.ParseUint(a.Seed, 16, 64); err != nil {
			return attempt, fmt.Errorf("seed %.20q is no hexadecimal number", a.Seed)
		}
	}
	if attempt.Records, err = wirelog.Parse(strings.Join(a.Log, "\n")); err != nil {
		return attempt, fmt.Errorf("log: %w", err)
	}
	return attempt, nil
}
