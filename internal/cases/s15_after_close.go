// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// afterClose is 15.3: what comes with our Close, before it and behind it.
//
// "The application MUST NOT send any more data frames after sending a Close frame", "it
// SHOULD do so as soon as practical", "An endpoint MAY delay sending a Close frame until
// its current message is sent" (RFC 6455, 5.5.1); "After receiving a control frame
// indicating the connection should be closed, a peer discards any further data received"
// (1.4). Data behind the peer's own Close fails every case.
func afterClose() []conform.Case {
	const spec = "RFC 6455, 5.5.1"
	normal := withCode(ws.NormalClosure)
	return []conform.Case{
		{
			ID: "15.3.1", Title: "Close, then ten texts and three Pings, in one write", Spec: spec,
			Requirements: []string{"6455-5.5.1-4", "6455-5.5.1-5", "6455-5.5.1-9", "6455-5.5.2-5"},
			Play:         closesWith(append([]peer.Frame{normal}, append(numbered(10, text), numbered(3, ping)...)...)...),
			Want:         orPongBehindClose(answersClose(verdict.OK, usual(ws.NormalClosure))),
		}, {
			ID: "15.3.2", Title: "A hundred texts, then Close, in one write", Spec: spec,
			Requirements: []string{"6455-5.5.1-4", "6455-5.5.1-5", "6455-6.2-5"},
			Play:         closesWith(append(numbered(100, text), normal)...),
			Want:         answersClose(verdict.OK, usual(ws.NormalClosure), maybeAll(numberedEchoes(100))...), Limit: 12 * time.Second,
		}, {
			ID: "15.3.3", Title: "Close twice", Spec: spec, Requirements: []string{"6455-5.5.1-5", "6455-5.5.1-9"},
			Play: closesWith(normal, normal), Want: answersClose(verdict.OK, usual(ws.NormalClosure)),
		}, {
			ID: "15.3.4", Title: "Close, then frames with all reserved bits and opcodes of no meaning", Spec: "RFC 6455, 7.1.1",
			Requirements: []string{"6455-5.5.1-9", "6455-7.1.1-2"},
			Play:         closesWith(normal, rsv(7, text("junk")), rsv(7, reserved(5, "junk")), reserved(13, "junk")),
			Want: ladder(
				is(verdict.OK, echo(alive), closed(usual(ws.NormalClosure)...), ended()),
				why("What stands behind our Close was found fault with.", is(verdict.NonStrict, echo(alive), closed(faultFinding()...), ended())),
				is(verdict.OK, echo(alive), closed(), ended()),
			),
		}, {
			ID: "15.3.5", Title: "Close between the fragments of a text", Spec: spec, Requirements: []string{"6455-5.4-4", "6455-5.5.1-16"},
			Play: closesWith(more(text("fragment1")), normal, cont("fragment2")), Want: answersClose(verdict.OK, usual(ws.NormalClosure)),
		}, {
			ID: "15.3.6", Title: "Close with a code and a reason, octet by octet", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-19", "6455-5.5.1-5"},
			Play: closesWith(chopped(1, closeFrame(coded(ws.NormalClosure, "bye")))), Want: answersClose(verdict.OK, usual(ws.NormalClosure)),
		}, {
			ID: "15.3.7", Title: "Close, and how soon it is answered", Spec: spec, Requirements: []string{"6455-5.5.1-5", "6455-5.5.1-7"},
			Play: steps(closes(coded(ws.NormalClosure, "")), promptReply), Want: answersClose(verdict.OK, usual(ws.NormalClosure)), Limit: 5 * time.Second,
		},
		closeDuringEcho(),
	}
}

// orPongBehindClose takes it too that Pings are answered although Close frames have gone:
// "unless it already received a Close frame" (RFC 6455, 5.5.2) says that they need not
// be, and what must not come behind a Close is data (5.5.1).
func orPongBehindClose(w verdict.Want) verdict.Want {
	answers := often(anything(pongs("")))
	return or(w, why("A Ping was answered although a Close had gone.", is(verdict.NonStrict, echo(alive), answers, closed(), answers, ended())))
}

// promptReply is for a peer that has nothing else to do than to answer our Close.
func promptReply(p *peer.Peer) {
	const prompt = 500 * time.Millisecond
	start := time.Now()
	p.Until(5*time.Second, p.GotClose)
	if took := time.Since(start); p.GotClose() && took > prompt {
		p.Lapse(fmt.Sprintf("RFC 6455, 5.5.1: a Close should be answered as soon as practical, and it took %v", took.Round(10*time.Millisecond)))
	}
}

// closeDuringEcho closes while an echo is on its way that no buffer of TCP can hold.
func closeDuringEcho() conform.Case {
	big := repeated(8<<20, text("0123456789abcdef"))
	return conform.Case{
		ID: "15.3.8", Title: "8 MiB of text, and Close while the echo is on its way", Spec: "RFC 6455, 5.5.1",
		Requirements: []string{"6455-5.5.1-4", "6455-5.5.1-5", "6455-5.5.1-8"}, Tags: []conform.Tag{conform.Slow}, Limit: 10 * time.Second,
		Play: steps(live, func(p *peer.Peer) {
			p.Send(big)
			p.DeafFor(50 * time.Millisecond)
			p.Close(ws.NormalClosure)
		}),
		Want: ladder(
			is(verdict.OK, echo(alive), echoOf(big), closed(), ended()),
			tooBig(),
			why("The peer's Close says that something was wrong, and nothing was.", is(verdict.Failed, echo(alive), closed(faultFinding()...), ended())),
			is(verdict.OK, echo(alive), closed(), ended()),
		),
	}
}

// tooBig is the outcome that the peer refuses a message for its length (RFC 6455, 10.4).
func tooBig() verdict.Outcome {
	return why("The message is too long for the peer, which closes with 1009 as RFC 6455, 10.4 lets it.",
		is(verdict.Informational, echo(alive), closed(ws.MessageTooBig), ended()))
}

// numbered makes n frames whose payloads are 0, 1, 2 and so on.
func numbered(n int, frame func(string) peer.Frame) []peer.Frame {
	var fs []peer.Frame
	for i := range n {
		fs = append(fs, frame(fmt.Sprint(i)))
	}
	return fs
}

// numberedEchoes are the echoes of numbered texts.
func numberedEchoes(n int) []verdict.Event {
	var es []verdict.Event
	for i := range n {
		es = append(es, echo(fmt.Sprint(i)))
	}
	return es
}

// maybeAll makes of events such as need not come.
func maybeAll(es []verdict.Event) []verdict.Event {
	for i := range es {
		es[i] = maybe(es[i])
	}
	return es
}
