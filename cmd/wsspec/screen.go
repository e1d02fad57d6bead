// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/visible"
)

// screen shows a run as it goes: failures as they happen, and on a terminal one
// line at the bottom with how far it is. Everywhere else it prints plain lines.
type screen struct {
	process              *process
	out, err             io.Writer
	quiet, verbose, wire bool
	live                 bool // there is a terminal for the status line
	color                bool
	width                int

	mu      sync.Mutex
	total   int
	repeat  int // plays of each case
	plays   int // so far
	started time.Time
	drawn   time.Time
	left    map[string]int // category → cases to go
	order   []string       // categories
}

const plainWidth = 80

func newScreen(p *process, quiet, verbose, wire bool) *screen {
	s := &screen{process: p, out: p.stdout, err: p.stderr, quiet: quiet, verbose: verbose, wire: wire, width: plainWidth}
	if w := p.width(); w > 0 {
		s.width = w
		s.live = !quiet && p.getenv("TERM") != "dumb"
		s.color = p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
	}
	return s
}

// begin starts the account of one agent.
func (s *screen) begin(agent, url string, plan []runner.Planned, n int, pace runner.Pace, seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total, s.started, s.left, s.order = n, time.Now(), map[string]int{}, nil
	s.repeat, s.plays = max(pace.Repeat, 1), 0
	for _, c := range plan {
		category := conform.Category(c.ID)
		if s.left[category] == 0 {
			s.order = append(s.order, category)
		}
		s.left[category]++
	}
	if !s.quiet {
		often := ""
		if s.repeat > 1 {
			often = fmt.Sprintf(" %d times each", s.repeat)
		}
		fmt.Fprintf(s.out, "Testing %q at %s: %s%s, seed %d\n", agent, url, casesOf(n), often, seed)
	}
}

// greet tells of an agent that has come to be tested.
func (s *screen) greet(agent string, remote net.Addr) {
	if !s.quiet {
		fmt.Fprintf(s.out, "Testing %q at %v\n", agent, remote)
	}
}

// casesOf is "1 case" or "2 cases".
func casesOf(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

// done shows one result.
func (s *screen) done(r report.Result, t *tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left != nil {
		s.left[conform.Category(r.ID)]--
	}
	if s.quiet {
		return
	}
	if s.verbose || t.counts(r) || r.Flaky() {
		s.erase()
		s.result(r, t.counts(r))
	}
	if s.live && s.left != nil && time.Since(s.drawn) > 50*time.Millisecond {
		s.draw(t)
	}
}

// played takes note of an attempt at a case.
func (s *screen) played(t *tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plays++
	if s.live && s.repeat > 1 && time.Since(s.drawn) > 50*time.Millisecond {
		s.draw(t)
	}
}

func (s *screen) result(r report.Result, failed bool) {
	word := visible.Text(string(r.Verdict.Behavior))
	if r.Verdict.Close != "OK" && string(r.Verdict.Close) != word {
		word += ", closing " + visible.Text(string(r.Verdict.Close))
	}
	if tally := r.Flakiness(); tally != "" {
		word += ", flaky (" + tally + ")"
	}
	if s.color {
		word = paint(word, failed, r.Passed() && !r.Flaky())
	}
	fmt.Fprintf(s.out, "%s %s: %s\n", word, r.ID, visible.Text(r.Title))
	if !failed {
		if r.Flaky() {
			for _, line := range telling.AttemptLines(r) {
				fmt.Fprintln(s.out, "  attempt   "+visible.Text(line))
			}
		}
		return
	}
	for _, line := range telling.Explain(r) {
		fmt.Fprintln(s.out, "  "+line)
	}
	fmt.Fprintf(s.out, "  repeat    %s\n", telling.Command(r)) // not cut: it is there to be copied
	if s.wire {
		for _, rec := range r.Log.Records {
			fmt.Fprintln(s.out, "  | "+rec.String())
		}
	}
}

// paint colours a verdict: red, yellow or green.
func paint(word string, failed, passed bool) string {
	switch {
	case failed:
		return "\x1b[31m" + word + "\x1b[0m"
	case passed:
		return "\x1b[32m" + word + "\x1b[0m"
	}
	return "\x1b[33m" + word + "\x1b[0m"
}

// draw renews the status line.
func (s *screen) draw(t *tally) {
	s.drawn = time.Now()
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d", t.done, s.total)
	done, all := t.done, s.total
	if s.repeat > 1 {
		done, all = s.plays, s.total*s.repeat
		fmt.Fprintf(&b, ", %d/%d plays", done, all)
	}
	if len(t.failed) > 0 {
		fmt.Fprintf(&b, ", %d failed", len(t.failed))
	}
	if spent := time.Since(s.started); done > 0 && spent > time.Second {
		fmt.Fprintf(&b, ", %v left", (spent / time.Duration(done) * time.Duration(all-done)).Round(time.Second))
	}
	b.WriteString(" │")
	for _, category := range s.order {
		if n := s.left[category]; n > 0 {
			fmt.Fprintf(&b, " %s:%d", category, n)
		} else {
			fmt.Fprintf(&b, " %s✓", category)
		}
	}
	fmt.Fprintf(s.err, "\r\x1b[K%s", clip(b.String(), s.width-1))
}

// erase takes the status line away.
func (s *screen) erase() {
	if s.live {
		fmt.Fprint(s.err, "\r\x1b[K")
	}
}

// end prints the summary of one agent.
func (s *screen) end(o fuzzclient.Outcome, t *tally, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if t.done > 0 {
		s.tally(o.Agent, t)
		fmt.Fprintf(s.out, "  in %v\n", took.Round(time.Millisecond))
	}
	for _, row := range []struct {
		name string
		n    int
	}{{"fault in wsspec", o.Faults}, {"not run", o.Left}} {
		if row.n > 0 {
			fmt.Fprintf(s.out, "  %-24s %4d\n", row.name, row.n)
		}
	}
}

// faults tells of our own faults, with what we need to find them.
func (s *screen) faults(fs runner.Faults) {
	for _, f := range fs {
		fmt.Fprintf(s.err, "wsspec: %v\n", f)
	}
	fmt.Fprintf(s.err, "hint: this is not the peer's doing. Please report it, with these lines:\n%s", fs[0].Stack)
}

// tally prints what one agent came to.
func (s *screen) tally(agent string, t *tally) {
	fmt.Fprintf(s.out, "\n%q: %s\n", agent, casesOf(t.done))
	slices.SortFunc(t.agent.Results, func(a, b report.Result) int { return conform.CompareIDs(a.ID, b.ID) })
	for _, line := range slices.Concat(t.lines(s.width), flowLines(report.Flows(t.agent))) {
		fmt.Fprintln(s.out, line)
	}
}

// reportAt says where the report is.
func (s *screen) reportAt(path string) {
	fmt.Fprintf(s.out, "\nReport: %s\n", path)
}
