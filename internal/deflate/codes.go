// SPDX-License-Identifier: Apache-2.0

package deflate

// lenOrder is the order in which the lengths of the code length code are sent
// (RFC 1951, 3.2.7).
var lenOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// codesRule is where it says what codes a block may have.
const codesRule = "RFC 1951, 3.2.7"

// readCodes reads the codes of a block of type 2 and makes its tables.
func (f *Inflater) readCodes() error {
	if err := f.refill(); err != nil {
		return err
	}
	at := f.bitPos()
	lits, dists, codes := int(f.take(5))+257, int(f.take(5))+1, int(f.take(4))+4
	if lits > maxLitCodes {
		return f.corrupt(at, codesRule, "%d codes for literals and lengths", lits)
	}
	if dists > maxDistCodes {
		return f.corrupt(at+5, codesRule, "%d codes for distances", dists)
	}
	f.listing.codes(lits, dists, codes)
	var lens [19]uint8
	for i, symbol := range lenOrder[:codes] {
		if i%16 == 0 { // 48 bits are enough for so many
			if err := f.refill(); err != nil {
				return err
			}
		}
		lens[symbol] = uint8(f.take(3))
	}
	var table [1 << lenBits]uint32
	if wrong := buildTable(table[:], lenBits, lens[:], lenSymbols[:]); wrong != "" {
		return f.corrupt(at+14, codesRule, "%s code for code lengths", wrong)
	}
	at = f.bitPos()
	var all [maxLitCodes + maxDistCodes]uint8
	if err := f.readLens(all[:lits+dists], &table); err != nil {
		return err
	}
	if all[endOfBlock] == 0 {
		return f.corrupt(at, codesRule, "no code for the end of the block")
	}
	if wrong := buildTable(f.dynamicLit[:], litBits, all[:lits], litSymbols[:]); wrong != "" {
		return f.corrupt(at, codesRule, "%s code for literals and lengths", wrong)
	}
	if wrong := buildTable(f.dynamicDist[:], distBits, all[lits:lits+dists], distSymbols[:]); wrong != "" {
		return f.corrupt(at, codesRule, "%s code for distances", wrong)
	}
	return nil
}

// readLens reads the code lengths of both alphabets, which are one sequence.
func (f *Inflater) readLens(lens []uint8, table *[1 << lenBits]uint32) error {
	for i := 0; i < len(lens); {
		if f.nbits < lenBits+7 {
			if err := f.refill(); err != nil {
				return err
			}
		}
		at := f.bitPos()
		e := table[f.bits&(1<<lenBits-1)]
		if e&entrySpecial != 0 {
			return f.corrupt(at, codesRule, "code that stands for no code length")
		}
		f.take(uint(e & 0xff))
		symbol := uint8(e >> 16)
		if symbol < 16 {
			lens[i] = symbol
			i++
			continue
		}
		var repeat int
		var length uint8
		switch symbol {
		case 16:
			if i == 0 {
				return f.corrupt(at, codesRule, "first code length repeats the one before")
			}
			repeat, length = int(f.take(2))+3, lens[i-1]
		case 17:
			repeat = int(f.take(3)) + 3
		default:
			repeat = int(f.take(7)) + 11
		}
		if repeat > len(lens)-i {
			return f.corrupt(at, codesRule, "%d code lengths too many", repeat-(len(lens)-i))
		}
		for range repeat {
			lens[i] = length
			i++
		}
	}
	return nil
}
