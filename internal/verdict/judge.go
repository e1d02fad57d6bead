// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

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

// Failed reports whether the case or its closing failed outright, which is more
// than a close that could have been cleaner.
func (v Verdict) Failed() bool { return v.Behavior == Failed || v.Close == Failed }

func (g Grade) good() bool { return g == OK || g == Informational || g == Unimplemented }

// Judge compares a log with what was wanted of it.
func Judge(w Want, c Closing, log *wirelog.Log) Verdict {
	if w.Informational {
		v := Verdict{Behavior: Informational, Close: Informational}
		v.Result, v.CloseResult = judgeEvents(w, log).Result, judgeClosing(c, log).CloseResult
		return v
	}
	v := judgeEvents(w, log)
	closing := judgeClosing(c, log)
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
	if broken := log.Compression.Broken; w.KeepAgreement && len(broken) > 0 {
		return Verdict{Behavior: Failed, Result: upper(broken[0]) + "."}
	}
	if w.Echoes > 0 {
		return judgeEchoes(w, log)
	}
	got := log.Events()
	for _, o := range w.Outcomes {
		if Matches(o.Events, got) {
			return Verdict{Behavior: o.Grade, Result: "Actual events match at least one expected."}
		}
	}
	if !log.Facts.Opened {
		return Verdict{Behavior: Failed, Result: "The opening handshake failed: " + log.Refused}
	}
	return Verdict{Behavior: Failed, Result: "Actual events match none of those expected."}
}

func judgeEchoes(w Want, log *wirelog.Log) Verdict {
	e, violations := log.Echo, log.Violations()
	switch {
	case e.Difference != "":
		return Verdict{Behavior: Failed, Result: upper(e.Difference) + "."}
	case e.Matched >= w.Echoes && w.Echoes == 1:
		return Verdict{Behavior: OK, Result: fmt.Sprintf("Received the message of %d octets unchanged.", log.Traffic.In.App)}
	case e.Matched >= w.Echoes:
		return Verdict{Behavior: OK, Result: fmt.Sprintf("All %d messages came back unchanged.", e.Matched)}
	case !log.Facts.Opened:
		return Verdict{Behavior: Failed, Result: "The opening handshake failed: " + log.Refused}
	case len(violations) > 0: // this is why no more came
		return Verdict{Behavior: Failed, Result: upper(violations[0]) + "."}
	case e.Matched == 0:
		return Verdict{Behavior: Failed, Result: fmt.Sprintf("Did not receive message within %d seconds.", int(w.Within.Seconds()))}
	}
	return Verdict{Behavior: Failed, Result: fmt.Sprintf("%d of %d messages came back before the connection ended or %d seconds were over.", e.Matched, w.Echoes, int(w.Within.Seconds()))}
}

func judgeClosing(c Closing, log *wirelog.Log) Verdict {
	f := log.Facts
	v := func(g Grade, result string) Verdict { return Verdict{Close: g, CloseResult: result} }
	switch {
	case !f.Opened:
		return v(Failed, "The opening handshake failed")
	case c.ByUs != f.ClosedByMe:
		return v(Failed, "The connection was failed by the wrong endpoint")
	case c.Clean && !f.WasClean:
		return v(Unclean, "The spec requires the connection to be failed cleanly here")
	case f.Remote.Coded && !slices.Contains(c.Codes, f.Remote.Code):
		return v(WrongCode, "The close code should have been "+codes(c.Codes)+" or empty")
	case f.Role == ws.Client && f.DroppedByMe:
		return v(FailedByClient, "The server should have closed the TCP connection, and we had to")
	}
	return v(OK, "Connection was properly closed")
}

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
	if w.Type != got.Type || w.Tag != got.Tag || w.Data.Len != got.Data.Len {
		return false
	}
	if got.Data.Complete() {
		return w.Data.Differ(got.Data.Head) < 0
	}
	head := ws.Pattern{Unit: w.Data.Unit, Len: len(got.Data.Head)}
	if head.Differ(got.Data.Head) >= 0 {
		return false
	}
	sum := sha256.Sum256(w.Data.Beginning(w.Data.Len))
	return bytes.Equal(sum[:], got.Data.Sum)
}

// Record is the event as the log of a faultless conversation would have it.
func (w Event) Record() wirelog.Record {
	const shown = 64
	return wirelog.Record{
		Kind: wirelog.Event, Type: w.Type, Tag: w.Tag,
		Data: wirelog.Payload{Len: w.Data.Len, Head: w.Data.Beginning(shown)},
	}
}
