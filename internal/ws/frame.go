// SPDX-License-Identifier: Apache-2.0

package ws

import (
	"encoding/binary"
	"math"
)

// Limits of the frame format (RFC 6455, 5.2 and 5.5).
const (
	MaxHeaderLen      = 14  // octets: 2, extended length 8, masking key 4
	MaxControlPayload = 125 // octets
)

// LengthForm is the encoding of a payload length.
type LengthForm uint8

// The three encodings of RFC 6455, 5.2. Shortest picks the smallest that fits,
// the only one the RFC allows.
const (
	Shortest LengthForm = iota
	Length7
	Length16
	Length64
)

// Header is a frame header as it stands on the wire.
type Header struct {
	Fin    bool
	RSV    uint8 // RSV1 = 4, RSV2 = 2, RSV3 = 1
	Opcode Opcode
	Masked bool
	Key    [4]byte // masking key, meaningful when Masked
	Length uint64  // payload octets as declared
	Form   LengthForm
}

// shortest returns the minimal encoding of the declared length.
func (h Header) shortest() LengthForm {
	switch {
	case h.Length <= MaxControlPayload:
		return Length7
	case h.Length <= math.MaxUint16:
		return Length16
	}
	return Length64
}

// WireForm returns the encoding in which the length stands on the wire: Form, or
// what Shortest comes to.
func (h Header) WireForm() LengthForm {
	if h.Form == Shortest {
		return h.shortest()
	}
	return h.Form
}

// Minimal reports whether the length stands in the only form RFC 6455, 5.2 allows.
func (h Header) Minimal() bool { return h.WireForm() == h.shortest() }

// Append appends the header's octets to dst. A length that does not fit the
// wanted Form is cut to the octets that Form has.
func (h Header) Append(dst []byte) []byte {
	b0 := h.RSV&7<<4 | byte(h.Opcode)&0xF
	if h.Fin {
		b0 |= 0x80
	}
	var b1 byte
	if h.Masked {
		b1 = 0x80
	}
	switch h.WireForm() {
	case Length16:
		dst = append(dst, b0, b1|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(h.Length))
	case Length64:
		dst = append(dst, b0, b1|127)
		dst = binary.BigEndian.AppendUint64(dst, h.Length)
	default:
		dst = append(dst, b0, b1|byte(h.Length)&0x7F)
	}
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	return dst
}

// ParseHeader reads a header from the start of b. It returns the number of
// octets the header takes, or 0 where b does not hold all of it yet. Every
// combination of bits is a header.
func ParseHeader(b []byte) (h Header, n int) {
	if len(b) < 2 {
		return Header{}, 0
	}
	h.Fin = b[0]&0x80 != 0
	h.RSV = b[0] >> 4 & 7
	h.Opcode = Opcode(b[0] & 0xF)
	h.Masked = b[1]&0x80 != 0
	n = 2
	switch l := b[1] & 0x7F; l {
	case 126:
		if len(b) < n+2 {
			return Header{}, 0
		}
		h.Form, h.Length = Length16, uint64(binary.BigEndian.Uint16(b[n:]))
		n += 2
	case 127:
		if len(b) < n+8 {
			return Header{}, 0
		}
		h.Form, h.Length = Length64, binary.BigEndian.Uint64(b[n:])
		n += 8
	default:
		h.Form, h.Length = Length7, uint64(l)
	}
	if h.Masked {
		if len(b) < n+4 {
			return Header{}, 0
		}
		copy(h.Key[:], b[n:])
		n += 4
	}
	return h, n
}

// Mask applies the masking algorithm of RFC 6455, 5.3 to b in place. pos is the
// offset of b[0] within the payload; masking twice restores the octets.
func Mask(key [4]byte, pos int, b []byte) {
	k := binary.LittleEndian.Uint32(key[:])
	if r := uint(pos & 3 * 8); r != 0 {
		k = k>>r | k<<(32-r)
	}
	word := uint64(k)<<32 | uint64(k)
	for len(b) >= 64 {
		// Constant offsets into a slice of known length: one bounds check a block.
		c := b[:64:64]
		for i := 0; i < 64; i += 8 {
			binary.LittleEndian.PutUint64(c[i:], binary.LittleEndian.Uint64(c[i:])^word)
		}
		b = b[64:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(k >> (i & 3 * 8))
	}
}

// AppendClosePayload appends the body of a Close frame: the code in network
// order and the reason (RFC 6455, 5.5.1). Neither is checked.
func AppendClosePayload(dst []byte, code CloseCode, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(code)), reason...)
}

// ParseClosePayload splits the body of a Close frame. has is false where there
// are fewer than two octets and so no code; the reason is not checked for UTF-8.
func ParseClosePayload(b []byte) (code CloseCode, reason []byte, has bool) {
	if len(b) < 2 {
		return 0, nil, false
	}
	return CloseCode(binary.BigEndian.Uint16(b)), b[2:], true
}
