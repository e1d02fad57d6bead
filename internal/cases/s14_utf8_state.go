// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// utf8State is 14.1 and 14.2: what a peer that checks text keeps in mind from frame to
// frame, and what it has to forget from message to message.
//
// "Note that a particular text frame might include a partial UTF-8 sequence; however,
// the whole message MUST contain valid UTF-8" (RFC 6455, 5.6).
func utf8State() []conform.Case {
	cs := slices.Concat(splitCharacters(), splitEverywhere(), cutText())
	for i := range cs {
		cs[i].Tags = append(cs[i].Tags, conform.UTF8)
	}
	return cs
}

// pongAnd: the message comes back and a Pong, in whichever order: a Pong is to come "as
// soon as is practical" (RFC 6455, 5.5.2).
func pongAnd(payload string, message verdict.Event) verdict.Want {
	return or(comesBack(pongs(payload), message),
		is(verdict.OK, echo(alive), message, pongs(payload), answersUs(), ended()))
}

func splitCharacters() []conform.Case {
	const p = "between"
	c := func(n int, title, whole string, between ...peer.Frame) conform.Case {
		want := comesBack(echo(whole))
		for _, f := range between {
			if f.Opcode == ws.Ping {
				want = pongAnd(p, echo(whole))
			}
		}
		return conform.Case{
			ID: fmt.Sprintf("14.1.%d", n), Title: title, Spec: "RFC 6455, 5.6", Requirements: []string{"6455-5.6-2"},
			Play: steps(live, together(between...)), Want: want,
		}
	}
	split := func(n int, first, second, title string, f peer.Frame) conform.Case {
		return c(n, title, first+second, more(text(first)), f, cont(second))
	}
	empty := more(cont(""))
	return []conform.Case{
		split(1, "\xc3", "\xa9", "Character of 2 octets in two fragments, a Ping between them", ping(p)),
		split(2, "\xc3", "\xa9", "Character of 2 octets in two fragments, a Pong between them", pong(p)),
		split(3, "\xc3", "\xa9", "Character of 2 octets in two fragments, an empty one between them", empty),
		split(4, "\xe2", "\x82\xac", "Character of 3 octets cut behind the first, a Ping between the fragments", ping(p)),
		split(5, "\xe2\x82", "\xac", "Character of 3 octets cut behind the second, a Ping between the fragments", ping(p)),
		c(6, "Character of 3 octets in fragments of one octet, empty ones between them", "\u20ac",
			more(text("\xe2")), empty, more(cont("\x82")), empty, cont("\xac")),
		split(7, "\xf0", "\x9f\x98\x80", "Character of 4 octets cut behind the first, a Ping between the fragments", ping(p)),
		split(8, "\xf0\x9f", "\x98\x80", "Character of 4 octets cut behind the second, a Ping between the fragments", ping(p)),
		split(9, "\xf0\x9f\x98", "\x80", "Character of 4 octets cut behind the third, a Pong between the fragments", pong(p)),
		{
			ID: "14.1.10", Title: "Character that is begun, a Ping, and what cannot go on with it", Spec: utf8Spec, Requirements: []string{"6455-5.6-2", "6455-8.1-1"},
			Turns: each([]string{"\x28\xa1", "(A"}, func(rest string) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("E2, then %q", rest), Play: offend(more(text("\xe2")), ping(p), cont(rest))}
			}), Want: failsAfter([]verdict.Event{maybe(pongs(p))}, 1007),
		},
	}
}

// edges are the first and the last characters of each form that UTF-8 has by RFC 3629:
// where the second octet is not any of 80 to BF, that is the first or last of those it may be.
func edges() []string {
	return []string{
		"\u0080", "\u07ff", "\u0800", "\u0fff", "\u1000", "\ud7ff", "\ue000", "\uffff",
		"\U00010000", "\U0003ffff", "\U00040000", "\U000fffff", "\U00100000", "\U0010ffff",
	}
}

// splitEverywhere has reads and fragments end at each place within characters.
func splitEverywhere() []conform.Case {
	const times, longest = 100, 4
	faces := text(string(slices.Repeat([]rune{'\U0001F600'}, times)))
	var fragments, writes []peer.Frame
	for _, c := range edges() {
		for at := 1; at < len(c); at++ {
			fragments = append(fragments, more(text(c[:at])), cont(c[at:]))
		}
		writes = append(writes, cut(1, ws.MaxHeaderLen, text(c)))
		// Behind the header, be it masked or not.
		for at := 3; at < 6+longest; at++ {
			writes = append(writes, cut(at, at, text(c)))
		}
	}
	c := func(n int, title string, fs ...peer.Frame) conform.Case {
		return conform.Case{
			ID: fmt.Sprintf("14.1.%d", n), Title: title, Spec: "RFC 6455, 5.6", Requirements: []string{"6455-5.6-2", "6455-8.1-4"},
			Play: exchange(fs...), Want: returns(),
		}
	}
	cs := []conform.Case{
		c(11, fmt.Sprintf("Text of %d characters of 4 octets that is read an octet at a time", times), cut(1, ws.MaxHeaderLen+len(faces.Payload), faces)),
		c(12, "First and last characters of each form, in two fragments, cut at each place", fragments...),
		c(13, "First and last characters of each form, in two reads, cut at each place", writes...),
	}
	for _, i := range []int{0, 2} {
		cs[i].Requirements = append(cs[i].Requirements, "6455-5.2-19")
	}
	return cs
}

func cutText() []conform.Case {
	c := func(n int, title string, play func(*peer.Peer), w verdict.Want, requirements ...string) conform.Case {
		return conform.Case{ID: fmt.Sprintf("14.2.%d", n), Title: title, Spec: utf8Spec, Requirements: requirements, Play: play, Want: w}
	}
	const whole, fragmented, first = "6455-5.6-1", "6455-8.1-3", "voil\u00e0"
	return []conform.Case{
		c(1, "Text in two fragments that ends behind the first octet of 2", offend(more(text("a")), cont("\xc3")), fails(1007), whole, fragmented),
		c(2, "Text in two fragments that ends behind the second octet of 3", offend(more(text("a")), cont("\xe2\x82")), fails(1007), whole, fragmented),
		c(3, "Text in two fragments that ends behind the third octet of 4, the last one empty", offend(more(text("\xf0\x9f\x98")), cont("")), fails(1007), whole, fragmented),
		c(4, "Two texts, the second with the octet that the first lacks", offend(text("\xc3"), text("\xa9")), fails(1007), whole, fragmented),
		c(5, "Valid text, then one that begins inside a character", steps(live, echoed(text(first)), together(text("\x80"), ping(verdict.Probe))),
			failsAfter([]verdict.Event{echo(first)}, 1007), whole),
		c(6, "Binary message that ends with the first octet of a character, then text", steps(live, together(binary("\x00\xc3"), text("A"))),
			comesBack(echoOf(binary("\x00\xc3")), echo("A")), whole, "6455-5.6-3"),
		c(7, "Text in two fragments that ends inside a character, a Ping between them", offend(more(text("\xe2")), ping("between"), cont("")),
			failsAfter([]verdict.Event{maybe(pongs("between"))}, 1007), whole, fragmented),
	}
}
