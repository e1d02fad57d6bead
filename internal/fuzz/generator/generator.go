// SPDX-License-Identifier: Apache-2.0

// Package generator draws conversations from a seed: legal ones, ones with a violation in
// what is otherwise legal, changed copies of others, and a little noise. The same seed and
// number give the same conversation, as long as the ones to be changed are the same.
//
// It knows the mistakes that endpoints make, which is why what it draws is near the edges
// of what is legal, and nothing of what an endpoint answered. Start at Generator.
package generator

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// Feature is something that a conversation may make use of.
type Feature uint32

// Features. Each swarm of conversations does without some of them, so that those that are
// left come together more often than if all were always there.
const (
	Fragments Feature = 1 << iota
	Controls
	Chops
	Pauses
	Keys
	Lengths
	Characters
	Compression
	Handshakes
	Closings
	Connections
	Endings // of TCP
	Crowds  // many frames
	Commands
	Violations
	numFeatures = iota
)

// SwarmSize is how many conversations make use of the same features.
const SwarmSize = 64

// Base is what conversations are drawn from.
type Base struct {
	Seed uint64
	Role ws.Role // ours
	// Single: no conversation has more than one connection.
	Single bool
	// Obeys: the other side does what it is told as ws.Command says.
	Obeys bool
}

// A Generator draws conversations. It may be used by several goroutines.
type Generator struct {
	Base
	words vocabulary
}

// New returns a generator.
func New(b Base) *Generator { return &Generator{b, newVocabulary()} }

// Draw is the n-th conversation. Known are conversations that have shown something new,
// for changed copies.
func (d *Generator) Draw(n uint64, known []*conversation.Conversation) *conversation.Conversation {
	g := d.drawing(n)
	if len(known) > 0 && g.chance(45) {
		return g.mutant(known)
	}
	return g.fresh()
}

// Choose draws a conversation by choices that somebody else has made: the octets are what
// would be drawn by chance. Where they are used up, chance goes on, always in the same way.
func (d *Generator) Choose(choices []byte) *conversation.Conversation {
	sum := fnv.New64a()
	_, _ = sum.Write(choices) // never fails
	r := rand.New(&chosen{choices, rand.NewPCG(sum.Sum64(), 0)})
	g := &drawing{Rand: r, Generator: d, use: Feature(r.Uint32()) & (1<<numFeatures - 1)}
	return g.fresh()
}

// chosen is a source of numbers that begins with octets.
type chosen struct {
	octets []byte
	then   rand.Source
}

// Uint64 takes two octets for a number, spread over all of it: what is drawn is mostly
// one of few.
func (c *chosen) Uint64() uint64 {
	if len(c.octets) < 2 {
		return c.then.Uint64()
	}
	n := uint64(c.octets[0])<<8 | uint64(c.octets[1])
	c.octets = c.octets[2:]
	return n * 0x0001000100010001
}

// vocabulary are the tables that things are drawn from.
type vocabulary struct {
	texts, binaries, notUTF8                                        []string
	offers, oddOffers, answers, requestEdits, answerEdits, commands []string
	badBlocks, badTexts                                             []blocks
	lengths                                                         []int
}

func newVocabulary() vocabulary {
	return vocabulary{
		texts: plainTexts(), binaries: plainBinaries(), notUTF8: notUTF8(),
		offers: goodOffers(), oddOffers: oddOffers(), answers: answers(), requestEdits: requestEdits(), answerEdits: answerEdits(), commands: commands(),
		badBlocks: badBlocks(), badTexts: badTexts(), lengths: lengths(),
	}
}

// drawing is one conversation that is being drawn.
type drawing struct {
	*rand.Rand
	*Generator
	use Feature
	c   *conversation.Conversation

	on      int         // the connection
	open    []ws.Opcode // of the fragmented message on each connection, Continuation for none
	earlier string      // what compressed messages of the first connection have said
	closed  bool
}

