// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// utf8Content is 14.4: text is checked wherever its octets are, and what is valid comes
// back as it was.
//
// Text that is not UTF-8 fails the connection (RFC 6455, 8.1). The application data of a
// message is what the other side hands on (6.2): no byte order mark is dropped, no line end,
// no form of a letter changed for another.
func utf8Content() []conform.Case {
	cs := append(invalidAnywhere(), unchangedText()...)
	for i := range cs {
		cs[i].Tags = append(cs[i].Tags, conform.UTF8)
	}
	return cs
}

func invalidAnywhere() []conform.Case {
	at := func(length, offset int, bad byte) peer.Frame {
		b := []byte(strings.Repeat("All is well. ", length/13+1)[:length])
		b[offset] = bad
		return text(string(b))
	}
	everywhere := []string{"6455-5.6-1", "6455-8.1-1", "6455-8.1-7"}
	return []conform.Case{
		{
			ID: "14.4.1", Title: "Text of 128 octets, FF at one of them", Spec: utf8Spec, Requirements: everywhere,
			Turns: each([]int{0, 1, 3, 7, 8, 15, 16, 31, 32, 63, 64, 95, 127}, func(offset int) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("at offset %d", offset), Play: offend(at(128, offset, 0xff))}
			}), Want: fails(1007),
		}, {
			ID: "14.4.2", Title: "Text of a million octets, FF at one of them", Spec: utf8Spec, Requirements: everywhere,
			Turns: each([]int{1023, 4095, 65535, 999_999}, func(offset int) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("at offset %d", offset), Play: func(p *peer.Peer) { offend(at(1_000_000, offset, 0xff))(p) }}
			}), Want: orLimited(verdict.Informational, fails(1007), echo(alive)), Limit: patient, Tags: []conform.Tag{conform.Slow},
		}, {
			ID: "14.4.10", Title: "Text in two fragments, FE at the end of the second", Spec: utf8Spec, Requirements: everywhere,
			Play: offend(more(at(1<<10, 0, 'a')), cont(strings.Repeat("b", 100)+"\xfe")), Want: fails(1007),
		},
	}
}

func unchangedText() []conform.Case {
	unaltered := []string{"6455-5.6-4"}
	var controls strings.Builder
	for r := rune(0); r < 0xA0; r++ {
		if r < 0x20 || r >= 0x7F {
			controls.WriteRune(r)
		}
	}
	var lanes []peer.Frame
	for _, first := range []int{13, 29, 61} {
		for offset := first; offset < first+5; offset++ {
			for _, c := range []string{"\u20ac", "\U0001F600"} {
				lanes = append(lanes, text(strings.Repeat("a", offset)+c+strings.Repeat("b", 80-offset)))
			}
		}
	}
	return []conform.Case{
		{
			ID: "14.4.3", Title: "Each of the 1112064 characters there can be, in one text", Spec: utf8Spec, Requirements: []string{"6455-8.1-4", "6455-8.1-7"},
			Play: exchanging(quietly(func(p *peer.Peer) bool { return p.Echo(peer.Message{Data: ws.Literal(everyCharacter())}) })),
			Want: orLimited(verdict.Informational, returns()), Limit: patient, Tags: []conform.Tag{conform.Slow},
		},
		unchanged(4, "Text that begins with a byte order mark", unaltered, text("\ufeffx")),
		unchanged(5, "Text with line ends of each kind", unaltered, text("a\r\nb\nc\rd\n\re")),
		unchanged(6, "The letter e with an acute accent, as two characters and as one", unaltered, text("e\u0301"), text("\u00e9")),
		unchanged(7, "Text of all control characters, NUL first", unaltered, text(controls.String())),
		unchanged(8, "Binary message of each octet there is and of text, in fragments that cut it inside characters",
			[]string{"6455-5.6-3"}, binaryInside()...),
		unchanged(9, "Characters of 3 and 4 octets around offsets 16, 32 and 64", []string{"6455-8.1-7"}, lanes...),
	}
}

// unchanged is a case whose messages come back as they are.
func unchanged(n int, title string, requirements []string, fs ...peer.Frame) conform.Case {
	c := conform.Case{ID: fmt.Sprintf("14.4.%d", n), Title: title, Spec: "RFC 6455, 5.6", Requirements: requirements}
	if len(fs) > 2 {
		c.Play, c.Want = exchange(fs...), returns()
		return c
	}
	var es []verdict.Event
	for _, f := range fs {
		es = append(es, echoOf(f))
	}
	c.Play, c.Want = steps(live, together(fs...)), comesBack(es...)
	return c
}

// binaryInside is a binary message in fragments. Taken for text, those would begin and end
// inside characters.
func binaryInside() []peer.Frame {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	s := string(all) + "\u00e9\u20ac\U0001F600" + string(all)
	var fs []peer.Frame
	last := 0
	for _, at := range []int{0xC4, 0xE3, 0xF1, 257, 259, 263} { // behind C3, E2, F0, and in the characters
		fs = append(fs, more(cont(s[last:at])))
		last = at
	}
	fs[0].Opcode = ws.Binary
	return append(fs, cont(s[last:]))
}

// everyCharacter is the UTF-8 of all that can be written in it: U+0000 to U+10FFFF
// without the surrogates.
func everyCharacter() []byte {
	b := make([]byte, 0, 4_382_592)
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}
