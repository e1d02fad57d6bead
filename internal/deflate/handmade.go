// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"fmt"
	"slices"
)

// Handmade is DEFLATE data made by hand, for those who have to say octet by octet
// what they send: no compressor decides anything, and what is illegal can be
// written like the rest. [Blocks] begins one, and calls read as [Listing] prints:
//
//	Blocks().Fixed().Literals("Hello").End().Message()                // fixed, 5 literals, end; tail
//	Blocks().Fixed().Copy(5, 5).End().Message()                       // fixed, copy 5 from 5 back, end; tail
//	Blocks().Stored("Hello").Message()                                // stored 5; tail
//	Blocks().Final().Fixed().Literals("Hello").End().Message()        // final fixed, 5 literals, end; tail
//	Blocks().Dynamic(CodesFor("abba")).Literals("abba").End().Bytes() // dynamic 257+1+18, 4 literals, end
//
// Message ends the data as the payload of a message has to end (RFC 7692, 7.2.1);
// Bytes leaves it as it is. Some ways to make what no receiver may accept:
//
//	Blocks().Reserved()                                // block type 3
//	Blocks().StoredAs(5, 5, "Hello")                   // lengths that do not agree
//	Blocks().Fixed().Literals("x").Copy(3, 2).End()    // from before the beginning
//	Blocks().Fixed().Symbol(286)                       // a length that does not exist
//	Blocks().Fixed().Symbol(257).Distance(30, 0)       // neither does this distance
//	Blocks().Dynamic(Codes{Lits: Lengths{'a': 1, 'b': 1, 256: 1}}) // over-subscribed
//	Blocks().Octets(ZlibHeader).Fixed()                // RFC 1950 where RFC 1951 is due
//	Blocks().Fixed().Literals("Hello").End().Stored("").Bytes()    // 00 00 ff ff not removed
//
// A method panics where what it is asked for cannot be written at all, such as a
// symbol that the codes of the block do not have: that is a mistake of the caller.
type Handmade struct {
	data      []byte
	nbits     int
	final     bool // the next block has BFINAL set
	last      bool // and this one
	inside    bool // of a block with codes
	lit, dist prefixCode

	earlier string // what earlier messages say
	out     []byte // and what this one does
}

// What must not stand before DEFLATE data in a message, but does where somebody
// used the wrong function of a library.
const (
	ZlibHeader = "\x78\x9c"                                 // RFC 1950, 2.2
	GzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" // RFC 1952, 2.3
)

// Blocks begins data without blocks.
func Blocks() *Handmade { return new(Handmade) }

// After has copies refer to earlier messages, too: what they say goes before what this
// one does.
func (h *Handmade) After(earlier string) *Handmade { h.earlier = earlier; return h }

// Output is what the data inflate to, as far as it was written by [Handmade.Stored],
// [Handmade.Literals] and [Handmade.Copy] and does not refer to what there is not. It is
// reckoned while the data are written, by no inflater.
func (h *Handmade) Output() string { return string(h.out) }

// Bytes returns the data, the last octet filled with zero bits.
func (h *Handmade) Bytes() []byte { return append([]byte(nil), h.data...) }

// Message ends the data with the beginning of an empty stored block, of which the
// 00 00 ff ff is not sent (RFC 7692, 7.2.1), and returns it.
func (h *Handmade) Message() []byte { return h.Tail().Bytes() }

// Tail begins the block whose lengths are the 00 00 ff ff that is not sent: three
// bits and zeros up to a whole octet.
func (h *Handmade) Tail() *Handmade { return h.begin(Stored).align() }

// Final sets BFINAL in the next block. What comes behind that block begins with a
// whole octet (RFC 7692, 7.2.3.4).
func (h *Handmade) Final() *Handmade { h.final = true; return h }

// begin writes the three bits that blocks begin with (RFC 1951, 3.2.3).
func (h *Handmade) begin(t BlockType) *Handmade {
	final := uint64(0)
	if h.final {
		final = 1
	}
	h.last, h.final, h.inside = h.final, false, t == Fixed || t == Dynamic
	return h.Bits(final|uint64(t)<<1, 3)
}

