// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"bytes"
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// inflated is 19.3: what shows only once a message is inflated, which is that it is no
// text (RFC 6455, 8.1) or more than the peer has room for (10.4).
func inflated() []conform.Case {
	return append(onDeflate("RFC 7692, 7.2.2", inflatedText()), onDeflate("RFC 6455, 10.4", append(bombs(), toil()...))...)
}

func inflatedText() []conform.Case {
	const surrogate = "\xce\xba\xed\xa0\x80"
	made := func(s string) []byte { return deflate.Blocks().Fixed().Literals(s).End().Message() }
	noText := fails(ws.InvalidPayload)
	flushed := deflate.Blocks().Fixed().Literals("a\xff").End().Stored("").Bytes()
	return []conform.Case{
		{
			ID: "19.3.1", Title: "Compressed text that is not UTF-8", Requirements: []string{"7692-7.2-2"},
			Play: offend(compressedText(made(surrogate))), Want: noText,
		}, {
			ID: "19.3.2", Title: "Compressed text that ends inside a character", Requirements: []string{"7692-7.2-2"},
			Play: offend(compressedText(made("a\xc3"))), Want: noText,
		}, {
			ID: "19.3.3", Title: "Compressed text whose first fragment has FF, the rest once that has been read", Requirements: []string{"7692-7.2-2"},
			Play: steps(live, probed(more(compressedText(flushed))), openOnly(together(cont(string(made("b"))), ping(verdict.Probe)))),
			Want: failsAtEnd(ws.InvalidPayload),
		}, {
			ID: "19.3.4", Title: "Compressed binary that would not be UTF-8 as text", Requirements: []string{"7692-7.2-2", "7692-7.2-4"},
			Play: steps(live, send(compressedBinary(made(surrogate)))), Want: comesBack(echoOf(binary(surrogate))),
		}, {
			ID: "19.3.5", Title: "Compressed text that ends inside a character, then the rest of it uncompressed", Requirements: []string{"7692-7.2-2"},
			Play: offend(compressedText(made("a\xc3")), text("\xa9")), Want: noText,
		},
	}
}

// Sizes of bombs once they are inflated, in octets: one that many would take, one that is
// beyond most limits that libraries have of their own, and one that is beyond them all (ws
// has the largest, 100 MiB). They are no larger than that: an endpoint without a limit needs
// time for each octet, and nobody else may act meanwhile.
const (
	many    = 16 << 20
	tooMany = 32 << 20
	most    = 104 << 20
)

// bombs are messages that inflate to a thousand times their size. An endpoint that has
// limits "MUST protect" itself (RFC 6455, 10.4); it need not have any. What is broken is
// an endpoint that dies of it, or reacts no more.
func bombs() []conform.Case {
	const pieces = 1000
	protects := []string{"7692-7.2-3", "6455-10.4-1"}
	inPieces := compressedBinary(zeros(most))
	bomb := func(id, title string, fs ...peer.Frame) conform.Case {
		return conform.Case{
			ID: id, Title: title, Requirements: protects, Play: steps(live, explode(fs...)), Want: survives(), Limit: patient, Fresh: true,
			Tags: []conform.Tag{conform.Serial, conform.Slow},
		}
	}
	taken := bomb("19.3.6", fmt.Sprintf("Compressed binary of %s of zeros, in %s", octets(many), octets(many>>10)))
	taken.Play = steps(live, watched(send(compressedBinary(zeros(many)))))
	taken.Want = orLimitedSilently(orLimited(verdict.OK, comesBack(echoOf(repeated(many, binary("\x00")))), echo(alive)), echo(alive))
	return []conform.Case{
		taken,
		bomb("19.3.7", fmt.Sprintf("Compressed binary of %s of zeros, in %s", octets(tooMany), octets(tooMany>>10)), compressedBinary(zeros(tooMany))),
		bomb("19.3.8", fmt.Sprintf("Compressed binary of %s of zeros, in %d fragments", octets(most), pieces), fragmented(len(inPieces.Payload)/(pieces-1), inPieces)...),
		{
			ID: "19.3.9", Title: "Compressed binary that is longer than the limit that the peer's profile states, once it is inflated", Requirements: append(protects, "6455-10.4-2"),
			Needs: conform.MessageLimit, Fresh: true,
			Play: func(p *peer.Peer) { offend(compressedBinary(zeros(p.Profile().MessageLimit + 1)))(p) }, Want: fails(ws.MessageTooBig),
		},
	}
}

// explode sends a message whose echo nobody wants to have, and waits for what comes of it.
func explode(fs ...peer.Frame) func(*peer.Peer) {
	return watched(func(p *peer.Peer) {
		p.StopAtMessage()
		p.SendTogether(fs...)
	})
}

// watched tells with the result what memory the peer needed from the beginning of a script
// until it reacts.
func watched(play func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		since, n := p.WatchMemory(), p.Events()
		play(p)
		p.Until(patient, func() bool { return p.Events() > n || !p.IsOpen() })
		p.Note(since())
	}
}

// survives: the peer takes the message or fails the connection, and says why.
func survives() verdict.Want {
	return orLimitedSilently(ladder(
		why("The peer takes no messages of that size, and says so with 1009 (RFC 6455, 10.4).", is(verdict.OK, echo(alive), closed(ws.MessageTooBig), ended())),
		why("The peer inflates all of it, and began to echo it.", is(verdict.Informational, echo(alive), verdict.Event{Type: wirelog.BegunEvent})),
		is(verdict.WrongCode, echo(alive), closed(), ended()),
	), echo(alive))
}

// toil is messages that are neither long nor short once they are inflated, and take the
// more work: blocks with nothing in them, the most laborious ones and the shortest.
func toil() []conform.Case {
	const size, end = 256 << 10, "end"
	codes := deflate.Codes{Lits: deflate.Lengths{256: 15, 257: 15}, Dists: deflate.Lengths{14: 15, 15: 15}}
	for i := range 14 {
		codes.Lits[i], codes.Dists[i] = uint8(i+1), uint8(i+1)
	}
	toilsome := func(id, title string, unit []byte) conform.Case {
		n := size / len(unit)
		message := append(bytes.Repeat(unit, n), deflate.Blocks().Stored(end).Message()...)
		return conform.Case{
			ID: id, Title: fmt.Sprintf(title, n), Requirements: []string{"7692-7.2.1-2", "6455-10.4-1"},
			Play:  steps(live, send(compressedText(message))),
			Want:  orLimitedSilently(orLimited(verdict.OK, comesBack(echo(end)), echo(alive)), echo(alive)),
			Limit: patient, Fresh: true, Tags: []conform.Tag{conform.Slow},
		}
	}
	fourShort := deflate.Blocks()
	for range 4 { // of 10 bits
		fourShort.Fixed().End()
	}
	return []conform.Case{
		toilsome("19.3.10", "Compressed text behind %d empty blocks with codes of their own, up to 15 bits long", deflate.Blocks().Dynamic(codes).End().Stored("").Bytes()),
		toilsome("19.3.11", "Compressed text behind four times %d empty blocks with fixed codes", fourShort.Bytes()),
	}
}
