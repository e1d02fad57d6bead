// SPDX-License-Identifier: Apache-2.0

// Package telling puts results into words: why a case has its verdict (Explain), what
// it expects, its attempts, and the command that repeats it. It knows nothing of files
// nor of where the lines are shown. Start at Explain.
package telling

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Width bounds the lines of Explain, in columns of one character each.
const Width = 78

// mostEvents bounds the events that Explain lists on either side.
const mostEvents = 8

// Explain tells why a case has its verdict, line by line, each at most Width
// characters: the rule and its section, what was expected and received in the
// notation of the wire log, the first difference, and the closing. Terminal, JUnit
// and Go tests show the same text.
func Explain(r report.Result) []string {
	e := explanation{width: Width}
	e.add("rule", r.Spec)
	e.tell("we did", r.Title)
	e.tell("result", gradeAndReason(r.Verdict.Behavior, r.Verdict.Result))
	e.addEvents(r)
	e.addBroken(r)
	if !r.Want.Whole && !r.Want.Survey {
		e.tell("closing", gradeAndReason(r.Verdict.Close, r.Verdict.CloseResult))
	}
	e.addClosing(r)
	if tally := r.Flakiness(); tally != "" {
		e.add("flaky", fmt.Sprintf("%s; attempt %d counts", tally, r.Attempt))
	}
	for _, line := range AttemptLines(r) {
		e.tell("attempt", line)
	}
	e.tell("caveat", r.Caveat)
	return e.lines
}

// Brief is Explain for a summary that shows the case as an example: what is wrong with
// it, without its title, its attempts and whatever is in order. Each line is at most
// width characters.
func Brief(r report.Result, width int) []string {
	e := explanation{width: max(width, narrowest), brief: true}
	v := r.Verdict
	e.add("rule", r.Spec)
	behaves := v.Behavior == verdict.OK || v.Behavior == verdict.Informational
	if !behaves && (v.Result != v.CloseResult || v.Close == verdict.OK) {
		e.tell("result", strings.TrimSpace(strings.TrimPrefix(v.Result, noMatch))) // the events say that much
	}
	if !behaves {
		e.addEvents(r)
	}
	e.addBroken(r)
	if v.Close != verdict.OK && v.Close != verdict.Informational {
		e.tell("closing", v.CloseResult)
		if behaves {
			e.addClosing(r)
		}
	}
	if r.Flaky() {
		for _, line := range AttemptLines(r) {
			e.tell("attempt", line)
		}
	}
	return e.lines
}

// noMatch is the sentence of the reference where something else came.
const noMatch = "Actual events match none of those expected."

// narrowest is how few columns Brief makes do with.
const narrowest = 40

func gradeAndReason(g verdict.Grade, why string) string {
	if why == "" {
		return string(g)
	}
	return string(g) + ": " + why
}

// indent is the width of the column with the names.
const indent = 10

type explanation struct {
	width int
	brief bool // of what is accepted, the best
	lines []string
}

// add appends lines under a name; nothing where there is nothing to say.
func (e *explanation) add(name string, lines ...string) {
	for i, line := range lines {
		if line == "" {
			continue
		}
		if i > 0 {
			name = ""
		}
		e.lines = append(e.lines, clip(fmt.Sprintf("%-*s%s", indent, name, visible.Text(line)), e.width))
	}
}

// tell appends prose under a name.
func (e *explanation) tell(name, text string) { e.add(name, wrap(text, e.width-indent)...) }

// addBroken names the rules that the peer's own frames broke.
func (e *explanation) addBroken(r report.Result) {
	for _, v := range slices.Concat(r.Log.Violations(), r.Log.Compression.Broken) {
		e.tell("broken", v)
	}
}

// addClosing says how the connection had to end and how it did, where that is not OK.
func (e *explanation) addClosing(r report.Result) {
	if !r.Want.Whole && r.Log.Facts.Opened && r.Verdict.Close != verdict.OK {
		e.tell("expected", ClosingExpectation(r.Close))
		e.add("received", ClosingLines(r.Log)...)
	}
}

// addEvents says what had to come back and what did.
func (e *explanation) addEvents(r report.Result) {
	if !r.Log.Facts.Opened && r.Log.Refused != "" {
		e.tell("handshake", r.Log.Refused)
	}
	if r.Want.Echoes > 0 {
		e.tell("expected", wanted(r.Want))
		e.add("received", fmt.Sprintf("%d of %d unchanged, of %d sent", r.Log.Echo.Matched, r.Want.Echoes, r.Log.Echo.Sent))
		return
	}
	if !known(r.Want) {
		return
	}
	at, what := firstDifference(r)
	for i, o := range r.Want.Outcomes {
		if e.brief && i > 0 && o.Grade != verdict.OK {
			continue
		}
		name, lines := "expected", listed(EventLines(o.Events), at)
		if o.AndMore {
			lines = append(lines, "(whatever comes then)")
		}
		if o.Unopened {
			lines = append(lines, "(no connection opened)")
		}
		if i > 0 {
			name = "or"
			lines[len(lines)-1] += " (" + string(o.Grade) + ")"
		}
		e.add(name, lines...)
	}
	e.add("received", listed(ReceivedLines(r), at)...)
	if r.Verdict.Behavior == verdict.Failed && !r.Want.Whole { // else the result says it
		e.add("differs", append(wrap(what, e.width-indent), contrast(r, at)...)...)
	}
}

