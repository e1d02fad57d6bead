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

// everyFragment is 11.5: fragments of every kind, in order and not.
//
// "The fragments of one message MUST NOT be interleaved between the fragments of another
// message unless an extension has been negotiated that can interpret the interleaving"
// (RFC 6455, 5.4). A continuation frame continues something.
func everyFragment() []conform.Case {
	return append(append(binaryFragments(), misplacedFragments()...), append(manyFragments(), largeMessages()...)...)
}

const inFragments = "RFC 6455, 5.4"

func binaryFragments() []conform.Case {
	whole := someOctets(1, 300)
	return []conform.Case{
		{
			ID: "11.5.1", Title: "Random binary in two fragments", Spec: inFragments, Requirements: []string{"6455-5.4-12", "6455-5.4-13", "6455-5.6-3"},
			Play: steps(live, send(more(binary(whole[:111])), cont(whole[111:]))), Want: comesBack(echoOf(binary(whole))),
		}, {
			ID: "11.5.2", Title: "Binary in three fragments, the first and last empty", Spec: inFragments, Requirements: []string{"6455-5.4-11", "6455-5.4-12"},
			Play: steps(live, send(more(binary("")), more(cont("\xff\x00\x80")), cont(""))), Want: comesBack(echoOf(binary("\xff\x00\x80"))),
		}, {
			ID: "11.5.3", Title: "Binary in three empty fragments", Spec: inFragments, Requirements: []string{"6455-5.4-11", "6455-5.4-12"},
			Play: steps(live, send(more(binary("")), more(cont("")), cont(""))), Want: comesBack(echoOf(binary(""))),
		},
	}
}

func misplacedFragments() []conform.Case {
	const orphan = "6455-5.4-3"
	refused := fails(ws.ProtocolError)
	// What came whole before the error may come back, and an endpoint that hands messages
	// on and reads ahead may have failed the connection by then.
	after := func(message string) verdict.Want {
		return failsAfter([]verdict.Event{maybe(echo(message))}, ws.ProtocolError)
	}
	return []conform.Case{
		{
			ID: "11.5.4", Title: "Binary that is to be continued, then text", Spec: inFragments, Requirements: []string{"6455-5.4-9"},
			Play: offend(more(binary("begins")), text("bad")), Want: refused,
		}, {
			ID: "11.5.5", Title: "Text that is to be continued, then binary", Spec: inFragments, Requirements: []string{"6455-5.4-9"},
			Play: offend(more(text("begins")), binary("bad")), Want: refused,
		}, {
			ID: "11.5.6", Title: "Text that is to be continued, twice", Spec: inFragments, Requirements: []string{"6455-5.4-8"},
			Play: offend(more(text("begins")), more(text("bad"))), Want: refused,
		}, {
			ID: "11.5.7", Title: "Text, then an empty continuation", Spec: inFragments, Requirements: []string{orphan},
			Play: offend(text("whole"), cont("")), Want: after("whole"),
		}, {
			ID: "11.5.8", Title: "An empty continuation as the first frame of the connection", Spec: inFragments, Requirements: []string{orphan},
			Play: send(cont(""), ping(verdict.Probe)), Want: failsFirst(ws.ProtocolError),
		}, {
			ID: "11.5.9", Title: "Continuations as the first frames of the connection, the first without FIN", Spec: inFragments, Requirements: []string{orphan},
			Play: send(more(cont("bad")), cont("bad"), ping(verdict.Probe)), Want: failsFirst(ws.ProtocolError),
		}, {
			ID: "11.5.10", Title: "Ping, then a continuation", Spec: inFragments, Requirements: []string{orphan},
			Play: offend(ping("before"), cont("bad")), Want: failsAfter([]verdict.Event{maybe(pongs("before"))}, ws.ProtocolError),
		}, {
			ID: "11.5.11", Title: "Text in two fragments, then a continuation", Spec: inFragments, Requirements: []string{orphan, "6455-6.2-3"},
			Play: offend(more(text("fragment1")), cont("fragment2"), cont("bad")), Want: after("fragment1fragment2"),
		},
	}
}

