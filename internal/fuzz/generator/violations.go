// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strings"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// notUTF8 are octets that no text has, alone or at its end.
func notUTF8() []string {
	return []string{
		"\xff", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xe2\x82", "\xf0\x9f\x98", "\xc3", "\xe0", "\xf0", "\xf8\x88\x80\x80\x80", "\xce\xba\xe1\xbd\xb9\xed\xa0\x80", "\xe2\x28\xa1",
	}
}

// violate does one thing that is not allowed, or next to it.
func (g *drawing) violate() {
	if len(g.c.Openings) > 1 {
		g.on = g.IntN(len(g.c.Openings))
	}
	all := []func(){
		g.badRSV, g.badRSV, g.badOpcode, g.badOpcode, g.badMask, g.badForm, g.badLength, g.badOrder, g.badOrder, g.badControl, g.badControl,
		g.badText, g.badText, g.badText, g.badClose, g.badClose, g.badTail, g.noise,
	}
	if g.use&Compression != 0 {
		all = append(all, g.badDeflate, g.badDeflate, g.badDeflate, g.badDeflate)
	}
	pick(g, all)()
}

// any is a frame of any kind with a short payload.
func (g *drawing) any() conversation.Frame {
	o := pick(g, []ws.Opcode{ws.Text, ws.Binary, ws.Continuation, ws.Ping, ws.Pong, ws.Close})
	payload := "x"
	switch {
	case o == ws.Close:
		payload = "\x03\xe8"
	case g.chance(25):
		payload = ""
	}
	if o == ws.Continuation && g.open[g.on] == ws.Continuation {
		first := g.frame(ws.Text, "x")
		first.Fin = false
		g.send(first)
	}
	f := g.frame(o, payload)
	if o == ws.Text && g.chance(20) {
		f.Fin = false
	}
	return f
}

func (g *drawing) badRSV() {
	f := g.any()
	f.RSV |= uint8(pick(g, []int{1, 2, 3, 4, 4, 4, 5, 6, 7}))
	g.send(f)
}