// Stored writes a block without compression, of at most 65535 octets. The empty one
// is the mark of a sync flush, which ends with 00 00 ff ff.
func (h *Handmade) Stored(data string) *Handmade {
	if len(data) > maxStored {
		panic(fmt.Sprintf("deflate: a stored block of %d octets", len(data)))
	}
	h.out = append(h.out, data...)
	return h.StoredAs(uint16(len(data)), ^uint16(len(data)), data)
}

const maxStored = 1<<16 - 1

// StoredAs is Stored with LEN and NLEN as given (RFC 1951, 3.2.4), whatever follows.
func (h *Handmade) StoredAs(length, complement uint16, data string) *Handmade {
	h.begin(Stored).align().Bits(uint64(length)|uint64(complement)<<16, 32)
	return h.Octets(data)
}

// Fixed begins a block with the fixed codes.
func (h *Handmade) Fixed() *Handmade {
	h.lit, h.dist = fixedLitCode, fixedDistCode
	return h.begin(Fixed)
}

// Reserved writes the beginning of a block of type 3, which does not exist.
func (h *Handmade) Reserved() *Handmade { return h.begin(Reserved) }

// Literals writes a literal for each octet.
func (h *Handmade) Literals(text string) *Handmade {
	for _, c := range []byte(text) {
		h.Symbol(int(c))
	}
	h.out = append(h.out, text...)
	return h
}

// Copy copies a length of 3 to 258 octets from a distance of 1 to 32768 back,
// which may be further than there is anything.
func (h *Handmade) Copy(length, distance int) *Handmade {
	if length < 3 || length > maxMatch || distance < 1 || distance > 1<<MaxWindowBits {
		panic(fmt.Sprintf("deflate: a copy of %d octets from %d back", length, distance))
	}
	l := lengthSymbols[length-3]
	h.Symbol(int(l.symbol)).Bits(uint64(l.extra), int(l.extraBits))
	h.repeat(length, distance)
	symbol, extraBits := distanceSymbol(uint16(distance))
	return h.Distance(symbol, uint64(distance-1)&(1<<extraBits-1))
}

// repeat has the output go on with a part of itself, or of earlier messages.
func (h *Handmade) repeat(length, distance int) {
	for range length {
		switch at := len(h.out) - distance; {
		case at >= 0:
			h.out = append(h.out, h.out[at])
		case len(h.earlier)+at >= 0:
			h.out = append(h.out, h.earlier[len(h.earlier)+at])
		}
	}
}

// Symbol writes a symbol of the alphabet of literals and lengths, 0 to 287, without
// the extra bits that one of a length has.
func (h *Handmade) Symbol(symbol int) *Handmade { return h.code(&h.lit, symbol, "literal or length") }

// Distance writes a symbol of the alphabet of distances, 0 to 31, and the extra bits
// that it has.
func (h *Handmade) Distance(symbol int, extra uint64) *Handmade {
	h.code(&h.dist, symbol, "distance")
	return h.Bits(extra, int(distSymbols[symbol]&0xff))
}

// End writes the symbol that ends a block.
func (h *Handmade) End() *Handmade {
	h.Symbol(endOfBlock)
	h.inside = false
	if h.last {
		return h.align()
	}
	return h
}

func (h *Handmade) code(c *prefixCode, symbol int, what string) *Handmade {
	switch {
	case !h.inside:
		panic(fmt.Sprintf("deflate: a %s outside of a block with codes", what))
	case symbol < 0 || symbol >= len(c) || c[symbol]&0xff == 0:
		panic(fmt.Sprintf("deflate: the codes of the block have no %s %d", what, symbol))
	}
	return h.Bits(uint64(c[symbol]>>8), int(c[symbol]&0xff))
}

// Bits writes the n lowest bits of v, the lowest first; Huffman codes stand the
// other way round (RFC 1951, 3.1.1).
func (h *Handmade) Bits(v uint64, n int) *Handmade {
	if v == 0 { // any number of them
		h.nbits += n
		h.data = append(h.data, make([]byte, (h.nbits+7)/8-len(h.data))...)
		return h
	}
	for i := range n {
		if h.nbits%8 == 0 {
			h.data = append(h.data, 0)
		}
		h.data[len(h.data)-1] |= byte(v>>i&1) << (h.nbits % 8)
		h.nbits++
	}
	return h
}

