// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Verdict is what a conversation proved.
type Verdict struct {
	Behavior    Grade
	Close       Grade
	Result      string // why the behavior, in one sentence
	CloseResult string // why the closing
}

// Passed reports whether nothing is wrong with either half: the case is OK,
// informational or not implemented, and so is the closing.
func (v Verdict) Passed() bool { return v.Behavior.good() && v.Close.good() }

// Failed reports whether something is wrong that a MUST forbids: the case FAILED, or
// the closing handshake or the end of TCP did not come about as they have to
// (RFC 6455, 5.5.1 and 7.1.1). A wrong close code breaks a SHOULD only.
func (v Verdict) Failed() bool {
	return v.Behavior == Failed || v.Close == Failed || v.Close == Unclean || v.Close == FailedByClient
}

func (g Grade) good() bool { return g == OK || g == Informational || g == Unimplemented }

// Judge compares a log with what was wanted of it.
func Judge(w Want, c Closing, log *wirelog.Log) Verdict {
	if w.Whole || w.Survey {
		return judgeWhole(w, log)
	}
	if w.Informational {
		v := Verdict{Behavior: Informational, Close: Informational}
		v.Result, v.CloseResult = judgeEvents(w, log).Result, judgeClosing(c, log).CloseResult
		if w.ByRFC && log.Facts.Opened { // nobody is to blame
			v.Result, v.CloseResult = "There is no wrong answer. What came: "+Tell(log.WithOffences(log.Conversation()))+".", ""
		}
		return v
	}
	v := judgeEvents(w, log)
	closing := judgeClosing(c, log)
	switch {
	case w.ByRFC:
		closing = closingByRFC(c, log, closing)
	case w.NeedsDeflate && closing.Close == WrongCode && returnsOurs(log.Facts):
		// We failed the connection as the data broke what was agreed. The reference does
		// so beside its closing handshake.
		closing.Close, closing.CloseResult = Failed, wrongEndpoint
	}
	v.Close, v.CloseResult = closing.Close, closing.CloseResult
	wrongEnd := log.Facts.Opened && c.ByUs != log.Facts.ClosedByMe
	switch {
	case c.WrongEndFails && wrongEnd:
		v.Behavior, v.Result = Failed, v.CloseResult
	case c.WrongCodeFails && v.Close == WrongCode:
		v.Behavior, v.Result = Failed, v.CloseResult
	}
	return v
}

func judgeEvents(w Want, log *wirelog.Log) Verdict {
	if w.NeedsDeflate && log.Facts.Opened && log.Extension == "" {
		v := Verdict{Behavior: Unimplemented, Result: "The peer does not do permessage-deflate with these parameters."}
		if broken := log.Compression.Broken; len(broken) > 0 { // this is why nothing was agreed
			v.Result = "No permessage-deflate was agreed. " + upper(broken[0]) + "."
		}
		return v
	}
	if broken := log.Compression.Broken; w.ByRFC && w.NeedsDeflate && len(broken) > 0 {
		return Verdict{Behavior: Failed, Result: upper(broken[0]) + "."}
	}
	if w.Echoes > 0 {
		return judgeEchoes(w, log)
	}
	if w.ByRFC && !log.Facts.Opened {
		return refused(log)
	}
	got := w.count(log.Events())
	for _, o := range w.Outcomes {
		if o.met(got) {
			return Verdict{Behavior: o.Grade, Result: "Actual events match at least one expected."}
		}
	}
	if !log.Facts.Opened {
		return refused(log)
	}
	if w.ByRFC && slices.ContainsFunc(w.Outcomes, func(o Outcome) bool { return o.withLatestPong().met(got) }) {
		return Verdict{Behavior: Informational, Result: "Of several Pings only a later one was answered, which RFC 6455, 5.5.3 allows."}
	}
	if w.ByRFC {
		return mismatch(log, got)
	}
	return Verdict{Behavior: Failed, Result: "Actual events match none of those expected."}
}

func refused(log *wirelog.Log) Verdict {
	return Verdict{Behavior: Failed, Result: "The opening handshake failed: " + log.Refused}
}

// count returns the events that count: by the RFCs, Pongs that nobody asked for do not.
func (w Want) count(got []wirelog.Record) []wirelog.Record {
	if !w.ByRFC {
		return got
	}
	return slices.DeleteFunc(slices.Clone(got), unaskedPong)
}

func unaskedPong(r wirelog.Record) bool { return r.Unasked && r.Type == wirelog.PongEvent }

// met reports whether the events are what the outcome wants.
func (o Outcome) met(got []wirelog.Record) bool {
	f := follow(o)
	return f.all(got) && f.done()
}

// withLatestPong is the outcome without the demand that each Ping be answered: an
// endpoint may answer only the latest (RFC 6455, 5.5.3).
func (o Outcome) withLatestPong() Outcome {
	o.Events = slices.Clone(o.Events)
	for i := range o.Events {
		later := slices.ContainsFunc(o.Events[i+1:], func(e Event) bool { return e.Type == wirelog.PongEvent })
		if o.Events[i].Type == wirelog.PongEvent && later {
			o.Events[i].Times = Maybe
		}
	}
	return o
}

