// SPDX-License-Identifier: Apache-2.0

package deflate

import "math/bits"

// A decoding table is indexed with the next bits of the input, the first one
// lowest. Codes longer than that continue in a subtable behind the primary
// table. An entry is
//
//	bits 0–7    how many bits to consume, extra bits included
//	bits 8–11   how many of them are code
//	bit  12     in a subtable: the bits of the index were consumed before
//	bit  13     link: bits 16–30 are the offset of a subtable, 8–11 its index size
//	bit  14     end of block
//	bit  15     link, end of block, or a code that does not exist
//	bits 16–30  literal, base length, base distance or offset
//	bit  31     literal
//
// so that one look tells all about a symbol.
const (
	entrySub     = 1 << 12
	entryLink    = 1 << 13
	entryEnd     = 1 << 14
	entrySpecial = 1 << 15
	entryLiteral = 1 << 31

	entryInvalid = entrySpecial
)

// maxCodeBits is the length of the longest code (RFC 1951, 3.2.7).
const maxCodeBits = 15

// Index sizes of the primary tables. With them no complete code over the
// alphabets of DEFLATE needs more than 2342 (literals and lengths) or 592
// (distances) entries. The tables are larger, powers of two, so that a masked
// index needs no check.
const (
	litBits  = 11
	distBits = 9
	lenBits  = 7 // code lengths; the longest code there is
)

type (
	litTable  [4096]uint32
	distTable [1024]uint32
)

const (
	maxLitCodes  = 286
	maxDistCodes = 30
	endOfBlock   = 256
)

// What the symbols mean (RFC 1951, 3.2.5), as table entries that lack only the
// length of the code. The fixed code has two symbols more in each alphabet,
// which must not occur.
var (
	litSymbols  = makeLitSymbols()
	distSymbols = makeDistSymbols()
	lenSymbols  = makeLenSymbols()
)

func makeLitSymbols() (e [288]uint32) {
	for i := range endOfBlock {
		e[i] = entryLiteral | uint32(i)<<16
	}
	e[endOfBlock] = entrySpecial | entryEnd
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(0)
		if i >= 265 {
			extra = uint32(i-261) / 4
		}
		e[i] = base<<16 | extra
		base += 1 << extra
	}
	e[285] = 258 << 16
	e[286], e[287] = entryInvalid, entryInvalid
	return e
}

func makeDistSymbols() (e [32]uint32) {
	base := uint32(1)
	for i := range maxDistCodes {
		extra := uint32(0)
		if i >= 4 {
			extra = uint32(i-2) / 2
		}
		e[i] = base<<16 | extra
		base += 1 << extra
	}
	e[30], e[31] = entryInvalid, entryInvalid
	return e
}

func makeLenSymbols() (e [19]uint32) {
	for i := range e {
		e[i] = uint32(i) << 16
	}
	return e
}

// The lengths of the fixed codes (RFC 1951, 3.2.6).
var fixedLens, fixedDistLens = makeFixedLens()

func makeFixedLens() (lit [288]uint8, dist [32]uint8) {
	for i := range lit {
		switch {
		case i < 144 || i >= 280:
			lit[i] = 8
		case i < 256:
			lit[i] = 9
		default:
			lit[i] = 7
		}
	}
	for i := range dist {
		dist[i] = 5
	}
	return lit, dist
}

// The tables of blocks with fixed codes.
var fixedLit, fixedDist = makeFixedTables()

func makeFixedTables() (*litTable, *distTable) {
	lit, dist := new(litTable), new(distTable)
	buildTable(lit[:], litBits, fixedLens[:], litSymbols[:])
	buildTable(dist[:], distBits, fixedDistLens[:], distSymbols[:])
	return lit, dist
}

// buildTable makes the decoding table of the canonical code with the given code
// lengths. It returns what is wrong with the code, or "". A code has to be
// complete; one of no symbols, or of a single symbol of one bit, is tolerated, which
// zlib does too but for the code of the code lengths.
func buildTable(table []uint32, indexBits int, lens []uint8, symbols []uint32) string {
	var count [maxCodeBits + 1]int
	for _, l := range lens {
		count[l]++
	}
	unused := 1
	var first [maxCodeBits + 2]int // where in sorted the codes of a length start
	for l := 1; l <= maxCodeBits; l++ {
		unused = unused<<1 - count[l]
		if unused < 0 {
			return "over-subscribed"
		}
		first[l+1] = first[l] + count[l]
	}
	total := first[maxCodeBits+1]
	if unused > 0 {
		if total > 1 || total != count[1] {
			return "incomplete"
		}
		fillDegenerate(table[:1<<indexBits], lens, symbols)
		return ""
	}
	var sorted [288]uint16
	for s, l := range lens {
		if l != 0 {
			sorted[first[l]] = uint16(s)
			first[l]++
		}
	}
	fillTable(table, indexBits, count[:], sorted[:total], symbols)
	return ""
}

// fillDegenerate makes the table of a code of one symbol or none.
func fillDegenerate(table []uint32, lens []uint8, symbols []uint32) {
	for i := range table {
		table[i] = entryInvalid
	}
	for s, l := range lens {
		if l != 0 {
			for i := 0; i < len(table); i += 2 {
				table[i] = symbols[s] + 0x101
			}
		}
	}
}

// fillTable makes the table of a complete code. The table grows with the length
// of the codes: it starts with the index size of the shortest and is doubled,
// by copying, for each bit more.
func fillTable(table []uint32, indexBits int, count []int, sorted []uint16, symbols []uint32) {
	code := 0 // the next one, first bit lowest
	size := 1
	for l := 1; l <= indexBits; l++ {
		copy(table[size:2*size], table[:size])
		size *= 2
		for range count[l] {
			table[code] = symbols[sorted[0]] + uint32(l)*0x101
			sorted = sorted[1:]
			code = nextCode(code, l)
		}
	}
	sub, subSize := 0, 0
	link := -1 // the primary entry of the subtable at sub
	for l := indexBits + 1; len(sorted) > 0; l++ {
		for n := count[l]; n > 0; n-- {
			if code&(size-1) != link {
				link = code & (size - 1)
				sub += subSize
				if subSize == 0 {
					sub = size
				}
				subBits := subtableBits(count, l, n, indexBits)
				subSize = 1 << subBits
				table[link] = entrySpecial | entryLink | uint32(sub)<<16 | uint32(subBits)<<8 | uint32(indexBits)
			}
			e := symbols[sorted[0]] + uint32(l-indexBits)*0x101 | entrySub
			sorted = sorted[1:]
			for i := code >> indexBits; i < subSize; i += 1 << (l - indexBits) {
				table[sub+i] = e
			}
			code = nextCode(code, l)
		}
	}
}

// nextCode returns the code after code in a canonical code, both of l bits with
// the first bit lowest, or code itself if it is the last.
func nextCode(code, l int) int {
	zeros := code ^ (1<<l - 1)
	if zeros == 0 {
		return code
	}
	bit := 1 << (bits.Len(uint(zeros)) - 1)
	return code&(bit-1) | bit
}

// subtableBits returns the index size of the subtable whose first code has l
// bits, when n codes of that length are left.
func subtableBits(count []int, l, n, indexBits int) int {
	size := l - indexBits
	for left := 1<<size - n; left > 0; left = left<<1 - count[size+indexBits] {
		size++
	}
	return size
}
