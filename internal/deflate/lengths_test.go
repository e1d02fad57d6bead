// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCodeLengths(t *testing.T) {
	fibonacci := []uint32{1, 1}
	for len(fibonacci) < 22 {
		fibonacci = append(fibonacci, fibonacci[len(fibonacci)-1]+fibonacci[len(fibonacci)-2])
	}
	tests := []struct {
		counts []uint32
		limit  int
		want   []uint8 // nil: only that the code is complete and within the limit
	}{
		{[]uint32{0, 0, 0, 0}, 15, []uint8{1, 1, 0, 0}},
		{[]uint32{0, 0, 9, 0}, 15, []uint8{1, 0, 1, 0}},
		{[]uint32{9, 0, 0, 0}, 15, []uint8{1, 1, 0, 0}},
		{[]uint32{5, 0, 0, 7}, 15, []uint8{1, 0, 0, 1}},
		{[]uint32{4, 1, 1, 2}, 15, []uint8{1, 3, 3, 2}},
		{[]uint32{1, 1, 1, 1}, 15, []uint8{2, 2, 2, 2}},
		{[]uint32{1, 1, 2, 3, 5}, 15, []uint8{4, 4, 3, 2, 1}},
		{[]uint32{1, 1, 2, 3, 5}, 3, []uint8{3, 3, 3, 3, 1}},
		{fibonacci, 15, nil},
		{fibonacci[:19], 7, nil},
		{slices.Repeat([]uint32{1}, 19), 5, nil},
		{slices.Repeat([]uint32{300, 1}, 140), 15, nil},
	}
	m := new(codeMaker)
	for _, tt := range tests {
		lens := slices.Repeat([]uint8{99}, len(tt.counts))
		m.lengths(lens, tt.counts, tt.limit)
		if tt.want != nil && !slices.Equal(lens, tt.want) {
			t.Errorf("%v, limit %d: %v, want %v", tt.counts, tt.limit, lens, tt.want)
		}
		checkLengths(t, tt.counts, lens, tt.limit)
	}
}

// checkLengths: every symbol that occurs has a code, the code is complete, and no
// symbol has a longer code than a rarer one.
func checkLengths(t *testing.T, counts []uint32, lens []uint8, limit int) {
	t.Helper()
	sum := 0
	for i, l := range lens {
		if int(l) > limit || counts[i] > 0 && l == 0 {
			t.Fatalf("%v, limit %d: %v", counts, limit, lens)
		}
		if l > 0 {
			sum += 1 << (limit - int(l))
		}
		for j := range i {
			if counts[i] > counts[j] && counts[j] > 0 && l > lens[j] {
				t.Fatalf("%v: symbol %d has %d bits, symbol %d has %d", counts, i, l, j, lens[j])
			}
		}
	}
	if sum != 1<<limit {
		t.Fatalf("%v, limit %d: %v is not complete", counts, limit, lens)
	}
}

// Without a limit that matters, no code is shorter than Huffman's: this is how he
// made it.
func TestCodeLengthsAreOptimal(t *testing.T) {
	r := rand.New(rand.NewPCG(1952, 0))
	m := new(codeMaker)
	for range 300 {
		counts := make([]uint32, 2+r.IntN(284))
		most := 1 << r.IntN(12)
		for i := range counts {
			counts[i] = uint32(r.IntN(most + 1))
		}
		counts[0], counts[1] = 1, 1
		lens := make([]uint8, len(counts))
		m.lengths(lens, counts, maxDepth-1)
		got := uint32(0)
		for i, l := range lens {
			got += counts[i] * uint32(l)
		}
		left := slices.DeleteFunc(slices.Clone(counts), func(n uint32) bool { return n == 0 })
		want := uint32(0)
		for len(left) > 1 {
			slices.Sort(left)
			left[1] += left[0]
			want += left[1]
			left = left[1:]
		}
		if got != want {
			t.Fatalf("%v: %d bits, want %d", counts, got, want)
		}
	}
}

func TestCanonicalCode(t *testing.T) {
	var c prefixCode
	c.assign([]uint8{3, 3, 3, 3, 3, 2, 4, 4}) // the example of RFC 1951, 3.2.2
	want := []string{"010", "011", "100", "101", "110", "00", "1110", "1111"}
	for symbol, want := range want {
		got := ""
		for i := range c[symbol] & 0xff {
			got += fmt.Sprint(c[symbol] >> (8 + i) & 1)
		}
		if got != want {
			t.Errorf("symbol %d: %s, want %s", symbol, got, want)
		}
	}
}

// The symbols of all distances, by the table of RFC 1951, 3.2.5, as the inflater
// has it.
func TestDistanceSymbols(t *testing.T) {
	for d := 1; d <= 1<<MaxWindowBits; d++ {
		symbol, extraBits := distanceSymbol(uint16(d))
		e := distSymbols[symbol]
		if base := int(e >> 16); uint(e&0xff) != extraBits || d < base || d >= base+1<<extraBits {
			t.Fatalf("distance %d: symbol %d, %d extra bits", d, symbol, extraBits)
		}
	}
}
