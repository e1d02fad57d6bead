// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// controlFrames is 11.3: control frames that are too long or fragmented, and such as
// are just short enough.
//
// "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be
// fragmented" (RFC 6455, 5.5); "a Pong frame … must have identical \"Application data\""
// (5.5.3).
func controlFrames() []conform.Case {
	return append(wrongControlFrames(), echoedControlFrames()...)
}

func wrongControlFrames() []conform.Case {
	const (
		spec       = "RFC 6455, 5.5"
		fragmented = "RFC 6455, 5.4"
	)
	refused, notTaken := fails(ws.ProtocolError), refusesClose(ws.NormalClosure, ws.ProtocolError)
	lengths := func(frame func(string) peer.Frame, ns ...int) []conform.Turn {
		return each(ns, func(n int) conform.Turn {
			return conform.Turn{Name: fmt.Sprintf("%d octets", n), Play: offend(repeated(n, frame("0123456789abcdef")))}
		})
	}
	return []conform.Case{
		{
			ID: "11.3.1", Title: "Pong of 126 octets", Spec: spec, Requirements: []string{"6455-5.5-2"},
			Play: offend(repeated(126, pong("0123456789abcdef"))), Want: refused,
		}, {
			ID: "11.3.2", Title: "Pong of 65536 octets", Spec: spec, Requirements: []string{"6455-5.5-2"},
			Play: offend(repeated(65536, pong("0123456789abcdef"))), Want: refused,
		}, {
			ID: "11.3.3", Title: "Ping of 126 and of 65535 octets", Spec: spec, Requirements: []string{"6455-5.5-1"},
			Turns: lengths(ping, 126, 65535), Want: refused,
		}, {
			ID: "11.3.4", Title: "Ping of 65536 octets", Spec: spec, Requirements: []string{"6455-5.5-1"},
			Play: offend(repeated(65536, ping("0123456789abcdef"))), Want: refused,
		}, {
			// An answer without a code passes the reference's 7.3.6.
			ID: "11.3.5", Title: "Close of 126 and of 65536 octets", Spec: spec, Requirements: []string{"6455-5.5-3"},
			Turns: each([]int{126, 65536}, func(n int) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("%d octets", n), Play: closes(coded(ws.NormalClosure, strings.Repeat("x", n-2)))}
			}), Want: notTaken,
		}, {
			ID: "11.3.6", Title: "Close without FIN, and a continuation", Spec: fragmented, Requirements: []string{"6455-5.4-6"},
			Play: closesWith(more(withCode(ws.NormalClosure)), cont("")), Want: notTaken,
		}, {
			ID: "11.3.7", Title: "Close without payload and without FIN", Spec: fragmented, Requirements: []string{"6455-5.4-6"},
			Play: closesWith(more(closing())), Want: notTaken,
		}, {
			ID: "11.3.8", Title: "Ping without FIN, and nothing behind it", Spec: fragmented, Requirements: []string{"6455-5.4-5"},
			Play: offendSilently(more(ping("bad"))), Want: refused,
		}, {
			ID: "11.3.9", Title: "Pong without FIN", Spec: fragmented, Requirements: []string{"6455-5.4-5"},
			Play: offend(more(pong("bad"))), Want: refused,
		}, {
			ID: "11.3.10", Title: "Ping and a length of 126 octets, and none of the payload", Spec: spec, Requirements: []string{"6455-5.5-1"},
			Play: offendSilently(headerOf(126, ping(""))), Want: orWaits(refused),
		},
	}
}

func echoedControlFrames() []conform.Case {
	var long, every []peer.Frame
	for i := range 10 {
		long = append(long, ping(someOctets(uint64(i), 125)))
	}
	for n := range 126 {
		every = append(every, repeated(n, ping(someOctets(uint64(n), 11))))
	}
	return []conform.Case{
		{
			ID: "11.3.11", Title: "Ten Pings of 125 random octets, each when the one before is answered", Spec: "RFC 6455, 5.5.3",
			Requirements: []string{"6455-5.5-4", "6455-5.5.2-2", "6455-5.5.3-1"}, Play: steps(live, answeredPings(long)), Want: comesBack(pongsOf(long)...),
		}, {
			ID: "11.3.12", Title: "Pings of each length from 0 to 125, each when the one before is answered", Spec: "RFC 6455, 5.5.3",
			Requirements: []string{"6455-5.5-4", "6455-5.5.2-1", "6455-5.5.2-2", "6455-5.5.3-1"}, Play: steps(live, answeredPings(every)), Want: comesBack(pongsOf(every)...),
		},
	}
}

// answeredPings sends each Ping when the one before has been answered: the latest is
// the one that must be (RFC 6455, 5.5.3).
func answeredPings(pings []peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) {
		for _, f := range pings {
			n := p.Events()
			p.Send(f)
			if !awaits(p, n, pongOf(f)) {
				return
			}
		}
	}
}

// pongOf is the answer to a Ping.
func pongOf(f peer.Frame) verdict.Event {
	e := pongs("")
	e.Data = ws.Literal(f.Payload)
	if f.Repeated {
		e.Data.Len = f.Repeat
	}
	return e
}

func pongsOf(pings []peer.Frame) []verdict.Event {
	var es []verdict.Event
	for _, f := range pings {
		es = append(es, pongOf(f))
	}
	return es
}

// latestPong is that the Pings were answered in order, or some of them, and the last in
// any case: "the endpoint MAY elect to send a Pong frame for only the most recently
// processed Ping frame" (RFC 6455, 5.5.3).
func latestPong(pings []peer.Frame) []verdict.Event {
	es := pongsOf(pings)
	for i := range es[:len(es)-1] {
		es[i] = maybe(es[i])
	}
	return es
}
