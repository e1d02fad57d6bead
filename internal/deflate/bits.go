// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"encoding/binary"
	"slices"
)

// A bitWriter appends bits to octets, the first one lowest (RFC 1951, 3.1.1). It
// writes by words, without a look at the capacity: see reserve.
type bitWriter struct {
	out   []byte // all of the capacity; n octets are complete
	n     int
	bits  uint64 // the next nbits bits, less than 8 of them between calls
	nbits uint
}

// wordSlack is what a word may occupy behind the last octet.
const wordSlack = 8

// reserve makes room for that many octets more, bits not yet complete included.
func (w *bitWriter) reserve(octets int) {
	if len(w.out)-w.n < octets+wordSlack {
		w.out = slices.Grow(w.out[:w.n], octets+wordSlack)
		w.out = w.out[:cap(w.out)]
	}
}

// write appends the n lowest bits of v, 56 at most. Those above have to be zero.
func (w *bitWriter) write(v uint64, n uint) {
	w.bits |= v << (w.nbits & 7)
	w.nbits += n
	w.n, w.bits, w.nbits = flush(w.out, w.n, w.bits, w.nbits)
}

// flush completes as many octets as there are bits for.
func flush(out []byte, n int, bits uint64, nbits uint) (int, uint64, uint) {
	binary.LittleEndian.PutUint64(out[n:], bits)
	return n + int(nbits>>3), bits >> (nbits & 56), nbits & 7
}

// align fills the last octet with zeros.
func (w *bitWriter) align() {
	if w.nbits > 0 {
		w.write(0, 8-w.nbits)
	}
}

// octets appends octets as they are. Before them, the writer has to be aligned.
func (w *bitWriter) octets(p []byte) { w.n += copy(w.out[w.n:], p) }
