// SPDX-License-Identifier: Apache-2.0

// Package rules says which rules of RFC 6455 frames, Close payloads and the heads of
// an opening handshake break: functions from values to sentences that name the section.
//
// It sees one value at a time, and callers tell it what it has to know of the rest of the
// conversation. It knows nothing of connections, nor of what to do about a broken rule.
// Start at Sender and Request.
package rules

import (
	"fmt"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// A Violation is a rule that is broken.
type Violation struct {
	Code ws.CloseCode // which one whoever notices it fails the connection with (RFC 6455, 7.4.1)
	Rule string       // "RFC 6455, 5.1: a client must mask"
}

// RSV1 marks a message as compressed, on its first frame, where permessage-deflate
// was agreed (RFC 7692, 6).
const RSV1 = 4

// Sender is what has to be known of the sender of a frame.
type Sender struct {
	Role       ws.Role
	AnyMasking bool // whether it masks is not looked at
	Deflate    bool // permessage-deflate was agreed
	Inside     bool // it has begun a message that is not complete
	Closed     bool // it has sent a Close
}

// Broken returns the rules that a frame header of the sender breaks, the one that
// matters most first. It takes no memory where there is none.
func (s Sender) Broken(h ws.Header) []Violation {
	var all []Violation
	broken := func(rule string) { all = append(all, Violation{ws.ProtocolError, rule}) }
	rsv, control := h.RSV, h.Opcode.IsControl()
	if s.Deflate {
		rsv &^= RSV1
		if misplaced := MisplacedRSV1(h); misplaced != "" {
			broken(misplaced)
		}
	}
	if rsv != 0 {
		broken(fmt.Sprintf("RFC 6455, 5.2: RSV = %d without an extension that defines it", h.RSV))
	}
	if !s.AnyMasking && h.Masked != (s.Role == ws.Client) {
		broken([...]string{ws.Client: "RFC 6455, 5.1: a client must mask", ws.Server: "RFC 6455, 5.1: a server must not mask"}[s.Role])
	}
	if h.Opcode.IsReserved() {
		broken(fmt.Sprintf("RFC 6455, 5.2: reserved opcode %d", uint8(h.Opcode)))
	}
	if control && !h.Fin {
		broken("RFC 6455, 5.5: fragmented control frame")
	}
	if control && h.Length > ws.MaxControlPayload {
		broken(fmt.Sprintf("RFC 6455, 5.5: control frame with %d octets of payload", h.Length))
	}
	if h.Opcode == ws.Close && h.Length == 1 {
		broken("RFC 6455, 5.5.1: Close with one octet of payload")
	}
	if !h.Minimal() {
		broken("RFC 6455, 5.2: length not in its shortest form")
	}
	if h.Opcode == ws.Continuation && !s.Inside {
		broken("RFC 6455, 5.4: continuation without a message to continue")
	}
	if (h.Opcode == ws.Text || h.Opcode == ws.Binary) && s.Inside {
		broken("RFC 6455, 5.4: a new message inside a fragmented one")
	}
	if h.Length>>63 != 0 {
		broken("RFC 6455, 5.2: length with its most significant bit set")
	}
	if s.Closed && !control {
		broken("RFC 6455, 5.5.1: a data frame behind the sender's own Close")
	}
	return all
}

// MisplacedRSV1 names the rule that a frame breaks which has the mark of compressed
// messages but begins none.
func MisplacedRSV1(h ws.Header) string {
	switch {
	case h.RSV&RSV1 == 0:
		return ""
	case h.Opcode.IsControl():
		return "RFC 7692, 6: RSV1 on a control frame"
	case h.Opcode == ws.Continuation:
		return "RFC 7692, 6: RSV1 on a fragment that is not the first"
	}
	return ""
}

// ClosePayload returns the rule that the payload of a Close frame breaks, if any; one
// of a single octet is for the header to complain of.
func ClosePayload(payload []byte) (v Violation, broken bool) {
	code, reason, has := ws.ParseClosePayload(payload)
	switch {
	case has && !code.OnWire():
		return Violation{ws.ProtocolError, fmt.Sprintf("RFC 6455, 7.4: close code %d", code)}, true
	case !utf8.Valid(reason):
		return Violation{ws.InvalidPayload, "RFC 6455, 5.5.1: close reason that is not UTF-8"}, true
	}
	return Violation{}, false
}