func judgeEchoes(w Want, log *wirelog.Log) Verdict {
	e, violations := log.Echo, log.Violations()
	switch {
	case e.Difference != "":
		if w.ByRFC {
			return Verdict{Behavior: Failed, Result: upper(wrongEcho(log)) + "."}
		}
		return Verdict{Behavior: Failed, Result: upper(e.Difference) + "."}
	case e.Matched >= w.Echoes && w.Echoes == 1:
		return Verdict{Behavior: OK, Result: fmt.Sprintf("Received the message of %d octets unchanged.", log.Traffic.In.App) + overtime(w, log)}
	case e.Matched >= w.Echoes:
		return Verdict{Behavior: OK, Result: fmt.Sprintf("All %d messages came back unchanged.", e.Matched) + overtime(w, log)}
	case !log.Facts.Opened:
		return refused(log)
	case len(violations) > 0: // this is why no more came
		return Verdict{Behavior: Failed, Result: upper(violations[0]) + "."}
	case e.Stalled > 0:
		return Verdict{Behavior: Failed, Result: fmt.Sprintf("Stalled after %d of %d messages: nothing moved in either direction for %v.", e.Matched, w.Echoes, e.Stalled.Round(100*time.Millisecond))}
	case w.ByRFC && ended(log) != "":
		return Verdict{Behavior: Failed, Result: fmt.Sprintf("%s, after %d of %d messages had come back.", upper(ended(log)), e.Matched, w.Echoes)}
	case e.Matched == 0:
		return Verdict{Behavior: Failed, Result: fmt.Sprintf("Did not receive message within %d seconds.", int(w.Within.Seconds()))}
	}
	return Verdict{Behavior: Failed, Result: fmt.Sprintf("%d of %d messages came back before the connection ended or %d seconds were over.", e.Matched, w.Echoes, int(w.Within.Seconds()))}
}

// overtime says how much longer than meant the echoes of a slow and steady peer took.
func overtime(w Want, log *wirelog.Log) string {
	late := log.Echo.Overtime
	if late == 0 {
		return ""
	}
	return fmt.Sprintf(" That took %v longer than the %v allowed for it, slowly but steadily.", late.Round(100*time.Millisecond), w.Within)
}

func judgeClosing(c Closing, log *wirelog.Log) Verdict {
	f := log.Facts
	v := func(g Grade, result string) Verdict { return Verdict{Close: g, CloseResult: result} }
	switch {
	case !f.Opened:
		return v(Failed, "The opening handshake failed")
	case c.ByUs != f.ClosedByMe:
		return v(Failed, wrongEndpoint)
	case c.Clean && !f.WasClean:
		return v(Unclean, "The spec requires the connection to be failed cleanly here")
	case f.Remote.Coded && !slices.Contains(c.Codes, f.Remote.Code):
		return v(WrongCode, "The close code should have been "+codes(c.Codes)+" or empty")
	case f.Role == ws.Client && f.DroppedByMe:
		return v(FailedByClient, "The server should have closed the TCP connection, and we had to")
	}
	return v(OK, "Connection was properly closed")
}

const wrongEndpoint = "The connection was failed by the wrong endpoint"

func codes(cs []ws.CloseCode) string {
	words := make([]string, len(cs))
	for i, c := range cs {
		words[i] = strconv.Itoa(int(c))
	}
	return strings.Join(words, ",")
}

// upper gives a sentence its capital letter.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// matches compares one event, octet by octet, or by length, beginning and digest
// where the log has kept no more.
func (w Event) matches(got wirelog.Record) bool {
	if len(w.Ends) > 0 && !slices.Contains(w.Ends, got.End) {
		return false
	}
	if w.Type != got.Type {
		return w.Type == wirelog.EndEvent && w.Any && got.Type == wirelog.ResetEvent
	}
	switch w.Type {
	case wirelog.CloseEvent:
		return (len(w.Codes) == 0 || slices.Contains(w.Codes, got.Code)) && (!w.Reply || !got.Unasked)
	case wirelog.AnswerEvent:
		return w.hasStatus(got.Status) && w.hasField(got.Fields)
	case wirelog.ResetEvent:
		return w.Tag == "" || w.Tag == got.Tag
	}
	if w.Tag != got.Tag {
		return false
	}
	return w.Any || w.sameData(got.Data)
}

func (w Event) sameData(got wirelog.Payload) bool {
	if w.Data.Len != got.Len {
		return false
	}
	if got.Complete() {
		return w.Data.Differ(got.Head) < 0
	}
	head := ws.Pattern{Unit: w.Data.Unit, Len: len(got.Head)}
	if head.Differ(got.Head) >= 0 {
		return false
	}
	sum := sha256.Sum256(w.Data.Beginning(w.Data.Len))
	return bytes.Equal(sum[:], got.Sum)
}

func (w Event) hasStatus(status int) bool {
	return len(w.Statuses) == 0 || slices.Contains(w.Statuses, status) || slices.Contains(w.Statuses, status/100)
}

func (w Event) hasField(f ws.Fields) bool {
	switch {
	case w.Field == "":
		return true
	case w.Token == "":
		return len(f.Values(w.Field)) > 0
	}
	return f.HasToken(w.Field, w.Token)
}
