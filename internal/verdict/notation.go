// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// How often an event must come, as a word in front of it.
var timesWords = map[Times]string{Maybe: "maybe ", Often: "often "}

// whatever stands for a payload, a code or a status that does not matter.
const whatever = "*"

// Plain reports whether the event is one that the reference knows too, and must come
// exactly once with the payload given.
func (w Event) Plain() bool {
	return w.Type <= wirelog.TimeoutEvent && w.Times == Once && !w.Any
}

// String prints an event in the notation of the wire log, with what a log has no need
// of: "maybe" and "often" in front, "*" for anything, and "|" between alternatives.
// A payload that repeats itself is shown once and has its whole length.
func (w Event) String() string {
	r := w.Record()
	r.Data.Head = w.Data.Unit[:min(len(w.Data.Unit), w.Data.Len)]
	text := r.EventText()
	switch {
	case w.Type == wirelog.CloseEvent:
		text = "close " + alternatives(len(w.Codes), func(i int) string { return strconv.Itoa(int(w.Codes[i])) })
		if w.Reply {
			text += inReply
		}
	case w.Type == wirelog.AnswerEvent:
		text = "http " + alternatives(len(w.Statuses), func(i int) string { return strconv.Itoa(w.Statuses[i]) })
		if w.Field != "" {
			text += " " + w.Field + ": " + cmp.Or(w.Token, whatever)
		}
	case w.Type == wirelog.EndEvent && w.Any:
		text = "end|reset"
	case w.Any:
		word, _, _ := strings.Cut(text, " ")
		text = word + " " + whatever
	}
	for i, end := range w.Ends {
		text += [...]string{", ", "|"}[min(i, 1)] + end.String()
	}
	return timesWords[w.Times] + text
}

// inReply stands behind a Close that has to answer ours.
const inReply = " in reply"

func alternatives(n int, at func(int) string) string {
	if n == 0 {
		return whatever
	}
	words := make([]string, n)
	for i := range words {
		words[i] = at(i)
	}
	return strings.Join(words, "|")
}

// maxExpected bounds the payload of an event that a file expects, in octets.
const maxExpected = 64 << 20

// ParseEvent reads what Event.String printed.
func ParseEvent(s string) (Event, error) {
	var e Event
	for times, word := range timesWords {
		if rest, ok := strings.CutPrefix(s, word); ok {
			s, e.Times = rest, times
		}
	}
	var err error
	if s, e.Ends, err = cutEnds(s); err != nil {
		return e, err
	}
	word, rest, _ := strings.Cut(s, " ")
	switch {
	case word == "close":
		e.Type = wirelog.CloseEvent
		rest, e.Reply = strings.CutSuffix(rest, inReply)
		numbers, err := parseAlternatives(rest)
		for _, n := range numbers {
			e.Codes = append(e.Codes, ws.CloseCode(n))
		}
		return e, err
	case word == "http":
		e.Type = wirelog.AnswerEvent
		statuses, field, ok := strings.Cut(rest, " ")
		if e.Field, e.Token, _ = strings.Cut(field, ": "); ok && !(ws.IsToken(e.Field) && (ws.IsToken(e.Token))) {
			return e, fmt.Errorf("event %.40q: want a field and one of its values behind the status", s)
		}
		if e.Token == whatever {
			e.Token = ""
		}
		e.Statuses, err = parseAlternatives(statuses)
		return e, err
	case s == "end|reset":
		e.Type, e.Any = wirelog.EndEvent, true
		return e, nil
	case s == "end":
		e.Type = wirelog.EndEvent
		return e, nil
	case word == "reset":
		e.Type, e.Tag = wirelog.ResetEvent, rest
		return e, nil
	case s == "still open":
		e.Type = wirelog.OpenEvent
		return e, nil
	case rest == whatever:
		s, e.Any = word+` ""`, true
	}
	r, err := wirelog.ParseRecord("0 = " + s)
	if err != nil {
		return e, err
	}
	if r.Data.Len > maxExpected || r.Data.Len > 0 && len(r.Data.Head) == 0 || r.Unasked {
		return e, fmt.Errorf("event %.40q: want at most %d octets, and the first of them", s, maxExpected)
	}
	e.Type, e.Tag, e.Data = r.Type, r.Tag, ws.Pattern{Unit: r.Data.Head, Len: r.Data.Len}
	return e, nil
}

// cutEnds cuts the ways in which TLS may have stood from the end of TCP.
func cutEnds(s string) (event string, ends []wirelog.End, err error) {
	event, list, ok := strings.Cut(s, ", ")
	if !ok || event != "end" && event != "reset" && event != "end|reset" {
		return s, nil, nil
	}
	for word := range strings.SplitSeq(list, "|") {
		end, known := wirelog.ParseEnd(word)
		if !known {
			return s, nil, fmt.Errorf("event %.80q: %q is no way for TLS to stand", s, word)
		}
		ends = append(ends, end)
	}
	return event, ends, nil
}

func parseAlternatives(s string) ([]int, error) {
	if s == whatever {
		return nil, nil
	}
	var numbers []int
	for word := range strings.SplitSeq(s, "|") {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%.20q: want numbers with | between them, or *", s)
		}
		numbers = append(numbers, int(n))
	}
	return numbers, nil
}
