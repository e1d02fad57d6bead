// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// robustness is 23.1: many connections, slow ones, idle ones, and all at once. No
// sentence demands a speed; what has been said at whatever pace means the same
// (RFC 6455, 5.2 and 6.2), and nobody may lose it or die of it (10.4).
func robustness() []conform.Case {
	aPong := maybe(pongs("three"))
	return slices.Concat(manyConnections(), pressure(), slowness(), []conform.Case{{
		ID: "23.1.7", Title: "Text, a text in fragments, a Ping and a Close, all in one write", Spec: "RFC 6455, 6.2",
		Requirements: []string{"6455-6.2-5", "6455-5.2-19"},
		Play: steps(live, func(p *peer.Peer) {
			p.BeginClose(text("one"), more(text("tw")), cont("o"), ping("three"), closeFrame(coded(1000, "")))
		}),
		// The Ping may be answered out of turn, and need not be by who has read the Close
		// already (5.5.2).
		Want: ladder(
			is(verdict.OK, echo(alive), aPong, echo("one"), aPong, echo("two"), aPong, answersUs(), ended()),
			why("The Close was answered before what came before it.",
				is(verdict.NonStrict, echo(alive), aPong, maybe(echo("one")), aPong, maybe(echo("two")), aPong, answersUs(), ended())),
		),
	}})
}

func manyConnections() []conform.Case {
	const connections = 100
	numbers := make([]int, connections)
	for i := range numbers {
		numbers[i] = i + 1
	}
	return []conform.Case{
		{
			ID: "23.1.1", Title: fmt.Sprintf("A message on each of %d connections that are open together", connections), Spec: "RFC 6455, 6.2",
			Requirements: []string{"6455-6.2-1"}, Only: conform.AsClient, Together: true,
			Turns: each(numbers, func(n int) conform.Turn {
				return conform.Turn{Name: fmt.Sprint(n), Play: exchange(text(fmt.Sprintf("connection %d", n)))}
			}), Want: returns(),
		}, {
			ID: "23.1.6", Title: "Connections that end in each of several ways, one after the other", Spec: "RFC 6455, 7.2",
			Requirements: []string{"6455-6.2-1"}, Turns: endings(), Fresh: true,
			Want: ladder(is(verdict.OK, echo(alive))),
		},
	}
}

// endings are connections that work, and end in different ways. What the last one has
// left behind shows in the next.
func endings() []conform.Turn {
	byUs := ladder(is(verdict.OK, echo(alive), closed(), ended()))
	// That the peer fails the connection at all is what other cases are about.
	byPeer := ladder(is(verdict.OK, echo(alive), maybe(closed()), ended()), is(verdict.OK, echo(alive), often(anything(echo(""))), stillOpen()))
	half := steps(live, send(declared(100, text("half a frame"))), (*peer.Peer).AwaitRead)
	return []conform.Turn{
		{Name: "a Close with 1000", Play: closes(coded(1000, "")), Want: &byUs},
		{Name: "a Close without a code", Play: closes(nil), Want: &byUs},
		{Name: "a Close with 4000 and a reason", Play: closes(coded(4000, "enough")), Want: &byUs},
		{Name: "the peer fails the connection", Play: offendSilently(rsv(7, text("x"))), Want: &byPeer},
		{Name: "the end of TCP without a Close", Play: steps(live, (*peer.Peer).Leave)},
		{Name: "a reset", Play: steps(live, (*peer.Peer).Abort)},
		{Name: "the end of TCP inside a frame", Play: steps(half, (*peer.Peer).Leave)},
		{Name: "a reset inside a frame", Play: steps(half, (*peer.Peer).Abort)},
	}
}

// pressure is what does not fit into the buffers between us.
func pressure() []conform.Case {
	const size = 32 << 10
	messages := func(total int) []peer.Frame { return slices.Repeat([]peer.Frame{noise(size)}, total/size) }
	const slowly, deaf = 4 * time.Millisecond, 1200 * time.Millisecond
	policy := []ws.CloseCode{ws.GoingAway, ws.PolicyViolation, ws.MessageTooBig, 1011, 1013}
	const silent = "The peer ended TCP without a Close while we read slowly."
	return []conform.Case{
		{
			ID: "23.1.2", Title: fmt.Sprintf("Echoes of 8 MiB in all that we read 64 KiB at a time, %v apart", slowly), Spec: "RFC 6455, 10.4",
			Requirements: []string{"6455-10.4-1"},
			Play: exchanging(quietly(func(p *peer.Peer) bool {
				p.ReadSlowly(slowly)
				defer p.ReadSlowly(0)
				return p.EchoAll(patient, messages(8<<20)...)
			})),
			Want: or(returns(),
				why("The peer does not wait for slow readers, and says so.", is(verdict.OK, closed(policy...), ended())),
				why(silent, is(verdict.NonStrict, ended()))),
			Limit: patient, Tags: []conform.Tag{conform.Slow, conform.Paced},
		}, {
			ID: "23.1.3", Title: fmt.Sprintf("32 MiB in messages, of whose echoes we read nothing for %v", deaf), Spec: "RFC 6455, 10.4",
			Requirements: []string{"6455-10.4-1"}, Fresh: true,
			Play: exchanging(quietly(func(p *peer.Peer) bool {
				p.DeafFor(deaf)
				return p.EchoAll(patient, messages(32<<20)...)
			})),
			Want: or(returns(),
				why("The peer does not wait for a reader that pauses, and says so.", is(verdict.Informational, closed(policy...), ended())),
				why("The peer ended TCP without a Close while nobody read.", is(verdict.Informational, ended()))),
			Limit: patient, Tags: []conform.Tag{conform.Slow, conform.Paced},
		},
	}
}

func slowness() []conform.Case {
	const idle, gap = time.Second, 5 * time.Millisecond
	trickle := noise(100)
	trickle.Chop, trickle.Gap = 1, gap
	return []conform.Case{
		{
			ID: "23.1.4", Title: fmt.Sprintf("Nothing for as long as the profile says connections may be idle, or %v, then text", idle), Spec: "RFC 6455, 7.1.7",
			Requirements: []string{"6455-7.1.7-4"},
			Play: steps(live, func(p *peer.Peer) {
				p.Until(max(p.Profile().Idle, idle), func() bool { return !p.IsOpen() })
			}, send(text("still here"))),
			Want: or(comesBack(echo("still here")),
				why("The peer closed the connection because nothing happened on it.", is(verdict.OK, echo(alive), closed(), ended())),
				why("The peer ended TCP without a Close because nothing happened on the connection.", is(verdict.NonStrict, echo(alive), ended()))),
			Tags: []conform.Tag{conform.Paced},
		}, {
			ID: "23.1.5", Title: fmt.Sprintf("Binary message of 100 octets, an octet every %v", gap), Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-19"},
			Play: steps(live, send(trickle)),
			Want: or(comesBack(echoOf(noise(100))),
				why("The peer does not wait so long for a frame, and says so.", is(verdict.Informational, echo(alive), closed(ws.PolicyViolation, ws.GoingAway), ended()))),
			Tags: []conform.Tag{conform.Paced},
		},
	}
}
