// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// "If an unknown opcode is received, the receiving endpoint MUST _Fail the
// WebSocket Connection_" (RFC 6455, 5.2).
func opcodes() []conform.Case {
	const hello = "Hello, world!"
	var cs []conform.Case
	for i, first := range []ws.Opcode{3, 11} {
		// afterText are the cases in which an honest message comes first, so that
		// the peer shows how soon it fails the connection.
		afterText := func(n int, title string, fs []peer.Frame) conform.Case {
			return conform.Case{
				ID: fmt.Sprintf("4.%d.%d", i+1, n), Title: title, Spec: "RFC 6455, 5.2",
				Play: send(fs...), Want: orNonStrict(ok(echo(hello))), Close: peerFails(1002),
			}
		}
		op := func(n int) ws.Opcode { return first + ws.Opcode(n-1) }
		cs = append(cs, conform.Case{
			ID: fmt.Sprintf("4.%d.1", i+1), Title: fmt.Sprintf("Frame with reserved opcode %d, without payload", op(1)), Spec: "RFC 6455, 5.2",
			Play: send(reserved(op(1), "")), Want: nothing(), Close: peerFails(1002),
		}, conform.Case{
			ID: fmt.Sprintf("4.%d.2", i+1), Title: fmt.Sprintf("Frame with reserved opcode %d and payload", op(2)), Spec: "RFC 6455, 5.2",
			Play: send(reserved(op(2), "reserved opcode payload")), Want: nothing(), Close: peerFails(1002),
		},
			afterText(3, fmt.Sprintf("Text, then a frame with reserved opcode %d, then a ping", op(3)),
				[]peer.Frame{text(hello), reserved(op(3), ""), ping("")}),
			afterText(4, fmt.Sprintf("Text, then a frame with reserved opcode %d and payload, then a ping", op(4)),
				[]peer.Frame{text(hello), reserved(op(4), hello), ping("")}),
			afterText(5, fmt.Sprintf("Text, then a frame with reserved opcode %d and payload, then a ping, written one octet at a time", op(5)),
				chopAll(1, text(hello), reserved(op(5), hello), ping(""))),
		)
	}
	return cs
}
