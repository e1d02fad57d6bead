// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// badDeflate is 19.2: what cannot be inflated, or need not be.
//
// "Incoming data MUST always be validated" (RFC 6455, 10.7). No sentence names the close
// code for data that cannot be inflated: 1007 and 1002 are both taken.
func badDeflate() []conform.Case {
	cs := append(noDeflate(), nearlyDeflate()...)
	cs = append(cs, againstAgreement()...)
	return onDeflate("RFC 7692, 7.2.2", append(cs, everyMistake()...))
}

// notInflated: the connection is failed because of the data. What came before it in the
// same write may be echoed first.
func notInflated(before ...verdict.Event) verdict.Want {
	for i := range before {
		before[i] = maybe(before[i])
	}
	return failsAfter(before, ws.InvalidPayload, ws.ProtocolError)
}

// delivered: all messages behind the first echo come back, which earns the grade. The Pong
// for the Ping behind them need not wait for them.
func delivered(g verdict.Grade, reason string, es ...verdict.Event) verdict.Outcome {
	aPong := maybe(pongs(verdict.Probe))
	events := []verdict.Event{aPong}
	for _, e := range es {
		events = append(events, e, aPong)
	}
	return why(reason, is(g, back(events...)...))
}

// badText is a case of compressed text that no receiver may take.
func badText(id, title string, octets []byte) conform.Case {
	return conform.Case{
		ID: id, Title: title, Requirements: []string{"7692-7.2-1"}, Play: offend(compressedText(octets)), Want: notInflated(),
	}
}

func noDeflate() []conform.Case {
	blocks := deflate.Blocks
	return []conform.Case{
		badText("19.2.1", "Compressed text with a block of type 3", blocks().Reserved().Bytes()),
		badText("19.2.2", "Compressed text with a stored block whose lengths do not agree", blocks().StoredAs(5, 0, "Hello").Message()),
		badText("19.2.3", "Compressed text that refers to an earlier message when there is none", helloAgain().Message()),
		badText("19.2.6", "Compressed text with codes that are not valid", []byte("\x04\xc0\xff\xff\xff\xff\xff\xff")),
		{
			ID: "19.2.9", Title: "Compressed binary of 256 random octets, one of each", Requirements: []string{"7692-7.2-1"},
			Turns: each(randomMistakes(20), func(octets []byte) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("%x…", octets[:4]), Play: offend(compressedBinary(octets))}
			}),
			Together: true, Want: notInflated(), Fresh: true,
		},
		badText("19.2.10", "Compressed text with a zlib header", blocks().Octets(deflate.ZlibHeader).Fixed().Literals("Hello").End().Message()),
		badText("19.2.11", "Compressed text with a gzip header", blocks().Octets(deflate.GzipHeader).Fixed().Literals("Hello").End().Message()),
		badText("19.2.14", "Text with RSV1 that is not compressed", []byte("Hello")),
	}
}

// randomMistakes are messages of random octets that break a rule of RFC 1951 behind no
// final block, and not only by ending too early.
func randomMistakes(n int) [][]byte {
	const size, most = 256, 1 << 20
	r := rand.New(rand.NewPCG(1951, 19))
	f := deflate.NewInflater(deflate.Params{})
	var all [][]byte
	for len(all) < n {
		octets := make([]byte, size)
		for i := range octets {
			octets[i] = byte(r.Uint32())
		}
		f.Reset(deflate.Params{})
		_, stats, err := f.Inflate(nil, octets, most)
		if errors.Is(err, deflate.ErrCorrupt) && !errors.Is(err, deflate.ErrTruncated) && !stats.Final {
			all = append(all, octets)
		}
	}
	return all
}