// Octets writes octets as they are, from the next whole one on.
func (h *Handmade) Octets(data string) *Handmade {
	h.align()
	h.data = append(h.data, data...)
	return h.align()
}

// Cut takes octets off the end, the last one of which may be incomplete.
func (h *Handmade) Cut(octets int) *Handmade {
	h.data = h.data[:len(h.data)-octets]
	return h.align()
}

func (h *Handmade) align() *Handmade {
	h.nbits = 8 * len(h.data)
	return h
}

// Lengths gives symbols codes of so many bits, 1 to 15.
type Lengths map[int]uint8

// Codes are those of a dynamic block, right or wrong (RFC 1951, 3.2.7). Only the
// first two fields are needed.
type Codes struct {
	Lits  Lengths // of literals, lengths and the end of the block
	Dists Lengths // of distances

	// HLIT, HDIST and HCLEN are how many code lengths are announced for literals and
	// lengths (257 to 288), distances (1 to 32) and code lengths (4 to 19); where 0,
	// as many as it takes.
	HLIT, HDIST, HCLEN int

	// Lens is the code in which the code lengths are written; where nil, the best one.
	Lens Lengths

	// Repeats are the symbols by which the code lengths are written; where nil, those
	// that stand for Lits and Dists.
	Repeats []Repeat
}

// CodesFor returns the best codes for blocks that have each octet of the text as a
// literal, and no copy.
func CodesFor(text string) Codes {
	var counts [maxLitCodes]uint32
	for _, c := range []byte(text) {
		counts[c]++
	}
	counts[endOfBlock]++
	var lens [maxLitCodes]uint8
	new(codeMaker).lengths(lens[:], counts[:], maxCodeBits)
	lits := Lengths{}
	for symbol, n := range lens {
		if n > 0 {
			lits[symbol] = n
		}
	}
	return Codes{Lits: lits}
}

// list returns the code lengths of n symbols, or of as many as have one, at least
// least.
func (l Lengths) list(n, least int) []uint8 {
	if n == 0 {
		n = least
		for symbol := range l {
			n = max(n, symbol+1)
		}
	}
	lens := make([]uint8, n)
	for symbol, bits := range l {
		if symbol < n {
			lens[symbol] = bits
		}
	}
	return lens
}

// Dynamic begins a block with codes of its own.
func (h *Handmade) Dynamic(c Codes) *Handmade {
	lits, dists := c.Lits.list(c.HLIT, endOfBlock+1), c.Dists.list(c.HDIST, 1)
	head := header{lits: len(lits), dists: len(dists), symbols: c.Repeats}
	if c.Repeats == nil {
		head.repeat(slices.Concat(lits, dists))
	}
	head.makeCode(new(codeMaker))
	if c.Lens != nil {
		head.lens, head.codes = [19]uint8(c.Lens.list(len(lenOrder), 0)), len(lenOrder)
		head.code = prefixCode{}
		head.code.assign(head.lens[:])
	}
	for _, s := range head.symbols {
		if head.lens[s.Symbol] == 0 {
			panic(fmt.Sprintf("deflate: the code of the code lengths has no %d", s.Symbol))
		}
	}
	if c.HCLEN != 0 {
		head.codes = c.HCLEN
	}
	h.lit, h.dist = prefixCode{}, prefixCode{}
	h.lit.assign(lits)
	h.dist.assign(dists)
	return h.begin(Dynamic).header(&head)
}

func (h *Handmade) header(head *header) *Handmade {
	var w bitWriter
	w.reserve(8 + len(lenOrder) + 2*len(head.symbols))
	head.write(&w)
	n := 8*w.n + int(w.nbits)
	w.align()
	for i := range n {
		h.Bits(uint64(w.out[i/8]>>(i%8)), 1)
	}
	return h
}
