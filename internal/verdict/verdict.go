// SPDX-License-Identifier: Apache-2.0

// Package verdict says what a conversation proves: values for what must come
// back and how the connection must end, and one pure function that compares
// them with a log. It knows no scripts, goroutines or clocks, so a stored log can
// be judged again. Start at Judge.
package verdict

import (
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Grade is the outcome of a case or of its closing, in the words of the
// reference, which are a closed set.
type Grade string

// Grades of a case's behavior, and of its closing.
const (
	OK             Grade = "OK"
	NonStrict      Grade = "NON-STRICT"
	Informational  Grade = "INFORMATIONAL"
	Unimplemented  Grade = "UNIMPLEMENTED"
	Failed         Grade = "FAILED"
	WrongCode      Grade = "WRONG CODE"
	Unclean        Grade = "UNCLEAN"
	FailedByClient Grade = "FAILED BY CLIENT"
)

// Event is something the peer under test must let us see.
type Event struct {
	Type  wirelog.EventType
	Data  ws.Pattern     // of messages and pongs
	Any   bool           // the payload does not matter
	Tag   string         // of timeouts: the wait that must run out; of resets: the error code in HTTP/2 and HTTP/3, empty: any
	Codes []ws.CloseCode // of Close frames: one of these, 1005 for none; empty: any
	// Statuses of an HTTP answer: one of these, where 4 stands for all from 400 to
	// 499; empty: any.
	Statuses []int
	// Reply, of a Close frame: it answers ours, which we send once all that an outcome
	// wants before it has come.
	Reply bool
	// Field, where not empty, is the name of a field that an HTTP answer must have, and
	// Token what its list must have in it; empty: anything.
	Field, Token string
	// Ends, of the end of TCP, are the ways in which TLS may have stood then; empty: any.
	Ends  []wirelog.End
	Times Times
}

// Times is how often an event must come.
type Times uint8

// Numbers of times.
const (
	Once  Times = iota
	Maybe       // once or not at all
	Often       // any number of times, none too
)

// Outcome is a list of events that earns a grade: exactly these, in this order.
type Outcome struct {
	Grade   Grade
	Events  []Event
	AndMore bool // whatever comes after these
	// Unopened: the opening handshake did not succeed. Events alone do not say so: of a
	// server that answers 101 and then ends TCP nothing comes but that end.
	Unopened bool
	Why      string // why the grade is not OK, as a sentence
}

// Level is what RFC 2119 makes of the requirement that a case is about, and so
// what a conversation comes to that fits none of the outcomes.
type Level uint8

// Levels.
const (
	Must   Level = iota // FAILED
	Should              // NON-STRICT
	Open                // INFORMATIONAL: the RFC leaves it open
)

// Grade is what a breach of a requirement of the level comes to.
func (l Level) Grade() Grade { return [...]Grade{Failed, NonStrict, Informational}[l] }

// Want is what must come back.
type Want struct {
	Outcomes []Outcome // accepted ones, best first
	// Echoes, where not 0, stands instead of Outcomes: as many messages of the
	// script must each come back unchanged, octet by octet.
	Echoes        int
	Within        time.Duration // patience with echoes, for the report
	Informational bool          // there is no wrong answer
	// ByRFC judges by the RFCs alone: a peer that does not keep to the parameters of
	// permessage-deflate it agreed to fails, which the reference does not look at, and
	// Pongs that RFC 6455, 5.5.3 allows to come or to be left out change nothing.
	ByRFC        bool
	NeedsDeflate bool // UNIMPLEMENTED where permessage-deflate was not agreed
	// Whole compares Outcomes with the whole conversation, Close frames and the end of
	// TCP included. Nothing is left for the closing to be judged by then.
	Whole bool
	Level Level // of the requirement; what fits no outcome is graded by it
	// Survey is met by what the log notes: breaches fail it, lapses are NON-STRICT.
	Survey bool
}

// Received are the events of a log that the outcomes are compared with: all of the
// conversation where it is judged as a whole.
func (w Want) Received(log *wirelog.Log) []wirelog.Record {
	if w.Whole {
		return log.Conversation()
	}
	return log.Events()
}

// Closing is how the connection must end.
type Closing struct {
	ByUs           bool           // we must have sent the first Close; otherwise the peer, or nobody
	Codes          []ws.CloseCode // codes the peer's Close may have, if it has one; the first is ours
	Clean          bool           // Close frames must have been exchanged and TCP ended in order
	WrongEndFails  bool           // a Close by the wrong endpoint fails the case itself
	WrongCodeFails bool           // a wrong code fails the case itself
}

// Matches reports whether the received events are exactly the wanted ones.
func Matches(want []Event, got []wirelog.Record) bool {
	f := follow(Outcome{Events: want})
	return f.all(got) && f.done()
}

// Passes reports whether every outcome has the peer let the wait with the tag pass.
func (w Want) Passes(tag string) bool {
	for _, o := range w.Outcomes {
		if !slices.ContainsFunc(o.Events, func(e Event) bool { return e.Type == wirelog.TimeoutEvent && e.Tag == tag }) {
			return false
		}
	}
	return len(w.Outcomes) > 0
}

// Complete reports whether everything every outcome hopes for has come, so that
// nothing is left to wait for.
func (w Want) Complete(got []wirelog.Record) bool {
	got = w.count(got)
	for _, o := range w.Outcomes {
		if !Matches(o.Events, got) {
			return false
		}
	}
	return len(w.Outcomes) > 0
}
