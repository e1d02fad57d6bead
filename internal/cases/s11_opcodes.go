// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// reservedOpcodes is 11.2: opcodes without a meaning where the reference does not have
// them: between fragments, on fragments, empty, and where only the header has come.
//
// "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket
// Connection_" (RFC 6455, 5.2).
func reservedOpcodes() []conform.Case {
	const (
		spec    = "RFC 6455, 5.2"
		data    = "6455-5.2-6"
		control = "6455-5.2-7"
		inside  = "6455-5.2-8"
	)
	refused := fails(ws.ProtocolError)
	var cs []conform.Case
	for i, op := range []ws.Opcode{3, 7, 11, 15} {
		kind := data
		if op.IsControl() {
			kind = control
		}
		cs = append(cs, conform.Case{
			ID: fmt.Sprintf("11.2.%d", i+1), Title: fmt.Sprintf("Opcode %d between the fragments of a text", op), Spec: spec, Requirements: []string{kind, inside},
			Play: offend(more(text("fragment1")), reserved(op, "bad"), cont("fragment2")), Want: refused,
		})
	}
	return append(cs,
		conform.Case{
			ID: "11.2.5", Title: "Opcode 3 without FIN", Spec: spec, Requirements: []string{data},
			Play: offend(more(reserved(3, "bad"))), Want: refused,
		},
		conform.Case{
			ID: "11.2.6", Title: "Opcode 11 with 126 octets", Spec: spec, Requirements: []string{control},
			Play: offend(repeated(126, reserved(11, "bad"))), Want: refused,
		},
		conform.Case{
			ID: "11.2.7", Title: "Each reserved opcode with no payload", Spec: spec, Requirements: []string{data, control},
			Turns: each([]ws.Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15}, func(op ws.Opcode) conform.Turn {
				return conform.Turn{Name: fmt.Sprintf("opcode %d", op), Play: offend(reserved(op, ""))}
			}), Want: refused,
		},
		conform.Case{
			ID: "11.2.8", Title: "Opcode 3 and a length of 1 MiB, and none of the payload", Spec: spec, Requirements: []string{data},
			Play: offendSilently(headerOf(1<<20, reserved(3, ""))), Want: orWaits(refused),
		},
	)
}

// headerOf is a frame of which only the header is sent, which declares n octets.
func headerOf(n uint64, f peer.Frame) peer.Frame { return declared(n, f) }