// listed keeps a list of events to a length people read: the beginning, or what
// is around the event that matters.
func listed(lines []string, around int) []string {
	if len(lines) == 0 {
		return []string{"nothing"}
	}
	const context = 2 // events before the one that matters
	var out []string
	if skip := min(around-context, len(lines)-1); skip > 0 && around >= mostEvents {
		out = append(out, fmt.Sprintf("(%d before)", skip))
		lines = lines[skip:]
	}
	if rest := len(lines) - mostEvents; rest > 0 {
		return append(append(out, lines[:mostEvents]...), fmt.Sprintf("(%d more)", rest))
	}
	return append(out, lines...)
}

// FirstDifference says in one line where what was received leaves the best
// outcome the case accepts, and is empty where it does not.
func FirstDifference(r report.Result) string {
	if r.Want.Echoes > 0 {
		return r.Log.Echo.Difference
	}
	_, what := firstDifference(r)
	return what
}

// firstDifference also returns the position of the event, from 0, or -1.
func firstDifference(r report.Result) (at int, what string) {
	if len(r.Want.Outcomes) == 0 || r.Verdict.Behavior == verdict.OK { // to compare megabytes once more takes its time
		return -1, ""
	}
	want, got := r.Want.Outcomes[0].Events, r.Want.Received(r.Log)
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return i, fmt.Sprintf("event %d: expected %s, %s", i+1, eventName(want[i].Record()), instead(r.Log))
		case i >= len(want):
			return i, fmt.Sprintf("event %d: expected nothing more, received %s", i+1, eventName(got[i]))
		case !verdict.Matches(want[i:i+1], got[i:i+1]):
			return i, fmt.Sprintf("event %d: %s", i+1, difference(want[i], got[i]))
		}
	}
	return -1, ""
}

// instead says what came where no event did.
func instead(log *wirelog.Log) string {
	if len(log.Offences()) > 0 {
		return "received a frame that broke a rule"
	}
	if slices.ContainsFunc(log.Records, isPing) {
		return "nothing came but a Ping"
	}
	return "nothing came"
}

// eventName is the type of an event: its payload stands in the lists.
func eventName(r wirelog.Record) string {
	name, _, _ := strings.Cut(eventLine(r), " ")
	return name
}

// difference compares one event with what stands in its place.
func difference(want verdict.Event, got wirelog.Record) string {
	switch {
	case want.Type != got.Type:
		return fmt.Sprintf("expected %s, received %s", eventName(want.Record()), eventName(got))
	case want.Type == wirelog.TimeoutEvent:
		return fmt.Sprintf("expected the end of wait %s, not of %s", want.Tag, got.Tag)
	case want.Data.Len != got.Data.Len:
		return fmt.Sprintf("expected %d octets of payload, received %d", want.Data.Len, got.Data.Len)
	}
	if c, ok := want.Contrast(got); ok {
		return fmt.Sprintf("octet %d of %d: expected %s, received %s", c.At, want.Data.Len, octet(c.Want[c.At-c.From]), octet(c.Got[c.At-c.From]))
	}
	return fmt.Sprintf("the payload differs after its first %d octets", len(got.Data.Head))
}

func octet(b byte) string {
	if b > ' ' && b < utf8.RuneSelf-1 {
		return fmt.Sprintf("0x%02x %q", b, b)
	}
	return fmt.Sprintf("0x%02x", b)
}

// contrast shows the octets around the first difference of a payload, what should be
// there above what is.
func contrast(r report.Result, at int) []string {
	if at < 0 || at >= len(r.Want.Outcomes[0].Events) {
		return nil
	}
	got := r.Want.Received(r.Log)
	if at >= len(got) {
		return nil
	}
	c, ok := r.Want.Outcomes[0].Events[at].Contrast(got[at])
	if !ok {
		return nil
	}
	return []string{fmt.Sprintf("from octet %d on:", c.From), "expected  " + c.Expected(), "received  " + c.Received()}
}

// wrap breaks prose into lines of the width; a word that is longer has a line of its
// own.
func wrap(s string, width int) []string {
	var lines []string
	line, n := "", 0
	for _, word := range strings.Fields(s) {
		w := utf8.RuneCountInString(word)
		if n > 0 && n+1+w > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line += " "
			n++
		}
		line += word
		n += w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// clip cuts a line to width characters.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
