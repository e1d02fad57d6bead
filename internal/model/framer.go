// SPDX-License-Identifier: Apache-2.0

package model

import "github.com/wsspec/wsspec/internal/ws"

// framer finds the frames in the octets of one direction, cut anywhere.
type framer struct {
	head   [ws.MaxHeaderLen]byte // the beginning of a header that is not complete
	n      int                   // octets in head
	header ws.Header
	inside bool   // the header of a frame has been read, and its payload has not
	pos    uint64 // octets of payload that have been read
}

// begin takes octets from b until there is a header, and returns the rest.
func (f *framer) begin(b []byte) (rest []byte, found bool) {
	if f.n == 0 {
		if h, n := ws.ParseHeader(b); n > 0 {
			f.header, f.inside, f.pos = h, true, 0
			return b[n:], true
		}
	}
	for len(b) > 0 {
		f.head[f.n] = b[0]
		f.n++
		b = b[1:]
		if h, n := ws.ParseHeader(f.head[:f.n]); n > 0 {
			f.header, f.inside, f.pos, f.n = h, true, 0, 0
			return b, true
		}
	}
	return nil, false
}

// partial is what can be told of a header that has begun: what has not come yet is as it
// should be in a frame that the sender may send. sized reports whether the length has come.
func (f *framer) partial(masked bool) (h ws.Header, sized, begun bool) {
	if f.n == 0 {
		return h, false, false
	}
	var padded [ws.MaxHeaderLen]byte
	copy(padded[:], f.head[:f.n])
	h, _ = ws.ParseHeader(padded[:])
	lengthOctets := map[ws.LengthForm]int{ws.Length16: 2, ws.Length64: 8}[h.Form]
	switch {
	case f.n < 2:
		h.Masked, h.Length = masked, 0
	case f.n >= 2+lengthOctets:
		return h, true, true
	case h.Form == ws.Length16:
		h.Length = 1 << 8
	case h.Length>>63 == 0:
		h.Length = 1 << 16
	}
	return h, false, true
}

// payload takes octets of payload from b, and says from where in the payload they are.
func (f *framer) payload(b []byte) (part, rest []byte, from uint64) {
	n := min(uint64(len(b)), f.header.Length-f.pos)
	from = f.pos
	f.pos += n
	return b[:n], b[n:], from
}

// complete reports whether all of the payload has been read, and is ready for the next
// frame then.
func (f *framer) complete() bool {
	if f.pos < f.header.Length {
		return false
	}
	f.inside = false
	return true
}
