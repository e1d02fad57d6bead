// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/visible"
)

// A LoadScreen shows a load test as it goes: on a terminal a line at the bottom, and
// elsewhere a line every now and then.
type LoadScreen struct {
	err      io.Writer
	width    int
	onScreen bool
	quiet    bool
	kind     load.Kind
	total    int // connections
	told     time.Duration
}

// seldom is how often there is a line where there is no terminal.
const seldom = 10 * time.Second

// NewLoadScreen returns one for a test of so many connections.
func NewLoadScreen(on Surroundings, quiet bool, kind load.Kind, connections int) *LoadScreen {
	s := &LoadScreen{err: on.Err, width: plainWidth, quiet: quiet, kind: kind, total: connections}
	if on.Width > 0 {
		s.width, s.onScreen = on.Width, on.Getenv("TERM") != "dumb"
	}
	return s
}

// Show shows what was measured up to a moment of the run.
func (l *LoadScreen) Show(s *stats.Snapshot, now time.Duration) {
	switch {
	case l.quiet:
	case l.onScreen:
		line := l.line(s, now, true, true)
		if utf8.RuneCountInString(line) >= l.width {
			line = l.line(s, now, true, false)
		}
		fmt.Fprintf(l.err, "\r\x1b[K%s", clip(line, l.width-1))
	case now-l.told >= seldom:
		l.told = now.Truncate(seldom)
		fmt.Fprintln(l.err, l.line(s, now, false, true))
	}
}

// End takes the line away.
func (l *LoadScreen) End() {
	if l.onScreen && !l.quiet {
		fmt.Fprint(l.err, "\r\x1b[K")
	}
}

// Step shows what a step of a search has found.
func (l *LoadScreen) Step(p load.Plan, s load.Step) {
	if l.quiet {
		return
	}
	what := "holds"
	if !s.Holds {
		what = "does not hold"
		if v := s.Reason(); v != nil {
			what += fmt.Sprintf(", %s: %s", visible.Text(v.Text), v.Value)
		}
	}
	again := ""
	if s.Again {
		again = " again"
	}
	l.Tell("%s %s%s: %s", load.Decimal(s.At), overWords(p.Over), again, what)
}

// Tell prints a line that stays.
func (l *LoadScreen) Tell(format string, args ...any) {
	begin := ""
	if l.onScreen && !l.quiet {
		begin = "\r\x1b[K"
	}
	fmt.Fprintf(l.err, begin+format+"\n", args...)
}

func overWords(over string) string {
	if over == load.OverConnections {
		return "connections"
	}
	return "a second"
}

// sparks is how many columns the rate takes as bars.
const sparks = 12

// line is how it stands, with the rate as bars, and the causes of failures, where that is wanted.
func (l *LoadScreen) line(s *stats.Snapshot, now time.Duration, bars, causes bool) string {
	parts := []string{fmt.Sprintf("%v", now.Truncate(time.Second)), fmt.Sprintf("open %s/%s", load.Thousands(s.Series.Held()), load.Thousands(int64(l.total)))}
	last, length := s.Series.Last(time.Second, now)
	get := func(slot stats.Slot) int64 { return slot.Opened }
	if s.Sent > 0 || s.Messages > 0 {
		get = func(slot stats.Slot) int64 { return slot.Messages }
	}
	if length > 0 {
		parts = append(parts, load.Decimal(float64(get(last))/length.Seconds())+"/s")
	}
	if failed := worst(s, causes); failed != "" {
		parts = append(parts, failed)
	}
	if last.Measured() > 0 {
		parts = append(parts, fmt.Sprintf("p50 %s p99 %s", load.Words(last.Quantile(.5)), load.Words(last.Quantile(.99))))
	}
	if bars && length > 0 {
		parts = append(parts, Spark(recent(s.Series.Slots, get), sparks))
	}
	return strings.Join(parts, "  ")
}

// recent are the last slots, as many as there is room for; the one at the end has only begun.
func recent(slots []stats.Slot, get func(stats.Slot) int64) []float64 {
	slots = slots[:max(len(slots)-1, 0)]
	var values []float64
	for _, slot := range slots[max(len(slots)-2*sparks, 0):] {
		values = append(values, float64(get(slot)))
	}
	return values
}

// worst is what fails, and the two causes that are most frequent, where these are wanted.
func worst(s *stats.Snapshot, named bool) string {
	total := int64(0)
	causes := slices.Collect(maps.Keys(s.Failures))
	for _, f := range s.Failures {
		total += f.Count
	}
	switch {
	case total == 0:
		return ""
	case !named:
		return load.Thousands(total) + " failed"
	}
	slices.SortFunc(causes, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Failures[b].Count, s.Failures[a].Count), cmp.Compare(a, b))
	})
	var names []string
	for _, cause := range causes[:min(len(causes), 2)] {
		names = append(names, fmt.Sprintf("%s %s", visible.Text(cause), load.Thousands(s.Failures[cause].Count)))
	}
	if len(causes) > 2 {
		names = append(names, "…")
	}
	return fmt.Sprintf("%s failed (%s)", load.Thousands(total), strings.Join(names, ", "))
}
