// SPDX-License-Identifier: Apache-2.0

package deflate

// A header describes the codes of a block (RFC 1951, 3.2.7): the lengths of all
// codes, themselves written in a code, whose lengths come first.
type header struct {
	lits, dists int
	symbols     []Repeat
	lens        [19]uint8 // of the code for lengths
	code        prefixCode
	codes       int // how many of lens are sent
	bits        int // size of it all
}

// A Repeat is a symbol of the alphabet of code lengths: a length of 0 to 15; 16 for
// the length before, Extra + 3 times; 17 and 18 for no code, Extra + 3 or + 11 times
// (RFC 1951, 3.2.7).
type Repeat struct{ Symbol, Extra uint8 }

// What repeats: the length before 3 to 6 times, no code 3 to 10 or 11 to 138 times.
const (
	repeatLen     = 16
	repeatNone    = 17
	repeatNoneFar = 18
)

var lenExtraBits = [19]uint8{repeatLen: 2, repeatNone: 3, repeatNoneFar: 7}

// describe prepares the header for codes of the given lengths.
func (h *header) describe(maker *codeMaker, lits, dists int, lens []uint8) {
	h.lits, h.dists = lits, dists
	h.repeat(lens)
	h.makeCode(maker)
}

// makeCode makes the code in which the symbols are written.
func (h *header) makeCode(maker *codeMaker) {
	var counts [19]uint32
	for _, s := range h.symbols {
		counts[s.Symbol]++
	}
	maker.lengths(h.lens[:], counts[:], lenBits)
	h.code.assign(h.lens[:])
	h.codes = len(lenOrder)
	for h.lens[lenOrder[h.codes-1]] == 0 {
		h.codes--
	}
	h.bits = 5 + 5 + 4 + 3*h.codes
	for symbol, n := range counts {
		h.bits += int(n) * int(h.lens[symbol]+lenExtraBits[symbol])
	}
}

// repeat makes symbols of the lengths.
func (h *header) repeat(lens []uint8) {
	h.symbols = h.symbols[:0]
	for i := 0; i < len(lens); {
		l, run := lens[i], 1
		for i+run < len(lens) && lens[i+run] == l {
			run++
		}
		i += run
		if l > 0 {
			h.symbols = append(h.symbols, Repeat{Symbol: l})
			run--
		}
		for run >= 3 {
			s, n, first := uint8(repeatLen), min(run, 6), 3
			switch {
			case l == 0 && run > 10:
				s, n, first = repeatNoneFar, min(run, 138), 11
			case l == 0:
				s, n = repeatNone, run
			}
			h.symbols = append(h.symbols, Repeat{s, uint8(n - first)})
			run -= n
		}
		for range run {
			h.symbols = append(h.symbols, Repeat{Symbol: l})
		}
	}
}

// write writes the header. The writer has reserved what it needs.
func (h *header) write(w *bitWriter) {
	w.write(uint64(h.lits-257)|uint64(h.dists-1)<<5|uint64(h.codes-4)<<10, 5+5+4)
	for _, symbol := range lenOrder[:h.codes] {
		w.write(uint64(h.lens[symbol]), 3)
	}
	for _, s := range h.symbols {
		e := h.code[s.Symbol]
		w.write(uint64(e>>8)|uint64(s.Extra)<<(e&0xff), uint(e&0xff)+uint(lenExtraBits[s.Symbol]))
	}
}
