// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"math/rand/v2"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of cases in which messages come back. Where they are few and short, the
// expectation lists them (comesBack); where they are many or long, the script compares
// them as they come (exchange), and the expectation is about the rest (returns).

// done is the message behind an exchange. Its echo shows that all of it was taken.
const done = "done"

// exchange sends messages behind an echo, one behind the other. Once all of them are
// back, unchanged and in order, it sends a last one, and the connection is closed when
// that is back.
func exchange(fs ...peer.Frame) func(*peer.Peer) {
	return exchanging(func(p *peer.Peer) bool { return p.EchoAll(livePatience, fs...) })
}

// exchangeSlowly is exchange for much data, which slow peers may take their time for.
func exchangeSlowly(fs ...peer.Frame) func(*peer.Peer) {
	return exchanging(func(p *peer.Peer) bool { return p.EchoAll(patient, fs...) })
}

// exchanging is exchange with a script of its own, which tells whether all came back.
func exchanging(script func(p *peer.Peer) bool) func(*peer.Peer) {
	return func(p *peer.Peer) {
		switch {
		case p.EchoAll(livePatience, text(alive)) && script(p):
			p.StopComparing()
			echoed(text(done))(p)
		case p.IsOpen(): // nothing more is to come
			p.EndAfter(0, peer.GiveUp)
		}
	}
}

// quietly has the log keep no frames meanwhile.
func quietly(script func(p *peer.Peer) bool) func(*peer.Peer) bool {
	return func(p *peer.Peer) bool {
		p.Mute(true)
		defer p.Mute(false)
		return script(p)
	}
}

// returns: all messages of an exchange come back, and then there is the closing
// handshake.
func returns() verdict.Want { return ladder(is(verdict.OK, echo(done), answersUs(), ended())) }

// orLimited takes it too, with the grade, that the peer fails the connection with 1009:
// an endpoint may limit the size of messages (RFC 6455, 10.4). before is what has come
// by then.
func orLimited(g verdict.Grade, w verdict.Want, before ...verdict.Event) verdict.Want {
	return or(w, why("The peer takes no messages of that size, and says so with 1009 (RFC 6455, 10.4).",
		is(g, append(before, closed(ws.MessageTooBig), ended())...)))
}

// orLimitedSilently takes it as NON-STRICT that the peer ends TCP without the 1009.
func orLimitedSilently(w verdict.Want, before ...verdict.Event) verdict.Want {
	const silent = "The peer takes no messages of that size, and does not say why it failed the connection (RFC 6455, 7.1.7)."
	behind := func(es ...verdict.Event) []verdict.Event { return append(append([]verdict.Event{}, before...), es...) }
	return or(w,
		why(silent, is(verdict.NonStrict, behind(ended())...)),
		why(silent, is(verdict.NonStrict, behind(uncoded(), ended())...)))
}

// noise is a binary message of n octets without a pattern, but that they begin anew after
// a prime number of them: whatever is swapped, shifted, dropped or taken for text shows.
func noise(n int) peer.Frame {
	const period = 509
	r := rand.New(rand.NewPCG(6455, 7692))
	unit := make([]byte, period)
	for i := range unit {
		unit[i] = byte(r.Uint32())
	}
	copy(unit[3:], "\r\n\n\r\x00\x1a") // what text files have of their own
	return repeated(n, peer.Frame{Opcode: ws.Binary, Payload: unit})
}

// cut has writes of the frame end at each offset from one to another, and the rest go
// out in one: the peer reads the parts apart.
func cut(from, to int, f peer.Frame) peer.Frame { f.Cut = [2]int{from, to}; return f }

// echoed sends a message and waits for its echo, which the expectation lists.
func echoed(f peer.Frame) func(*peer.Peer) {
	return func(p *peer.Peer) {
		n := p.Events()
		p.Send(f)
		awaits(p, n, anything(echoOf(f)))
	}
}
