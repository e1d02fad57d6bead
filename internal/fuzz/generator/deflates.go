// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

type (
	blocks = conversation.Blocks
	op     = conversation.Op
)

func literals(s string) op          { return op{Text: s} }
func word(w string, args ...int) op { return op{Word: w, Args: args} }
func about(w, text string, args ...int) op {
	return op{Word: w, Args: args, Text: text}
}

// compressed is a legal compressed message, as far as the extension is agreed and lets us
// refer to earlier messages.
func (g *drawing) compressed(o ws.Opcode) conversation.Frame {
	b, says := g.legalBlocks(o)
	f, err := conversation.Deflated(g.Role, o, b)
	if err != nil {
		return g.frame(o, "")
	}
	if g.on == 0 {
		g.earlier += says
		if len(g.earlier) > 40_000 {
			g.earlier = g.earlier[len(g.earlier)-40_000:]
		}
	}
	g.key(&f)
	return f
}

// legalBlocks draws the blocks of a message, and returns what they say.
func (g *drawing) legalBlocks(o ws.Opcode) (blocks, string) {
	unit, repeat := g.payload(o)
	text := unit
	if repeat > 0 {
		text = strings.Repeat(unit, max(1, min(repeat, 3000)/len(unit)))
	}
	if o == ws.Text {
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	var b blocks
	switch k := g.IntN(12); {
	case k == 0:
		b = blocks{about("stored", text), word("tail")}
	case k == 1 && text != "":
		b = blocks{about("dynamic", text), literals(text), word("end"), word("tail")}
	case k == 2:
		b = blocks{word("final"), word("fixed"), literals(text), word("end"), word("tail")}
	case k == 3:
		b = blocks{word("final"), about("stored", text), word("tail")}
	case k == 4:
		b = blocks{word("fixed"), literals(text), word("end"), about("stored", ""), word("fixed"), literals("+"), word("end"), word("tail")}
		text += "+"
	case k == 5: // what goes on behind a final block
		b = blocks{word("final"), word("fixed"), literals(text), word("end"), word("fixed"), literals("!"), word("end"), word("tail")}
		text += "!"
	case k <= 8:
		return g.copies() // all of it is ASCII, and so either type
	default:
		b = blocks{word("fixed"), literals(text), word("end"), word("tail")}
	}
	if text == "" && g.chance(50) {
		b = blocks{word("tail")}
	}
	return b, text
}

// copies draws a message with copies, of itself or of earlier messages.
func (g *drawing) copies() (blocks, string) {
	seed := "abcdefghijklmnopqrstuvwx"[:3+g.IntN(16)]
	if g.chance(15) { // what is far back, for those that are to look less far
		text := farApart(pick(g, []int{200, 300, 600, 1100}))
		length := min(len(text), 258)
		return blocks{word("fixed"), literals(text), word("copy", length, len(text)), word("copy", length, len(text)), word("end"), word("tail")},
			text + text[:length] + (text + text[:length])[length:2*length]
	}
	if g.earlier != "" && g.chance(60) && isASCII(g.earlier) { // nothing but a copy
		distance := 1 + g.IntN(min(len(g.earlier), 32768))
		if g.chance(30) {
			distance = min(len(g.earlier), 32768)
		}
		length := min(3+g.IntN(20), 258)
		return blocks{word("fixed"), word("copy", length, distance), word("end"), word("tail")}, copied(g.earlier, length, distance)
	}
	times, length := 1, 3+g.IntN(256)
	if g.has(Lengths, 30) {
		times, length = pick(g, []int{2, 2, 5, 40, 130, 255, 300}), 258
	}
	distance := 1 + g.IntN(len(seed))
	b := blocks{word("fixed"), literals(seed), word("copy", length, distance, times), word("end"), word("tail")}
	if times == 1 {
		b[2].Args = b[2].Args[:2]
	}
	says := []byte(seed)
	for range times * length {
		says = append(says, says[len(says)-distance])
	}
	return b, string(says)
}

// farApart is n letters in which no three come again soon.
func farApart(n int) string {
	b := make([]byte, n)
	x := uint32(7)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

// copied is what a copy adds behind text.
func copied(text string, length, distance int) string {
	all := []byte(text[len(text)-distance:])
	for i := range length {
		all = append(all, all[i])
	}
	return string(all[distance:])
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// badBlocks are data that nobody can inflate, or may refuse to.
func badBlocks() []blocks {
	fixed := func(more ...op) blocks {
		return append(append(blocks{word("fixed"), literals("Hello")}, more...), word("end"), word("tail"))
	}
	return []blocks{
		{word("reserved")},
		{word("fixed"), literals("a"), word("end"), word("reserved")},
		{about("storedas", "Hello", 5, 5), word("tail")},
		{about("storedas", "Hello", 6, 65529), word("tail")},
		fixed(word("copy", 3, 9)),
		fixed(word("copy", 5, 32768)),
		fixed(word("symbol", 286)),
		fixed(word("symbol", 287)),
		fixed(word("symbol", 257), word("distance", 30, 0)),
		{word("fixed"), literals("Hello")},
		{word("fixed"), literals("Hello"), word("end"), word("tail"), word("cut", 1)},
		{word("fixed"), literals("Hello, Hello"), word("end"), word("tail"), word("cut", 4)},
		{about("octets", "\x78\x9c"), word("fixed"), literals("Hello"), word("end"), word("tail")},
		{about("octets", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), word("fixed"), literals("Hello"), word("end"), word("tail")},
		{word("fixed"), literals("Hello"), word("end"), about("stored", "")},
		{about("octets", "Hello")},
		{about("octets", "\xff\xff\xff\xff")},
		{about("octets", "\x04\xc0\x81\x08\x00\x00\x00")}, // codes that are not complete
		{},
	}
}

// badTexts are compressed texts that are not UTF-8.
func badTexts() []blocks {
	var all []blocks
	for _, s := range notUTF8() {
		all = append(all, blocks{word("fixed"), literals("ok" + s), word("end"), word("tail")})
	}
	return all
}

// bomb inflates to megabytes.
func (g *drawing) bomb() blocks {
	return blocks{word("fixed"), literals("\x00"), word("copy", 258, 1, pick(g, []int{5_000, 70_000})), word("end"), word("tail")}
}
