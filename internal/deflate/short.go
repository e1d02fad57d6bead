// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"encoding/binary"
	"math/bits"
)

// A shortEncoder compresses short messages: one block with the fixed codes each,
// and whatever it remembers from earlier messages to refer to.
type shortEncoder struct {
	window  int
	history []byte // octets of the stream from base on, window of them at least
	base    int
	indexed int // up to this octet of the stream table is complete, or was skipped

	// table holds, for the hash of four octets, where in the stream they were
	// last seen, plus 1.
	table [1 << shortHashBits]int
}

const (
	shortHashBits = 12
	shortMatch    = 4 // octets; a match of 3 gains nothing worth the time
	historyLen    = 2 << MaxWindowBits
)

func (e *shortEncoder) reset(window int) {
	e.window = window
	e.forget()
}

// forget drops all earlier messages.
func (e *shortEncoder) forget() {
	e.base += len(e.history)
	e.indexed = e.base
	e.history = e.history[:0]
}

// skip takes note of a message that was compressed by other means. It is only there
// to keep distances right: no match is looked for in it.
func (e *shortEncoder) skip(msg []byte) {
	if len(msg) > e.window {
		e.base += len(msg) - e.window
		msg = msg[len(msg)-e.window:]
		e.base += len(e.history)
		e.history = e.history[:0]
	}
	e.append(msg)
	e.indexed = e.base + len(e.history)
}

func (e *shortEncoder) append(msg []byte) {
	if e.history == nil {
		e.history = make([]byte, 0, historyLen)
	}
	if len(e.history)+len(msg) > historyLen {
		drop := len(e.history) - e.window
		e.history = append(e.history[:0], e.history[drop:]...)
		e.base += drop
		e.indexed = max(e.indexed, e.base)
	}
	e.history = append(e.history, msg...)
}

// compress compresses a message of less than shortMessage octets.
func (e *shortEncoder) compress(dst, msg []byte) []byte {
	if len(msg) == 0 {
		return append(dst, 0)
	}
	e.append(msg)
	start := len(dst)
	h := e.history
	w := bitWriter{out: dst}
	w.write(2, 3) // not final, fixed codes
	for i := len(h) - len(msg); i < len(h); {
		length, distance := e.match(i)
		if length == 0 {
			w.literal(h[i])
			i++
			continue
		}
		w.match(length, distance)
		i += length
	}
	w.write(0, 7) // end of block
	w.write(0, 3) // the block without octets whose lengths are the tail
	dst = w.flush()
	if len(dst)-start > len(msg)+6 {
		n := uint16(len(msg))
		dst = append(dst[:start], 0, byte(n), byte(n>>8), byte(^n), byte(^n>>8))
		dst = append(append(dst, msg...), 0)
	}
	return dst
}

// match looks for the latest earlier place with the octets at history[i:].
func (e *shortEncoder) match(i int) (length, distance int) {
	h := e.history
	if i+shortMatch > len(h) {
		return 0, 0
	}
	for ; e.indexed < e.base+i; e.indexed++ {
		e.table[shortHash(h[e.indexed-e.base:])] = e.indexed + 1
	}
	from := e.table[shortHash(h[i:])] - 1 - e.base
	if from < 0 || i-from > e.window {
		return 0, 0
	}
	n := 0
	for i+n < len(h) && h[from+n] == h[i+n] {
		n++
	}
	if n < shortMatch {
		return 0, 0
	}
	return n, i - from
}

// shortHash is the hash of the first four octets.
func shortHash(p []byte) uint32 {
	return binary.LittleEndian.Uint32(p) * 2654435761 >> (32 - shortHashBits)
}

// A bitWriter appends bits to out, the first one lowest.
type bitWriter struct {
	out   []byte
	bits  uint64
	nbits uint
}

// write appends the n lowest bits of v, 28 at most.
func (w *bitWriter) write(v uint32, n uint) {
	w.bits |= uint64(v) << w.nbits
	w.nbits += n
	if w.nbits >= 32 {
		w.out = binary.LittleEndian.AppendUint32(w.out, uint32(w.bits))
		w.bits >>= 32
		w.nbits -= 32
	}
}

// flush fills the last octet with zeros and returns all of them.
func (w *bitWriter) flush() []byte {
	for n := uint(0); n < w.nbits; n += 8 {
		w.out = append(w.out, byte(w.bits>>n))
	}
	return w.out
}

// code appends a Huffman code, whose first bit is the highest.
func (w *bitWriter) code(v uint32, n uint) {
	w.write(bits.Reverse32(v)>>(32-n), n)
}

// literal and match write with the fixed codes of RFC 1951, 3.2.6.
func (w *bitWriter) literal(c byte) {
	if c < 144 {
		w.code(0x30+uint32(c), 8)
	} else {
		w.code(0x190+uint32(c)-144, 9)
	}
}

func (w *bitWriter) match(length, distance int) {
	symbol, extra, extraBits := splitBase(uint32(length-3), 4)
	if symbol += 257; symbol < 280 {
		w.code(symbol-256, 7)
	} else {
		w.code(0xc0+symbol-280, 8)
	}
	w.write(extra, extraBits)
	symbol, extra, extraBits = splitBase(uint32(distance-1), 2)
	w.code(symbol, 5)
	w.write(extra, extraBits)
}

// splitBase returns the symbol for a value and its extra bits, where a number of
// symbols, per, share each count of extra bits: 4 of the lengths (but not 258) and
// 2 of the distances, after twice as many without any.
func splitBase(v, per uint32) (symbol, extra uint32, extraBits uint) {
	if v < 2*per {
		return v, 0, 0
	}
	extraBits = uint(bits.Len32(v/per)) - 1
	return v>>extraBits + per*uint32(extraBits), v & (1<<extraBits - 1), extraBits
}
