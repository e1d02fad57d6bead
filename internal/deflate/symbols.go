// SPDX-License-Identifier: Apache-2.0

package deflate

import "encoding/binary"

// symbols inflates symbols of the current block, each round a few literals or a
// match. It returns true at the end of the block, and false when it runs short of
// input or of room.
func (f *Inflater) symbols() (done bool, err error) {
	lit, dist := f.lit, f.dist
	in, pos, bits, nbits := f.in, f.pos, f.bits, f.nbits
	out, n, stop := f.out, f.n, f.stop
	start, window, farthest := f.start, f.window, f.stats.Farthest
	for pos+inSlack <= len(in) && n <= stop {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbits & 63)
		pos += int((63 - nbits) >> 3)
		nbits |= 56
		e := lit[bits&(1<<litBits-1)]
		if e&entryLiteral != 0 {
			for range 4 { // with the next symbol 55 bits at most
				out[n] = byte(e >> 16)
				n++
				bits >>= e & 63
				nbits -= uint(e & 63)
				e = lit[bits&(1<<litBits-1)]
				if e&entryLiteral == 0 {
					break
				}
			}
			if e&entryLiteral != 0 {
				continue
			}
			bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbits & 63)
			pos += int((63 - nbits) >> 3)
			nbits |= 56
		}
		if e&entryLink != 0 {
			bits >>= litBits
			nbits -= litBits
			e = lit[(e>>16+uint32(bits)&(1<<(e>>8&15)-1))&uint32(len(lit)-1)]
			if e&entryLiteral != 0 {
				out[n] = byte(e >> 16)
				n++
				bits >>= e & 63
				nbits -= uint(e & 63)
				continue
			}
		}
		saved := bits
		bits >>= e & 63
		nbits -= uint(e & 63)
		if e&entrySpecial != 0 {
			f.pos, f.bits, f.nbits, f.n, f.stats.Farthest = pos, bits, nbits, n, farthest
			if e&entryEnd == 0 {
				return false, f.corrupt("code that stands for no literal or length")
			}
			return true, nil
		}
		length := int(e>>16) + int(saved&(1<<(e&63)-1)>>(e>>8&15))
		e = dist[bits&(1<<distBits-1)]
		if e&entryLink != 0 {
			bits >>= distBits
			nbits -= distBits
			e = dist[(e>>16+uint32(bits)&(1<<(e>>8&15)-1))&uint32(len(dist)-1)]
		}
		saved = bits
		bits >>= e & 63
		nbits -= uint(e & 63)
		distance := int(e>>16) + int(saved&(1<<(e&63)-1)>>(e>>8&15))
		farthest = max(farthest, distance)
		if distance > window || distance > n-start || e&entrySpecial != 0 {
			f.pos, f.bits, f.nbits, f.n, f.stats.Farthest = pos, bits, nbits, n, farthest
			if e&entrySpecial != 0 {
				return false, f.corrupt("code that stands for no distance")
			}
			if err := f.copyHistory(length, distance); err != nil {
				return false, err
			}
			n = f.n
			continue
		}
		copyMatch(out, n, length, distance)
		n += length
	}
	f.pos, f.bits, f.nbits, f.n, f.stats.Farthest = pos, bits, nbits, n, farthest
	return false, nil
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

// copyHistory appends a match that begins before the message.
func (f *Inflater) copyHistory(length, distance int) error {
	back := distance - (f.n - f.start) // so far into earlier messages
	switch {
	case distance > f.window:
		return f.fail(ErrWindow, "distance %d, window %d", distance, f.window)
	case back > len(f.history) && f.seen && f.params.NoContextTakeover:
		return f.fail(ErrContext, "distance %d, %d octets into the message", distance, f.n-f.start)
	case back > len(f.history):
		return f.corrupt("distance %d, but there are only %d octets before", distance, distance-back+len(f.history))
	}
	f.stats.Earlier = true
	n := copy(f.out[f.n:f.n+length], f.history[len(f.history)-back:])
	f.n += n
	if n < length {
		copyMatch(f.out, f.n, length-n, distance)
		f.n += length - n
	}
	return nil
}
