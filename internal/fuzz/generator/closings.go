// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strings"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

func goodCodes() []ws.CloseCode {
	return []ws.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}
}

func badCodes() []ws.CloseCode {
	return []ws.CloseCode{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 5001, 65535}
}

// closing sends a legal Close, in the midst of something at times, and what is behind it.
func (g *drawing) closing() {
	if g.has(Fragments, 20) && g.open[g.on] == ws.Continuation {
		f := g.frame(ws.Text, "begun")
		f.Fin = false
		g.send(f)
		g.open[g.on] = ws.Continuation // and never ended
	}
	payload := ws.AppendClosePayload(nil, pick(g, goodCodes()), pick(g, []string{"", "", "bye", "\u00e9\u20ac", "n\x00l", strings.Repeat("r", 123)}))
	if g.chance(20) {
		payload = nil
	}
	g.send(g.frame(ws.Close, string(payload)))
	for g.chance(35) {
		g.behindClose()
	}
	if g.has(Endings, 20) {
		g.tcpEnd()
	}
}

// behindClose is what nobody should hear any more.
func (g *drawing) behindClose() {
	switch g.IntN(4) {
	case 0:
		g.send(g.frame(ws.Ping, "late"))
	case 1:
		g.send(g.frame(ws.Text, "late"))
	case 2:
		g.send(g.frame(ws.Close, "\x03\xe8"))
	default:
		g.send(g.any())
	}
}

// badClose sends a Close that is not allowed.
func (g *drawing) badClose() {
	var payload []byte
	switch g.IntN(5) {
	case 0:
		payload = []byte{pick(g, []byte{0, 3, 0xff})}
	case 1:
		payload = ws.AppendClosePayload(nil, 1000, pick(g, g.words.notUTF8))
	case 2:
		payload = ws.AppendClosePayload(nil, 1000, strings.Repeat("r", pick(g, []int{124, 125, 500})))
	default:
		payload = ws.AppendClosePayload(nil, pick(g, badCodes()), pick(g, []string{"", "", "why"}))
	}
	g.send(g.frame(ws.Close, string(payload)))
}

// ending ends TCP without a Close.
func (g *drawing) ending() {
	if g.has(Fragments, 40) && g.open[g.on] == ws.Continuation {
		f := g.frame(pick(g, []ws.Opcode{ws.Text, ws.Binary}), "begun")
		f.Fin = false
		g.send(f)
		g.open[g.on] = ws.Continuation
	}
	if g.chance(50) {
		g.badTail()
		return
	}
	g.tcpEnd()
}

func (g *drawing) tcpEnd() {
	if g.chance(30) {
		g.add(conversation.Step{Kind: conversation.Reset})
	} else {
		g.add(conversation.Step{Kind: conversation.EndWriting})
	}
}
