// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// pingPong is 11.4: what a Ping and a Pong mean, one or thousands.
//
// "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless
// it already received a Close frame. It SHOULD respond with Pong frame as soon as is
// practical" (RFC 6455, 5.5.2); "A response to an unsolicited Pong frame is not expected"
// (5.5.3).
func pingPong() []conform.Case {
	return append(manyPings(), fewPings()...)
}

func manyPings() []conform.Case {
	burst := numbered(100, ping)
	return []conform.Case{
		{
			ID: "11.4.1", Title: "A hundred Pings in one write", Spec: "RFC 6455, 5.5.3", Requirements: []string{"6455-5.5.2-2", "6455-5.5.3-1", "6455-5.5.3-2"},
			Play: steps(live, send(burst...)), Want: comesBack(latestPong(burst)...),
		},
		pingFlood(),
		pingDuringEcho(),
		{
			ID: "11.4.4", Title: "10000 Pongs that nobody asked for, then text", Spec: "RFC 6455, 5.5.3", Requirements: []string{"6455-5.5.3-3", "6455-10.4-1"},
			Play: steps(live, unlogged(func(p *peer.Peer) { p.Send(slices.Repeat([]peer.Frame{pong("unasked")}, 10000)...) }), send(text("behind"))),
			Want: comesBack(echo("behind")),
		},
	}
}

// unlogged does something with the log of frames off.
func unlogged(play func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		p.Mute(true)
		play(p)
		p.Mute(false)
	}
}

// pingFlood has the peer write Pongs that we do not read for a while.
func pingFlood() conform.Case {
	const (
		many = 1500
		deaf = 300 * time.Millisecond
	)
	flood := repeated(125, ping("0123456789abcdef"))
	answers := often(pongOf(flood))
	return conform.Case{
		ID: "11.4.2", Title: "1500 Pings of 125 octets, whose answers we do not read for a while, then text", Spec: "RFC 6455, 5.5.2",
		Requirements: []string{"6455-10.4-1"}, Limit: 5 * time.Second,
		Play: steps(live, func(p *peer.Peer) {
			p.DeafFor(deaf)
			unlogged(send(slices.Repeat([]peer.Frame{flood}, many)...))(p)
			p.Send(text("behind"))
		}),
		Want: ladder(
			is(verdict.OK, back(answers, echo("behind"), answers)...),
			is(verdict.OK, echo(alive), answers, closed(ws.PolicyViolation, ws.MessageTooBig, 1011, 1013), ended()),
			why("TCP was ended when Pings came faster than we read the answers, without a Close that says why.", is(verdict.NonStrict, echo(alive), answers, ended())),
		),
		Fresh: true,
	}
}

// pingDuringEcho sends a Ping while an echo is on its way that no buffer of TCP can
// hold: the Pong comes between two frames or not before the end.
func pingDuringEcho() conform.Case {
	big := repeated(8<<20, text("0123456789abcdef"))
	return conform.Case{
		ID: "11.4.3", Title: "8 MiB of text, and a Ping while the echo is on its way", Spec: "RFC 6455, 5.5.2",
		Requirements: []string{"6455-5.5.2-3", "6455-5.6-4"}, Tags: []conform.Tag{conform.Slow}, Limit: 10 * time.Second,
		Play: steps(live, func(p *peer.Peer) {
			p.Send(big)
			p.DeafFor(50 * time.Millisecond)
			p.Send(ping("between"))
		}),
		Want: ladder(
			is(verdict.OK, back(echoOf(big), pongs("between"))...),
			is(verdict.OK, back(pongs("between"), echoOf(big))...),
			tooBig(),
		),
	}
}

