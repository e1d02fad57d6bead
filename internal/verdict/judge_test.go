// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// What most rows want and judge.
var (
	hello   = verdict.Event{Type: wirelog.TextEvent, Data: ws.Literal([]byte("Hello"))}
	answer  = verdict.Event{Type: wirelog.PongEvent, Data: ws.Literal([]byte("p"))}
	silence = verdict.Event{Type: wirelog.TimeoutEvent, Tag: "A"}
	none    = []verdict.Event{}

	byUs   = verdict.Closing{ByUs: true, Codes: []ws.CloseCode{1000}, Clean: true}
	byThem = verdict.Closing{Codes: []ws.CloseCode{1002, 1007}}
)

func ok(es ...verdict.Event) verdict.Want {
	return verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: es}}}
}

func orNonStrict(w verdict.Want, es ...verdict.Event) verdict.Want {
	w.Outcomes = append(w.Outcomes, verdict.Outcome{Grade: verdict.NonStrict, Events: es})
	return w
}

// logOf makes a log of events in their notation, which ended as the facts say.
func logOf(t *testing.T, events string, facts wirelog.Facts) *wirelog.Log {
	t.Helper()
	var lines strings.Builder
	for line := range strings.Lines(events) {
		lines.WriteString("0.000000 = " + strings.TrimSpace(line) + "\n")
	}
	rs, err := wirelog.Parse(lines.String())
	if err != nil {
		t.Fatal(err)
	}
	log := wirelog.New(facts.Role)
	log.Records, log.Facts = rs, facts
	return log
}

// facts that are right where we close, and where the peer does.
func weClosed() wirelog.Facts {
	return wirelog.Facts{Opened: true, ClosedByMe: true, WasClean: true, Local: coded(1000), Remote: coded(1000)}
}

func theyClosed() wirelog.Facts {
	return wirelog.Facts{Opened: true, WasClean: true, Local: coded(1000), Remote: coded(1002)}
}

func coded(code ws.CloseCode) wirelog.CloseFacts {
	return wirelog.CloseFacts{Sent: true, Coded: true, Code: code}
}

func TestBehavior(t *testing.T) {
	binaryHello := verdict.Event{Type: wirelog.BinaryEvent, Data: ws.Literal([]byte("Hello"))}
	for _, c := range []struct {
		rule   string
		want   verdict.Want
		events string
		grade  verdict.Grade
	}{
		{"the events of the row that is OK", ok(hello), `text "Hello"`, verdict.OK},
		{"no event, where none is wanted", ok(), "", verdict.OK},
		{"no event, where one is wanted", ok(hello), "", verdict.Failed},
		{"an event where none is wanted", ok(), `text "Hello"`, verdict.Failed},
		{"an event too many", ok(hello), "text \"Hello\"\ntext \"Hello\"", verdict.Failed},
		{"the right events in the wrong order", ok(hello, answer), "pong \"p\"\ntext \"Hello\"", verdict.Failed},
		{"the right events in order", ok(answer, hello), "pong \"p\"\ntext \"Hello\"", verdict.OK},
		{"the wrong type of message", ok(hello), `binary "Hello"`, verdict.Failed},
		{"the right type of message", ok(binaryHello), `binary "Hello"`, verdict.OK},
		{"a wrong octet", ok(hello), `text "Hellp"`, verdict.Failed},
		{"an octet less", ok(hello), `text "Hell"`, verdict.Failed},
		{"an octet more", ok(hello), `text "Hello!"`, verdict.Failed},
		{"a pong for a message", ok(hello), `pong "Hello"`, verdict.Failed},
		{"the events of the second row", orNonStrict(ok(hello)), "", verdict.NonStrict},
		{"the first row goes first", orNonStrict(ok(hello), hello), `text "Hello"`, verdict.OK},
		{"neither row", orNonStrict(ok(hello)), `text "Bye"`, verdict.Failed},
		{"a silence", ok(silence), "timeout A", verdict.OK},
		{"another silence", ok(silence), "timeout B", verdict.Failed},
		{"a wait that is not kept", orNonStrict(ok(silence), silence, silence), "", verdict.Failed},
	} {
		v := verdict.Judge(c.want, byUs, logOf(t, c.events, weClosed()))
		if v.Behavior != c.grade || v.Close != verdict.OK || v.Result == "" {
			t.Errorf("%s: %+v, want %s and OK", c.rule, v, c.grade)
		}
	}
}

