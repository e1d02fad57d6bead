// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"errors"
	"fmt"

	"github.com/quic-go/quic-go/quicvarint"
)

// AppendFrame appends a frame.
func AppendFrame(dst []byte, t FrameType, payload []byte) []byte {
	return append(AppendFrameHeader(dst, t, uint64(len(payload))), payload...)
}

// AppendFrameHeader appends what stands in front of a payload of so many octets.
func AppendFrameHeader(dst []byte, t FrameType, length uint64) []byte {
	return quicvarint.Append(quicvarint.Append(dst, uint64(t)), length)
}

// ParseFrameHeader reads what stands in front of a payload: n is its size in octets, 0
// where it is not all there.
func ParseFrameHeader(b []byte) (t FrameType, length uint64, n int) {
	kind, n, err := quicvarint.Parse(b)
	if err != nil {
		return 0, 0, 0
	}
	length, m, err := quicvarint.Parse(b[n:])
	if err != nil {
		return 0, 0, 0
	}
	return FrameType(kind), length, n + m
}

// AppendSettings appends the payload of a SETTINGS frame.
func AppendSettings(dst []byte, entries []Setting) []byte {
	for _, s := range entries {
		dst = quicvarint.Append(quicvarint.Append(dst, s.ID), s.Value)
	}
	return dst
}

// errCut is what a parser says of a payload that ends within something.
var errCut = errors.New("the payload ends within a number")

// ParseSettings reads the payload of a SETTINGS frame and returns what is in it even where
// it may not be (RFC 9114, 7.2.4 and 7.2.4.1). Values are taken as they are.
func ParseSettings(b []byte) (entries []Setting, err error) {
	seen := map[uint64]bool{}
	for len(b) > 0 {
		id, n, cut := quicvarint.Parse(b)
		if cut != nil {
			return entries, errCut
		}
		value, m, cut := quicvarint.Parse(b[n:])
		if cut != nil {
			return entries, errCut
		}
		b = b[n+m:]
		switch {
		case err != nil:
		case seen[id]:
			err = fmt.Errorf("setting %#x stands there twice", id)
		case id >= 0x2 && id <= 0x5:
			err = fmt.Errorf("setting %#x is one of HTTP/2", id)
		}
		seen[id] = true
		entries = append(entries, Setting{id, value})
	}
	return entries, err
}

// parseID reads a payload that is one number.
func parseID(b []byte) (uint64, error) {
	id, n, err := quicvarint.Parse(b)
	switch {
	case err != nil:
		return 0, errCut
	case n < len(b):
		return 0, errors.New("something stands behind the number")
	}
	return id, nil
}
