// SPDX-License-Identifier: Apache-2.0

package deflate

import "math/bits"

// maxBlock is the length of the longest block, in octets before compression:
// what fits into one without compression.
const maxBlock = 1<<16 - 1

// A blockWriter writes blocks, each in the shortest of the three formats
// (RFC 1951, 3.2.3), but without compression where that saves little.
type blockWriter struct {
	bitWriter
	maker codeMaker

	litCounts  [maxLitCodes]uint32
	distCounts [32]uint32 // maxDistCodes, made a power of two
	extraBits  int        // of all matches

	// The codes of a block with codes of its own, and how they are sent.
	lens      [maxLitCodes + maxDistCodes]uint8
	lit, dist prefixCode
	header    header
}

// block writes a block: what the matches and the literals behind the last one
// stand for is src.
func (w *blockWriter) block(src []byte, matches []match) {
	if len(src) <= shortBlock {
		w.short(src, matches)
		return
	}
	w.count(src, matches)
	size := w.size(fixedLens[:maxLitCodes], fixedDistLens[:maxDistCodes])
	dynamic := false
	if size > minDynamic {
		lits, dists := w.makeCodes()
		own := w.header.bits + w.size(w.lens[:lits], w.lens[lits:lits+dists])
		dynamic, size = own < size, min(own, size)
	}
	w.reserve(size/8 + 2)
	switch {
	case size > storedBits(len(src))*worthCoding/8 && !(size < storedBits(len(src)) && drawn(src)):
		w.stored(src)
	case dynamic:
		w.write(2<<1, 3) // not final, codes of its own
		w.header.write(&w.bitWriter)
		w.symbols(src, matches, &w.lit, &w.dist)
	default:
		w.fixed(src, matches)
	}
}

const (
	// shortBlock and minDynamic are up to where codes of a block's own would not
	// pay for their description, or not enough for the time: the length of the
	// block, and the bits it takes with the fixed codes.
	shortBlock = 128
	minDynamic = 8 * 96

	// worthCoding is how many eighths of their length octets have to be compressed to,
	// or most of them are sent as they are: what codes of literals save of data that
	// does not repeat itself is little, and takes the peer most time.
	worthCoding = 6
)

// drawn picks one block in four, by an octet that is as good as a lot: these are
// coded wherever it saves anything, so that peers meet codes of literals too.
func drawn(src []byte) bool { return src[len(src)/2]%4 == 3 }

// short writes a short block.
func (w *blockWriter) short(src []byte, matches []match) {
	w.reserve(len(src)*9/8 + 3) // no code has more than 9 bits, no match is longer than literals
	start := w.bitWriter
	w.fixed(src, matches)
	if 8*(w.n-start.n) > storedBits(len(src)) {
		w.bitWriter = start
		w.stored(src)
	}
}

// fixed writes a block with the fixed codes.
func (w *blockWriter) fixed(src []byte, matches []match) {
	w.write(1<<1, 3)
	w.symbols(src, matches, &fixedLitCode, &fixedDistCode)
}

// storedBits is what a block without compression takes, its type and the filling
// up to a whole octet not counted.
func storedBits(n int) int { return 8 * (2 + 2 + n) }

// stored writes a block without compression.
func (w *blockWriter) stored(src []byte) {
	w.reserve(1 + storedBits(len(src))/8)
	w.write(0, 3)
	w.align()
	n := uint16(len(src))
	w.write(uint64(n)|uint64(^n)<<16, 32)
	w.octets(src)
}

// count counts the symbols of a block.
func (w *blockWriter) count(src []byte, matches []match) {
	clear(w.litCounts[:])
	clear(w.distCounts[:])
	w.extraBits = 0
	for _, m := range matches {
		run := int(m.literals)
		for ; run > 3; run -= 3 {
			w.litCounts[src[0]]++
			w.litCounts[src[1]]++
			w.litCounts[src[2]]++
			src = src[3:]
		}
		w.litCounts[src[0]] += 1 & less(0, run)
		w.litCounts[src[1]] += 1 & less(1, run)
		w.litCounts[src[2]] += 1 & less(2, run)
		src = src[run+int(m.length):]
		length := &lengthSymbols[uint8(m.length-3)]
		w.litCounts[length.symbol]++
		symbol, extraBits := distanceSymbol(m.distance)
		w.distCounts[symbol]++
		w.extraBits += int(length.extraBits) + int(extraBits)
	}
	for _, c := range src {
		w.litCounts[c]++
	}
	w.litCounts[endOfBlock] = 1
}

// less returns ones if a < b, else zeros. With it, the last literals of a run, three
// at most, are dealt with all in the same way: nobody can predict how many there are,
// and a match with its three octets or more is behind them.
func less(a, b int) uint32 { return uint32((a - b) >> 63) }