// nearlyDeflate is what no sender may send, and of which not every receiver can tell.
func nearlyDeflate() []conform.Case {
	blocks := deflate.Blocks
	cut := blocks().StoredAs(256, ^uint16(256), "He").Bytes()
	garbage := blocks().Final().Fixed().Literals("Hello").End().Octets("\xde\xad\xbe\xef").Bytes()
	return []conform.Case{
		{
			ID: "19.2.7", Title: "Compressed binary whose only block has 2 octets of the 256 that it declares", Requirements: []string{"7692-7.2-1"},
			Play: offend(compressedBinary(cut)),
			Want: or(notInflated(), delivered(verdict.NonStrict,
				"What could be inflated of the message was delivered, with the 00 00 ff ff that a receiver adds, though its block has not ended.", echoOf(binary("He\x00\x00\xff\xff"))),
				delivered(verdict.NonStrict, "What could be inflated of the message was delivered, though its block has not ended.", echoOf(binary("He")))),
		}, {
			ID: "19.2.8", Title: "Compressed text without an octet", Spec: "RFC 7692, 7.2.3.6", Requirements: []string{"7692-7.2-1", "7692-7.2.3.6-1"},
			Play: offend(compressedText(nil)),
			Want: openLevel(or(notInflated(), delivered(verdict.OK, "Where there is no block there is nothing to inflate: the message was taken for an empty one.", echo("")))),
		}, {
			ID: "19.2.12", Title: "Compressed text, a final block and octets behind it that are no block", Spec: "RFC 7692, 7.2.1", Requirements: []string{"7692-7.2-1"},
			Play: offend(compressedText(garbage)),
			Want: or(notInflated(), delivered(verdict.NonStrict, "What stands behind the final block was not looked at.", echo("Hello"))),
		}, {
			ID: "19.2.13", Title: "Compressed text whose first fragment has a block of type 3, the rest once that has been read", Requirements: []string{"7692-7.2-1", "7692-6-7"},
			Play: steps(live, probed(more(compressedText(blocks().Reserved().Bytes()))), openOnly(together(cont("\x00"), ping(verdict.Probe)))),
			Want: failsAtEnd(ws.InvalidPayload, ws.ProtocolError),
		},
	}
}

// failsAtEnd: the connection is failed before the Pong that comes between the fragments,
// or behind it, which is no fault: what RFC 7692, 7.2.2 has inflated is the payload of the
// whole message.
func failsAtEnd(codes ...ws.CloseCode) verdict.Want {
	const late, silent = "The connection was failed once the message was complete, which is when RFC 7692, 7.2.2 has it inflated.", "The connection was failed without a Close that says why, which RFC 6455, 7.1.7 says should come first."
	behind := func(es ...verdict.Event) []verdict.Event {
		return append([]verdict.Event{echo(alive), pongs(verdict.Probe)}, es...)
	}
	return or(fails(codes...),
		why(late, is(verdict.Informational, behind(closed(codes...), ended())...)),
		why(silent, is(verdict.NonStrict, behind(ended())...)),
		why(silent, is(verdict.NonStrict, behind(uncoded(), ended())...)),
		is(verdict.WrongCode, behind(closed(), ended())...),
	)
}

// againstAgreement is data that DEFLATE allows and the agreement does not. The receiver MAY
// do with less memory (RFC 7692, 7.2.2), so that it may also inflate what needs more.
func againstAgreement() []conform.Case {
	const bits, window = 9, 1 << 9
	far := scattered(window + 1)
	beyond := deflate.Blocks().Stored(far).Fixed().Copy(10, window+1).End()
	const inflated = "The message was inflated, for which a receiver needs more memory than was agreed, and which it may."
	return []conform.Case{
		{
			ID: "19.2.4", Title: "Compressed text, then text that refers to it, where we had agreed that none does", Requirements: []string{"7692-7.2-1"}, Spec: "RFC 7692, 7.2.1",
			Open: peer.Opening{
				Offers: []deflate.Offer{{ClientNoContextTakeover: true, ClientMaxWindowBits: deflate.AnyWindow}}, Accept: keepingTo(deflate.Params{NoContextTakeover: true}),
			},
			Play: whereAgreedOn(func(ours deflate.Params) bool { return ours.NoContextTakeover },
				offend(compressedText(hello().Message()), compressedText(helloAgain().Message()))),
			Want: orDeclines(verdict.Informational, or(notInflated(echo("Hello")), delivered(verdict.Informational, inflated, echo("Hello"), echo("Hello")))),
		}, {
			ID: "19.2.5", Title: "Compressed binary that refers one octet further back than the window that was agreed", Requirements: []string{"7692-7.2-1"}, Spec: "RFC 7692, 7.2.1",
			Open: peer.Opening{Offers: []deflate.Offer{{ClientMaxWindowBits: bits}}, Accept: keepingTo(deflate.Params{WindowBits: bits})},
			Play: whereAgreedOn(func(ours deflate.Params) bool { return ours.Window() <= window }, offend(compressedBinary(beyond.Message()))),
			Want: orDeclines(verdict.Informational, or(notInflated(), delivered(verdict.Informational, inflated, echoOf(binary(beyond.Output()))))),
		},
	}
}

