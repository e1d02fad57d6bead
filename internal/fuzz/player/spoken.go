// SPDX-License-Identifier: Apache-2.0

package player

import "github.com/wsspec/wsspec/internal/ws"

// spoken follows the frames in what we send, to know where one ends.
type spoken struct {
	head [ws.MaxHeaderLen]byte
	n    int    // octets of a header that has begun
	rest uint64 // octets of a payload that are to come
}

// inside reports whether the last frame is not complete.
func (s *spoken) inside() bool { return s.n > 0 || s.rest > 0 }

func (s *spoken) take(b []byte) {
	for len(b) > 0 {
		if s.rest > 0 {
			n := min(s.rest, uint64(len(b)))
			s.rest -= n
			b = b[n:]
			continue
		}
		n := copy(s.head[s.n:], b)
		h, size := ws.ParseHeader(s.head[:s.n+n])
		if size == 0 {
			s.n += n
			return
		}
		b = b[size-s.n:]
		s.rest, s.n = h.Length, 0
	}
}
