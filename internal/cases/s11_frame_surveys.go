// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/ws"
)

// frameSurveys look at the headers of all frames that the peer sends: the shortest
// form of lengths (8.2.17), reserved bits (11.1.21) and fragments (11.5.19).
func frameSurveys() []conform.Case {
	return []conform.Case{
		{
			// "… the minimal number of bytes MUST be used to encode the length" (5.2).
			ID: "8.2.17", Title: "Look at every frame of the peer: is its length in the shortest form?", Spec: "RFC 6455, 5.2",
			Requirements: []string{"6455-5.2-11"},
			Survey: everyFrame(func(c survey.Connection, i int) string {
				if h := c.Frames[i]; !h.Minimal() {
					return fmt.Sprintf("RFC 6455, 5.2: a frame of %d octets has its length in a longer form than it needs", h.Length)
				}
				return ""
			}), Want: surveyed(),
		}, {
			// "MUST be 0 unless an extension is negotiated that defines meanings" (5.2).
			ID: "11.1.21", Title: "Look at every frame of the peer: are reserved bits set that no extension defines?", Spec: "RFC 6455, 5.2",
			Requirements: []string{"6455-5.2-1"}, Survey: everyFrame(reservedBit), Want: surveyed(),
		}, {
			ID: "11.5.19", Title: "Look at the fragments of the peer's messages: first, continuation, final", Spec: "RFC 6455, 5.4",
			Requirements: []string{"6455-5.4-2", "6455-6.1-3"}, Survey: everyFrame(fragmentOrder), Want: surveyed(),
		},
	}
}

// reservedBit says which reserved bit a frame has that it must not have. RSV1 on the
// first frame of a message means compression where that was agreed (RFC 7692, 6), or
// where a client took an answer that it should not have (17.2).
func reservedBit(c survey.Connection, i int) string {
	h := c.Frames[i]
	rsv := h.RSV
	if (c.Deflate || c.Told) && (h.Opcode == ws.Text || h.Opcode == ws.Binary) {
		rsv &^= rules.RSV1
	}
	if rsv == 0 {
		return ""
	}
	return fmt.Sprintf("RFC 6455, 5.2: a %v frame of the peer has RSV = %d", h.Opcode, h.RSV)
}

// fragmentOrder says what is wrong with a frame in the place where it stands.
func fragmentOrder(c survey.Connection, i int) string {
	inside := false
	for j := i - 1; j >= 0; j-- { // to the data frame before it
		if before := c.Frames[j]; !before.Opcode.IsControl() {
			inside = !before.Fin
			break
		}
	}
	switch h := c.Frames[i]; {
	case h.Opcode.IsControl() && !h.Fin:
		return fmt.Sprintf("RFC 6455, 5.5: a %v frame of the peer is fragmented", h.Opcode)
	case h.Opcode.IsControl():
		return ""
	case h.Opcode == ws.Continuation && !inside:
		return "RFC 6455, 5.4: a continuation frame of the peer continues nothing"
	case h.Opcode != ws.Continuation && inside:
		return "RFC 6455, 5.4: the peer begins a message inside a fragmented one"
	}
	return ""
}
