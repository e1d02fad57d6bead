// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
)

// View is what a writer is told beside the results: how to look at them.
type View struct {
	Title    string    // heading; empty for one that says what it is
	Made     time.Time // when the report was made; zero: not shown
	Strict   bool      // whatever is not passed counts as failed
	Light    bool      // pages have no conversations, and load them where they are served
	Partial  bool      // cases that have no result, or one that says nothing, are let pass
	Baseline *Report   // an earlier run to compare with; may be nil
	// Known returns the reason why a result that fails is no news. May be nil.
	Known func(Result) (reason string, known bool)
	// Pages are the addresses of pages that have the conversations of one agent each, by
	// agent, where a report is too large for one page. May be nil.
	Pages map[string]string
	// Link is where the HTML report is or will be found: a URL or a path.
	Link string
	// Sections are the titles of the groups of cases.
	Sections []conform.Section
	// Kept says how far an agent keeps what each section of the specifications requires.
	// May be nil.
	Kept func(Agent) []Kept
	// Whole returns a result with its conversation, where the report has results without
	// (see archive.LoadLight), so that a writer holds one at a time. Several goroutines may
	// call it. May be nil: then results are as they are.
	Whole func(Result) (Result, error)
}

// WholeOf is Whole where it is set.
func (v View) WholeOf(r Result) (Result, error) {
	if v.Whole == nil {
		return r, nil
	}
	return v.Whole(r)
}

// EachWhole calls do with the number of each result and the result as Whole has it, as many
// at a time as there are processors.
func (v View) EachWhole(rs []Result, do func(i int, whole Result)) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	var once sync.Once
	var failure error
	for range min(runtime.GOMAXPROCS(0), len(rs)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(rs); i = int(next.Add(1)) - 1 {
				whole, err := v.WholeOf(rs[i])
				if err != nil {
					once.Do(func() { failure = err })
					return
				}
				do(i, whole)
			}
		})
	}
	workers.Wait()
	return failure
}

// Kept is how far an agent keeps what a section requires, by the cases that can tell.
type Kept struct {
	Place    string // "RFC 6455, 5.5.2"
	Title    string
	OK, Of   int
	Unjudged int // cases that ran and could not tell
	NotRun   int
	Against  []string // cases that speak against it
}

// String is "RFC 6455, 5.5.2: 11 of 12".
func (k Kept) String() string {
	s := fmt.Sprintf("%s: %d of %d", k.Place, k.OK, k.Of)
	if k.Of == 0 {
		s = k.Place + ": not judged"
	}
	if k.NotRun > 0 {
		s += fmt.Sprintf(", %d not run", k.NotRun)
	}
	return s
}

// KeptBy is Kept where it is set.
func (v View) KeptBy(a Agent) []Kept {
	if v.Kept == nil {
		return nil
	}
	return v.Kept(a)
}

// Fails reports whether the result counts as failed.
func (v View) Fails(r Result) bool {
	if v.Strict {
		return !r.Passed()
	}
	return r.Verdict.Failed()
}

// KnownReason is Known where it is set and the result fails.
func (v View) KnownReason(r Result) (reason string, known bool) {
	if v.Known == nil || !v.Fails(r) {
		return "", false
	}
	return v.Known(r)
}

// Standing is how the result counts, in the word that pages and scripts have for it:
// "known" is a failure that is no news, "soft" what could be better and does not
// count as failed, "none" what says nothing; the others are "fail" and "pass".
func (v View) Standing(r Result) string {
	_, known := v.KnownReason(r)
	switch {
	case known:
		return "known"
	case v.Fails(r):
		return "fail"
	case !r.Judged():
		return "none"
	case !r.Passed():
		return "soft"
	}
	return "pass"
}

// Heading is the title, or what stands instead of one.
func (v View) Heading() string {
	if v.Title == "" {
		return "WebSocket conformance"
	}
	return v.Title
}

// PageLink is the address of a case's story in the HTML report, or empty.
func (v View) PageLink(r Result) string {
	if v.Link == "" {
		return ""
	}
	return v.Link + "#" + Anchor(r.Agent, r.ID)
}

// Anchor is the part behind # under which the HTML report shows a case. Octets that
// are no UTF-8 are replaced, as they are in the report.
func Anchor(agent, id string) string { return "case=" + Percent(id) + "&agent=" + Percent(agent) }

// Percent escapes what may not stand in an address (RFC 3986, 2).
func Percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(Stored(s)) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Severity orders grades from 0, nothing is wrong, to 3, it failed. A grade
// that is not one of the reference's, such as none at all, is as bad as can be.
func Severity(g verdict.Grade) int {
	switch g {
	case verdict.OK, verdict.Informational:
		return 0
	case verdict.Unimplemented:
		return 1
	case verdict.NonStrict, verdict.WrongCode, verdict.Unclean, verdict.FailedByClient:
		return 2
	}
	return 3
}

// Worst is the worse grade of the two halves of a verdict, and that of the
// behavior where they are alike.
func Worst(v verdict.Verdict) verdict.Grade {
	if Severity(v.Close) > Severity(v.Behavior) {
		return v.Close
	}
	return v.Behavior
}
