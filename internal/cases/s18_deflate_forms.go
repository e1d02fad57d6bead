// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// goodDeflate is 18.1: forms of compressed messages that a receiver must take.
//
// A sender MAY use several blocks, of any type, with BFINAL set or not (RFC 7692, 7.2.1),
// and refer to earlier messages as far back as the window that was agreed (7.2.2). What
// one endpoint MAY do the other must be prepared for (RFC 2119, 5).
func goodDeflate() []conform.Case {
	cs := append(goodBlocks(), mixedBlocks()...)
	cs = append(cs, goodFragments()...)
	cs = append(cs, finalBlocks()...)
	cs = append(cs, goodContext()...)
	return onDeflate("RFC 7692, 7.2", append(cs, goodWindows()...))
}

// oneText is a case of a compressed text that comes back.
func oneText(id, title, requirement string, m *deflate.Handmade) conform.Case {
	return conform.Case{
		ID: id, Title: title, Requirements: []string{requirement}, Play: steps(live, send(compressedText(m.Message()))), Want: comesBack(echo(m.Output())),
	}
}

// hello is a message that RFC 7692, 7.2.3.1 has as its example, and helloAgain one that
// refers to it (7.2.3.2).
func hello() *deflate.Handmade      { return deflate.Blocks().Fixed().Literals("Hello").End() }
func helloAgain() *deflate.Handmade { return deflate.Blocks().After("Hello").Fixed().Copy(5, 5).End() }

func goodBlocks() []conform.Case {
	blocks := deflate.Blocks
	deep := blocks().Dynamic(deepCodes("abcdefghijklmn")).Literals("abcdefghijklmnn").Copy(3, 1).Copy(3, 4).Copy(3, 7).End()
	octets := blocks().Fixed().Literals(everyOctet()).Copy(256, 256).End()
	return []conform.Case{
		oneText("18.1.1", "Compressed text, a block with fixed codes", "7692-7.2.2-1", hello()),
		oneText("18.1.3", "Compressed text, a stored block", "7692-7.2.1-3", blocks().Stored("Hello")),
		oneText("18.1.7", "Compressed empty text, the octet 00", "7692-7.2.3.6-1", blocks()),
		oneText("18.1.8", "Compressed empty text, an empty block with fixed codes", "7692-7.2.3.6-1", blocks().Fixed().End()),
		oneText("18.1.12", "Compressed text of 4 KiB, a block with codes of its own", "7692-7.2.1-3", blocks().Dynamic(deflate.CodesFor(prose)).Literals(lines(4<<10)).End()),
		{
			ID: "18.1.14", Title: "Uncompressed text", Spec: "RFC 7692, 6", Requirements: []string{"7692-6-6"},
			Play: steps(live, send(text("plain"))), Want: comesBack(echo("plain")),
		}, {
			ID: "18.1.17", Title: "Compressed binary of every octet, twice", Requirements: []string{"7692-7.2-4"},
			Play: steps(live, send(compressedBinary(octets.Message()))), Want: comesBack(echoOf(binary(octets.Output()))),
		},
		oneText("18.1.25", "Compressed text of 300 times a letter, copied from itself", "7692-7.2.2-1", blocks().Fixed().Literals("aa").Copy(258, 1).Copy(40, 1).End()),
		{
			ID: "18.1.30", Title: "Compressed binary of 1 MiB of zeros", Requirements: []string{"7692-7.2.2-1"},
			Play: steps(live, send(compressedBinary(zeros(1<<20)))),
			Want: orLimited(verdict.OK, comesBack(echoOf(repeated(1<<20, binary("\x00")))), echo(alive)), Limit: livePatience,
		},
		oneText("18.1.36", "Compressed text, codes of every length from 1 to 15 bits", "7692-7.2.1-3", deep),
	}
}

func mixedBlocks() []conform.Case {
	blocks := deflate.Blocks
	const largest, size = 1<<16 - 1, 200_000
	incompressible := noise(size)
	stored := blocks()
	for octets := string(ws.Pattern{Unit: incompressible.Payload, Len: size}.Beginning(size)); octets != ""; {
		n := min(len(octets), largest)
		stored.Stored(octets[:n])
		octets = octets[n:]
	}
	mixed := blocks().Stored("stored, ").Fixed().Literals("fixed, ").Copy(7, 7).Copy(8, 22).End().Stored("").
		Dynamic(deflate.CodesFor("dynamic")).Literals("dynamic").End().Fixed().End().
		Dynamic(deflate.Codes{Lits: deflate.Lengths{256: 1}}).End()
	return []conform.Case{
		oneText("18.1.5", "Compressed text, two blocks with an empty one between", "7692-7.2.1-2",
			blocks().Fixed().Literals("He").End().Stored("").Fixed().Literals("llo").End()),
		oneText("18.1.13", "Compressed text, blocks of every type, with text and empty", "7692-7.2.1-2", mixed),
		{
			ID: "18.1.24", Title: "Compressed binary of 200000 octets, stored blocks of up to 65535", Requirements: []string{"7692-7.2.1-3", "7692-7.2-4"},
			Play: steps(live, send(compressedBinary(stored.Message()))), Want: orLimited(verdict.OK, comesBack(echoOf(incompressible)), echo(alive)), Limit: livePatience,
		},
		oneText("18.1.26", "Compressed text with an empty stored block in front of the end", "7692-7.2.1-2", hello().Stored("")),
	}
}

