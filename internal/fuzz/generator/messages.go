// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

func pauses() []time.Duration {
	return []time.Duration{time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond}
}

// plainTexts are texts that endpoints get wrong, each for a reason of its own.
func plainTexts() []string {
	return []string{
		"", "a", "Hello", "Hello, world", "x\x00y", "\x00", "a\r\nb\r\n", "\n", "\ufeffmark", "e\u0301", "\u00e9",
		"\u00b5\u00df\u20ac\u4e16\u754c", "\U0001f600", "\uffff\ufffe", "\U0010ffff", "\u0800\ud7ff\ue000", "\U00010000", "\u07ff",
		"{\"a\":1}", " leading", "trailing ", "\x7f\u0080",
	}
}

// plainBinaries are octets that endpoints get wrong.
func plainBinaries() []string {
	return []string{"", "\x00", "\xff\xfe\xfd", "a\nb\n", "a\r\nb\r\n", "\x80\x81", "\x00\xff\x00\xff\xaa", "\xed\xa0\x80", "abc"}
}

// lengths are where encodings and buffers of endpoints end.
func lengths() []int {
	return []int{1, 2, 7, 64, 65, 100, 124, 125, 126, 127, 128, 300, 301, 511, 1023, 1024, 1025, 1500, 4095, 4096, 4097, 8192, 8200, 16384, 16385, 20000, 32767, 32768, 65535, 65536, 65537, 70000, 150002}
}

// payload draws what a message says.
func (g *drawing) payload(op ws.Opcode) (unit string, repeat int) {
	pool := g.words.binaries
	if op == ws.Text {
		pool = g.words.texts
	}
	switch {
	case g.has(Lengths, 25):
		n := pick(g, g.words.lengths)
		if n > 5000 && g.chance(60) { // they cost time
			n = pick(g, g.words.lengths[:19])
		}
		unit = "*"
		if op == ws.Binary {
			unit = "\x01\x80\xfe\n\x00\xc3\r\n"
		} else if g.chance(50) {
			unit = "The quick br"
		}
		if n < len(unit) {
			unit = unit[:n]
			return unit, 0
		}
		return unit, n
	case g.has(Characters, 50) || g.chance(20):
		return pick(g, pool), 0
	}
	return strings.Repeat(string(rune('a'+g.IntN(26))), 1+g.IntN(12)), 0
}

// message sends a legal message: in one frame or several, with control frames between
// them, compressed or not.
func (g *drawing) message() {
	if g.open[g.on] != ws.Continuation { // one is open
		f := g.frame(ws.Continuation, "")
		f.Fin = g.chance(70)
		g.send(f)
		return
	}
	op := ws.Text
	if g.chance(40) {
		op = ws.Binary
	}
	whole := g.whole(op)
	if !g.has(Fragments, 45) {
		g.send(whole)
		return
	}
	g.fragments(whole)
}

// whole is a message in one frame.
func (g *drawing) whole(op ws.Opcode) conversation.Frame {
	if g.c.Openings[g.on].Offer != "" && g.chance(70) || g.Role == ws.Server && g.has(Compression, 50) {
		return g.compressed(op)
	}
	unit, repeat := g.payload(op)
	f := g.frame(op, unit)
	if repeat > 0 {
		f.Repeat, f.Length = repeat, uint64(repeat)
	}
	return f
}

// fragments sends a message in several frames.
func (g *drawing) fragments(whole conversation.Frame) {
	n := 2 + g.IntN(3)
	size := whole.Len()
	from := 0
	for i := range n {
		to := size
		if i < n-1 {
			to = from + g.IntN(size-from+1)
			if g.chance(15) {
				to = from // an empty one
			}
		}
		f := whole.Slice(from, to)
		f.Fin = i == n-1
		if i > 0 {
			f.Opcode, f.RSV = ws.Continuation, 0
			g.key(&f)
		}
		g.send(f)
		from = to
		if i < n-1 && g.has(Controls, 35) {
			g.control()
		}
		if i < n-1 && g.has(Pauses, 2) {
			g.add(conversation.Step{Kind: conversation.Pause, Wait: pick(g, pauses())})
		}
	}
}

// control sends a Ping or a Pong.
func (g *drawing) control() {
	payload := ""
	switch g.IntN(6) {
	case 0:
	case 1:
		payload = strings.Repeat("p", pick(g, []int{1, 124, 125}))
	case 2:
		payload = pick(g, g.words.binaries)
	default:
		payload = string(rune('0' + g.IntN(10)))
	}
	op := ws.Ping
	if g.chance(25) {
		op = ws.Pong
	}
	g.send(g.frame(op, payload))
}

// crowd sends much of the same.
func (g *drawing) crowd() {
	if g.open[g.on] != ws.Continuation {
		return
	}
	f := g.frame(ws.Ping, "x")
	n := 3
	switch g.IntN(4) {
	case 0:
		f, n = g.frame(ws.Text, "n"), 110
	case 1:
		n = 1100
	case 2:
		first := g.frame(ws.Text, "f")
		first.Fin = false
		g.send(first)
		f = g.frame(ws.Continuation, "f")
		f.Fin, n = false, 1100
	}
	f.Times = n
	g.add(conversation.Step{Kind: conversation.SendFrame, Frame: f})
	g.complete()
}
