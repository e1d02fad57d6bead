// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// reservedBitsEverywhere is 11.1: each reserved bit on each kind of frame, where the
// reference has them on text and binary alone.
//
// "If a nonzero value is received and none of the negotiated extensions defines the
// meaning of such a nonzero value, the receiving endpoint MUST _Fail the WebSocket
// Connection_" (RFC 6455, 5.2).
func reservedBitsEverywhere() []conform.Case {
	const spec = "RFC 6455, 5.2"
	var cs []conform.Case
	add := func(title, requirement string, want verdict.Want, play func(*peer.Peer)) {
		cs = append(cs, conform.Case{
			ID: fmt.Sprintf("11.1.%d", len(cs)+1), Title: title, Spec: spec, Requirements: []string{requirement}, Play: play, Want: want,
		})
	}
	// RSV1, RSV2 and RSV3.
	bits := []uint8{4, 2, 1}
	refused := fails(ws.ProtocolError)
	for i, b := range bits {
		play := offend(rsv(b, text("bad")))
		if i == 0 { // and nothing is processed behind it
			play = offend(rsv(b, text("bad")), text("behind"))
		}
		add(fmt.Sprintf("Text with RSV%d", i+1), "6455-5.2-2", refused, play)
	}
	for i, b := range bits {
		add(fmt.Sprintf("Binary with RSV%d", i+1), "6455-5.2-2", refused, offend(rsv(b, binary("bad"))))
	}
	for i, b := range bits {
		add(fmt.Sprintf("Text, continued with RSV%d", i+1), "6455-5.2-3", refused, offend(more(text("begins")), rsv(b, cont("bad"))))
	}
	for i, b := range bits {
		add(fmt.Sprintf("Ping with RSV%d", i+1), "6455-5.2-4", refused, offend(rsv(b, ping("bad"))))
	}
	for i, b := range bits {
		add(fmt.Sprintf("Pong with RSV%d", i+1), "6455-5.2-4", refused, offend(rsv(b, pong("bad"))))
	}
	taken := refusesClose(ws.NormalClosure, ws.ProtocolError)
	for i, b := range bits {
		add(fmt.Sprintf("Close with RSV%d", i+1), "6455-5.2-5", taken, closesWith(rsv(b, withCode(ws.NormalClosure))))
	}
	add("Close without payload, with all reserved bits", "6455-5.2-5", taken, closesWith(rsv(7, closing())))
	return append(cs, conform.Case{
		// An offer with a parameter that has an invalid value must be declined (RFC 7692,
		// 7). A server that takes it, or refuses the handshake for it, is no case for this one.
		ID: "11.1.20", Title: "Offer permessage-deflate with an invalid parameter, then text with RSV1", Spec: spec, Only: conform.AsClient,
		Requirements: []string{"6455-5.2-2", "7692-6-4", "7692-7-2"},
		Open:         edits(with("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=99")),
		Play:         offend(rsv(4, text("bad"))),
		Want:         or(refused, why("There was no connection on which an offer of permessage-deflate had been declined.", begins(verdict.Unimplemented, answered()))),
	})
}
