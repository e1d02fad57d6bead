// SPDX-License-Identifier: Apache-2.0

package corpus

import "unicode/utf8"

// A Set is the data of one kind, read as if it had no end: after the last octet
// comes the first again.
type Set struct {
	twice []byte // the data two times, so that few windows have to be put together
	size  int    // of the data, in octets
	units int    // of the data, in code points if it is text

	// marks holds the octet offset of every markEvery-th code point, if the set
	// is text and not all ASCII.
	marks []int
}

const markEvery = 64

func newSet(k Kind, data []byte) *Set {
	s := &Set{size: len(data), units: len(data)}
	s.twice = append(append(make([]byte, 0, 2*len(data)), data...), data...)
	if !k.Text() {
		return s
	}
	s.units = 0
	for i := 0; i < len(data); {
		if s.units%markEvery == 0 {
			s.marks = append(s.marks, i)
		}
		_, n := utf8.DecodeRune(data[i:])
		i += n
		s.units++
	}
	if s.units == len(data) {
		s.marks = nil
	}
	return s
}

// Data returns the whole set. It must not be changed.
func (s *Set) Data() []byte { return s.twice[:s.size:s.size] }

// Window returns message i of a series of messages of the given size, both
// counted from 0: size code points of a text set, size octets of another.
// Message 0 starts with the data, each other one where the one before ended, and
// the data repeats itself without end. The result must not be changed.
func (s *Set) Window(i, size int) []byte {
	from := i % s.units * (size % s.units) % s.units
	start := s.offset(from)
	if size <= s.units {
		end := s.offset(from + size)
		return s.twice[start:end:end]
	}
	window := append([]byte(nil), s.twice[start:s.size]...)
	left := size - (s.units - from)
	for ; left > s.units; left -= s.units {
		window = append(window, s.Data()...)
	}
	return append(window, s.twice[:s.offset(left)]...)
}

// offset returns the octet at which a unit starts, for up to twice the units.
func (s *Set) offset(unit int) int {
	if s.marks == nil {
		return unit
	}
	lap := unit / s.units * s.size
	unit %= s.units
	at := s.marks[min(unit/markEvery, len(s.marks)-1)]
	for range unit % markEvery {
		_, n := utf8.DecodeRune(s.twice[at:])
		at += n
	}
	return lap + at
}
