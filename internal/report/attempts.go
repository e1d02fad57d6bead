// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Bounds of what is kept of attempts beside the one that counts. Each has its
// verdict; only the first few that did not pass are explained.
const (
	ExplainedAttempts = 3  // of a case
	AttemptHead       = 80 // records of the log of one: its beginning
	AttemptTail       = 40 // and its end
)

// Attempt is a go at a case beside the one that counts, whose conversation is
// that of the result.
type Attempt struct {
	Number  int // from 1, in the order they were played
	Verdict verdict.Verdict
	Started time.Time
	Took    time.Duration
	Seed    uint64
	Loaded  bool   // load may have spoilt it: it says nothing about the peer alone
	Wrong   bool   // Loaded: something wrong came, which is no matter of time
	Why     string // why it was repeated; empty where it was to be anyway

	// Explanation is that of telling.Explain, and Records are of its log: the first
	// AttemptHead, and after Left that were not kept the last AttemptTail. Both are
	// empty of an attempt that passed, and beyond ExplainedAttempts.
	Explanation []string
	Records     []wirelog.Record
	Left        int
}

// Tries collects the attempts at one case. With Explain set it has none.
type Tries struct {
	Explain func(Result) []string // tells of an attempt that did not pass: telling.Explain
	Counted int                   // attempts that are not set aside

	result Result // of those, the one that counts
	others []Attempt
	played int
}

// SetAside adds an attempt that load may have spoilt. It is wrong where that cannot
// be a matter of time.
func (t *Tries) SetAside(r Result, wrong bool) {
	t.played++
	r.Attempt = t.played
	t.keep(r, "it ran beside other cases")
	last := &t.others[len(t.others)-1]
	last.Loaded, last.Wrong = true, wrong
}

// AddWorst adds an attempt of several of which the worst counts.
func (t *Tries) AddWorst(r Result) {
	t.add(r, "", func() bool { return worse(r.Verdict, t.result.Verdict) })
}

// AddLast adds an attempt of several of which the last counts. Why is why there
// was more than the one before.
func (t *Tries) AddLast(r Result, why string) {
	t.add(r, why, func() bool { return true })
}

func (t *Tries) add(r Result, why string, takesOver func() bool) {
	t.played++
	r.Attempt = t.played
	switch {
	case t.Counted == 0:
		t.result = r
	case takesOver():
		t.keep(t.result, why)
		t.result = r
	default:
		t.keep(r, why)
	}
	t.Counted++
}

// Result is the attempt that counts, with all others. There has to be one.
func (t *Tries) Result() Result {
	r := t.result
	if t.played == 1 {
		r.Attempt = 0
	}
	r.Others = slices.SortedFunc(slices.Values(t.others), func(a, b Attempt) int { return cmp.Compare(a.Number, b.Number) })
	return r
}

// keep keeps of a result what there is room for.
func (t *Tries) keep(r Result, why string) {
	a := Attempt{Number: r.Attempt, Verdict: r.Verdict, Started: r.Started, Took: r.Took, Seed: r.Seed, Why: why}
	explained := 0
	for _, o := range t.others {
		if len(o.Explanation) > 0 {
			explained++
		}
	}
	if !r.Passed() && explained < ExplainedAttempts {
		a.Explanation = t.Explain(r)
		a.Records, a.Left = excerpt(r.Log.Records)
	}
	t.others = append(t.others, a)
}

// excerpt is the beginning and the end of a log with payloads that fit a line, and
// how many records are left out between them.
func excerpt(rs []wirelog.Record) (kept []wirelog.Record, left int) {
	if left = len(rs) - AttemptHead - AttemptTail; left > 0 {
		kept = slices.Concat(rs[:AttemptHead], rs[len(rs)-AttemptTail:])
	} else {
		kept, left = slices.Clone(rs), 0
	}
	for i := range kept {
		if r := &kept[i]; r.Kind == wirelog.Event {
			r.Data = r.Data.Short()
		}
	}
	return kept, left
}

// worse orders verdicts: one that failed is worse than one that did not, then the
// behavior says, then the closing.
func worse(a, b verdict.Verdict) bool {
	rank := func(v verdict.Verdict) int {
		n := 4*Severity(v.Behavior) + Severity(v.Close)
		if v.Failed() {
			n += 16
		}
		return n
	}
	return rank(a) > rank(b)
}

// OnlyBeside reports whether the case failed beside other cases and does not alone:
// the peer mixes up what it does for several connections, or is late when it has
// many. It is wrong where an answer was not as it should be, as opposed to late.
func (r Result) OnlyBeside() (failed, wrong bool) {
	if r.Verdict.Failed() {
		return false, false
	}
	for _, a := range r.Others {
		if a.Loaded && a.Verdict.Failed() {
			failed, wrong = true, wrong || a.Wrong
		}
	}
	return failed, wrong
}

// Played says how many attempts there were that load cannot have spoilt, and how
// many of them passed.
func (r Result) Played() (passed, of int) {
	of = 1
	if r.Passed() {
		passed = 1
	}
	for _, a := range r.Others {
		if a.Loaded {
			continue
		}
		of++
		if a.Verdict.Passed() {
			passed++
		}
	}
	return passed, of
}

// Flaky reports whether attempts that load cannot have spoilt came to different
// verdicts.
func (r Result) Flaky() bool {
	return slices.ContainsFunc(r.Others, func(a Attempt) bool {
		return !a.Loaded && (a.Verdict.Behavior != r.Verdict.Behavior || a.Verdict.Close != r.Verdict.Close)
	})
}

// Flakiness is "passed 1 of 2" where the result is flaky, and empty otherwise.
func (r Result) Flakiness() string {
	if !r.Flaky() {
		return ""
	}
	passed, of := r.Played()
	return fmt.Sprintf("passed %d of %d", passed, of)
}
