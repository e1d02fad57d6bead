// SPDX-License-Identifier: Apache-2.0

package cases

import "github.com/wsspec/wsspec/internal/conform"

// RSV1, RSV2, RSV3: "MUST be 0 unless an extension is negotiated that defines
// meanings for non-zero values. If a nonzero value is received and none of the
// negotiated extensions defines the meaning of such a nonzero value, the receiving
// endpoint MUST _Fail the WebSocket Connection_" (RFC 6455, 5.2).
func reservedBits() []conform.Case {
	const hello, octets = "Hello, world!", "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	spec := "RFC 6455, 5.2"
	return []conform.Case{
		{
			ID: "3.1", Title: "Text with RSV3 set", Spec: spec,
			Play: send(rsv(1, text(hello))), Want: nothing(), Close: peerFails(1002),
		}, {
			ID: "3.2", Title: "Text, then text with RSV2 set, then a ping", Spec: spec,
			Play: send(text(hello), rsv(2, text(hello)), ping("")),
			Want: orNonStrict(ok(echo(hello))), Close: peerFails(1002),
		}, {
			ID: "3.3", Title: "Text, then text with RSV2 and RSV3 set, then a ping, each on its own", Spec: spec,
			Play: send(syncAll(text(hello), rsv(3, text(hello)), ping(""))...),
			Want: orNonStrict(ok(echo(hello))), Close: peerFails(1002),
		}, {
			ID: "3.4", Title: "Text, then text with RSV1 set, then a ping, written one octet at a time", Spec: spec,
			Play: send(chopAll(1, text(hello), rsv(4, text(hello)), ping(""))...),
			Want: orNonStrict(ok(echo(hello))), Close: peerFails(1002),
		}, {
			ID: "3.5", Title: "Binary with RSV1 and RSV3 set", Spec: spec,
			Play: send(rsv(5, binary(octets))), Want: nothing(), Close: peerFails(1002),
		}, {
			ID: "3.6", Title: "Binary that holds text, with RSV1 and RSV2 set", Spec: spec,
			Play: send(rsv(6, binary(hello))), Want: nothing(), Close: peerFails(1002),
		}, {
			ID: "3.7", Title: "Close with all three reserved bits set", Spec: spec,
			Play: send(rsv(7, closing())), Want: nothing(), Close: peerFails(1002),
		},
	}
}
