// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"math/rand/v2"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/ws"
)

// spread is how many places a message may begin at in what all messages are cut from.
const spread = 1 << 16

// payloads are what messages contain: pieces of one text, or of random octets, so that sending
// costs no more than the sending.
type payloads struct {
	opcode ws.Opcode
	sizes  load.Sizes
	seed   uint64
	block  []byte
}

// newPayloads draws them by the plan, whose Size can be parsed.
func newPayloads(p load.Plan) payloads {
	sizes, err := load.ParseSizes(p.Size)
	if err != nil {
		sizes = load.Sizes{{Min: 64, Max: 64, Weight: 1}}
	}
	b := payloads{opcode: ws.Text, sizes: sizes, seed: p.Seed, block: make([]byte, spread+sizes.Most())}
	random := rand.New(rand.NewPCG(p.Seed, 1))
	if p.Binary {
		b.opcode = ws.Binary
		for i := range b.block {
			b.block[i] = byte(random.Uint32())
		}
		return b
	}
	// Words, which shrink as text does.
	words := make([]string, 512)
	for i := range words {
		word := make([]byte, 2+random.IntN(7))
		for k := range word {
			word[k] = byte('a' + random.IntN(26))
		}
		words[i] = string(word) + " "
	}
	for n := 0; n < len(b.block); {
		n += copy(b.block[n:], words[random.IntN(len(words))])
	}
	return b
}

// a message is cut from the block: which piece depends on its number alone.
func (b *payloads) piece(number uint64) (from, size int) {
	x, y := mix(b.seed+2*number), mix(b.seed+2*number+1)
	size = b.sizes.Pick(unit(x), unit(y))
	return int(mix(x) % spread), size
}

// mix is SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// unit is a number from 0 to 1, without 1.
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
