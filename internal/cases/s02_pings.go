// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response"
// and "A Pong frame sent in response to a Ping frame must have identical
// 'Application data'" (RFC 6455, 5.5.2 and 5.5.3).
func pings() []conform.Case {
	const unasked, asked = "unsolicited pong payload", "ping payload"
	fe := strings.Repeat("\xfe", 125)
	ten := func() (fs []peer.Frame, es []verdict.Event) {
		for i := range 10 {
			s := fmt.Sprintf("payload-%d", i)
			fs, es = append(fs, ping(s)), append(es, pongs(s))
		}
		return fs, es
	}
	burst, answers := ten()
	slow, _ := ten()
	return []conform.Case{
		{
			ID: "2.1", Title: "Ping without payload", Spec: "RFC 6455, 5.5.2",
			Play: send(ping("")), Want: ok(pongs("")), Close: weClose(), End: peer.CloseConnection,
		}, {
			ID: "2.2", Title: "Ping with a few octets of text", Spec: "RFC 6455, 5.5.3",
			Play: send(ping("Hello, world!")), Want: ok(pongs("Hello, world!")), Close: weClose(), End: peer.CloseConnection,
		}, {
			ID: "2.3", Title: "Ping with octets that are not UTF-8", Spec: "RFC 6455, 5.5.3",
			Play: send(ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")), Want: ok(pongs("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")),
			Close: weClose(), End: peer.CloseConnection,
		}, {
			ID: "2.4", Title: "Ping with 125 octets, the most a control frame may have", Spec: "RFC 6455, 5.5",
			Play: send(ping(fe)), Want: ok(pongs(fe)), Close: weClose(), End: peer.CloseConnection,
		}, {
			ID: "2.5", Title: "Ping with 126 octets, one too many", Spec: "RFC 6455, 5.5",
			Play: send(ping(fe + "\xfe")), Want: nothing(), Close: peerFails(1002),
		}, {
			ID: "2.6", Title: "Ping with 125 octets, written one at a time", Spec: "RFC 6455, 5.5.3",
			Play: send(chopped(1, ping(fe))), Want: ok(pongs(fe)), Close: weClose(), Limit: 2 * time.Second, End: peer.CloseConnection,
		}, {
			ID: "2.7", Title: "Pong that answers nothing, without payload, then a Close", Spec: "RFC 6455, 5.5.3",
			Play: steps(send(pong("")), closeWith(1000)), Want: nothing(), Close: weClose(), End: peer.CloseConnection,
		}, {
			ID: "2.8", Title: "Pong that answers nothing, with payload, then a Close", Spec: "RFC 6455, 5.5.3",
			Play: steps(send(pong(unasked)), closeWith(1000)), Want: nothing(), Close: weClose(), End: peer.CloseConnection,
		}, {
			ID: "2.9", Title: "Pong that answers nothing, then a ping", Spec: "RFC 6455, 5.5.3",
			Play: send(pong(unasked), ping(asked)), Want: ok(pongs(asked)), Close: weClose(), End: peer.CloseConnection,
		}, {
			// RFC 6455, 5.5.3 lets an endpoint answer only the latest of several
			// pings; the reference has always wanted every pong, and so do we here.
			ID: "2.10", Title: "Ten pings at once, each to be answered in turn", Spec: "RFC 6455, 5.5.2",
			Play: send(burst...), Want: ok(answers...), Close: weClose(), Limit: 3 * time.Second, End: peer.CloseConnection,
		}, {
			ID: "2.11", Title: "Ten pings, written one octet at a time", Spec: "RFC 6455, 5.5.2",
			Play: send(chopAll(1, slow...)...), Want: ok(answers...), Close: weClose(), Limit: 3 * time.Second, End: peer.CloseConnection,
		},
	}
}
