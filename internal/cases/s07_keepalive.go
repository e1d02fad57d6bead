// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// keepalive is the end of 7.11: Pings that the peer sends of its own accord, as its
// profile says it does.
//
// "An endpoint MAY send a Ping frame any time after the connection is established"; it
// "may serve either as a keepalive or as a means to verify that the remote endpoint is
// still responsive" (RFC 6455, 5.5.2).
func keepalive() []conform.Case {
	const pings = 3
	return []conform.Case{
		{
			ID: "7.11.3", Title: "Nothing but answers to the Pings that the peer's profile says it sends, then text", Spec: "RFC 6455, 5.5.2",
			Requirements: []string{"6455-5.5.2-4"}, Needs: conform.Keepalive, Tags: []conform.Tag{conform.Paced},
			Play: steps(live, pinged(func(p *peer.Peer) bool { return p.Pings() == pings }), send(text("still here"))),
			Want: or(comesBack(echo("still here")),
				why("The peer closed the connection although each of its Pings was answered.", is(verdict.NonStrict, echo(alive), closed(), ended())),
				why("The peer ended TCP although each of its Pings was answered.", is(verdict.NonStrict, echo(alive), ended()))),
		}, {
			// A client whose transport is lost fails the connection (7.2.1), and where TCP
			// does not end it learns of that in no other way.
			ID: "7.11.4", Title: "No answer to the Pings that the peer's profile says it sends", Spec: "RFC 6455, 7.2.1",
			Requirements: []string{"6455-7.2.1-1"}, Needs: conform.Keepalive, Tags: []conform.Tag{conform.Paced},
			Play: steps(live, func(p *peer.Peer) { p.WithholdPongs(true) }, pinged(func(p *peer.Peer) bool { return p.GotClose() })),
			Want: ladder(
				is(verdict.OK, echo(alive), closed(), ended()),
				is(verdict.OK, echo(alive), ended()),
				why("No Pong came, and the peer holds on to the connection.", is(verdict.NonStrict, echo(alive), stillOpen())),
			),
		},
	}
}

// pinged waits for a few times as long as it takes the peer to send a Ping, or until cond
// holds.
func pinged(cond func(*peer.Peer) bool) func(*peer.Peer) {
	return func(p *peer.Peer) {
		const times = 4
		every := p.Profile().Keepalive
		p.Until(times*every, func() bool { return p.IsClosed() || cond(p) })
		if p.Pings() == 0 {
			p.NotJudged("no Ping came within " + (times * every).String() + ", and the profile says that the peer sends some")
		}
	}
}