func (d *Generator) drawing(n uint64) *drawing {
	swarm := rand.New(rand.NewPCG(d.Seed, n/SwarmSize<<1|1))
	g := &drawing{Rand: rand.New(rand.NewPCG(d.Seed, n<<1)), Generator: d}
	g.use = Feature(swarm.Uint32()|swarm.Uint32()) & (1<<numFeatures - 1)
	return g
}

// has reports whether a feature is in use and, with so many in a hundred, drawn.
func (g *drawing) has(f Feature, percent int) bool { return g.use&f != 0 && g.chance(percent) }

func (g *drawing) chance(percent int) bool { return g.IntN(100) < percent }

// few is a small number: 1 mostly, rarely up to most.
func (g *drawing) few(most int) int {
	n := 1
	for n < most && g.chance(40) {
		n++
	}
	return n
}

func pick[T any](g *drawing, of []T) T { return of[g.IntN(len(of))] }

func (g *drawing) fresh() *conversation.Conversation {
	g.c = &conversation.Conversation{Role: g.Role}
	n := 1
	if !g.Single && g.has(Connections, 15) {
		n += g.few(3)
	}
	for range n {
		g.c.Openings = append(g.c.Openings, g.opening())
		g.open = append(g.open, ws.Continuation)
	}
	g.talk()
	switch {
	case g.has(Violations, 60):
		g.violate()
		if g.chance(40) {
			g.talk()
		}
	case g.has(Closings, 40):
		g.closing()
		if g.chance(40) {
			g.talk()
		}
	case g.has(Endings, 30):
		g.ending()
	}
	if len(g.c.Steps) == 0 && g.chance(80) {
		g.message()
	}
	g.complete()
	return g.c
}

// talk says a few legal things.
func (g *drawing) talk() {
	for range g.IntN(4) {
		if len(g.c.Openings) > 1 {
			g.on = g.IntN(len(g.c.Openings))
		}
		switch {
		case g.has(Controls, 30):
			g.control()
		case g.has(Crowds, 3):
			g.crowd()
		default:
			g.message()
		}
		if g.chance(15) {
			g.add(conversation.Step{Kind: conversation.Await})
		} else if g.has(Pauses, 2) {
			g.add(conversation.Step{Kind: conversation.Pause, Wait: pick(g, pauses())})
		}
	}
}

// complete ends what is fragmented, mostly.
func (g *drawing) complete() {
	for i, op := range g.open {
		if op != ws.Continuation && !g.closed && g.chance(80) {
			g.on = i
			g.send(g.frame(ws.Continuation, ""))
		}
	}
}

func (g *drawing) add(s conversation.Step) {
	s.On = g.on
	g.c.Steps = append(g.c.Steps, s)
}

// frame is one of ours with a key, which is the usual one mostly.
func (g *drawing) frame(op ws.Opcode, payload string) conversation.Frame {
	f := conversation.NewFrame(g.Role, op, payload)
	g.key(&f)
	return f
}

func (g *drawing) key(f *conversation.Frame) {
	if !f.Masked || !g.has(Keys, 30) {
		return
	}
	switch k := g.Uint32(); g.IntN(3) {
	case 0:
		f.Key = [4]byte{}
	default:
		f.Key = [4]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}
	}
}

// send sends a frame, in pieces at times.
func (g *drawing) send(f conversation.Frame) {
	if g.has(Chops, 12) {
		g.chop(&f)
	}
	switch {
	case f.Opcode == ws.Close:
		g.closed = true
	case f.Opcode.IsControl():
	case f.Fin:
		g.open[g.on] = ws.Continuation
	case f.Opcode != ws.Continuation:
		g.open[g.on] = f.Opcode
	}
	g.add(conversation.Step{Kind: conversation.SendFrame, Frame: f})
}

func (g *drawing) chop(f *conversation.Frame) {
	size := len(f.Header.Append(nil)) + f.Len()
	switch {
	case size > 200:
		f.Chop = size/(1+g.IntN(5)) + 1
	case g.chance(50):
		f.Chop = 1 + g.IntN(3)
	default:
		at := 1 + g.IntN(max(1, size-1))
		f.Cut = [2]int{at, min(at+g.IntN(3), size)}
	}
}
