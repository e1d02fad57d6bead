// SPDX-License-Identifier: Apache-2.0

package player

import (
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Mark is something that was seen: what was sent in which state of the model, or what
// came in which state behind what was sent last. Conversations that show new ones are
// worth going on with.
type Mark uint64

// Kinds of what is sent and of what comes, in 16 bits. Frames are of the kinds that
// headerKind gives.
const (
	octetsKind = 0xF000 + iota
	endKind
	resetKind
	probeKind
	closingKind
	requestKind
	silence

	finAnswer   = 0xF010 // and 0xF011: reset
	httpAnswer  = 0xF400 // and the status
	closeAnswer = 0x10000
)

// headerKind makes a frame header small.
func headerKind(h ws.Header) uint32 {
	k := uint32(h.Opcode)&15 | uint32(h.RSV&7)<<4
	if h.Fin {
		k |= 1 << 7
	}
	if h.Masked {
		k |= 1 << 8
	}
	if !h.Minimal() {
		k |= 1 << 9
	}
	switch n := h.Length; {
	case n == 0:
	case n <= 125:
		k |= 1 << 10
	case n <= 65535:
		k |= 2 << 10
	default:
		k |= 3 << 10
	}
	return k
}

func frameKind(f *conversation.Frame, role ws.Role) uint32 {
	k := headerKind(f.Header)
	switch {
	case f.Blocks != nil:
		k |= 1 << 12
	case f.Opcode == ws.Close:
		code := ws.NoStatus
		if c, _, has := ws.ParseClosePayload(f.Payload); has {
			code = c
		}
		return closeAnswer | 1<<20 | uint32(code) | k&(1<<7|1<<8)<<20
	case f.Length != uint64(f.Len()):
		k |= 1 << 13
	case f.Masked && f.Key == [4]byte{}:
		k |= 1 << 14
	}
	return k
}

// mark notes that something of a kind is being sent.
func (l *line) mark(kind uint32) {
	l.lastInput = kind
	l.p.see(uint64(l.m.State()), kind, 0)
}

// answer notes that something of a kind has come.
func (l *line) answer(kind uint32) { l.p.see(uint64(l.m.State()), l.lastInput, kind) }

// maxMarks bounds what one conversation can show.
const maxMarks = 256

func (p *Player) see(state uint64, in, answer uint32) {
	if len(p.out.Marks) == maxMarks {
		return
	}
	// Two rounds of a multiplicative hash are enough to tell some 100,000 apart.
	h := state*0x9E3779B97F4A7C15 ^ uint64(in)
	h = (h ^ h>>29) * 0xBF58476D1CE4E5B9
	h = (h ^ uint64(answer)) * 0x94D049BB133111EB
	p.out.Marks = append(p.out.Marks, Mark(h^h>>32))
}
