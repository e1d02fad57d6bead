// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Culprit is the place in a conversation that its verdict is owed to.
type Culprit struct {
	At      int    // the record of the log; their number, where what is missing is missing at the end
	Missing string // what should have come before that record, in the notation; empty: the record is what should not have come
	Why     string // in a clause
}

// Blame finds the culprit of a result that is not as it should be. It reports false
// where there is none to point at.
func Blame(r report.Result) (Culprit, bool) {
	v := r.Verdict
	if r.Passed() || r.Want.Survey || r.Log == nil || len(r.Log.Records) == 0 {
		return Culprit{}, false
	}
	s := scene{r.Log.Records, r.Log.Facts}
	behaves := v.Behavior == verdict.OK || v.Behavior == verdict.Informational || v.Behavior == verdict.Unimplemented
	switch {
	case len(r.Log.Notes(wirelog.Dead)) > 0:
		return s.record(wirelog.Dead, "a new connection is no longer served")
	case len(r.Log.Violations()) > 0:
		return s.violation()
	case !r.Log.Facts.Opened && r.Log.Refused != "" && !r.Want.Whole:
		return s.handshake(r.Log.Refused)
	case r.Want.Whole:
		return s.whole(r)
	case !behaves && r.Want.Echoes > 0:
		return s.echoes(r)
	case !behaves:
		if c, ok := s.events(r); ok {
			return c, true
		}
	}
	return s.closing(r)
}

// scene is a log in which a culprit is looked for.
type scene struct {
	records []wirelog.Record
	facts   wirelog.Facts
}

func (s scene) last(is func(wirelog.Record) bool) int {
	for i := len(s.records) - 1; i >= 0; i-- {
		if is(s.records[i]) {
			return i
		}
	}
	return -1
}

func (s scene) at(i int, why string) (Culprit, bool) {
	return Culprit{At: i, Why: why}, i >= 0
}

func (s scene) record(k wirelog.Kind, why string) (Culprit, bool) {
	return s.at(slices.IndexFunc(s.records, func(r wirelog.Record) bool { return r.Kind == k }), why)
}

// missing is something that should have come: the place is where we stopped to wait for
// it, behind the record with the number.
func (s scene) missing(after int, what, why string) (Culprit, bool) {
	for i := max(after+1, 0); i < len(s.records); i++ {
		switch r := s.records[i]; r.Kind {
		case wirelog.WaitOver, wirelog.FailFired, wirelog.CloseFired, wirelog.StillOpen, wirelog.DroppedByMe, wirelog.DroppedByPeer, wirelog.ResetByPeer, wirelog.Settled:
			return Culprit{i, what, why}, true
		case wirelog.SentFrame:
			if r.Frame.Opcode == ws.Close {
				return Culprit{i, what, why}, true
			}
		}
	}
	return Culprit{len(s.records), what, why}, true
}

// violation is the frame in front of the first note of a violation.
func (s scene) violation() (Culprit, bool) {
	i := slices.IndexFunc(s.records, func(r wirelog.Record) bool { return r.Kind == wirelog.Violation })
	why := s.records[i].Note
	if i > 0 && s.records[i-1].Kind == wirelog.ReceivedFrame {
		i--
	}
	return s.at(i, why)
}

// handshake is what came in the opening handshake, or that nothing came.
func (s scene) handshake(why string) (Culprit, bool) {
	i := slices.IndexFunc(s.records, func(r wirelog.Record) bool { return r.Kind == wirelog.ReceivedOctets })
	if i < 0 {
		return s.missing(-1, "a handshake", why)
	}
	return s.at(i, why)
}

// whole is the event after which a conversation could not end well any more, or the
// first that did not come.
func (s scene) whole(r report.Result) (Culprit, bool) {
	w := r.Want
	if met(w, r.Verdict.Behavior) { // what it lacks for OK is the point
		w.Outcomes = slices.DeleteFunc(slices.Clone(w.Outcomes), func(o verdict.Outcome) bool { return o.Grade != verdict.OK })
	}
	why := Briefly(r.Verdict.Result)
	got := r.Log.Conversation()
	if i := w.Spoiler(got); i >= 0 && len(w.Outcomes) > 0 {
		return s.at(s.find(got, i), why)
	}
	if s.facts.Opened && opensNothing(w) {
		return s.handshake(why)
	}
	if r.Log.Echo.Difference != "" {
		return s.echoes(r)
	}
	last := -1
	if len(got) > 0 {
		last = s.find(got, len(got)-1)
	}
	return s.missing(last, "something else", why)
}

// met reports whether the grade is that of an outcome that is not the best.
func met(w verdict.Want, g verdict.Grade) bool {
	return g != verdict.Failed && slices.ContainsFunc(w.Outcomes, func(o verdict.Outcome) bool { return o.Grade == g || o.Grade == verdict.WrongCode })
}

// opensNothing reports whether the connection should not have opened.
func opensNothing(w verdict.Want) bool {
	return len(w.Outcomes) > 0 && len(w.Outcomes[0].Events) > 0 && w.Outcomes[0].Events[0].Type == wirelog.AnswerEvent
}