// TestClosing has a row for each rule, in order: the first that fits decides.
func TestClosing(t *testing.T) {
	for _, c := range []struct {
		rule    string
		closing verdict.Closing
		change  func(*wirelog.Facts)
		grade   verdict.Grade
	}{
		{"the handshake failed", byUs, func(f *wirelog.Facts) { *f = wirelog.Facts{} }, verdict.Failed},
		{"all is well", byUs, func(*wirelog.Facts) {}, verdict.OK},
		{"closed by the peer instead of us", byUs, func(f *wirelog.Facts) { f.ClosedByMe = false }, verdict.Failed},
		{"closed by us instead of the peer", byThem, func(*wirelog.Facts) {}, verdict.Failed},
		{"the wrong endpoint comes before unclean", byUs, func(f *wirelog.Facts) { f.ClosedByMe, f.WasClean = false, false }, verdict.Failed},
		{"not clean where it must be", byUs, func(f *wirelog.Facts) { f.WasClean = false }, verdict.Unclean},
		{"unclean comes before a wrong code", byUs, func(f *wirelog.Facts) { f.WasClean, f.Remote = false, coded(1001) }, verdict.Unclean},
		{"a wrong code", byUs, func(f *wirelog.Facts) { f.Remote = coded(1001) }, verdict.WrongCode},
		{"no code is no wrong code", byUs, func(f *wirelog.Facts) { f.Remote = wirelog.CloseFacts{Sent: true} }, verdict.OK},
		{"a wrong code comes before our end of TCP", byUs, func(f *wirelog.Facts) { f.DroppedByMe, f.Remote = true, coded(1001) }, verdict.WrongCode},
		{"a client that ends TCP", byUs, func(f *wirelog.Facts) { f.DroppedByMe = true }, verdict.FailedByClient},
		{"a server that ends TCP", byUs, func(f *wirelog.Facts) { f.DroppedByMe, f.Role = true, ws.Server }, verdict.OK},
		{"the peer fails the connection", byThem, func(f *wirelog.Facts) { *f = theyClosed() }, verdict.OK},
		{"the peer fails it with the other code", byThem, func(f *wirelog.Facts) { *f = theyClosed(); f.Remote = coded(1007) }, verdict.OK},
		{"the peer fails it with a wrong code", byThem, func(f *wirelog.Facts) { *f = theyClosed(); f.Remote = coded(1003) }, verdict.WrongCode},
		{"the peer ends TCP without a Close", byThem, func(f *wirelog.Facts) { *f = wirelog.Facts{Opened: true} }, verdict.OK},
	} {
		f := weClosed()
		c.change(&f)
		v := verdict.Judge(ok(), c.closing, logOf(t, "", f))
		if v.Close != c.grade || v.CloseResult == "" {
			t.Errorf("%s: %+v, want %s", c.rule, v, c.grade)
		}
		if f.Opened && v.Behavior != verdict.OK {
			t.Errorf("%s: the closing decides on the behavior: %+v", c.rule, v)
		}
	}
}

// The sentences that scripts of users compare.
func TestSentences(t *testing.T) {
	wrong := weClosed()
	wrong.Remote = coded(1003)
	unclean := weClosed()
	unclean.WasClean = false
	echoes := verdict.Want{Echoes: 1, Within: 100 * time.Second}
	for _, c := range []struct {
		want          verdict.Want
		closing       verdict.Closing
		facts         wirelog.Facts
		result, close string
	}{
		{ok(), byUs, weClosed(), "Actual events match at least one expected.", "Connection was properly closed"},
		{ok(hello), byUs, unclean, "Actual events match none of those expected.", "The spec requires the connection to be failed cleanly here"},
		{echoes, verdict.Closing{ByUs: true, Codes: []ws.CloseCode{1002}}, wrong, "Did not receive message within 100 seconds.", "The close code should have been 1002 or empty"},
		{echoes, verdict.Closing{ByUs: true, Codes: []ws.CloseCode{1002, 1007}}, wrong, "Did not receive message within 100 seconds.", "The close code should have been 1002,1007 or empty"},
	} {
		v := verdict.Judge(c.want, c.closing, logOf(t, "", c.facts))
		if v.Result != c.result || v.CloseResult != c.close {
			t.Errorf("%q and %q, want %q and %q", v.Result, v.CloseResult, c.result, c.close)
		}
	}
}

