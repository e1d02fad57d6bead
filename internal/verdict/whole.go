// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// judgeWhole judges a whole conversation by what came, in order, and by what the
// log notes. The closing is a part of it, so that one fault has one word. What the script
// noted is told with the result, and changes nothing.
func judgeWhole(w Want, log *wirelog.Log) Verdict {
	v := judgeConversation(w, log)
	if !w.Survey {
		for _, note := range log.Notes(wirelog.Noted) {
			v.Result += " " + note + "."
		}
	}
	return v
}

func judgeConversation(w Want, log *wirelog.Log) Verdict {
	good := func(g Grade, why string) Verdict {
		return Verdict{Behavior: g, Close: OK, Result: upper(why), CloseResult: "The end of the connection is judged with the case."}
	}
	bad := func(note string) Verdict { return good(w.Level.Grade(), note+".") }
	if notes := log.Notes(wirelog.NotJudged); len(notes) > 0 {
		return good(Unimplemented, notes[0]+".")
	}
	if dead := log.Notes(wirelog.Dead); len(dead) > 0 {
		return good(Failed, "A new connection is no longer served afterwards: "+dead[0]+".")
	}
	if w.NeedsDeflate && log.Facts.Opened && log.Extension == "" {
		return good(Unimplemented, "The peer does not do permessage-deflate with these parameters.")
	}
	if broken := log.Violations(); len(broken) > 0 {
		return good(Failed, broken[0]+".")
	}
	if broken := log.Compression.Broken; len(broken) > 0 {
		return good(Failed, broken[0]+".")
	}
	if log.Echo.Difference != "" {
		return good(Failed, wrongEcho(log)+".")
	}
	lapses := log.Notes(wirelog.Lapse)
	if w.Survey {
		if len(lapses) > 0 {
			return good(NonStrict, lapses[0]+".")
		}
		return good(OK, strings.Join(append(log.Notes(wirelog.Noted), "Nothing was found wrong."), ". "))
	}
	got := w.count(log.Conversation())
	for _, o := range w.Outcomes {
		if o.Unopened && log.Facts.Opened || !o.met(got) {
			continue
		}
		v := good(o.Grade, o.explain(log, got))
		switch {
		case o.Grade == WrongCode:
			// The connection was failed, as it must be; that the code says why is a SHOULD (7.1.7).
			v.Behavior, v.Close = NonStrict, WrongCode
			v.CloseResult = upper(w.wrongCode(got)) + "."
			v.Result = v.CloseResult
		case o.Grade == OK && len(lapses) > 0:
			v.Behavior, v.Result = NonStrict, upper(lapses[0])+"."
		}
		return v
	}
	return bad(w.blame(log, got))
}

// explain says why the outcome earns its grade.
func (o Outcome) explain(log *wirelog.Log, got []wirelog.Record) string {
	if o.Why != "" {
		return o.Why
	}
	if n := log.Echo.Matched; n > 0 {
		return fmt.Sprintf("As it should be: %d messages came back unchanged, %s.", n, Tell(got))
	}
	return "As it should be: " + Tell(got) + "."
}

// Tell lists what came, in the notation of expectations.
func Tell(got []wirelog.Record) string {
	if len(got) == 0 {
		return "nothing came"
	}
	const most = 6
	var words []string
	for _, r := range got[:min(len(got), most)] {
		words = append(words, briefly(r))
	}
	if more := len(got) - most; more > 0 {
		words = append(words, fmt.Sprintf("… %d more …", more), briefly(got[len(got)-1]))
	}
	return strings.Join(words, ", ")
}

// briefly prints an event with the beginning of its payload, the same for a log that
// has been compacted.
func briefly(r wirelog.Record) string {
	const shown = 32
	if r.Kind == wirelog.ReceivedFrame {
		f := r.Frame
		f.Masked, f.Payload = false, wirelog.Payload{Len: f.Payload.Len, Head: f.Payload.Head[:min(len(f.Payload.Head), shown)]}
		return fmt.Sprintf("%v (%s)", f, r.Note)
	}
	if r.Type == wirelog.CloseEvent && !r.Unasked {
		return r.EventText() + inReply
	}
	r.Data = wirelog.Payload{Len: r.Data.Len, Head: r.Data.Head[:min(len(r.Data.Head), shown)]}
	return r.EventText()
}

