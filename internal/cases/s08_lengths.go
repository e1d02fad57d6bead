// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// lengths is 8.2: payload lengths in their three forms.
//
// "Note that in all cases, the minimal number of bytes MUST be used to encode the
// length" (RFC 6455, 5.2): a rule for senders, which receivers should hold them to
// (10.7). Of a 64-bit length "the most significant bit MUST be 0".
func lengths() []conform.Case {
	return slices.Concat(longerForms(), hugeLengths(), lengthsInUse(), truncatedFrames())
}

// orTaken takes it as NON-STRICT that the events come back, as if nothing were wrong: be
// it behind the Pong for the Ping that came after.
func orTaken(w verdict.Want, es ...verdict.Event) verdict.Want {
	const reason = "The frame was taken, though its length is not in the shortest form that RFC 6455, 5.2 demands."
	return or(w, why(reason, begins(verdict.NonStrict, append([]verdict.Event{echo(alive), maybe(pongs(verdict.Probe))}, es...)...)))
}

func longerForms() []conform.Case {
	c := func(n int, title string, play func(*peer.Peer), w verdict.Want) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("8.2.%d", n), Title: title, Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-12"},
			Play: play, Want: w,
		}
	}
	of := func(form func(peer.Frame) peer.Frame, f peer.Frame, codes ...ws.CloseCode) (func(*peer.Peer), verdict.Want) {
		return offend(form(f)), orTaken(fails(append(codes, ws.ProtocolError)...), echoOf(f))
	}
	stars := func(n int) peer.Frame { return text(strings.Repeat("*", n)) }
	row := func(n int, title string, form func(peer.Frame) peer.Frame, f peer.Frame, codes ...ws.CloseCode) conform.Case {
		play, want := of(form, f, codes...)
		return c(n, title, play, want)
	}
	return []conform.Case{
		row(1, "Text of 5 octets with a 16-bit length", in16, text("Hello")),
		row(2, "Text of 125 octets with a 16-bit length", in16, stars(125)),
		row(3, "Empty text with a 16-bit length", in16, text("")),
		row(4, "Text of 5 octets with a 64-bit length", in64, text("Hello")),
		row(5, "Text of 126 octets with a 64-bit length", in64, stars(126)),
		row(6, "Binary message of 65535 octets with a 64-bit length", in64, noise(65535), ws.MessageTooBig),
		// Of two Pings only the later one need be answered (5.5.3).
		c(7, "Ping of 5 octets with a 16-bit length", offend(in16(ping("Hello"))),
			orTaken(fails(1002), maybe(pongs("Hello")), pongs(verdict.Probe))),
		c(8, "Close with a 16-bit length", offendSilently(in16(closeFrame(coded(1000, "")))), failsOrReplies(verdict.NonStrict)),
		c(9, "Text in two fragments, the second of 3 octets with a 64-bit length",
			offend(more(text("He")), in64(cont("llo"))), orTaken(fails(1002), echo("Hello"))),
	}
}

// silentWait is how long a peer that waits for the rest of a frame is watched, where
// that is right and a reaction would come at once.
const silentWait = 300 * time.Millisecond

