// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"slices"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// maxMutantSteps is how long a changed copy may get.
const maxMutantSteps = 60

// mutant is a conversation that has shown something new, with a few changes.
func (g *drawing) mutant(known []*conversation.Conversation) *conversation.Conversation {
	g.c = pick(g, known).Clone()
	g.open = make([]ws.Opcode, len(g.c.Openings))
	if g.chance(20) {
		g.splice(pick(g, known))
	}
	for range g.few(4) {
		g.change()
	}
	if len(g.c.Steps) > maxMutantSteps {
		g.c.Steps = g.c.Steps[:maxMutantSteps]
	}
	return g.c
}

// splice goes on with the rest of another conversation.
func (g *drawing) splice(other *conversation.Conversation) {
	at, from := g.IntN(len(g.c.Steps)+1), g.IntN(len(other.Steps)+1)
	g.c.Steps = g.c.Steps[:at]
	for _, s := range other.Steps[from:] {
		s.On = min(s.On, len(g.c.Openings)-1)
		g.c.Steps = append(g.c.Steps, s)
	}
}

func (g *drawing) change() {
	n := len(g.c.Steps)
	switch k := g.IntN(10); {
	case k == 0 && n > 0: // leave one out
		i := g.IntN(n)
		g.c.Steps = slices.Delete(g.c.Steps, i, i+1)
	case k == 1 && n > 0: // say one twice
		i := g.IntN(n)
		g.c.Steps = slices.Insert(g.c.Steps, i, g.c.Steps[i])
	case k == 2 && n > 1: // in another order
		i, j := g.IntN(n), g.IntN(n)
		g.c.Steps[i], g.c.Steps[j] = g.c.Steps[j], g.c.Steps[i]
	case k <= 4:
		g.insert()
	case k == 5 && g.chance(40):
		g.c.Openings[g.IntN(len(g.c.Openings))] = g.opening()
	default:
		g.changeFrame()
	}
}

// insert puts something new somewhere.
func (g *drawing) insert() {
	at := g.IntN(len(g.c.Steps) + 1)
	rest := slices.Clone(g.c.Steps[at:])
	g.c.Steps = g.c.Steps[:at]
	g.on = g.IntN(len(g.c.Openings))
	clear(g.open)
	switch g.IntN(6) {
	case 0:
		g.violate()
	case 1:
		g.control()
	case 2:
		g.add(conversation.Step{Kind: conversation.Await})
	case 3:
		g.closing()
	case 4:
		g.send(g.any())
	default:
		g.message()
	}
	g.c.Steps = append(g.c.Steps, rest...)
}

// changeFrame changes one frame.
func (g *drawing) changeFrame() {
	if len(g.c.Steps) == 0 {
		g.message()
		return
	}
	i := g.IntN(len(g.c.Steps))
	s := &g.c.Steps[i]
	if s.Kind != conversation.SendFrame {
		return
	}
	f := &s.Frame
	switch g.IntN(9) {
	case 0:
		f.Fin = !f.Fin
	case 1:
		f.RSV ^= 1 << g.IntN(3)
	case 2:
		f.Opcode = pick(g, []ws.Opcode{ws.Continuation, ws.Text, ws.Binary, ws.Close, ws.Ping, ws.Pong, ws.Opcode(g.IntN(16))})
	case 3:
		if f.Masked = !f.Masked; f.Masked {
			f.Key = conversation.DefaultKey()
		}
	case 4:
		g.chop(f)
	case 5:
		f.Key = [4]byte{byte(g.IntN(256)), byte(g.IntN(256)), byte(g.IntN(256)), byte(g.IntN(256))}
		if !f.Masked {
			f.Key = [4]byte{}
		}
	case 6: // in two
		if f.Len() > 0 && !f.Opcode.IsControl() && f.Length == uint64(f.Len()) {
			g.split(i)
		}
	default:
		g.changePayload(f)
	}
}

// split makes two fragments of one frame.
func (g *drawing) split(i int) {
	f := g.c.Steps[i].Frame
	cut := g.IntN(f.Len() + 1)
	first, last := f.Slice(0, cut), f.Slice(cut, f.Len())
	first.Fin = false
	last.Opcode, last.RSV = ws.Continuation, 0
	g.c.Steps[i].Frame = first
	second := g.c.Steps[i]
	second.Frame = last
	g.c.Steps = slices.Insert(g.c.Steps, i+1, second)
}

func (g *drawing) changePayload(f *conversation.Frame) {
	if f.Times > 1 {
		f.Times = f.Times / 2
	}
	if f.Repeat > 0 || f.Len() > 4096 {
		f.Repeat, f.Length = 0, uint64(len(f.Payload))
		return
	}
	p := slices.Clone(f.Payload)
	switch g.IntN(4) {
	case 0:
		p = append(p, pick(g, g.words.notUTF8)...)
	case 1:
		if len(p) > 0 {
			p[g.IntN(len(p))] ^= 1 << g.IntN(8)
		}
	case 2:
		if len(p) > 0 {
			p = p[:g.IntN(len(p))]
		}
	default:
		unit, repeat := g.payload(ws.Text)
		p = []byte(unit)
		f.Set(p)
		if repeat > 0 {
			f.Repeat, f.Length = repeat, uint64(repeat)
		}
		return
	}
	f.Set(p)
}