func fewPings() []conform.Case {
	const spec, latest = "RFC 6455, 5.5.2", "RFC 6455, 5.5.3"
	octets := ping("\x00\xff\x00\x80")
	normal := withCode(ws.NormalClosure)
	return []conform.Case{
		{
			ID: "11.4.5", Title: "Text in two fragments, and a Pong that nobody asked for between them", Spec: latest, Requirements: []string{"6455-5.4-4", "6455-5.5.3-3"},
			Play: steps(live, send(more(text("fragment1")), pong("unasked"), cont("fragment2"))), Want: comesBack(echo("fragment1fragment2")),
		}, {
			ID: "11.4.6", Title: "Ping and Close in one write", Spec: spec, Requirements: []string{"6455-5.5.1-5", "6455-5.5.2-5"},
			Play: closesWith(ping("before"), normal), Want: orPongBehindClose(answersClose(verdict.OK, usual(ws.NormalClosure), maybe(pongs("before")))),
		},
		pingsBetweenFragments(),
		{
			ID: "11.4.8", Title: "Two Pings with the same payload", Spec: latest, Requirements: []string{"6455-5.5.2-2", "6455-5.5.3-2"},
			Play: steps(live, send(ping("twice"), ping("twice"))), Want: comesBack(maybe(pongs("twice")), pongs("twice")),
		}, {
			ID: "11.4.9", Title: "Binary in two fragments, and a Ping between them", Spec: "RFC 6455, 5.4", Requirements: []string{"6455-5.4-4", "6455-5.4-10"},
			Play: steps(live, send(more(binary("\xff\x00")), ping("between"), cont("\x80"))),
			Want: pongFirst(pongs("between"), echoOf(binary("\xff\x00\x80"))),
		}, {
			ID: "11.4.10", Title: "Text in two fragments, and a Ping between them that is waited for", Spec: spec, Requirements: []string{"6455-5.4-10", "6455-5.5.2-3"},
			Play: steps(live, send(more(text("fragment1")), ping("between")), pongBeforeRest, send(cont("fragment2"))),
			Want: pongFirst(pongs("between"), echo("fragment1fragment2")),
		}, {
			// Nothing goes before it: no echo shows here that the connection works.
			ID: "11.4.11", Title: "Ping as the first frame of the connection", Spec: spec, Requirements: []string{"6455-5.5.2-2"},
			Play: send(ping("first")), Want: ladder(is(verdict.OK, pongs("first"), answersUs(), ended())),
		}, {
			ID: "11.4.12", Title: "Ping with NUL and octets that are not UTF-8", Spec: latest, Requirements: []string{"6455-5.5.2-2", "6455-5.5.3-1"},
			Play: steps(live, send(octets)), Want: comesBack(pongOf(octets)),
		},
	}
}

// pongBeforeRest waits for the Pong before the message goes on.
func pongBeforeRest(p *peer.Peer) {
	n := p.Events()
	came := p.Until(time.Second, func() bool { return p.Events() > n })
	if !came && p.IsOpen() {
		p.Lapse("RFC 6455, 5.5.2: a Ping should be answered as soon as practical, and was not before the message it stood in was complete")
	}
}

// pongFirst: the Ping between fragments is answered, best before the echo of the
// message.
func pongFirst(pong verdict.Event, echo verdict.Event) verdict.Want {
	return or(comesBack(pong, echo),
		why("A Ping between fragments was answered behind the message. RFC 6455, 5.5.2 wants it as soon as practical.", is(verdict.NonStrict, back(echo, pong)...)))
}

// pingsBetweenFragments has a Ping behind each fragment of an octet but the last.
func pingsBetweenFragments() conform.Case {
	const n = 50
	var frames, pings []peer.Frame
	word := ""
	for i := range n {
		octet := strconv.Itoa(i % 10)
		word += octet
		switch f := ping(strconv.Itoa(i)); {
		case i == 0:
			frames, pings = append(frames, more(text(octet)), f), append(pings, f)
		case i < n-1:
			frames, pings = append(frames, more(cont(octet)), f), append(pings, f)
		default:
			frames = append(frames, cont(octet))
		}
	}
	return conform.Case{
		ID: "11.4.7", Title: "Text in fifty fragments of one octet, and Pings between them", Spec: "RFC 6455, 5.4",
		Requirements: []string{"6455-5.4-4", "6455-5.4-10", "6455-5.5.2-2", "6455-5.5.3-2"}, Play: steps(live, send(frames...)),
		Want: withPongs(pings, echo(word)),
	}
}

// withPongs: the Pings are answered, or some of them and the last in any case, and
// the message comes back; best behind the Pongs, as the Pings stood before its end.
func withPongs(pings []peer.Frame, message verdict.Event) verdict.Want {
	w := comesBack(append(latestPong(pings), message)...)
	// The echo may go out of turn: no Pong then, or some, before it.
	last := len(pings) - 1
	early := maybeAll(pongsOf(pings[:last]))
	late := append(append(slices.Clone(early), message), latestPong(pings)...)
	return or(w, why("A Ping between fragments was answered behind the message. RFC 6455, 5.5.2 wants it as soon as practical.", is(verdict.NonStrict, back(late...)...)))
}
