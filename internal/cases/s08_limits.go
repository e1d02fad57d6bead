// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// sizeLimits is 8.3: messages that are long, or of many fragments.
//
// Endpoints may limit frames and messages, and must not die of what is beyond their
// limits (RFC 6455, 10.4). 1009 says that a message is too big (7.4.1).
func sizeLimits() []conform.Case {
	return append(declaredLimits(), countlessFragments()...)
}

// patient is how long much data may take to be handled, by slow peers too.
const patient = 20 * time.Second

func declaredLimits() []conform.Case {
	c := func(n int, title string, needs conform.Trait, play func(p *peer.Peer, of peer.Profile), w verdict.Want) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("8.3.%d", n), Title: title, Spec: "RFC 6455, 10.4", Requirements: []string{"6455-7.4.1-10", "6455-10.4-1", "6455-10.4-2"},
			Needs: needs, Play: func(p *peer.Peer) { play(p, p.Profile()) }, Want: w,
		}
	}
	atLimit := c(3, "Message as long as the limit that the peer's profile states", conform.MessageLimit, func(p *peer.Peer, of peer.Profile) {
		exchanging(quietly(func(p *peer.Peer) bool {
			f := noise(of.MessageLimit)
			m := peer.Message{Binary: true, Data: ws.Pattern{Unit: f.Payload, Len: f.Repeat}}
			if of.LongestFrame() < of.MessageLimit {
				m.Fragment = of.LongestFrame()
			}
			return p.Echo(m)
		}))(p)
	}, returns())
	atLimit.Limit, atLimit.Requirements = patient, []string{"6455-10.4-1"}
	return []conform.Case{
		c(1, "Frame longer than the limit that the peer's profile states", conform.FrameLimit, func(p *peer.Peer, of peer.Profile) {
			offend(noise(of.LongestFrame() + 1))(p)
		}, fails(1009)),
		c(2, "Fragments that are longer together than the limit that the peer's profile states", conform.MessageLimit, func(p *peer.Peer, of peer.Profile) {
			const most = 100_000
			if n := of.MessageLimit / of.LongestFrame(); n > most {
				p.NotJudged(fmt.Sprintf("it takes %d fragments to go beyond the limits, and there are at most %d", n, most))
				return
			}
			offend(fragmentsBeyond(of)...)(p)
		}, fails(1009)),
		atLimit,
		c(7, "Header that declares more than the limit that the peer's profile states, and nothing more", conform.FrameLimit, func(p *peer.Peer, of peer.Profile) {
			offendSilently(declared(uint64(of.LongestFrame())+1, binary("")))(p)
		}, orWaits(fails(1009))),
	}
}

// fragmentsBeyond is a message that is longer than the peer takes, in fragments none of
// which is: four, where frames may be that long.
func fragmentsBeyond(of peer.Profile) []peer.Frame {
	size := min(of.MessageLimit/4+1, of.LongestFrame())
	var fs []peer.Frame
	for sent := 0; sent <= of.MessageLimit; sent += size {
		f := more(noise(size))
		if sent > 0 {
			f.Opcode = ws.Continuation
		}
		fs = append(fs, f)
	}
	fs[len(fs)-1].More = false
	return fs
}

func countlessFragments() []conform.Case {
	const empties, singles = 100_000, 64 << 10
	refuses := []ws.CloseCode{ws.PolicyViolation, ws.MessageTooBig}
	anEmpty := verdict.Event{Type: wirelog.BinaryEvent}
	return []conform.Case{
		{
			ID: "8.3.4", Title: fmt.Sprintf("Binary message of %d empty fragments", empties+2), Spec: "RFC 6455, 10.4", Requirements: []string{"6455-10.4-1", "6455-5.4-11"},
			Play: steps(live, func(p *peer.Peer) {
				p.Mute(true)
				defer p.Mute(false)
				const atOnce = 1000
				p.Send(more(binary("")))
				next := slices.Repeat([]peer.Frame{more(cont(""))}, atOnce)
				for n := 0; n < empties && p.IsOpen(); n += atOnce {
					p.SendTogether(next...)
				}
				p.Send(cont(""))
			}),
			Want: ladder(
				is(verdict.OK, echo(alive), anEmpty, answersUs(), ended()),
				why("The peer limits the number of fragments, and says so.", is(verdict.OK, echo(alive), closed(refuses...), ended())),
				why("The peer limits the number of fragments, and does not say why it failed the connection.", is(verdict.NonStrict, echo(alive), ended())),
				why("The peer limits the number of fragments, and does not say why it failed the connection.", is(verdict.NonStrict, echo(alive), uncoded(), ended())),
				is(verdict.WrongCode, echo(alive), closed(), ended()),
			),
			Limit: patient, Fresh: true, Tags: []conform.Tag{conform.Slow},
		}, {
			ID: "8.3.5", Title: fmt.Sprintf("Binary message in %d fragments of one octet, and an empty one", singles), Spec: "RFC 6455, 5.4", Requirements: []string{"6455-5.4-11"},
			Play: exchanging(quietly(func(p *peer.Peer) bool {
				f := noise(singles)
				return p.Echo(peer.Message{Binary: true, Data: ws.Pattern{Unit: f.Payload, Len: f.Repeat}, Fragment: 1})
			})),
			Want:  or(returns(), why("The peer limits the number of fragments, or messages of 64 KiB.", is(verdict.NonStrict, closed(refuses...), ended()))),
			Limit: patient, Tags: []conform.Tag{conform.Slow},
		}, {
			ID: "8.3.6", Title: "Binary message of 16 MiB and an octet, in one frame", Spec: "RFC 6455, 10.4", Requirements: []string{"6455-10.4-1"},
			Play: exchangeSlowly(noise(16<<20 + 1)), Want: orLimitedSilently(orLimited(verdict.OK, returns())), Limit: patient,
			Tags: []conform.Tag{conform.Slow}, Fresh: true,
		},
	}
}