// hugeLengths are those of binary messages, since what comes behind may be read as more of
// the payload. They are only declared: nothing, or next to nothing, comes of them. "An implementation
// that has implementation- and/or platform-specific limitations regarding the frame
// size or total message size after reassembly from multiple frames MUST protect
// itself against exceeding those limits" (10.4).
func hugeLengths() []conform.Case {
	const maxInt63 = math.MaxInt64
	return []conform.Case{
		{
			ID: "8.2.10", Title: "Binary message of 5 octets with a 64-bit length of 5 that has the top bit set", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-9"},
			Play: offend(declared(1<<63|5, binary("Hello"))), Fresh: true, Want: fails(tooBigToo()...),
		}, {
			ID: "8.2.11", Title: "Header with a 64-bit length of all ones, and nothing more", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-9"},
			Play: offendSilently(declared(math.MaxUint64, binary(""))), Fresh: true, Want: fails(tooBigToo()...),
		}, {
			ID: "8.2.12", Title: "Header that declares 2^63-1 octets, and nothing more", Spec: "RFC 6455, 10.4", Requirements: []string{"6455-5.2-14", "6455-10.4-1"},
			Play: offendSilently(declared(maxInt63, binary(""))), Fresh: true,
			Want: or(fails(tooBigToo()...), why("The peer waits for 2^63-1 octets, which nothing can take.", is(verdict.NonStrict, echo(alive), stillOpen()))),
		}, {
			ID: "8.2.13", Title: "Header that declares 2^32+5 octets, 5 of them, and a Ping", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-14"},
			Play: offend(declared(1<<32|5, binary("Hello"))), Limit: silentWait, Want: orMayWait(fails(1009)),
		}, {
			ID: "8.2.14", Title: "Headers that declare 2 GiB and more, and nothing more", Spec: "RFC 6455, 10.4", Requirements: []string{"6455-5.2-14", "6455-10.4-1"},
			Turns: []conform.Turn{
				{Name: "2^31 octets", Play: offendSilently(declared(1<<31, binary("")))},
				{Name: "2^31+1 octets", Play: offendSilently(declared(1<<31+1, binary("")))},
				{Name: "2^40-2^32 octets", Play: offendSilently(declared(1<<40-1<<32, binary("")))},
			}, Fresh: true, Limit: silentWait, Want: orMayWait(fails(tooBigToo()...)),
		},
	}
}

// orMayWait takes it as well that the peer waits for the rest of a frame: it may come.
func orMayWait(w verdict.Want) verdict.Want {
	return or(w, why("The peer waits for the rest of the frame, as it may.", is(verdict.OK, echo(alive), stillOpen())))
}

func lengthsInUse() []conform.Case {
	var boundaries []peer.Frame
	for _, n := range []int{0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537} {
		boundaries = append(boundaries, noise(n))
	}
	inParts := []peer.Frame{cut(3, 3, noise(126))}
	for at := 3; at < 10; at++ {
		inParts = append(inParts, cut(at, at, noise(65536)))
	}
	const whole = ws.MaxHeaderLen
	return []conform.Case{
		{
			ID: "8.2.15", Title: "Binary message of 65541 octets", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-13"},
			Play: exchange(noise(65541)), Want: orLimitedSilently(orLimited(verdict.OK, returns())),
		}, {
			ID: "8.2.16", Title: "Binary messages of the shortest and longest lengths of each form", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-13"},
			Play: exchange(boundaries...), Want: orLimited(verdict.Informational, returns()),
		}, {
			ID: "8.2.20", Title: "Frames with lengths of each form whose headers are read in parts", Spec: "RFC 6455, 5.2",
			Requirements: []string{"6455-5.2-13", "6455-5.2-19"},
			Turns: []conform.Turn{
				{Name: "each octet of the header apart", Play: exchange(cut(1, whole, noise(5)), cut(1, whole, noise(126)), cut(1, whole, noise(65536)))},
				{Name: "the extended length in two parts", Play: exchange(inParts...)},
			}, Want: orLimited(verdict.Informational, returns()),
		}, {
			ID: "8.2.21", Title: "Binary messages of 256, 258 and 65794 octets", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-10"},
			Play: exchange(noise(256), noise(258), noise(65536+258)), Want: orLimited(verdict.Informational, returns()),
		},
	}
}

// truncatedFrames end with our half of TCP. What has come of them is no frame, so that
// there is nothing to deliver.
func truncatedFrames() []conform.Case {
	ends := ladder(is(verdict.OK, echo(alive), ended()), is(verdict.OK, echo(alive), closed(), ended()))
	return []conform.Case{
		{
			ID: "8.2.18", Title: "The first octets of a header, and the end of TCP", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-20"},
			Turns: each([]int{1, 2, 3, 5, 9}, func(n int) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("the end behind octet %d", n), Play: steps(live, func(p *peer.Peer) {
					h := ws.Header{Fin: true, Opcode: ws.Binary, Length: 1 << 16, Masked: p.Role() == ws.Client}
					p.SendOctets(h.Append(nil)[:n])
					p.EndWrite()
				})}
			}), Want: ends,
		}, {
			ID: "8.2.19", Title: "Half of a frame of 100 octets, and the end of TCP", Spec: "RFC 6455, 5.2", Requirements: []string{"6455-5.2-20"},
			Play: steps(live, send(declared(100, text(strings.Repeat("half", 12)+"of"))), (*peer.Peer).EndWrite), Want: ends,
		},
	}
}
