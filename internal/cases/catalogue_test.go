// SPDX-License-Identifier: Apache-2.0

package cases_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// eachCase runs f as a subtest for every case of the edition that is not about
// compression, with its facts, in both roles.
func eachCase(t *testing.T, e cases.Edition, f func(t *testing.T, c conform.Case, want fact, role ws.Role)) {
	facts := readFacts(t)
	if e == cases.Old {
		oldCloseCodes(facts)
	}
	for _, c := range cases.All(e) {
		want, known := facts[c.ID]
		delete(facts, c.ID)
		if c.Has(conform.Deflate) || raceDetector && c.Has(conform.Slow) { // .ci/run plays the slow ones without it
			continue
		}
		if !known {
			t.Errorf("%s is not in the catalogue", c.ID)
			continue
		}
		for _, role := range []ws.Role{ws.Client, ws.Server} {
			t.Run(c.ID+"/"+role.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { f(t, c, want, role) })
			})
		}
	}
	for id := range facts {
		if cat := conform.Category(id); cat != "12" && cat != "13" {
			t.Errorf("%s of the catalogue is missing", id)
		}
	}
}

// A peer that never answers shows the whole script: every octet, in which
// writes, when, and how we end it.
func TestScriptsSendWhatTheCatalogueSays(t *testing.T) {
	for _, e := range []cases.Edition{cases.Current, cases.Old} {
		t.Run(string(e), func(t *testing.T) {
			eachCase(t, e, func(t *testing.T, c conform.Case, want fact, role ws.Role) {
				if e == cases.Old && conform.Subcategory(c.ID) != "7.9" {
					t.Skip("the same in both editions")
				}
				masked := role == ws.Client
				line := want.play(t, masked)
				dropAt := line.finish()
				got := play(t, c, role, silent)
				got.compare(t, line.segments, masked)
				if got.ended != dropAt {
					t.Errorf("TCP dropped after %v, want %v", got.ended, dropAt)
				}
				head := len(got.log.Request)
				if role == ws.Server {
					head = len(got.log.Response)
				}
				sizes := sentSizes(line.segments, masked)
				sizes[head]++
				if !maps.Equal(got.log.Stats.SentOctets, sizes) {
					t.Errorf("octet statistics %v, want %v", got.log.Stats.SentOctets, sizes)
				}
				checkSilence(t, got.log)
			})
		})
	}
}

// checkSilence looks at the facts after a peer that never answered.
func checkSilence(t *testing.T, log *wirelog.Log) {
	t.Helper()
	f := log.Facts
	if !f.Opened || !f.ClosedByMe || !f.DroppedByMe || f.WasClean || !f.WasCloseHandshakeTimeout ||
		f.WasNotCleanReason != "peer did not respond (in time) in closing handshake" {
		t.Errorf("facts %+v", f)
	}
}

// The rows of expectations and close rules are the catalogue's.
func TestExpectationsAreTheCatalogues(t *testing.T) {
	eachCase(t, cases.Current, func(t *testing.T, c conform.Case, want fact, role ws.Role) {
		if got := c.Want.Informational; got != want.Informational {
			t.Errorf("informational %v, want %v", got, want.Informational)
		}
		if len(c.Want.Outcomes) != len(want.Expected) {
			t.Errorf("%d outcomes, want %d", len(c.Want.Outcomes), len(want.Expected))
		}
		for i, o := range c.Want.Outcomes {
			if i == 0 && o.Grade != verdict.OK {
				t.Errorf("the first outcome is %s", o.Grade)
			}
			events, known := want.Expected[string(o.Grade)]
			if !known || !slices.EqualFunc(o.Events, events, sameEvent) {
				t.Errorf("%s wants %v, the catalogue %v", o.Grade, o.Events, events)
			}
		}
		if c.Want.Within != time.Duration(want.Wait)*time.Second {
			t.Errorf("echoes within %v, want %d s", c.Want.Within, want.Wait)
		}
		if n := max(want.Count, min(want.Wait, 1)); c.Want.Echoes != n {
			t.Errorf("%d echoes, want %d", c.Want.Echoes, n)
		}
		var codes []ws.CloseCode
		for _, code := range want.Close.Codes {
			codes = append(codes, ws.CloseCode(code))
		}
		k := c.Close
		if k.ByUs != want.Close.ClosedByMe || !slices.Equal(k.Codes, codes) || k.Clean != want.Close.Clean ||
			k.WrongEndFails != want.Close.EndIsFatal || k.WrongCodeFails != want.CodeIsFatal {
			t.Errorf("closing %+v, want %+v and wrong code fatal %v", k, want.Close, want.CodeIsFatal)
		}
	})
}

func sameEvent(got verdict.Event, want wantedEvent) bool {
	name := map[wirelog.EventType]string{wirelog.TextEvent: "message", wirelog.BinaryEvent: "message", wirelog.PongEvent: "pong", wirelog.TimeoutEvent: "timeout"}
	return name[got.Type] == want.Event && (got.Type == wirelog.BinaryEvent) == want.Binary && got.Tag == want.Tag &&
		got.Data.Len == len(want.Payload) && got.Data.Differ(want.Payload) < 0
}

