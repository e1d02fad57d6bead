// SPDX-License-Identifier: Apache-2.0

package player

import "testing"

// Where a frame ends is known however what is sent is cut.
func TestSpoken(t *testing.T) {
	const text = "\x81\x82\x01\x02\x03\x04hi" + "\x89\x00" + "\x82\x7e\x00\x03abc" + "\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01x"
	ends := map[int]bool{8: true, 10: true, 17: true, 28: true}
	for end := range len(text) + 1 {
		for cut := range end + 1 {
			var s spoken
			s.take([]byte(text[:cut]))
			s.take([]byte(text[cut:end]))
			if s.inside() != (end > 0 && !ends[end]) {
				t.Errorf("cut at %d, then at %d: inside %v", cut, end, s.inside())
			}
		}
	}
}