// size returns how many bits the symbols of the block take in codes of these
// lengths.
func (w *blockWriter) size(lens, distLens []uint8) int {
	n := uint32(w.extraBits)
	for i, l := range lens {
		n += w.litCounts[i] * uint32(l)
	}
	for i, l := range distLens {
		n += w.distCounts[i] * uint32(l)
	}
	return int(n)
}

// makeCodes makes codes for the block, and returns how many symbols they are for.
func (w *blockWriter) makeCodes() (lits, dists int) {
	w.maker.lengths(w.lens[:maxLitCodes], w.litCounts[:], maxCodeBits)
	lits = maxLitCodes
	for w.lens[lits-1] == 0 { // stops at the end of the block at the latest
		lits--
	}
	distLens := w.lens[lits : lits+maxDistCodes]
	w.maker.lengths(distLens, w.distCounts[:maxDistCodes], maxCodeBits)
	dists = maxDistCodes
	for distLens[dists-1] == 0 {
		dists--
	}
	w.lit.assign(w.lens[:lits])
	w.dist.assign(distLens[:dists])
	w.header.describe(&w.maker, lits, dists, w.lens[:lits+dists])
	return lits, dists
}

// symbols writes the symbols of a block and its end.
func (w *blockWriter) symbols(src []byte, matches []match, lit, dist *prefixCode) {
	out, n, bits, nbits := w.out, w.n, w.bits, w.nbits
	for _, m := range matches {
		run := int(m.literals)
		for ; run > 3; run -= 3 {
			bits, nbits = put(bits, nbits, lit[src[0]])
			bits, nbits = put(bits, nbits, lit[src[1]])
			bits, nbits = put(bits, nbits, lit[src[2]])
			n, bits, nbits = flush(out, n, bits, nbits)
			src = src[3:]
		}
		bits, nbits = put(bits, nbits, lit[src[0]]&less(0, run))
		bits, nbits = put(bits, nbits, lit[src[1]]&less(1, run))
		bits, nbits = put(bits, nbits, lit[src[2]]&less(2, run))
		n, bits, nbits = flush(out, n, bits, nbits) // 7 + 3*15 bits at most
		src = src[run+int(m.length):]
		length := &lengthSymbols[uint8(m.length-3)]
		bits, nbits = put(bits, nbits, lit[length.symbol])
		bits |= uint64(length.extra) << (nbits & 63)
		nbits += uint(length.extraBits)
		symbol, extraBits := distanceSymbol(m.distance)
		bits, nbits = put(bits, nbits, dist[symbol])
		bits |= uint64((m.distance-1)&(1<<extraBits-1)) << (nbits & 63)
		nbits += extraBits
		n, bits, nbits = flush(out, n, bits, nbits) // 7 + 15+5 + 15+13 bits at most
	}
	for ; len(src) >= 3; src = src[3:] {
		bits, nbits = put(bits, nbits, lit[src[0]])
		bits, nbits = put(bits, nbits, lit[src[1]])
		bits, nbits = put(bits, nbits, lit[src[2]])
		n, bits, nbits = flush(out, n, bits, nbits)
	}
	for _, c := range src {
		bits, nbits = put(bits, nbits, lit[c])
	}
	bits, nbits = put(bits, nbits, lit[endOfBlock])
	w.n, w.bits, w.nbits = flush(out, n, bits, nbits)
}

// put appends a symbol by its entry in a prefixCode.
func put(bits uint64, nbits uint, e uint32) (uint64, uint) {
	return bits | uint64(e>>8)<<(nbits&63), nbits + uint(e&0xff)
}

// distanceSymbol returns the symbol for a distance and how many extra bits follow,
// the lowest of the distance less 1: two symbols share each number of extra bits,
// and four have none.
func distanceSymbol(distance uint16) (symbol int, extraBits uint) {
	d := uint(distance - 1)
	extraBits = uint(bits.Len(d|2)) - 2
	return int(d>>extraBits+2*extraBits) & 31, extraBits
}

// A lengthSymbol is how the length of a match is written.
type lengthSymbol struct {
	symbol           uint16
	extra, extraBits uint8
}

// lengthSymbols has the symbols of all lengths, from 3 on.
var lengthSymbols = makeLengthSymbols()

func makeLengthSymbols() (all [maxMatch - 2]lengthSymbol) {
	for symbol := endOfBlock + 1; symbol < maxLitCodes; symbol++ {
		base, extraBits := int(litSymbols[symbol]>>16)-3, litSymbols[symbol]&0xff
		for extra := range min(1<<extraBits, len(all)-base) {
			all[base+extra] = lengthSymbol{uint16(symbol), uint8(extra), uint8(extraBits)}
		}
	}
	return all
}

// The fixed codes (RFC 1951, 3.2.6).
var fixedLitCode, fixedDistCode = makeFixedCodes()

func makeFixedCodes() (lit, dist prefixCode) {
	lit.assign(fixedLens[:])
	dist.assign(fixedDistLens[:])
	return lit, dist
}