// A peer that answers as a row expects earns the row's grade and, by the
// close rules, OK; and where the row is complete, we close at that instant.
func TestFaithfulPeersEarnTheirGrade(t *testing.T) {
	eachCase(t, cases.Current, func(t *testing.T, c conform.Case, want fact, role ws.Role) {
		if len(want.Expected) == 0 {
			checkEchoes(t, c, want, role)
		}
		for grade, events := range want.Expected {
			checkGrade(t, c, want, role, verdict.Grade(grade), events)
		}
	})
}

func checkGrade(t *testing.T, c conform.Case, want fact, role ws.Role, grade verdict.Grade, events []wantedEvent) {
	t.Helper()
	masked := role == ws.Client
	line := want.play(t, masked)
	var silences time.Duration
	for _, e := range events {
		if e.Event == "timeout" {
			silences += time.Second
		}
	}
	if silences > 0 { // the peer reacts in the middle of the pause that follows
		line.now = silences + time.Second/2
		line.segments = slices.DeleteFunc(line.segments, func(s segment) bool { return s.at > line.now })
	}
	script := total(line.segments, masked)
	weClose := line.open && want.Close.ClosedByMe
	if line.open {
		code := uint16(1000)
		if weClose {
			code = want.Close.Codes[0]
		}
		line.frame(true, 0, 8, []byte{byte(code >> 8), byte(code)}, 0)
	}
	got := play(t, c, role, func(s stream.Stream, r *bufio.Reader) {
		discard(r, script)
		if silences > 0 {
			time.Sleep(line.now - line.segments[len(line.segments)-2].at)
		}
		answer(s, role, events)
		if weClose {
			discard(r, 4+4*int(1-role))
		}
		closeWith(s, role, want.Close.Codes[0])
	})
	got.compare(t, line.segments, masked)
	if got.ended != line.now {
		t.Errorf("%s: ended after %v, want %v", grade, got.ended, line.now)
	}
	wantClose := verdict.OK
	if want.Informational {
		grade, wantClose = verdict.Informational, verdict.Informational
	}
	if v := verdict.Judge(c.Want, c.Close, got.log); v.Behavior != grade || v.Close != wantClose {
		t.Errorf("verdict %+v, want %s and %s", v, grade, wantClose)
	}
}

// checkEchoes plays a case that wants echoes, and one in which the last octet of
// the last echo is wrong.
func checkEchoes(t *testing.T, c conform.Case, want fact, role ws.Role) {
	t.Helper()
	masked := role == ws.Client
	line := want.play(t, masked)
	once := line.segments
	var message []byte
	for _, s := range once {
		message = append(message, s.body...)
	}
	for range want.Count - 1 {
		line.segments = append(line.segments, once...)
	}
	line.frame(true, 0, 8, []byte{0x03, 0xe8}, 0)
	answer := encodeFrame(once[0].head[0]&15, !masked, message)
	times := max(want.Count, 1)
	echo := func(spoilt bool) remote {
		return func(s stream.Stream, r *bufio.Reader) {
			for i := range times {
				discard(r, total(once, masked))
				b := bytes.Clone(answer)
				if spoilt && i == times-1 {
					b[len(b)-1] ^= 1
				}
				_, _ = s.Write(b)
			}
			discard(r, 4+4*int(1-role))
			closeWith(s, role, 1000)
		}
	}
	got := play(t, c, role, echo(false))
	got.compare(t, line.segments, masked)
	if v := verdict.Judge(c.Want, c.Close, got.log); v.Behavior != verdict.OK || v.Close != verdict.OK {
		t.Errorf("verdict %+v", v)
	}
	if len(message) == 0 {
		return
	}
	got = play(t, c, role, echo(true))
	if v := verdict.Judge(c.Want, c.Close, got.log); v.Behavior != verdict.Failed || got.log.Echo.Difference == "" {
		t.Errorf("verdict %+v with the last octet spoilt: %s", v, got.log.Echo.Difference)
	}
}

// 10.1.1 is about how many frames a message is cut into.
func TestAutomaticFragmentation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := cases.All(cases.Current)
		c := all[slices.IndexFunc(all, func(c conform.Case) bool { return c.ID == "10.1.1" })]
		sent := play(t, c, ws.Client, silent).log.Stats.SentFrames
		if sent[ws.Text] != 1 || sent[ws.Continuation] != 50 {
			t.Errorf("%d text frames and %d continuations, want 1 and 50", sent[ws.Text], sent[ws.Continuation])
		}
	})
}

// total is how many octets the segments take.
func total(segments []segment, masked bool) int {
	n := 0
	for size, times := range sentSizes(segments, masked) {
		n += size * times
	}
	return n
}

func discard(r *bufio.Reader, n int) { _, _ = io.CopyN(io.Discard, r, int64(n)) }

// answer sends the events that are frames.
func answer(s stream.Stream, role ws.Role, events []wantedEvent) {
	for _, e := range events {
		op := byte(1)
		switch {
		case e.Event == "timeout":
			continue
		case e.Event == "pong":
			op = 10
		case e.Binary:
			op = 2
		}
		_, _ = s.Write(encodeFrame(op, role == ws.Server, e.Payload))
	}
}

// closeWith sends a Close and ends TCP as the RFC wants it: the server first.
func closeWith(s stream.Stream, role ws.Role, code uint16) {
	_, _ = s.Write(encodeFrame(8, role == ws.Server, []byte{byte(code >> 8), byte(code)}))
	if role == ws.Server {
		_, _ = io.Copy(io.Discard, s)
	}
}
