// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// told begins the commands of each case: the message shows that the peer does what it
// is told, so that one which refuses a close code is not taken for one that does nothing.
const (
	toldText = "told"
	told     = "send:" + toldText + ","
)

// toldClose tells the peer to close with any code and reason.
func toldClose(code ws.CloseCode, reason string) string {
	return told + ws.Command{Word: "close", Code: code, Text: reason}.String()
}

// obeying plays the rest once the peer has done what it was told. Until then nothing
// that the closing handshake asks of us is done. The peer begins with it before it
// echoes anything (docs/commands.md), so an echo says that it will not: nobody waits for
// a peer that knows no commands, and it is UNIMPLEMENTED.
func obeying(rest ...func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		p.Withhold(true)
		if !obeys(p) {
			p.NotJudged("the peer did nothing of what it was told: the case needs one that understands commands (docs/commands.md)")
			p.Withhold(false)
			p.Close(ws.NormalClosure)
			return
		}
		steps(rest...)(p)
		p.Withhold(false)
	}
}

func obeys(p *peer.Peer) bool {
	const soon, patient = 100 * time.Millisecond, 3 * time.Second
	ends := func() bool { return p.GotClose() || p.IsClosed() }
	isEcho := func(i int) bool {
		return verdict.Matches([]verdict.Event{echo(alive)}, []wirelog.Record{p.Event(i)})
	}
	if !p.Until(soon, ends) {
		p.Send(text(alive))
		p.Until(patient, func() bool { return ends() || p.Events() > 0 && isEcho(p.Events()-1) })
	}
	return p.GotClose() || p.Events() > 0 && !isEcho(0)
}

// afterTold are events of a peer that has been told: behind its message.
func afterTold(es ...verdict.Event) []verdict.Event {
	return append([]verdict.Event{maybe(echo(toldText))}, es...)
}

// closesTold: the peer closes with one of the codes.
func closesTold(codes ...ws.CloseCode) verdict.Want {
	return ladder(is(verdict.OK, afterTold(closed(codes...), ended())...))
}

// orRefusesTold takes it too that the peer's API does not do what it was told.
func orRefusesTold(g verdict.Grade, w verdict.Want) verdict.Want {
	return or(w, why("The peer refused to close like that.", is(g, afterTold(echo(alive), answersUs(), ended())...)))
}

// orGivesUp takes it too, as not so good, that the peer's API ends the connection where it
// does not do what it was told: nothing invalid is sent, but a Close should come first.
func orGivesUp(w verdict.Want) verdict.Want {
	return or(w, why("The peer refused to close like that, and ended TCP without a Close (RFC 6455, 7.1.7: it should send one).",
		is(verdict.NonStrict, afterTold(ended())...)))
}

// commanded are 7.2 to 7.12: closing that the peer begins, which it has to be told to.
//
// "the application MUST NOT send any more data frames after sending a Close frame"
// (RFC 6455, 5.5.1); "The WebSocket Closing Handshake is Started" with a code and a
// reason (7.1.2).
func commanded() []conform.Case {
	cs := append(toldToClose(), toldReasons()...)
	cs = append(cs, toldCodes()...)
	return append(cs, toldAndLeft()...)
}

// beforeAnswer looks whether the peer ends TCP although its Close is not answered yet.
func beforeAnswer(p *peer.Peer) {
	const moment = 100 * time.Millisecond
	if p.GotClose() && p.Until(moment, p.IsClosed) {
		p.Lapse("RFC 6455, 7.1.1: the peer ended TCP without waiting for the answer to its Close")
	}
}