// wrongCode names the code that came and the ones that should have.
func (w Want) wrongCode(got []wirelog.Record) string {
	i := slices.IndexFunc(got, func(r wirelog.Record) bool { return r.Type == wirelog.CloseEvent })
	wanted := "a different one"
	for _, o := range w.Outcomes {
		for _, e := range o.Events {
			if o.Grade == OK && e.Type == wirelog.CloseEvent && len(e.Codes) > 0 {
				wanted = codes(e.Codes)
			}
		}
	}
	if i < 0 {
		return "the close code should have been " + wanted
	}
	return fmt.Sprintf("the connection was failed with %d, and the code should have been %s (RFC 6455, 7.1.7 and 7.4.1)", got[i].Code, wanted)
}

// blame says what is wrong with a conversation that fits no outcome: what broke the
// hope last is the cause.
func (w Want) blame(log *wirelog.Log, got []wirelog.Record) string {
	if log.Facts.Role == ws.Client && w.beginsUnopened() {
		if log.Facts.Opened {
			return "the handshake was accepted" + withStatus(log) + " but should have been refused. What came then: " + Tell(got)
		}
		if lack := w.lacks(got); lack != "" {
			return lack
		}
	}
	if n := len(got); !log.Facts.Opened && log.Refused != "" && n > 0 && got[n-1].Type == wirelog.AnswerEvent {
		return "the opening handshake failed: " + log.Refused
	}
	if i := w.Spoiler(got); i >= 0 {
		return w.blameEvent(log, got, i)
	}
	return "not all that was expected came: " + Tell(got)
}

// withStatus says with which status a server has accepted the opening handshake.
func withStatus(log *wirelog.Log) string {
	resp, err := ws.ParseResponse(log.Response)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" with %d", resp.Status)
}

// beginsUnopened reports whether the outcomes that are as they should be all begin with
// something else than an open connection.
func (w Want) beginsUnopened() bool {
	best := 0
	for _, o := range w.Outcomes {
		if o.Grade != OK {
			continue
		}
		best++
		if len(o.Events) == 0 || o.Events[0].Type != wirelog.AnswerEvent && o.Events[0].Type != wirelog.EndEvent {
			return false
		}
	}
	return best > 0
}

// lacks names the field that the answer would have needed.
func (w Want) lacks(got []wirelog.Record) string {
	if len(got) == 0 || got[0].Type != wirelog.AnswerEvent {
		return ""
	}
	for _, o := range w.Outcomes {
		for _, e := range o.Events[:min(len(o.Events), 1)] {
			switch {
			case e.Type != wirelog.AnswerEvent || !e.hasStatus(got[0].Status) || e.hasField(got[0].Fields):
			case e.Token == "":
				return fmt.Sprintf("the answer with status %d has no %s", got[0].Status, e.Field)
			default:
				return fmt.Sprintf("the answer with status %d has no %s that lists %s", got[0].Status, e.Field, e.Token)
			}
		}
	}
	return ""
}

func (w Want) blameEvent(log *wirelog.Log, got []wirelog.Record, i int) string {
	r := got[i]
	came := ". What came: " + Tell(log.WithOffences(got))
	if e := log.Echo; e.Sent > 0 {
		came = fmt.Sprintf(". Of %d messages %d came back unchanged. What else came: %s", e.Sent, e.Matched, Tell(got))
	}
	switch r.Type {
	case wirelog.OpenEvent:
		return "no reaction: the connection was still open when our timeout expired" + came
	case wirelog.PongEvent:
		if string(r.Data.Head) == Probe {
			return "the connection was not failed: a Ping sent after the violation was answered" + came
		}
		return "an unexpected Pong" + came
	case wirelog.TextEvent, wirelog.BinaryEvent:
		if c, ok := w.contrast(r); ok {
			return fmt.Sprintf("a message of %d octets came with the wrong content: %v%s", r.Data.Len, c, came)
		}
		return "an unexpected message came, or one with the wrong content" + came
	case wirelog.CloseEvent:
		if r.Code == ws.NoStatus {
			return "a Close without a code came too early" + came
		}
		return fmt.Sprintf("a Close with %d is not what was expected%s", r.Code, came)
	case wirelog.EndEvent, wirelog.ResetEvent:
		return "the peer ended " + log.Carrier() + " too early" + came
	case wirelog.AnswerEvent:
		return fmt.Sprintf("the opening handshake was answered with HTTP status %d: %s", r.Status, log.Refused)
	}
	return "something unexpected came" + came
}

// Probe is the payload of the Ping that scripts send behind something wrong: a Pong
// for it proves that the peer has read that and did not fail the connection.
const Probe = "probe"

// Record is the event as the log of a faultless conversation would have it.
func (w Event) Record() wirelog.Record {
	const shown = 64
	return wirelog.Record{
		Kind: wirelog.Event, Type: w.Type, Tag: w.Tag,
		Data: wirelog.Payload{Len: w.Data.Len, Head: w.Data.Beginning(shown)},
	}
}
