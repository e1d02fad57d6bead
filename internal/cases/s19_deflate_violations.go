// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/ws"
)

// deflateViolations is 19.1: reserved bits and fragments where permessage-deflate was
// agreed.
//
// RSV1 marks the first frame of a compressed message. It "MUST NOT" be set on any other
// frame, and RSV2 and RSV3 stay as undefined as they were (RFC 7692, 6; RFC 6455, 5.2).
func deflateViolations() []conform.Case {
	octets := hello().Message()
	head, tail := octets[:3], string(octets[3:])
	refused := fails(ws.ProtocolError)
	return onDeflate("RFC 7692, 6", []conform.Case{
		{
			ID: "19.1.1", Title: "Compressed text, continued with RSV1", Requirements: []string{"7692-6-3"},
			Play: offend(more(compressedText(head)), rsv(4, cont(tail))), Want: refused,
		}, {
			ID: "19.1.2", Title: "Uncompressed text, continued with RSV1", Requirements: []string{"7692-6-3"},
			Play: offend(more(text("Hel")), rsv(4, cont("lo"))), Want: refused,
		}, {
			ID: "19.1.3", Title: "Ping with RSV1", Requirements: []string{"7692-6-2"},
			Play: offend(rsv(4, ping("bad"))), Want: refused,
		}, {
			ID: "19.1.4", Title: "Pong with RSV1", Requirements: []string{"7692-6-2"},
			Play: offend(rsv(4, pong("bad"))), Want: refused,
		}, {
			ID: "19.1.5", Title: "Close with RSV1", Requirements: []string{"7692-6-2"},
			Play: closesWith(rsv(4, withCode(ws.NormalClosure))), Want: refusesClose(ws.NormalClosure, ws.ProtocolError),
		}, {
			ID: "19.1.6", Title: "Compressed text with RSV2", Requirements: []string{"7692-6-5"},
			Play: offend(rsv(6, text(string(octets)))), Want: refused,
		}, {
			ID: "19.1.7", Title: "Text with RSV2", Requirements: []string{"7692-6-5"},
			Play: offend(rsv(2, text("bad"))), Want: refused,
		}, {
			ID: "19.1.8", Title: "Text with RSV3", Requirements: []string{"7692-6-5"},
			Play: offend(rsv(1, text("bad"))), Want: refused,
		}, {
			ID: "19.1.9", Title: "Text inside a compressed message", Spec: "RFC 6455, 5.4", Requirements: []string{"7692-6-7", "6455-5.4-8"},
			Play: offend(more(compressedText(head)), text("bad")), Want: refused,
		}, {
			ID: "19.1.10", Title: "Ping whose payload is compressed data", Requirements: []string{"7692-6-8"},
			Play: steps(live, send(ping(string(octets)))), Want: comesBack(pongs(string(octets))),
		},
	})
}