func toldToClose() []conform.Case {
	const spec = "RFC 6455, 5.5.1"
	normal := closesTold(ws.NormalClosure, ws.NoStatus)
	big := anything(echoOf(binary("")))
	return []conform.Case{
		{
			ID: "7.2.1", Title: "Peer is told to close, and we take a moment to answer", Spec: "RFC 6455, 7.1.2", Command: told + "close",
			Requirements: []string{"6455-7.1.2-1", "6455-7.3-1"}, Play: obeying(beforeAnswer), Want: normal,
		}, {
			ID: "7.2.2", Title: "Peer is told to close with 1000 and a reason", Spec: "RFC 6455, 7.1.2", Command: toldClose(ws.NormalClosure, "bye"),
			Requirements: []string{"6455-7.1.2-1"}, Play: obeying(reasonIs("bye", (*peer.Peer).Lapse)), Want: closesTold(ws.NormalClosure),
		}, {
			ID: "7.2.3", Title: "Peer is told to close; three texts before our answer", Spec: spec, Command: told + "close",
			Requirements: []string{"6455-5.5.1-4", "6455-5.5.1-15"}, Play: obeying(send(numbered(3, text)...)), Want: normal,
		}, {
			ID: "7.2.4", Title: "Peer is told to close; a Ping before our answer", Spec: "RFC 6455, 5.5.2", Command: told + "close",
			Requirements: []string{"6455-5.5.1-15"}, Play: obeying(send(ping("late"))), Want: ladder(is(verdict.OK, afterTold(closed(ws.NormalClosure, ws.NoStatus), maybe(anything(pongs(""))), ended())...)),
		}, {
			ID: "7.2.5", Title: "Peer is told to close; a fragmented text before our answer", Spec: spec, Command: told + "close",
			Requirements: []string{"6455-5.5.1-15"}, Play: obeying(send(more(text("fragment1")), cont("fragment2"))), Want: normal,
		}, {
			ID: "7.2.6", Title: "Peer is told to close, and our own Close crosses its", Spec: spec, Command: told + "close",
			Requirements: []string{"6455-5.5.1-9", "6455-5.5.1-14"}, Play: obeying(send(withCode(ws.NormalClosure)), lingers), Want: normal,
		}, {
			ID: "7.2.7", Title: "Peer is told to send three texts and to close at once", Spec: spec, Command: told + "send:queued:3,close:1000",
			Requirements: []string{"6455-5.1-6", "6455-5.5.1-4", "6455-6.1-1"}, Play: obeying(lingers),
			Want: ladder(is(verdict.OK, afterTold(echo("queued"), echo("queued"), echo("queued"), closed(ws.NormalClosure), ended())...)),
		}, {
			ID: "7.2.8", Title: "Peer is told to send 8 MiB and to close at once", Spec: spec, Command: told + "sendbig:8388608,close:1000", Tags: []conform.Tag{conform.Slow},
			Requirements: []string{"6455-5.5.1-8"}, Play: obeying(), Limit: 10 * time.Second,
			Want: ladder(
				is(verdict.OK, afterTold(big, closed(ws.NormalClosure), ended())...),
				is(verdict.OK, afterTold(closed(ws.NormalClosure), ended())...),
			),
		},
	}
}

// lingers leaves time for what must not come behind a Close.
func lingers(p *peer.Peer) {
	const moment = 50 * time.Millisecond
	p.Until(moment, p.IsClosed)
}

// reasonIs notes it where the peer's Close has another reason.
func reasonIs(want string, note func(*peer.Peer, string)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		if got := p.Log().Facts.Remote.Reason; p.GotClose() && got != want {
			note(p, fmt.Sprintf("RFC 6455, 7.1.2: the Close has the reason %.40q, and should have %.40q", got, want))
		}
	}
}

func toldReasons() []conform.Case {
	const spec, full = "RFC 6455, 5.5", 123
	longest := strings.Repeat("x", full)
	odd := "κόσμε \U0001F600"
	anyway := orGivesUp(orRefusesTold(verdict.OK, closesTold()))
	return []conform.Case{
		{
			ID: "7.4.1", Title: "Peer is told to close with the longest reason, 123 octets", Spec: spec, Command: toldClose(ws.NormalClosure, longest),
			Requirements: []string{"6455-5.5-5", "6455-7.1.2-1"}, Play: obeying(reasonIs(longest, (*peer.Peer).Lapse)),
			Want: orRefusesTold(verdict.NonStrict, closesTold(ws.NormalClosure)),
		}, {
			ID: "7.4.2", Title: "Peer is told to close with a reason of 124 octets", Spec: spec, Command: toldClose(ws.NormalClosure, longest+"x"),
			Requirements: []string{"6455-5.5-5"}, Play: obeying(), Want: anyway,
		}, {
			ID: "7.4.3", Title: "Peer is told to close with a reason of 62 characters in 124 octets", Spec: "RFC 6455, 5.5.1",
			Command: toldClose(ws.NormalClosure, strings.Repeat("é", 62)), Requirements: []string{"6455-5.5.1-2"}, Play: obeying(), Want: anyway,
		}, {
			ID: "7.6.1", Title: "Peer is told to close with a reason of characters of one to four octets", Spec: "RFC 6455, 5.5.1", Command: toldClose(ws.NormalClosure, odd),
			Requirements: []string{"6455-5.5.1-2", "6455-7.1.2-1"}, Play: obeying(reasonIs(odd, (*peer.Peer).Violation)), Want: closesTold(ws.NormalClosure),
		}, {
			ID: "7.6.2", Title: "Peer is told to close with a reason that is a lone surrogate", Spec: "RFC 6455, 5.5.1", Command: toldClose(ws.NormalClosure, "\xED\xA0\x80"),
			Requirements: []string{"6455-5.5.1-2"}, Play: obeying(), Want: anyway,
		},
	}
}