// What makes a fault of the closing a fault of the case.
func TestFatalClosing(t *testing.T) {
	wrongCode := weClosed()
	wrongCode.Remote = coded(1003)
	for _, c := range []struct {
		rule    string
		closing verdict.Closing
		facts   wirelog.Facts
		grade   verdict.Grade
	}{
		{"a wrong code that does not matter", byUs, wrongCode, verdict.OK},
		{"a wrong code that does", verdict.Closing{ByUs: true, Codes: byUs.Codes, WrongCodeFails: true}, wrongCode, verdict.Failed},
		{"a right code where a wrong one would", verdict.Closing{ByUs: true, Codes: byUs.Codes, WrongCodeFails: true}, weClosed(), verdict.OK},
		{"a wrong code behind an unclean close", verdict.Closing{ByUs: true, Codes: byUs.Codes, Clean: true, WrongCodeFails: true},
			wirelog.Facts{Opened: true, ClosedByMe: true, Remote: coded(1003)}, verdict.OK},
		{"the wrong endpoint where it does not matter", byThem, weClosed(), verdict.OK},
		{"the wrong endpoint where it does", verdict.Closing{Codes: byThem.Codes, WrongEndFails: true}, weClosed(), verdict.Failed},
		{"the right endpoint where the wrong one would", verdict.Closing{Codes: byThem.Codes, WrongEndFails: true}, theyClosed(), verdict.OK},
	} {
		if v := verdict.Judge(ok(), c.closing, logOf(t, "", c.facts)); v.Behavior != c.grade {
			t.Errorf("%s: %+v, want %s", c.rule, v, c.grade)
		}
	}
}

func TestInformational(t *testing.T) {
	w := ok(hello)
	w.Informational = true
	strict := verdict.Closing{Codes: byThem.Codes, WrongEndFails: true, WrongCodeFails: true}
	for _, f := range []wirelog.Facts{weClosed(), theyClosed(), {}} {
		v := verdict.Judge(w, strict, logOf(t, `text "whatever"`, f))
		if v.Behavior != verdict.Informational || v.Close != verdict.Informational || v.Result == "" || v.CloseResult == "" {
			t.Errorf("%+v", v)
		}
	}
}

func TestEchoes(t *testing.T) {
	for _, c := range []struct {
		echoes int
		tally  wirelog.Echo
		grade  verdict.Grade
		result string
	}{
		{1, wirelog.Echo{Sent: 1, Matched: 1}, verdict.OK, "Received the message of 70000 octets unchanged."},
		{3, wirelog.Echo{Sent: 3, Matched: 3}, verdict.OK, "All 3 messages came back unchanged."},
		{1, wirelog.Echo{Sent: 1}, verdict.Failed, "Did not receive message within 60 seconds."},
		{3, wirelog.Echo{Sent: 3, Matched: 2}, verdict.Failed, "2 of 3 messages came back before the connection ended or 60 seconds were over."},
		{3, wirelog.Echo{Sent: 2, Matched: 1, Stalled: 5002 * time.Millisecond}, verdict.Failed, "Stalled after 1 of 3 messages: nothing moved in either direction for 5s."},
		{3, wirelog.Echo{Sent: 3, Matched: 3, Overtime: 2249 * time.Millisecond}, verdict.OK, "All 3 messages came back unchanged. That took 2.2s longer than the 1m0s allowed for it, slowly but steadily."},
		{3, wirelog.Echo{Sent: 3, Matched: 3, Difference: "octet 4 of 5 of the echo is 0x01 and should be 0x02"}, verdict.Failed, "Octet 4 of 5 of the echo is 0x01 and should be 0x02."},
	} {
		log := logOf(t, "", weClosed())
		log.Echo, log.Traffic.In.App = c.tally, 70000
		v := verdict.Judge(verdict.Want{Echoes: c.echoes, Within: time.Minute}, byUs, log)
		if v.Behavior != c.grade || v.Result != c.result {
			t.Errorf("%+v, want %s, %q", v, c.grade, c.result)
		}
	}
}

// Where we have failed the connection, the reason is what the peer did, and not
// that it was silent afterwards.
func TestEchoesAfterAViolation(t *testing.T) {
	const rule = "RFC 6455, 5.1: a server must not mask"
	for _, matched := range []int{0, 1, 2} {
		log := logOf(t, "", weClosed())
		log.Add(log.Start, wirelog.Record{Kind: wirelog.Violation, Note: rule})
		log.Echo = wirelog.Echo{Sent: 2, Matched: matched}
		v := verdict.Judge(verdict.Want{Echoes: 2, Within: time.Minute}, byUs, log)
		if complete := matched == 2; complete != (v.Behavior == verdict.OK) || complete == (v.Result == rule+".") {
			t.Errorf("%d of 2: %+v", matched, v)
		}
	}
}

