// SPDX-License-Identifier: Apache-2.0

package deflate

import "encoding/binary"

// symbols inflates symbols of the current block, each round a few literals or a
// match. It returns true at the end of the block, and false when it runs short of
// input or of room. The state is in variables, not in f, for the sake of speed.
func (f *Inflater) symbols() (done bool, err error) {
	lit, dist := f.lit, f.dist
	in, pos, bits, nbits := f.in, f.pos, f.bits, f.nbits
	out, n, stop := f.out, f.n, f.stop
	start, near, farthest := f.start, f.near, f.stats.Farthest
	for pos+inSlack <= len(in) && n <= stop {
		pos, bits, nbits = load(in, pos, bits, nbits)
		e := lit[bits&(1<<litBits-1)]
		if e&entryLiteral != 0 {
			for range 4 { // with the next symbol 55 bits at most
				out[n] = byte(e >> 16)
				n++
				bits, nbits = drop(bits, nbits, e)
				e = lit[bits&(1<<litBits-1)]
				if e&entryLiteral == 0 {
					break
				}
			}
			if e&entryLiteral != 0 {
				continue
			}
			pos, bits, nbits = load(in, pos, bits, nbits)
		}
		if e&entryLink != 0 {
			bits, nbits = drop(bits, nbits, e)
			e = lit[linked(bits, e)&uint32(len(lit)-1)]
			if e&entryLiteral != 0 {
				out[n] = byte(e >> 16)
				n++
				bits, nbits = drop(bits, nbits, e)
				continue
			}
		}
		if e&entrySpecial != 0 {
			bits, nbits = drop(bits, nbits, e)
			f.pos, f.bits, f.nbits, f.n, f.stats.Farthest = pos, bits, nbits, n, farthest
			return f.ended(e)
		}
		length := value(bits, e)
		bits, nbits = drop(bits, nbits, e)
		if e = dist[bits&(1<<distBits-1)]; e&entryLink != 0 {
			bits, nbits = drop(bits, nbits, e)
			e = dist[linked(bits, e)&uint32(len(dist)-1)]
		}
		distance := value(bits, e)
		bits, nbits = drop(bits, nbits, e)
		farthest = max(farthest, distance)
		if distance > near || distance > n-start || e&entrySpecial != 0 {
			f.pos, f.bits, f.nbits, f.n, f.stats.Farthest = pos, bits, nbits, n, farthest
			if err := f.unusual(length, distance, e); err != nil {
				return false, err
			}
		} else {
			copyMatch(out, n, length, distance)
		}
		n += length
	}
	f.pos, f.bits, f.nbits, f.n, f.stats.Farthest = pos, bits, nbits, n, farthest
	return false, nil
}

// ended tells the end of the block from a code that must not occur.
func (f *Inflater) ended(e uint32) (done bool, err error) {
	if e&entryEnd == 0 {
		return false, f.corrupt(f.before(e, litBits), symbolRule, "code that stands for no literal or length")
	}
	f.listing.end(f.n)
	return true, nil
}

// load makes at least 56 bits available.
func load(in []byte, pos int, bits uint64, nbits uint) (int, uint64, uint) {
	bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbits & 63)
	return pos + int((63-nbits)>>3), bits, nbits | 56
}

// drop removes the bits of an entry.
func drop(bits uint64, nbits uint, e uint32) (uint64, uint) {
	return bits >> (e & 63), nbits - uint(e&63)
}

// linked returns where in the table an entry that is a link leads to.
func linked(bits uint64, e uint32) uint32 {
	return e>>16 + uint32(bits)&(1<<(e>>8&15)-1)
}

// value returns the length or distance of an entry, extra bits included.
func value(bits uint64, e uint32) int {
	return int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
}

// copyMatch appends length octets from distance octets back to out[:n]. It may
// write up to 7 octets more.
func copyMatch(out []byte, n, length, distance int) {
	const few = 32 // up to here words are faster than a call
	switch {
	case distance >= 8 && length <= few:
		src, dst := out[n-distance:], out[n:]
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:]))
		}
	case distance >= length:
		copy(out[n:n+length], out[n-distance:])
	default: // the match repeats itself: what was copied doubles the source
		src, end := n-distance, n+length
		for n < end {
			n += copy(out[n:end], out[src:n])
		}
	}
}

// symbolRule is where it says which symbols a block may have.
const symbolRule = "RFC 1951, 3.2.6"

// unusual appends a match that begins before the message, or says why there is no
// such match; while blocks are listed, it is where every match comes to. It leaves
// it to the caller to count the octets.
func (f *Inflater) unusual(length, distance int, e uint32) error {
	back := distance - (f.n - f.start) // so far into earlier messages
	at := f.before(e, distBits)
	switch {
	case e&entrySpecial != 0:
		return f.corrupt(at, symbolRule, "code that stands for no distance")
	case distance > f.window:
		return f.fail(ErrWindow, at, "RFC 7692, 7.1.2", "distance %d, window %d", distance, f.window)
	case back > len(f.history) && f.seen && f.params.NoContextTakeover:
		return f.fail(ErrContext, at, "RFC 7692, 7.1.1", "distance %d, %d octets into the message", distance, f.n-f.start)
	case back > len(f.history):
		return f.corrupt(at, "RFC 1951, 3.2.3", "distance %d, but there are only %d octets before", distance, distance-back+len(f.history))
	}
	f.listing.copy(f.n, length, distance)
	if back <= 0 {
		copyMatch(f.out, f.n, length, distance)
		return nil
	}
	f.stats.Earlier = true
	n := copy(f.out[f.n:f.n+length], f.history[len(f.history)-back:])
	if n < length {
		copyMatch(f.out, f.n+n, length-n, distance)
	}
	return nil
}