func toldCodes() []conform.Case {
	const spec = "RFC 6455, 7.4.1"
	valid := []ws.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}
	// Codes above 4999 are left out: no sentence with a MUST is about them.
	invalid := []ws.CloseCode{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999}
	turn := func(code ws.CloseCode, w verdict.Want) conform.Turn {
		return conform.Turn{Name: fmt.Sprint(code), Command: toldClose(code, ""), Play: obeying(), Want: &w}
	}
	return []conform.Case{
		{
			ID: "7.8.1", Title: fmt.Sprintf("Peer is told to close with each of %d valid codes", len(valid)), Spec: spec,
			Requirements: []string{"IANA-1012", "IANA-1013", "IANA-1014", "6455-7.1.2-1"}, Want: closesTold(),
			Turns: each(valid, func(code ws.CloseCode) conform.Turn {
				return turn(code, orRefusesTold(verdict.Informational, closesTold(code)))
			}),
		}, {
			ID: "7.8.2", Title: "Client is told to close with 1010", Spec: spec, Only: conform.AsServer, Command: toldClose(1010, "permessage-deflate"),
			Requirements: []string{"6455-7.4.1-6"}, Play: obeying(), Want: orRefusesTold(verdict.OK, closesTold(1010)),
		}, {
			ID: "7.8.3", Title: "Server is told to close with 1010, which is for clients", Spec: spec, Only: conform.AsClient, Command: toldClose(1010, ""),
			Requirements: []string{"6455-7.4.1-7"}, Play: obeying(),
			Want: orRefusesTold(verdict.OK, ladder(
				why("A server closed with 1010, which only clients have a use for.", is(verdict.NonStrict, afterTold(closed(1010), ended())...)),
				is(verdict.OK, afterTold(closed(), ended())...),
			)),
		}, {
			ID: "7.10.1", Title: fmt.Sprintf("Peer is told to close with each of %d codes that must not be sent", len(invalid)), Spec: spec,
			Requirements: []string{"6455-7.4.1-1", "6455-7.4.1-2", "6455-7.4.1-3", "6455-7.4.1-4"}, Want: closesTold(),
			Turns: each(invalid, func(code ws.CloseCode) conform.Turn {
				return turn(code, orGivesUp(orRefusesTold(verdict.OK, closesTold())))
			}),
		}, {
			ID: "7.10.2", Title: "Peer is told to close without a code", Spec: spec, Command: told + "close",
			Requirements: []string{"6455-7.4.1-1", "6455-7.1.5-1"}, Play: obeying(), Want: closesTold(ws.NormalClosure, ws.NoStatus),
		},
	}
}

func toldAndLeft() []conform.Case {
	const patient = 30 * time.Second
	bare := why("TCP ended without a Close, which should come first.", is(verdict.NonStrict, afterTold(ended())...))
	return []conform.Case{
		{
			ID: "7.11.1", Title: fmt.Sprintf("Peer is told to close, and gets no answer for %v", patient), Spec: "RFC 6455, 7.1.1", Command: told + "close",
			Requirements: []string{"6455-5.5.1-13"}, Tags: []conform.Tag{conform.Paced}, Limit: patient,
			Play: obeying(func(p *peer.Peer) { p.Until(patient, p.IsClosed) }),
			Want: shouldLevel(closesTold()),
		}, {
			ID: "7.11.2", Title: "Client is told to close, and TCP stays open behind our answer", Spec: "RFC 6455, 5.5.1", Only: conform.AsServer, Command: told + "close",
			Requirements: []string{"6455-5.5.1-12", "6455-5.5.1-13"}, Tags: []conform.Tag{conform.Paced}, Limit: patient,
			Play: obeying(send(withCode(ws.NormalClosure)), func(p *peer.Peer) {
				const moment = 100 * time.Millisecond
				if p.Until(moment, p.IsClosed) {
					p.Lapse("RFC 6455, 5.5.1: the client should wait for the server to end TCP, and has ended it first")
				}
				p.Until(patient, p.IsClosed)
			}),
			Want: openLevel(closesTold()),
		}, {
			ID: "7.12.1", Title: "Peer is told to stop", Spec: "RFC 6455, 7.4.1", Command: told + "shutdown",
			Requirements: []string{"6455-7.3-1"}, Play: obeying(),
			Want: shouldLevel(ladder(is(verdict.OK, afterTold(closed(ws.GoingAway, 1012, ws.NormalClosure), ended())...), bare)),
		}, {
			ID: "7.12.2", Title: "The peer's application is told to fail", Spec: "RFC 6455, 7.4.1", Command: told + "raise",
			Requirements: []string{"6455-7.4.1-8"}, Play: obeying(),
			Want: ladder(
				is(verdict.OK, afterTold(closed(1011), ended())...),
				why("The Close does not say that the application failed (1011).", is(verdict.NonStrict, afterTold(closed(), ended())...)),
				bare,
			),
		},
	}
}
