// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"encoding/binary"
	"math/bits"
)

// A match is a run of literals and the back-reference that follows.
type match struct {
	literals uint16
	length   uint16 // from 3 to 258
	distance uint16 // from 1 to the window
}

const (
	minMatch = 4 // octets; the format allows 3, which gain nothing worth the time
	maxMatch = 258

	tableBits = 14
	wordLen   = 8 // octets are looked up by words, from which a hash is made

	// The first 32 octets without a match are looked up one by one, of the next
	// each second one, then each third, but never less than each 32nd: data that
	// does not repeat itself takes little time.
	skipShift = 5
	maxSkip   = 32

	// indexEvery: within a match, octets that are so far apart can be found. The
	// others are found by going back from these.
	indexEvery = 16
)

// A matcher finds matches in one direction of a connection: it looks up the latest
// place with the same octets, and takes the first match there is.
//
// Positions are octets of the stream modulo 2^16, which is enough for distances
// up to 2^15. Whatever the table says is compared before it is believed, so that
// it never has to be cleared: an entry of long ago or of another connection is no
// more than a chance missed.
type matcher struct {
	window    int
	hashShift uint // by which a word loses the octets that are not hashed

	// table says where octets were seen last, by the upper bits of their hash. An
	// entry is a position and, above it, more bits of the hash, so that most of the
	// time there is no need to look at the place.
	table [1 << tableBits]uint32
	at    uint16 // position of the next octet

	found    []match
	literals int // behind the last match
}

// reset is for another connection.
func (m *matcher) reset(window int) {
	m.window = window
	// Four or five octets from far away take as many bits as the literals would, and
	// more time. Small windows have few other matches.
	m.hashShift = 64 - 8*6
	if window < 1<<12 {
		m.hashShift = 64 - 8*4
	}
}

// hash returns the hash of the octets of a word.
func hash(word uint64, shift uint) uint32 {
	return uint32(word << (shift & 63) * 0x9e3779b97f4a7c15 >> 32)
}

// find finds the matches in data[from:to], which may refer to what is before, and
// appends them to found.
func (m *matcher) find(data []byte, from, to int) {
	data = data[:to]
	base := m.at - uint16(from) // position of data[0]
	next := from                // behind the last match
	for {
		i, distance := m.seek(data, base, next)
		if distance == 0 {
			break
		}
		end := i + minMatch + same(data[i+minMatch:], data[i+minMatch-distance:])
		for i > next && i > distance && data[i-1] == data[i-distance-1] {
			i--
		}
		m.found = appendMatch(m.found, m.literals+i-next, end-i, distance)
		m.literals = 0
		for i += 2; i < min(end, to-wordLen); i += indexEvery {
			h := hash(binary.LittleEndian.Uint64(data[i:]), m.hashShift)
			m.table[h>>(32-tableBits)] = h<<16 | uint32(base+uint16(i))
		}
		next = end
	}
	m.literals += to - next
	m.at += uint16(to - from)
}

// seek looks up the octets of data from an octet on. It returns where the first
// match is and its distance, or 0 if there is none; base is the position of
// data[0].
func (m *matcher) seek(data []byte, base uint16, from int) (at, distance int) {
	window, shift := m.window, m.hashShift
	for i := from; i+wordLen <= len(data); {
		word := binary.LittleEndian.Uint64(data[i:])
		h := hash(word, shift)
		latest := &m.table[h>>(32-tableBits)]
		now, was := h<<16|uint32(base+uint16(i)), *latest
		*latest = now
		behind := int(uint16(now - was - 1)) // the distance less 1
		// Whether the hash is the same and whether the place is within the window can
		// both not be predicted: they are one condition.
		tooFar := uint32((window - 1 - behind) >> 63)
		if (was^now)>>16|tooFar == 0 &&
			behind < i && binary.LittleEndian.Uint32(data[i-1-behind:]) == uint32(word) {
			return i, behind + 1
		}
		i += min(1+(i-from)>>skipShift, maxSkip)
	}
	return 0, 0
}

// same returns how many octets a and b have in common, as far as a goes; b is not
// shorter.
func same(a, b []byte) int {
	n := 0
	for ; n+8 <= len(a); n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// appendMatch appends a match of any length, minMatch at least.
func appendMatch(found []match, literals, length, distance int) []match {
	const part = maxMatch - 3 // leaves enough for another
	for ; length > maxMatch; length -= part {
		found = append(found, match{uint16(literals), part, uint16(distance)})
		literals = 0
	}
	return append(found, match{uint16(literals), uint16(length), uint16(distance)})
}

// take returns the matches found, which are good until the next call of find, and
// starts anew; what can be referred to stays.
func (m *matcher) take() []match {
	found := m.found
	m.found, m.literals = m.found[:0], 0
	return found
}