func (g *drawing) badOpcode() {
	f := g.any()
	f.Opcode = pick(g, []ws.Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
	if g.chance(30) { // as a fragment
		first := g.frame(ws.Text, "x")
		first.Fin = false
		g.send(first)
		f.Opcode = pick(g, []ws.Opcode{3, 5, 7})
	}
	g.send(f)
}

func (g *drawing) badMask() {
	f := g.any()
	if g.chance(30) {
		f = g.whole(pick(g, []ws.Opcode{ws.Text, ws.Binary}))
	}
	f.Masked = !f.Masked
	if f.Masked && g.chance(70) {
		f.Key = conversation.DefaultKey()
	}
	g.send(f)
}

func (g *drawing) badForm() {
	f := g.any()
	if g.chance(30) && !f.Opcode.IsControl() {
		f.Set([]byte(strings.Repeat("l", pick(g, []int{0, 125, 126, 127, 300}))))
	}
	f.Form = ws.Length64
	if f.Len() < 126 && g.chance(60) {
		f.Form = ws.Length16
	}
	g.send(f)
}

// badLength declares what is not there.
func (g *drawing) badLength() {
	f := g.frame(pick(g, []ws.Opcode{ws.Text, ws.Binary, ws.Binary}), "Hello")
	if g.chance(30) {
		f = g.any()
	}
	n := uint64(f.Len())
	switch g.IntN(5) {
	case 0:
		f.Length = 1<<63 | n
	case 1:
		f.Length = 1<<32 | n
	case 2:
		f.Length = 1<<62 + uint64(g.IntN(1000))
	case 3:
		f.Length = 1<<64 - 1
	default:
		f.Length = n + 1 + uint64(g.IntN(5))
	}
	g.send(f)
}

// badOrder breaks the order of fragments.
func (g *drawing) badOrder() {
	first := g.frame(pick(g, []ws.Opcode{ws.Text, ws.Binary}), "one")
	first.Fin = false
	last := g.frame(ws.Continuation, pick(g, []string{"two", ""}))
	switch g.IntN(5) {
	case 0: // of nothing
		last.Fin = g.chance(60)
		g.send(last)
	case 1: // behind the end
		g.send(first)
		g.send(last)
		last.Fin = g.chance(60)
		g.send(last)
	case 2: // a message in a message
		g.send(first)
		g.send(g.frame(pick(g, []ws.Opcode{ws.Text, ws.Binary}), "new"))
		if g.chance(50) {
			g.send(last)
		}
	case 3:
		g.send(first)
		f := g.frame(first.Opcode, "new")
		f.Fin = false
		g.send(f)
	default: // never ended
		g.send(first)
		g.open[g.on] = ws.Continuation
	}
}

// badControl breaks what control frames have to keep to.
func (g *drawing) badControl() {
	o := pick(g, []ws.Opcode{ws.Ping, ws.Pong, ws.Close})
	payload := ""
	if o == ws.Close {
		payload = "\x03\xe8"
	}
	switch g.IntN(3) {
	case 0:
		g.send(g.frame(o, payload+strings.Repeat("c", pick(g, []int{126, 127, 200, 1000, 65536})-len(payload))))
	case 1:
		f := g.frame(o, payload)
		f.Fin = false
		g.send(f)
		if g.chance(60) {
			g.send(g.frame(ws.Continuation, "c"))
		}
	default:
		first := g.frame(ws.Text, "a")
		first.Fin = false
		g.send(first)
		f := g.frame(o, payload)
		f.Fin = false
		g.send(f)
		if g.chance(60) {
			g.send(g.frame(ws.Continuation, "b"))
		}
	}
}

// badText is text that is not UTF-8, at the beginning, far behind it, or over frames.
func (g *drawing) badText() {
	bad := pick(g, g.words.notUTF8)
	before := strings.Repeat("t", pick(g, []int{0, 0, 1, 3, 63, 64, 70, 1023, 1024, 1030, 5000}))
	behind := pick(g, []string{"", "", "x", "behind it"})
	f := g.frame(ws.Text, before+bad+behind)
	switch g.IntN(4) {
	case 0:
		g.fragments(f)
	case 1: // the end of a character is missing
		f.Fin = false
		g.send(f)
		if g.chance(50) {
			g.send(g.frame(ws.Ping, ""))
		}
		g.send(g.frame(ws.Continuation, pick(g, []string{"", "x", "\x80"})))
	default:
		g.send(f)
		if g.chance(30) { // which may complete the character of the one before
			g.send(g.frame(ws.Text, "\x82\xac"))
		}
	}
}

// badTail leaves a frame or header unfinished.
func (g *drawing) badTail() {
	f := g.whole(pick(g, []ws.Opcode{ws.Text, ws.Binary}))
	if f.Len() > 2000 {
		f = g.frame(ws.Text, "Hello")
	}
	all := f.Append(nil)
	g.add(conversation.Step{Kind: conversation.SendOctets, Octets: all[:1+g.IntN(max(1, len(all)-1))]})
	g.tcpEnd()
}

// noise is octets without a plan.
func (g *drawing) noise() {
	b := make([]byte, 1+g.IntN(24))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	g.add(conversation.Step{Kind: conversation.SendOctets, Octets: b})
}

// badDeflate is about what was agreed on compression, or was not.
func (g *drawing) badDeflate() {
	o := pick(g, []ws.Opcode{ws.Text, ws.Binary})
	var b blocks
	switch k := g.IntN(10); {
	case k < 5:
		b = pick(g, g.words.badBlocks)
	case k < 7:
		b, o = pick(g, g.words.badTexts), ws.Text
	case k == 7:
		g.deflatedControl()
		return
	case k == 8 && g.chance(20):
		b, o = g.bomb(), ws.Binary
	default:
		b, _ = g.legalBlocks(o)
	}
	f, err := conversation.Deflated(g.Role, o, b)
	if err != nil {
		return
	}
	g.key(&f)
	switch g.IntN(6) {
	case 0:
		if f.Len() > 0 {
			g.fragments(f)
			return
		}
	case 1: // RSV1 where it means nothing
		f.Fin = false
		g.send(f)
		last := g.frame(ws.Continuation, "")
		last.RSV = 4
		g.send(last)
		return
	case 2:
		f.RSV |= uint8(1 + g.IntN(3))
	}
	g.send(f)
}

// deflatedControl has RSV1 on control frames.
func (g *drawing) deflatedControl() {
	b := blocks{word("fixed"), literals("Hi"), word("end"), word("tail")}
	if f, err := conversation.Deflated(g.Role, pick(g, []ws.Opcode{ws.Ping, ws.Pong}), b); err == nil {
		g.send(f)
	}
}
