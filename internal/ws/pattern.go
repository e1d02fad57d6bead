// SPDX-License-Identifier: Apache-2.0

package ws

import "bytes"

// Pattern is a payload: Unit repeated and cut to Len octets. It can be megabytes
// long without taking them.
type Pattern struct {
	Unit []byte
	Len  int
}

// patternBlock is how many octets are compared at a time.
const patternBlock = 64 << 10

// Literal is the pattern that is just b.
func Literal(b []byte) Pattern { return Pattern{Unit: b, Len: len(b)} }

// Fill copies the octets from pos on into b.
func (t Pattern) Fill(b []byte, pos int) {
	if len(b) == 0 {
		return
	}
	pos %= len(t.Unit)
	n := copy(b, t.Unit[pos:])
	if n < len(b) && pos > 0 {
		n += copy(b[n:], t.Unit[:pos])
	}
	for n < len(b) { // b[:n] is whole periods now
		n += copy(b[n:], b[:n])
	}
}

// DifferFrom compares the pattern's octets from pos on with got. It returns -1
// where they are the same and else the offset in got of the first difference,
// which is the shorter length where one is the beginning of the other.
func (t Pattern) DifferFrom(pos int, got []byte) int {
	n := min(t.Len-pos, len(got))
	var block []byte
	if n == 0 || len(t.Unit) >= t.Len {
		block = t.Unit[min(pos, len(t.Unit)):][:n]
	} else {
		block = make([]byte, min(n, patternBlock/len(t.Unit)*len(t.Unit)+len(t.Unit)))
		t.Fill(block, pos)
	}
	period := len(block)
	if n > period {
		period -= period % len(t.Unit)
	}
	for off := 0; off < n; off += period {
		want, have := block[:min(period, n-off)], got[off:off+min(period, n-off)]
		if bytes.Equal(want, have) {
			continue
		}
		for i := range want {
			if want[i] != have[i] {
				return off + i
			}
		}
	}
	if len(got) != t.Len-pos {
		return n
	}
	return -1
}

// Differ is DifferFrom the beginning.
func (t Pattern) Differ(got []byte) int { return t.DifferFrom(0, got) }

// Beginning returns the first octets, at most most.
func (t Pattern) Beginning(most int) []byte {
	b := make([]byte, min(t.Len, most))
	t.Fill(b, 0)
	return b
}
