// SPDX-License-Identifier: Apache-2.0

// Package terminal is what a run looks like on a terminal: failures as they happen, one
// live line with how far it is, colours, tables and the summary. It knows nothing of
// commands, flags or the process; the width and the environment are given to it. Start
// at Screen.
package terminal

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"

	"golang.org/x/term"
)

// Screen shows a run as it goes: failures as they happen, and on a terminal one
// line at the bottom with how far it is. Everywhere else it prints plain lines. It
// may be used by several goroutines.
type Screen struct {
	out, err io.Writer
	detail   Detail
	titles   map[string]string
	kept     func(report.Agent) []report.Kept
	onScreen bool // there is a terminal for the status line
	color    bool
	width    int

	mu sync.Mutex
	live
}

// Detail is how much is shown.
type Detail struct {
	Quiet   bool // the summary only
	Verbose bool // a line for every case
	Wire    bool // the wire log of what failed
}

const plainWidth = 80

// Surroundings are what a screen is shown on.
type Surroundings struct {
	Out, Err io.Writer           // the status line is on Err
	Width    int                 // columns of the terminal at Err, 0 where there is none
	Getenv   func(string) string // of which TERM and NO_COLOR count
	Sections []conform.Section   // the titles of the groups of cases
	// Kept is told in a verbose summary: see report.View. May be nil.
	Kept func(report.Agent) []report.Kept
}

// New returns a screen on which nothing is shown yet.
func New(on Surroundings, detail Detail) *Screen {
	s := &Screen{out: on.Out, err: on.Err, detail: detail, titles: conform.Titles(on.Sections), kept: on.Kept, width: plainWidth}
	if on.Width > 0 {
		s.width = on.Width
		s.onScreen = !detail.Quiet && on.Getenv("TERM") != "dumb"
		s.color = on.color()
	}
	return s
}

// color reports whether there is a terminal that may be painted on.
func (on Surroundings) color() bool {
	return on.Width > 0 && on.Getenv("NO_COLOR") == "" && on.Getenv("TERM") != "dumb"
}

// Columns is the width of the terminal that a file is, or 0.
func Columns(f *os.File) int {
	if w, _, err := term.GetSize(int(f.Fd())); err == nil {
		return w
	}
	return 0
}

// Plan is what is about to be shown of one agent.
type Plan struct {
	Agent, URL string
	IDs        []string        // of all cases there are, from which some may be left out
	Costs      []time.Duration // what each of these takes, about; nil: all the same
	Cases      int             // that will run
	Repeat     int             // plays of each; 0 means one
	Seed       uint64
}

// Begin starts the account of one agent.
func (s *Screen) Begin(p Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest()
	s.live = live{
		total: p.Cases, repeat: max(p.Repeat, 1), started: time.Now(),
		left: map[string]int{}, cost: map[string]time.Duration{}, playing: map[string]time.Time{},
	}
	for i, id := range p.IDs {
		s.cost[id] = time.Second
		if i < len(p.Costs) {
			s.cost[id] = p.Costs[i]
		}
		s.whole += s.cost[id]
		category := conform.Category(id)
		if s.left[category] == 0 {
			s.order = append(s.order, category)
		}
		s.left[category]++
	}
	if !s.detail.Quiet {
		often := ""
		if s.repeat > 1 {
			often = fmt.Sprintf(" %d times each", s.repeat)
		}
		fmt.Fprintf(s.out, "Testing %q at %s: %s%s, seed %d\n", p.Agent, p.URL, CasesOf(p.Cases), often, p.Seed)
	}
	s.keepTime()
}

// Greet tells of an agent that has come to be tested.
func (s *Screen) Greet(agent string, remote net.Addr) {
	if !s.detail.Quiet {
		fmt.Fprintf(s.out, "Testing %q at %v\n", agent, remote)
	}
}

// Done shows one result.
func (s *Screen) Done(r report.Result, t *Tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left != nil {
		s.left[conform.Category(r.ID)]--
		s.spent += s.cost[r.ID]
	}
	s.live.done, s.live.failed, s.last = t.done, len(t.failed), time.Now()
	if s.detail.Quiet {
		return
	}
	// What fails is told at the end, by its cause: hundreds of cases may share one.
	if s.detail.Verbose || s.detail.Wire && t.Counts(r) {
		s.erase()
		s.Result(r, t.Counts(r))
	}
	if s.onScreen && s.left != nil && time.Since(s.drawn) > 50*time.Millisecond {
		s.draw()
	}
}

// Played takes note of an attempt at a case.
func (s *Screen) Played() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plays++
	if s.onScreen && s.repeat > 1 && time.Since(s.drawn) > 50*time.Millisecond {
		s.draw()
	}
}

// Result prints a result, with why if it failed.
func (s *Screen) Result(r report.Result, failed bool) {
	fmt.Fprintln(s.out, s.verdictLine(r, failed))
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
	if s.detail.Wire {
		for _, rec := range r.Log.Records {
			fmt.Fprintln(s.out, "  | "+rec.String())
		}
	}
}

// verdictLine is a result in a line.
func (s *Screen) verdictLine(r report.Result, failed bool) string {
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
	return fmt.Sprintf("%s %s: %s", word, r.ID, visible.Text(r.Title))
}

// bold makes a heading stand out, where there are colours.
func (s *Screen) bold(text string) string {
	if !s.color {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// A Count is a line of the summary: what there is so much of.
type Count struct {
	Name string
	N    int
}

// End prints the summary of one agent. Counts of nothing are left out.
func (s *Screen) End(agent string, t *Tally, took time.Duration, counts ...Count) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest()
	s.erase()
	if t.done > 0 {
		s.Tally(agent, t)
		fmt.Fprintf(s.out, "  in %v\n", took.Round(time.Millisecond))
	}
	for _, c := range counts {
		if c.N > 0 {
			fmt.Fprintf(s.out, "  %-24s %4d\n", c.Name, c.N)
		}
	}
}

// Tally prints what one agent came to.
func (s *Screen) Tally(agent string, t *Tally) {
	t.sort()
	from := ""
	if suites := telling.Suites(t.agent); suites != "" {
		from = ", " + suites
	}
	if s.detail.Verbose {
		for _, p := range t.agent.LeftOut() {
			why, _, _ := strings.Cut(p.WhyLeftOut(), ": see ")
			fmt.Fprintf(s.out, "not run %s: %s (it %s)\n", visible.Text(p.ID), visible.Text(p.Title), visible.Text(why))
		}
	}
	head := []string{"", fmt.Sprintf("%q: %s%s", agent, CasesOf(t.done), visible.Text(from))}
	for _, line := range slices.Concat(s.wrong(agent, t), flowLines(report.Flows(t.agent), s.titles, s.width), head, t.lines(s.width)) {
		fmt.Fprintln(s.out, line)
	}
	s.requirements(t.agent)
}

// requirements tells how far the agent keeps what each section requires, where a line for
// everything is asked for.
func (s *Screen) requirements(a report.Agent) {
	if !s.detail.Verbose || s.kept == nil {
		return
	}
	fmt.Fprintln(s.out, "\n  requirements")
	for _, k := range s.kept(a) {
		line := "  " + k.String()
		if len(k.Against) > 0 {
			line += "  " + telling.Ranges(k.Against)
		}
		fmt.Fprintln(s.out, clip(line, s.width))
	}
}
