// SPDX-License-Identifier: Apache-2.0

// Package verdict says what a conversation proves: values for what must come
// back and how the connection must end, and one pure function that compares
// them with a log. It knows no scripts, goroutines or clocks, so a stored log can
// be judged again.
package verdict

import (
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
	Type wirelog.EventType
	Data ws.Pattern // of messages and pongs
	Tag  string     // of timeouts: the wait that must run out
}

// Outcome is a list of events that earns a grade: exactly these, in this order.
type Outcome struct {
	Grade  Grade
	Events []Event
}

// Want is what must come back.
type Want struct {
	Outcomes []Outcome // accepted ones, best first
	// Echoes, where not 0, stands instead of Outcomes: as many messages of the
	// script must each come back unchanged, octet by octet.
	Echoes        int
	Within        time.Duration // patience with echoes, for the report
	Informational bool          // there is no wrong answer
	// KeepAgreement fails a peer that does not keep to the parameters of
	// permessage-deflate it agreed to. The reference looks at the echoes alone.
	KeepAgreement bool
	NeedsDeflate  bool // UNIMPLEMENTED where permessage-deflate was not agreed
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
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		if !w.matches(got[i]) {
			return false
		}
	}
	return true
}

// Complete reports whether everything every outcome hopes for has come, so that
// nothing is left to wait for.
func (w Want) Complete(got []wirelog.Record) bool {
	for _, o := range w.Outcomes {
		if !Matches(o.Events, got) {
			return false
		}
	}
	return len(w.Outcomes) > 0
}
