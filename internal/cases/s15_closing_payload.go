// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// closingPayload is 15.2: what stands behind the code of our Close, or half of one.
//
// "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned
// integer … Following the 2-byte integer, the body MAY contain UTF-8-encoded data"
// (RFC 6455, 5.5.1).
func closingPayload() []conform.Case {
	const spec = "RFC 6455, 5.5.1"
	badReason := func(id, title, reason string) conform.Case {
		return conform.Case{
			ID: id, Title: title, Spec: spec, Requirements: []string{"6455-5.5.1-2"},
			Play: closes(coded(ws.NormalClosure, reason)), Want: refusesClose(ws.NormalClosure, ws.InvalidPayload, ws.ProtocolError),
		}
	}
	goodReason := func(id, title, reason string) conform.Case {
		return conform.Case{
			ID: id, Title: title, Spec: spec, Requirements: []string{"6455-5.5.1-2", "6455-5.5.1-5"},
			Play: closes(coded(ws.NormalClosure, reason)), Want: answersClose(verdict.OK, usual(ws.NormalClosure)),
		}
	}
	return []conform.Case{
		{
			// The Ping is answered only by a peer that has ignored the Close.
			ID: "15.2.1", Title: "Close with one octet, half a code", Spec: spec, Requirements: []string{"6455-5.5.1-1"},
			Play: closesWith(closeFrame([]byte{0x03}), ping(verdict.Probe)), Want: refusesClose(ws.NormalClosure, ws.ProtocolError),
		},
		badReason("15.2.2", "Close with a reason that ends inside a character", "abc\xc3"),
		badReason("15.2.3", "Close with an overlong slash in the reason", "\xc0\xaf"),
		badReason("15.2.4", "Close with an octet FF in the reason", "\xff"),
		badReason("15.2.5", "Close with a surrogate in the reason", "\xed\xa0\x80"),
		badReason("15.2.6", "Close with a character above U+10FFFF in the reason", "\xf4\x90\x80\x80"),
		goodReason("15.2.7", "Close with a reason of 41 characters of three octets, 123 in all", strings.Repeat("€", 41)),
		goodReason("15.2.8", "Close with a reason of 30 characters of four octets", strings.Repeat("\U0001F600", 30)),
		goodReason("15.2.9", "Close with NUL in the reason", "a\x00b"),
		{
			ID: "15.2.10", Title: "Close with 1005 and a reason that is not UTF-8", Spec: "RFC 6455, 7.4.1", Requirements: []string{"6455-5.5.1-2", "6455-7.4.1-1"},
			Play: closes(coded(ws.NoStatus, "\xff\xfe")), Want: refusesClose(ws.NormalClosure, ws.ProtocolError, ws.InvalidPayload),
		},
	}
}