// find is the record that an event of the conversation was made of: of a message its
// last frame.
func (s scene) find(got []wirelog.Record, i int) int {
	want := got[i]
	n := 0 // events like it in front of it
	for _, r := range got[:i] {
		if r.Type == want.Type && r.At == want.At {
			n++
		}
	}
	for j, r := range s.records {
		if r.At != want.At || !makes(r, want.Type) {
			continue
		}
		if n > 0 {
			n--
			continue
		}
		if r.Kind == wirelog.Event {
			return s.frameBefore(j, want.Type)
		}
		return j
	}
	return -1
}

// makes reports whether a record is what an event of the type is made of.
func makes(r wirelog.Record, t wirelog.EventType) bool {
	switch t {
	case wirelog.CloseEvent:
		return r.Kind == wirelog.ReceivedFrame && r.Frame.Opcode == ws.Close || r.Kind >= wirelog.DroppedByMe && r.Kind <= wirelog.ResetByPeer
	case wirelog.EndEvent:
		return r.Kind == wirelog.DroppedByPeer || r.Kind == wirelog.DroppedByMe
	case wirelog.ResetEvent:
		return r.Kind == wirelog.ResetByPeer
	case wirelog.OpenEvent:
		return r.Kind == wirelog.StillOpen || r.Kind == wirelog.DroppedByMe
	case wirelog.AnswerEvent:
		return r.Kind >= wirelog.DroppedByMe && r.Kind <= wirelog.ResetByPeer || r.Kind == wirelog.Event && r.Type == t
	}
	return r.Kind == wirelog.Event && r.Type == t
}

// frameBefore is the frame that an event was recorded for, or the event's own place.
func (s scene) frameBefore(i int, t wirelog.EventType) int {
	for j := i - 1; j >= 0; j-- {
		r := s.records[j]
		if r.Kind == wirelog.Event {
			break
		}
		if r.Kind == wirelog.ReceivedFrame && (r.Frame.Opcode == ws.Pong) == (t == wirelog.PongEvent) && (!r.Frame.Opcode.IsControl() || t == wirelog.PongEvent) {
			return j
		}
	}
	return i
}

// echoes is the message that came back otherwise, or the end of those that came back.
func (s scene) echoes(r report.Result) (Culprit, bool) {
	last := s.last(func(r wirelog.Record) bool { return r.Kind == wirelog.ReceivedFrame && !r.Frame.Opcode.IsControl() })
	if d := r.Log.Echo.Difference; d != "" && last >= 0 {
		return s.at(last, d)
	}
	if s.facts.Remote.Sent && !s.facts.ClosedByMe {
		return s.closed(Briefly(r.Verdict.Result))
	}
	return s.missing(last, "the message", Briefly(r.Verdict.Result))
}

// events is the first event that is not what the best outcome wants.
func (s scene) events(r report.Result) (Culprit, bool) {
	at, what := firstDifference(r)
	if at < 0 {
		return Culprit{}, false
	}
	if _, rest, found := strings.Cut(what, ": "); found && strings.HasPrefix(what, "event ") {
		what = rest
	}
	got, want := r.Log.Events(), r.Want.Outcomes[0].Events
	if at < len(got) {
		return s.at(s.find(got, at), what)
	}
	last := -1
	if at > 0 {
		last = s.find(got, at-1)
	}
	return s.missing(last, eventLine(want[at].Record()), what)
}

// closed is the Close that the peer sent, or where it ended TCP.
func (s scene) closed(why string) (Culprit, bool) {
	i := slices.IndexFunc(s.records, func(r wirelog.Record) bool { return r.Kind == wirelog.ReceivedFrame && r.Frame.Opcode == ws.Close })
	if i < 0 {
		i = s.last(func(r wirelog.Record) bool { return r.Kind == wirelog.DroppedByPeer || r.Kind == wirelog.ResetByPeer })
	}
	return s.at(i, why)
}

// closing is what is wrong with the end of the connection.
func (s scene) closing(r report.Result) (Culprit, bool) {
	why := Briefly(r.Verdict.CloseResult)
	seen := s.last(func(r wirelog.Record) bool { return r.Kind == wirelog.ReceivedFrame || r.Kind == wirelog.Event })
	switch r.Verdict.Close {
	case verdict.WrongCode:
		return s.closed(why)
	case verdict.Failed:
		if !r.Close.ByUs && s.facts.ClosedByMe {
			return s.missing(seen, "a Close, or the end of TCP", why)
		}
		return s.closed(why)
	case verdict.Unclean:
		if i := s.last(func(r wirelog.Record) bool { return r.Kind == wirelog.DroppedByPeer || r.Kind == wirelog.ResetByPeer }); i >= 0 && !s.facts.Remote.Sent {
			return s.at(i, why)
		}
		ours := s.last(func(r wirelog.Record) bool { return r.Kind == wirelog.SentFrame && r.Frame.Opcode == ws.Close })
		what := "a Close"
		if s.facts.Remote.Sent {
			what = "the end of TCP"
		}
		return s.missing(max(ours, seen), what, why)
	case verdict.FailedByClient:
		return s.missing(seen, "the end of TCP", why)
	}
	return Culprit{}, false
}

// Briefly is the first clause of a sentence, without what came.
func Briefly(s string) string {
	s, _, _ = strings.Cut(s, ". What came: ")
	s, _, _ = strings.Cut(s, ". What else came: ")
	return strings.TrimSuffix(s, ".")
}