// A mistake is what is wrong with a message, in a few words, and the message.
type mistake struct {
	what string
	made *deflate.Handmade
}

func everyMistake() []conform.Case {
	turns := func(ms []mistake) []conform.Turn {
		return each(ms, func(m mistake) conform.Turn {
			return conform.Turn{Name: m.what, Play: offend(compressedText(m.made.Message()))}
		})
	}
	bad := func(id, title string, ms []mistake) conform.Case {
		return conform.Case{ID: id, Title: title, Requirements: []string{"7692-7.2-1"}, Turns: turns(ms), Together: true, Want: notInflated()}
	}
	fixed := func() *deflate.Handmade { return deflate.Blocks().Fixed().Literals("Hello") }
	return []conform.Case{
		bad("19.2.15", "Compressed text with a mistake in a block, one of each", []mistake{
			{"block type 3 behind a good block", fixed().End().Reserved()},
			{"length 286", fixed().Symbol(286).End()},
			{"length 287", fixed().Symbol(287).End()},
			{"distance 30", fixed().Symbol(257).Distance(30, 0).End()},
			{"distance 31", fixed().Symbol(257).Distance(31, 0).End()},
			{"the same length twice", deflate.Blocks().StoredAs(5, 5, "Hello")},
		}),
		bad("19.2.16", "Compressed text with a mistake in the codes of a block, one of each", headerMistakes()),
		bad("19.2.17", "Compressed text that refers to what is before the beginning, one of each", []mistake{
			{"one octet", fixed().Copy(5, 6).End()},
			{"as far as there is a distance for", fixed().Copy(5, 1<<deflate.MaxWindowBits).End()},
			{"behind an empty block", deflate.Blocks().Stored("").Fixed().Copy(3, 1).End()},
		}),
		{
			ID: "19.2.18", Title: "Compressed text, then text that refers to the octet before it", Requirements: []string{"7692-7.2-1"},
			Play: whereAllowed(use{context: true}, offend(compressedText(hello().Message()), compressedText(deflate.Blocks().Fixed().Copy(5, 6).End().Message()))),
			Want: notInflated(echo("Hello")),
		},
	}
}

func headerMistakes() []mistake {
	good, one := deflate.Lengths{'a': 1, 256: 1}, deflate.Lengths{0: 1, 1: 1}
	dynamic := func(c deflate.Codes) *deflate.Handmade { return deflate.Blocks().Dynamic(c) }
	return []mistake{
		{"more codes of a length than it has, for literals", dynamic(deflate.Codes{Lits: deflate.Lengths{'a': 1, 'b': 1, 256: 1}})},
		{"more codes of a length than it has, for distances", dynamic(deflate.Codes{Lits: good, Dists: deflate.Lengths{0: 1, 1: 1, 2: 1}})},
		{"more codes of a length than it has, for code lengths", dynamic(deflate.Codes{Lits: good, Dists: one, Lens: deflate.Lengths{0: 1, 1: 1, 18: 1}})},
		{"a first code length that repeats the one before", dynamic(deflate.Codes{Lits: good, Repeats: []deflate.Repeat{{Symbol: 16}, {Symbol: 1}}})},
		{"more code lengths than announced", dynamic(deflate.Codes{Lits: good, Repeats: []deflate.Repeat{{Symbol: 18, Extra: 127}, {Symbol: 18, Extra: 127}, {Symbol: 1}}})},
		{"287 codes for literals and lengths", dynamic(deflate.Codes{Lits: good, HLIT: 287})},
	}
}
