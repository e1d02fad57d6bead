// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"math/bits"
	"slices"
)

// maxSymbols is the size of the largest alphabet, that of literals and lengths.
const maxSymbols = 288

// A prefixCode says how symbols are written: in bits 0-7 with how many bits,
// above them the bits, the first one lowest.
type prefixCode [maxSymbols]uint32

// A codeMaker makes Huffman codes. Its memory is used again.
type codeMaker struct {
	leaves, spare [maxSymbols]uint32 // count<<leafShift | symbol

	// The nodes of a tree: the leaves, then the inner nodes as they are made.
	weight [2 * maxSymbols]uint32
	parent [2 * maxSymbols]uint16 // then the depth
}

const leafShift = 9 // enough for a symbol

// lengths finds the lengths of the best code for symbols that occur so many
// times, where none may have more than limit bits. At least two symbols get a
// code, if need be some that do not occur: what to do with an incomplete code is
// where decoders differ.
func (m *codeMaker) lengths(lens []uint8, counts []uint32, limit int) {
	leaves := m.leaves[:0]
	for symbol, n := range counts {
		if n > 0 {
			leaves = append(leaves, n<<leafShift|uint32(symbol))
		}
	}
	for symbol := uint32(0); len(leaves) < 2; symbol++ {
		if counts[symbol] == 0 {
			leaves = append(leaves, symbol)
		}
	}
	leaves = m.sort(leaves)
	clear(lens)
	perLength := m.tree(leaves)
	shorten(&perLength, limit)
	for l := limit; l > 0; l-- { // the rarest symbols have the longest codes
		for _, leaf := range leaves[:perLength[l]] {
			lens[leaf&(1<<leafShift-1)] = uint8(l)
		}
		leaves = leaves[perLength[l]:]
	}
}

// sort sorts the leaves by count: many of them octet by octet of the count.
func (m *codeMaker) sort(leaves []uint32) []uint32 {
	if len(leaves) < 40 {
		slices.Sort(leaves)
		return leaves
	}
	all := uint32(0)
	for _, leaf := range leaves {
		all |= leaf
	}
	spare := m.spare[:len(leaves)]
	for shift := leafShift; all>>shift > 0; shift += 8 {
		var next [256]uint16 // first how many, then where the next one goes
		for _, leaf := range leaves {
			next[leaf>>shift&0xff]++
		}
		sum := uint16(0)
		for i, n := range next {
			next[i] = sum
			sum += n
		}
		for _, leaf := range leaves {
			at := &next[leaf>>shift&0xff]
			spare[*at] = leaf
			*at++
		}
		leaves, spare = spare, leaves
	}
	return leaves
}

// maxDepth is more than a tree can have whose weights are those of one block.
const maxDepth = 32

// tree makes a Huffman tree of sorted leaves and returns how many of them are at
// each depth. Inner nodes are made in order of their weight, so that the two
// lightest nodes left are each the first of the leaves or of the inner nodes.
func (m *codeMaker) tree(leaves []uint32) (perDepth [maxDepth]uint16) {
	n := len(leaves)
	weight, parent := m.weight[:2*n], m.parent[:2*n]
	for i, leaf := range leaves {
		weight[i] = leaf >> leafShift
	}
	leaf, inner, root := 0, n, 2*n-2
	for made := n; made <= root; made++ {
		sum := uint32(0)
		for range 2 {
			lightest := leaf
			if leaf == n || inner < made && weight[inner] < weight[leaf] {
				lightest = inner
				inner++
			} else {
				leaf++
			}
			sum += weight[lightest]
			parent[lightest] = uint16(made)
		}
		weight[made] = sum
	}
	depth := parent // parents have higher numbers: from the root down, one replaces the other
	depth[root] = 0
	for i := root - 1; i >= 0; i-- {
		depth[i] = depth[parent[i]] + 1
	}
	for _, d := range depth[:n] {
		perDepth[d]++
	}
	return perDepth
}

// shorten changes how many codes have each length so that none has more than
// limit bits, and the code is complete.
func shorten(perLength *[maxDepth]uint16, limit int) {
	excess := -1 << limit // of the shares that the codes take, in those of the longest
	for l, n := range perLength {
		if l > limit {
			perLength[limit] += n
			perLength[l] = 0
			l = limit
		}
		excess += int(n) << (limit - l)
	}
	for ; excess > 0; excess-- {
		// A code of the longest ones takes the place next to a shorter one, both
		// with one bit more than that had.
		l := limit - 1
		for perLength[l] == 0 {
			l--
		}
		perLength[l]--
		perLength[l+1] += 2
		perLength[limit]--
	}
}

// assign makes the canonical code with the given lengths (RFC 1951, 3.2.2).
func (c *prefixCode) assign(lens []uint8) {
	var next [maxCodeBits + 2]uint16 // first how many codes have a bit less
	for _, l := range lens {
		next[l+1]++
	}
	next[1] = 0
	for l := 2; l <= maxCodeBits; l++ {
		next[l] = (next[l] + next[l-1]) << 1
	}
	for symbol, l := range lens {
		if l > 0 {
			c[symbol] = uint32(bits.Reverse16(next[l])>>(16-l))<<8 | uint32(l)
			next[l]++
		}
	}
}
