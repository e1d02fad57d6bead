// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/visible"
)

// maxShownLines and maxShownLine are how much is shown of a conversation, all of which is in
// its file.
const (
	maxShownLines = 12
	maxShownLine  = 160
)

// scriptLines are the lines of a conversation, or as many as are shown.
func scriptLines(c *conversation.Conversation) []string {
	script := strings.TrimRight(c.Script(), "\n")
	if script == "" {
		return []string{"nothing but the opening handshake, a Ping and a Close"}
	}
	lines := strings.Split(script, "\n")
	if over := len(lines) - maxShownLines; over > 0 {
		lines = append(lines[:maxShownLines:maxShownLines], fmt.Sprintf("... and %d lines more", over))
	}
	return lines
}

// columns puts a word before the first of lines, and breaks those that do not fit.
func columns(status *terminal.Status, name string, lines []string) []string {
	var out []string
	for _, line := range lines {
		line = visible.Text(line)
		if len(line) > maxShownLine {
			line = strings.ToValidUTF8(line[:maxShownLine], "") + "..."
		}
		out = append(out, status.Fold(fmt.Sprintf("  %-9s ", name), line)...)
		name = ""
	}
	return out
}

// progressLine says how far fuzzing is.
func progressLine(p fuzz.Progress, most time.Duration) string {
	line := fmt.Sprintf("%d conversations, %d a second, %d pairs", p.Played, perSecond(p.Played+p.Replayed, p.Took), p.Marks)
	if p.Findings > 0 {
		line += fmt.Sprintf(", %d found", p.Findings)
	}
	if p.Pursued > 0 {
		line += fmt.Sprintf(", %d being shrunk", p.Pursued)
	}
	if left := most - p.Took; left > 0 {
		return line + fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return line + ", finishing"
}

func perSecond(n uint64, took time.Duration) int {
	if took <= 0 {
		return 0
	}
	return int(float64(n) / took.Seconds())
}

// end keeps what is left to be kept, and prints the summary.
func (s *fuzzScreen) end(agent string, sum *fuzz.Summary) error {
	if err := s.keepGone(sum.Seed, sum.Gone); err != nil {
		return err
	}
	p := s.process
	fmt.Fprintln(p.stdout)
	s.say("", fmt.Sprintf("%q: %s and %d to shrink and confirm, in %v (%d a second), seed %d",
		agent, plural(sum.Played, "conversation"), sum.Replayed, sum.Took.Round(time.Millisecond), perSecond(sum.Played+sum.Replayed, sum.Took), sum.Seed))
	s.counts(sum)
	s.unsettled(sum)
	s.lost(sum)
	if sum.Unwatched != nil {
		fmt.Fprintf(p.stdout, "  not watched: whether the process of the server rests when nobody talks to it; %v\n", sum.Unwatched)
	}
	if len(sum.Findings) > 0 {
		s.table(sum)
		fmt.Fprintf(p.stdout, "\nFindings: %s/*.wsspec\n", strings.TrimSuffix(s.out, "/"))
	}
	return nil
}

// keepGone keeps the last conversations before a server could not be reached any more.
func (s *fuzzScreen) keepGone(seed uint64, all []*conversation.Conversation) error {
	for i, c := range all {
		if _, err := s.keep(fmt.Sprintf("gone-%d-%d", seed, i+1), c.String()); err != nil {
			return err
		}
	}
	return nil
}

// counts are lines for what there is some of.
func (s *fuzzScreen) counts(sum *fuzz.Summary) {
	var levels [model.Should + 1]int
	for _, f := range sum.Findings {
		levels[f.Violation.Level]++
	}
	row := func(n int, one, many, what string) {
		word := many
		if n == 1 {
			word = one
		}
		if n > 0 {
			s.say(fmt.Sprintf("  %6d  ", n), word+what)
		}
	}
	row(sum.Marks, "pair", "pairs", " of state and input or answer seen")
	row(sum.Coverage.Reached, "counter", "counters", fmt.Sprintf(" of the server reached, %d of them before the first conversation", sum.Coverage.Before))
	row(sum.Coverage.Failed, "time", "times", fmt.Sprintf(" they could not be read, the last time because: %v", sum.Coverage.Why))
	row(levels[model.Must], "finding that breaks", "findings that break", " a MUST")
	row(levels[model.Contract], "finding of a wrong echo", "findings of wrong echoes", "")
	row(levels[model.Should], "finding that breaks", "findings that break", " a SHOULD")
	row(sum.Repeated, "finding", "findings", " that came to the same conversation as another")
	row(sum.Behind, "finding", "findings", " left out, as they need what another one shows to go wrong alone: mend that first")
	row(sum.Unconfirmed, "suspicion", "suspicions", " that did not come again, three times out of three")
	row(sum.Died, "time", "times", " the server could not be reached, and could be a moment later")
	row(sum.Restless, "time", "times", " its process did not come to rest when nobody talked to it")
	row(sum.Left, "suspicion that was", "suspicions that were", " not looked at for want of time")
	switch {
	case len(sum.Findings) > 0 || sum.Lost != nil || sum.Restless > 0 || sum.Played == 0:
	case sum.Unsettled(true):
		s.say("  ", "nothing confirmed")
	default:
		s.say("  ", "nothing found")
	}
}

// unsettled says what is not known, and what to do about it.
func (s *fuzzScreen) unsettled(sum *fuzz.Summary) {
	again := s.again
	if again == nil {
		again = func(sum *fuzz.Summary) string {
			return fmt.Sprintf("--seed %d --runs %d and a longer --time", sum.Seed, sum.Played)
		}
	}
	switch {
	case sum.Lost != nil || !sum.Unsettled(true):
	case sum.Played == 0:
		s.say("", "Not settled: no conversation was played, for want of time.")
	case sum.Left > 0:
		s.say("", "Not settled: whether there is more to these suspicions. To look at them, draw the same again, with "+again(sum)+".")
	default:
		s.say("", "Not settled: why the server could not be reached. None of the conversations before that shows it when it is played again.")
	}
}

// lost tells of a server that could not be reached any more, or did not rest.
func (s *fuzzScreen) lost(sum *fuzz.Summary) {
	if sum.Lost == nil {
		return
	}
	p := s.process
	fmt.Fprintf(p.stdout, "\n%v\n", sum.Lost)
	switch n := len(sum.Gone); {
	case sum.Restless > 0 && n == 1:
		fmt.Fprintf(p.stdout, "A conversation that gives it still more to do is in %s/gone-%d-1.wsspec. With --restart, it would have been shrunk.\n", s.out, sum.Seed)
	case sum.Restless > 0:
		fmt.Fprintf(p.stdout, "Conversations before that are in %s/gone-%d-*.wsspec. With --restart, the one that is to blame would have been found.\n", s.out, sum.Seed)
	default:
		fmt.Fprintf(p.stdout, "The last %d conversations before that are in %s/gone-%d-*.wsspec; the server may have died of one of them.\n", n, s.out, sum.Seed)
	}
}

// table lists the findings, each with those that contain its conversation and so may come of the
// same mistake.
func (s *fuzzScreen) table(sum *fuzz.Summary) {
	fmt.Fprintln(s.process.stdout)
	for i := range sum.Findings {
		f := &sum.Findings[i]
		contains := func(g fuzz.Finding) bool { return f.Contains(&g) }
		if slices.ContainsFunc(sum.Findings, contains) {
			continue
		}
		s.say(fmt.Sprintf("  %-6s %-28s ", f.Violation.Level, f.Name), visible.Text(f.Violation.What))
		var more []string
		for j := range sum.Findings {
			if sum.Findings[j].Contains(f) {
				more = append(more, sum.Findings[j].Name)
			}
		}
		if len(more) > 0 {
			s.say("         perhaps the same, with more said: ", strings.Join(more, ", "))
		}
	}
}

// say prints a text in lines that fit.
func (s *fuzzScreen) say(mark, text string) {
	for _, line := range s.status.Fold(mark, text) {
		fmt.Fprintln(s.process.stdout, line)
	}
}

// plural is a number of things.
func plural(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