// failsFirst is fails for a connection on which nothing went before.
func failsFirst(codes ...ws.CloseCode) verdict.Want {
	w := fails(codes...)
	for i := range w.Outcomes {
		w.Outcomes[i].Events = w.Outcomes[i].Events[1:]
	}
	return w
}

func manyFragments() []conform.Case {
	var hundred []peer.Frame
	var echoed []verdict.Event
	for i := range 100 {
		first, second := fmt.Sprint(i, " begins"), fmt.Sprint(i, " ends")
		hundred = append(hundred, more(text(first)), cont(second))
		echoed = append(echoed, echo(first+second))
	}
	var turnabout []peer.Frame
	var kept []verdict.Event
	for i := range 10 {
		b, s := fmt.Sprint("binary ", i), fmt.Sprint("text ", i)
		turnabout = append(turnabout, more(binary(b)), cont("\xff"), more(text(s)), cont("!"))
		kept = append(kept, echoOf(binary(b+"\xff")), echo(s+"!"))
	}
	return []conform.Case{
		{
			ID: "11.5.12", Title: "A hundred texts, each in two fragments, in one write", Spec: inFragments, Requirements: []string{"6455-5.4-12", "6455-6.2-3", "6455-6.2-5"},
			Play: steps(live, send(hundred...)), Want: comesBack(echoed...), Limit: 12 * time.Second,
		},
		randomFragments(),
		{
			ID: "11.5.14", Title: "Binary and text by turns, each in two fragments, ten times", Spec: "RFC 6455, 6.2", Requirements: []string{"6455-5.4-13", "6455-6.2-2"},
			Play: steps(live, send(turnabout...)), Want: comesBack(kept...), Limit: 5 * time.Second,
		}, {
			ID: "11.5.15", Title: "Text that is to be continued, then the end of our half of TCP", Spec: inFragments, Requirements: []string{"6455-5.4-16"},
			Play: steps(live, send(more(text("unfinished"))), endsWriting), Limit: 5 * time.Second,
			Want: ladder(is(verdict.OK, echo(alive), maybe(closed()), ended())),
		}, {
			ID: "11.5.16", Title: "Binary that is to be continued, then Close", Spec: inFragments, Requirements: []string{"6455-5.4-16", "6455-5.5.1-16"},
			Play: closesWith(more(binary("unfinished")), withCode(ws.NormalClosure)), Want: answersClose(verdict.OK, usual(ws.NormalClosure)),
		}, {
			ID: "11.5.17", Title: "Text, Ping, binary and half a text in one write, and the other half when the text is back", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-16", "6455-6.2-5"},
			Play: steps(live, func(p *peer.Peer) {
				n := p.Events()
				p.Send(text("first"), ping("between"), binary("second"), more(text("thi")))
				awaits(p, n, echo("first"))
				p.Send(cont("rd"))
			}),
			Want: ladder(
				is(verdict.OK, back(echo("first"), pongs("between"), echoOf(binary("second")), echo("third"))...),
				// A Pong goes out of turn where echoes wait for the application.
				is(verdict.OK, back(pongs("between"), echo("first"), echoOf(binary("second")), echo("third"))...),
				is(verdict.OK, back(echo("first"), echoOf(binary("second")), pongs("between"), echo("third"))...),
				is(verdict.OK, back(echo("first"), echoOf(binary("second")), echo("third"), pongs("between"))...),
			),
		}, {
			ID: "11.5.18", Title: "Text in three fragments, with Pings, a Pong and nothing between them", Spec: inFragments, Requirements: []string{"6455-5.4-4", "6455-5.4-11", "6455-5.5.3-3"},
			Play: steps(live, send(more(text("fragment1")), ping("1"), pong("unasked"), more(cont("")), ping("2"), cont("fragment2"))),
			Want: withPongs([]peer.Frame{ping("1"), ping("2")}, echo("fragment1fragment2")),
		},
	}
}
