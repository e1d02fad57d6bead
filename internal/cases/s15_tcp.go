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

// tcpEnds is 15.4: how TCP ends, in order and not.
//
// "The server MUST close the underlying TCP connection immediately; the client SHOULD
// wait for the server to close the connection but MAY close the connection at any time
// after sending and receiving a Close message" (RFC 6455, 5.5.1). "The underlying TCP
// connection … SHOULD be closed cleanly" (7.1.1).
func tcpEnds() []conform.Case {
	return append(endsInOrder(), endsOutOfOrder()...)
}

func endsInOrder() []conform.Case {
	clean := ladder(is(verdict.OK, echo(alive), closed(), ended()))
	return []conform.Case{
		{
			ID: "15.4.1", Title: "Close, and how soon the server ends TCP", Spec: "RFC 6455, 5.5.1", Only: conform.AsClient,
			Requirements: []string{"6455-5.5.1-10", "6455-5.5.1-11", "6455-7.1.1-3"},
			Play:         steps(closes(coded(ws.NormalClosure, "")), promptEnd), Want: clean, Limit: 5 * time.Second,
		}, {
			ID: "15.4.2", Title: "Close: does the server end TCP by FIN or by RST?", Spec: "RFC 6455, 7.1.1", Only: conform.AsClient,
			Requirements: []string{"6455-7.1.1-1"}, Play: closes(coded(ws.NormalClosure, "")),
			Want: ladder(
				is(verdict.OK, echo(alive), closed(), finned()),
				why("TCP was reset, and should be closed in order.", is(verdict.NonStrict, echo(alive), closed(), reset())),
			),
		}, {
			ID: "15.4.3", Title: "Close, and TCP is left open for a moment: does the client wait?", Spec: "RFC 6455, 5.5.1", Only: conform.AsServer,
			Requirements: []string{"6455-5.5.1-12"}, Play: steps(live, leaveTCPOpen), Want: clean,
		}, {
			ID: "15.4.4", Title: "Close, and TCP is left open for 5 seconds: does the client end it?", Spec: "RFC 6455, 7.1.1", Only: conform.AsServer,
			Requirements: []string{"6455-5.5.1-10", "6455-5.5.1-13", "6455-7.1.1-4"}, Tags: []conform.Tag{conform.Paced}, Limit: 5 * time.Second,
			Play: steps(live, func(p *peer.Peer) {
				p.Withhold(true)
				p.Close(ws.NormalClosure)
			}),
			Want: openLevel(ladder(
				is(verdict.OK, echo(alive), closed(), ended()),
				why("The client was still waiting when the time was over, which it may.", is(verdict.Informational, echo(alive), closed(), stillOpen())),
				why("The Close was not answered.", is(verdict.Failed, echo(alive), ended())),
				why("The Close was not answered.", is(verdict.Failed, echo(alive), stillOpen())),
			)),
		}, {
			ID: "15.4.5", Title: "Close, and the end of our half of TCP behind it", Spec: "RFC 6455, 5.5.1", Requirements: []string{"6455-5.5.1-5", "6455-7.1.4-1"},
			Play: steps(closes(coded(ws.NormalClosure, "")), endsWriting),
			Want: or(answersClose(verdict.OK, usual(ws.NormalClosure)),
				why("The Close was not answered: we had ended our half of TCP, and could still have read the answer.", is(verdict.NonStrict, echo(alive), ended()))),
		},
	}
}

// promptEnd is for a server that has only to end TCP behind its Close.
func promptEnd(p *peer.Peer) {
	const prompt = time.Second
	p.Until(5*time.Second, p.GotClose)
	start := time.Now()
	p.Until(5*time.Second, p.IsClosed)
	if took := time.Since(start); p.GotClose() && took > prompt {
		p.Lapse(fmt.Sprintf("RFC 6455, 5.5.1: the server must end TCP immediately, and it took %v", took.Round(10*time.Millisecond)))
	}
}

// leaveTCPOpen closes as a server that takes its time to end TCP.
func leaveTCPOpen(p *peer.Peer) {
	p.Withhold(true)
	p.Close(ws.NormalClosure)
	p.Until(2*time.Second, p.GotClose)
	if p.GotClose() && p.Until(300*time.Millisecond, p.IsClosed) {
		p.Lapse("RFC 6455, 5.5.1: the client should wait for the server to end TCP, and has ended it first")
	}
	p.Withhold(false)
}

func endsOutOfOrder() []conform.Case {
	// Whether there is a Close too is the peer's choice: we cannot answer it any more.
	gone := func(es ...verdict.Event) verdict.Want {
		return ladder(is(verdict.OK, behindEcho(es, maybe(closed()), ended())...))
	}
	return []conform.Case{
		{
			ID: "15.4.6", Title: "Text, and the end of our half of TCP behind it", Spec: "RFC 6455, 7.2.1", Requirements: []string{"6455-7.2.1-1"},
			Play: steps(live, send(text("x")), endsWriting), Want: gone(maybe(echo("x"))), Limit: 10 * time.Second,
		}, {
			ID: "15.4.7", Title: "Half a message, then TCP is reset; a fresh connection afterwards", Spec: "RFC 6455, 7.2.1", Requirements: []string{"6455-7.2.1-1"},
			Play: steps(live, send(more(text("half a message")), declared(100, cont("and half a frame"))), (*peer.Peer).AwaitRead, (*peer.Peer).Abort),
			Want: ladder(is(verdict.OK, echo(alive))), Fresh: true,
		}, {
			ID: "15.4.8", Title: "The end of our half of TCP, without a Close", Spec: "RFC 6455, 7.2.1", Requirements: []string{"6455-7.2.1-1"},
			Play: steps(live, endsWriting), Want: gone(), Limit: 5 * time.Second,
		}, {
			// "the server MUST Close the WebSocket Connection", and process nothing more,
			// "including a responding Close frame" (7.1.7). A client that has been told to
			// "SHOULD wait for a TCP Close from the server" (7.1.1).
			ID: "15.4.9", Title: "A reserved bit, and no answer to the server's Close: does it end TCP?", Spec: "RFC 6455, 7.1.7", Only: conform.AsClient,
			Requirements: []string{"6455-7.1.7-1", "6455-7.1.7-3"},
			Play: steps(live, func(p *peer.Peer) {
				p.Withhold(true)
				p.Send(rsv(4, text("bad")))
			}),
			Want: fails(ws.ProtocolError), Limit: 10 * time.Second,
		}, {
			// What has been sent and not read must not make the peer's TCP lose its Close.
			ID: "15.4.10", Title: "A reserved bit, and 64 KiB of text behind it", Spec: "RFC 6455, 7.1.7", Requirements: []string{"6455-7.1.7-1", "6455-7.1.7-2"},
			Play: offendSilently(rsv(4, text("bad")), repeated(64<<10, text("0123456789abcdef"))), Want: fails(ws.ProtocolError),
		},
	}
}