func goodFragments() []conform.Case {
	octets := hello().Message()
	head, tail := octets[:3], string(octets[3:])
	split := deflate.Blocks().Fixed().Literals("key \xf0\x9d").End().Stored("\x84").Fixed().Literals("\x9e and ").Copy(3, 9).Literals("\x9e").End()
	const unit = "4 KiB in all... "
	long := deflate.Blocks().Fixed().Literals(unit)
	for left := 4<<10 - len(unit); left > 0; {
		n := min(left, 258)
		long.Copy(n, len(unit))
		left -= n
	}
	long.End()
	return []conform.Case{
		{
			ID: "18.1.2", Title: "Compressed text in two fragments", Requirements: []string{"7692-6-7", "7692-7.2.1-5"},
			Play: steps(live, send(more(compressedText(head)), cont(tail))), Want: comesBack(echo("Hello")),
		}, {
			ID: "18.1.9", Title: "Compressed text with an empty last fragment", Requirements: []string{"7692-7.2.3.6-1"},
			Play: steps(live, send(more(compressedText(octets)), cont(""))), Want: comesBack(echo("Hello")),
		}, {
			ID: "18.1.10", Title: "Compressed text with an empty first fragment", Requirements: []string{"7692-7.2.3.6-1"},
			Play: steps(live, send(more(compressedText(nil)), cont(string(octets)))), Want: comesBack(echo("Hello")),
		}, {
			ID: "18.1.11", Title: "Compressed text in fragments of one octet", Requirements: []string{"7692-6-7"},
			Play: steps(live, send(fragmented(1, compressedText(octets))...)), Want: comesBack(echo("Hello")),
		}, {
			ID: "18.1.16", Title: "Compressed text with a Ping between its fragments", Spec: "RFC 7692, 6", Requirements: []string{"7692-6-9", "7692-6-8"},
			Play: steps(live, send(more(compressedText(head)), ping("\xff"), cont(tail))),
			Want: or(comesBack(pongs("\xff"), echo("Hello")), is(verdict.OK, back(echo("Hello"), pongs("\xff"))...)),
		}, {
			ID: "18.1.31", Title: "Compressed text with characters that blocks, copies and fragments cut", Requirements: []string{"7692-7.2-2", "7692-6-7"},
			Play: steps(live, send(fragmented(2, compressedText(split.Message()))...)), Want: comesBack(echo(split.Output())),
		}, {
			ID: "18.1.32", Title: "Compressed text of 4 KiB in fragments of one octet, written octet by octet", Requirements: []string{"7692-6-7", "7692-7.2.1-5"},
			Play: steps(live, send(chopAll(1, fragmented(1, compressedText(long.Message()))...)...)), Want: comesBack(echo(long.Output())), Limit: livePatience,
		},
	}
}

// finalBlocks are those with BFINAL set. "The next DEFLATE block follows the padded data
// if any" (RFC 7692, 7.2.1), so that such a block ends neither a message nor what later
// ones may refer to.
func finalBlocks() []conform.Case {
	final := func() *deflate.Handmade { return deflate.Blocks().Final().Fixed().Literals("Hello").End() }
	var each []peer.Frame
	var all []verdict.Event
	for _, word := range strings.Fields("zero one two three four five six seven eight nine") {
		m := deflate.Blocks().Final().Fixed().Literals(word).End()
		each, all = append(each, compressedText(m.Message())), append(all, echo(word))
	}
	const spec = "RFC 7692, 7.2.3.4"
	two := oneText("18.1.23", "Compressed text, two final blocks", "7692-7.2.1-4",
		deflate.Blocks().Final().Fixed().Literals("He").End().Final().Fixed().Literals("llo").End())
	two.Spec = "RFC 7692, 7.2.1"
	one := oneText("18.1.4", "Compressed text, a final block", "7692-7.2.1-4", final())
	one.Spec = spec
	return []conform.Case{one, {
		ID: "18.1.21", Title: "Compressed text with a final block, then text that refers to it", Spec: "RFC 7692, 7.2.2",
		Requirements: []string{"7692-7.2.1-4", "7692-7.2.2-2"},
		Play:         whereAllowed(use{context: true}, steps(live, send(compressedText(final().Message()), compressedText(helloAgain().Message())))),
		Want:         comesBack(echo("Hello"), echo("Hello")),
	}, {
		ID: "18.1.22", Title: "Ten compressed texts, each with a final block", Spec: spec, Requirements: []string{"7692-7.2.1-4"},
		Play: steps(live, send(each...)), Want: comesBack(all...),
	}, two}
}