func TestCompression(t *testing.T) {
	want := verdict.Want{Echoes: 1, NeedsDeflate: true}
	judge := func(change func(*verdict.Want, *wirelog.Log)) verdict.Verdict {
		w, log := want, logOf(t, "", weClosed())
		log.Extension, log.Echo.Matched = "permessage-deflate", 1
		change(&w, log)
		return verdict.Judge(w, byUs, log)
	}
	broken := func(log *wirelog.Log) { log.Compression.Break("RFC 7692, 7.1.1: context was kept") }
	for _, c := range []struct {
		rule   string
		change func(*verdict.Want, *wirelog.Log)
		grade  verdict.Grade
	}{
		{"agreed and echoed", func(*verdict.Want, *wirelog.Log) {}, verdict.OK},
		{"not agreed", func(_ *verdict.Want, l *wirelog.Log) { l.Extension = "" }, verdict.Unimplemented},
		{"not even opened", func(_ *verdict.Want, l *wirelog.Log) { l.Extension, l.Facts, l.Echo.Matched = "", wirelog.Facts{}, 0 }, verdict.Failed},
		{"agreement broken, for the reference", func(_ *verdict.Want, l *wirelog.Log) { broken(l) }, verdict.OK},
		{"agreement broken", func(w *verdict.Want, l *wirelog.Log) { w.ByRFC = true; broken(l) }, verdict.Failed},
		{"agreement kept", func(w *verdict.Want, _ *wirelog.Log) { w.ByRFC = true }, verdict.OK},
	} {
		if v := judge(c.change); v.Behavior != c.grade {
			t.Errorf("%s: %+v, want %s", c.rule, v, c.grade)
		}
	}
	v := judge(func(w *verdict.Want, l *wirelog.Log) { w.ByRFC, l.Extension = true, ""; broken(l) })
	if v.Behavior != verdict.Unimplemented || v.Result != "No permessage-deflate was agreed. RFC 7692, 7.1.1: context was kept." {
		t.Errorf("an offer that had to be declined: %+v", v)
	}
}

// A stored log keeps the beginning of long events and a digest: the verdict on it
// is the same.
func TestCompactedLogsAreJudgedAlike(t *testing.T) {
	unit := []byte("BAsd7&jh23")
	const size = 100_000
	whole := bytes.Repeat(unit, size/len(unit))
	want := ok(verdict.Event{Type: wirelog.TextEvent, Data: ws.Pattern{Unit: unit, Len: size}})
	spoil := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		got   []byte
		grade verdict.Grade
	}{
		{whole, verdict.OK}, {spoil(0), verdict.Failed}, {spoil(wirelog.KeepEvent), verdict.Failed}, {spoil(size - 1), verdict.Failed},
		{whole[:size-1], verdict.Failed}, {append(bytes.Clone(whole), 'B'), verdict.Failed},
	} {
		log := logOf(t, "", weClosed())
		log.Records = []wirelog.Record{{Kind: wirelog.Event, Type: wirelog.TextEvent, Data: wirelog.Whole(c.got)}}
		before := verdict.Judge(want, byUs, log)
		log.Compact()
		if len(log.Records[0].Data.Head) != wirelog.KeepEvent {
			t.Fatalf("%d octets kept", len(log.Records[0].Data.Head))
		}
		if after := verdict.Judge(want, byUs, log); after != before || after.Behavior != c.grade {
			t.Errorf("%+v before and %+v after, want %s", before, after, c.grade)
		}
	}
}

func TestPassedAndFailed(t *testing.T) {
	for _, c := range []struct {
		behavior, close verdict.Grade
		passed, failed  bool
	}{
		{verdict.OK, verdict.OK, true, false},
		{verdict.Informational, verdict.Informational, true, false},
		{verdict.Unimplemented, verdict.OK, true, false},
		{verdict.NonStrict, verdict.OK, false, false},
		{verdict.OK, verdict.Unclean, false, true},
		{verdict.OK, verdict.WrongCode, false, false},
		{verdict.OK, verdict.FailedByClient, false, true},
		{verdict.OK, verdict.Failed, false, true},
		{verdict.Failed, verdict.OK, false, true},
	} {
		v := verdict.Verdict{Behavior: c.behavior, Close: c.close}
		if v.Passed() != c.passed || v.Failed() != c.failed {
			t.Errorf("%s and %s: passed %v, failed %v", c.behavior, c.close, v.Passed(), v.Failed())
		}
	}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		want   verdict.Want
		events string
		is     bool
	}{
		{ok(hello), "", false}, {ok(hello), `text "Hello"`, true}, {ok(hello, answer), `text "Hello"`, false},
		{orNonStrict(ok(hello)), `text "Hello"`, false}, {verdict.Want{}, "", false}, {ok(none...), "", true},
	} {
		if got := c.want.Complete(logOf(t, c.events, weClosed()).Events()); got != c.is {
			t.Errorf("%+v is complete with %q: %v", c.want, c.events, got)
		}
	}
}

// An expected event prints like a received one.
func TestEventsPrintAlike(t *testing.T) {
	for e, want := range map[*verdict.Event]string{
		&hello: `= text "Hello"`, &answer: `= pong "p"`, &silence: "= timeout A",
		{Type: wirelog.BinaryEvent, Data: ws.Pattern{Unit: []byte{0xfe}, Len: 3}}: "= binary 0xfefefe",
	} {
		if got := e.Record().Text(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
