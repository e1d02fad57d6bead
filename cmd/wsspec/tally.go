// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/baseline"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// tally counts the verdicts of one agent.
type tally struct {
	strict   bool
	known    *known
	outdated bool                       // what was to fail and does not counts too
	behavior map[verdict.Grade][]string // ids
	closing  map[verdict.Grade][]string
	expected []string // those that fail as the baseline says
	unfailed []string // those that were to fail and do not
	failed   []string // those that make the exit status 1
	flaky    []string // those whose attempts differ
	done     int
	agent    report.Agent // the results without their conversations
}

func (t *tally) add(r report.Result) {
	if t.behavior == nil {
		t.behavior, t.closing = map[verdict.Grade][]string{}, map[verdict.Grade][]string{}
	}
	t.done++
	light := r
	light.Log = &wirelog.Log{Facts: r.Log.Facts, Traffic: r.Log.Traffic, Compression: r.Log.Compression}
	t.agent.Results = append(t.agent.Results, light)
	t.behavior[r.Verdict.Behavior] = append(t.behavior[r.Verdict.Behavior], r.ID)
	t.closing[r.Verdict.Close] = append(t.closing[r.Verdict.Close], r.ID)
	if t.counts(r) {
		t.failed = append(t.failed, r.ID)
	}
	if r.Flaky() {
		t.flaky = append(t.flaky, r.ID)
	}
	switch t.standing(r) {
	case baseline.Known:
		t.expected = append(t.expected, r.ID)
	case baseline.Outdated:
		t.unfailed = append(t.unfailed, r.ID)
	}
}

// counts reports whether the result makes the exit status 1.
func (t *tally) counts(r report.Result) bool {
	s := t.standing(r)
	return s == baseline.Regression || s == baseline.Outdated && t.outdated
}

// regressed reports whether the result fails, and not as the baseline says.
func (t *tally) regressed(r report.Result) bool {
	return t.standing(r) == baseline.Regression
}

// standing holds the result against the baseline.
func (t *tally) standing(r report.Result) baseline.Standing {
	s, _ := t.known.standing(r, report.View{Strict: t.strict}.Fails(r))
	return s
}

func (t *tally) status() int {
	if len(t.failed) > 0 {
		return exitVerdict
	}
	return exitOK
}

// lines prints the tally, a line a grade, each at most width columns wide.
func (t *tally) lines(width int) []string {
	var lines []string
	for _, g := range []verdict.Grade{verdict.OK, verdict.NonStrict, verdict.Informational, verdict.Unimplemented, verdict.Failed} {
		if ids := t.behavior[g]; len(ids) > 0 {
			lines = append(lines, gradeLine(string(g), ids, width, g != verdict.OK))
		}
	}
	for _, g := range []verdict.Grade{verdict.WrongCode, verdict.Unclean, verdict.FailedByClient, verdict.Failed} {
		if ids := t.closing[g]; len(ids) > 0 {
			lines = append(lines, gradeLine("closing "+string(g), ids, width, true))
		}
	}
	if len(t.flaky) > 0 {
		lines = append(lines, gradeLine("flaky", t.flaky, width, true))
	}
	if len(t.expected) > 0 {
		lines = append(lines, gradeLine("failed as expected", t.expected, width, true))
	}
	if len(t.unfailed) > 0 {
		lines = append(lines, gradeLine("no longer failing", t.unfailed, width, true))
	}
	return append(lines, t.grade(width)...)
}

// grade tells the grade that these results make, and the first reasons why it is
// not better.
func (t *tally) grade(width int) []string {
	card := score.Of(t.agent)
	lines := []string{"  grade " + card.Grade}
	for _, c := range card.Caps[:min(len(card.Caps), 3)] {
		lines = append(lines, clip("    "+c.String(), width))
	}
	return lines
}

func gradeLine(name string, ids []string, width int, list bool) string {
	line := fmt.Sprintf("  %-24s %4d", name, len(ids))
	if !list {
		return line
	}
	return clip(line+"  "+ranges(ids), width)
}

// clip cuts a line to the width.
func clip(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return s
}

// ranges lists ids and joins those that follow one another: "6.4.1–4, 7.1.6".
func ranges(ids []string) string {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, conform.CompareIDs)
	var parts []string
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && follows(ids[j-1], ids[j]) {
			j++
		}
		part := ids[i]
		if j-i > 1 {
			part += "–" + ids[j-1][strings.LastIndexByte(ids[j-1], '.')+1:]
		}
		parts = append(parts, part)
		i = j
	}
	return strings.Join(parts, ", ")
}

// follows reports whether b is the next id after a in the same section.
func follows(a, b string) bool {
	section := conform.Subcategory(a)
	var m, n int
	_, errA := fmt.Sscanf(a[len(section):], ".%d", &m)
	_, errB := fmt.Sscanf(b[len(conform.Subcategory(b)):], ".%d", &n)
	return section == conform.Subcategory(b) && errA == nil && errB == nil && n == m+1
}
