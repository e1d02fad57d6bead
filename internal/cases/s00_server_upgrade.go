// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
)

// upgrades is 0.2: Host, Upgrade, Connection, and fields as such.
//
// A handshake has "a |Host| header field containing the server's authority", "an
// |Upgrade| header field containing the value 'websocket', treated as an ASCII
// case-insensitive value" and "a |Connection| header field that includes the token
// 'Upgrade', treated as an ASCII case-insensitive value" (RFC 6455, 4.2.1).
func upgrades() []conform.Case {
	const spec = "RFC 6455, 4.2.1"
	host := []string{"6455-4.2.1-5", "9112-3.2-1"}
	upgrade := []string{"6455-4.2.1-6"}
	return asked(slices.Concat([]conform.Case{
		{
			ID: "0.2.1", Title: "Leave out Host", Spec: spec, Requirements: append(host, "6455-4.2.1-1", "6455-7.2.2-1", "6455-10.7-3"),
			Open: edits(without("Host")), Want: refuses(4),
		}, {
			// "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
			// request message that … contains more than one Host header field line or a Host
			// header field with an invalid field value" (RFC 9112, 3.2).
			ID: "0.2.2", Title: "Send Host twice, with one value", Spec: "RFC 9112, 3.2", Requirements: host,
			Open: edits(again("Host")), Want: refuses(4),
		}, {
			ID: "0.2.3", Title: "Send Host twice, with different values", Spec: "RFC 9112, 3.2", Requirements: host,
			Open: edits(twice("Host", "other.example")), Want: refuses(4),
		}, {
			ID: "0.2.4", Title: "Send a Host that is none", Spec: "RFC 9112, 3.2", Requirements: host,
			Open: edits(with("Host", "a b<>")),
			Want: orOpens(verdict.NonStrict, "A Host with an invalid value was accepted (RFC 9112, 3.2: it has to be answered with 400).", refuses(4)),
		}, {
			ID: "0.2.5", Title: "Leave out Upgrade", Spec: spec, Requirements: append(upgrade, "6455-4.2.1-1"),
			Open: edits(without("Upgrade")), Want: opensNothing(),
		}, {
			ID: "0.2.6", Title: "Ask for an upgrade to foo", Spec: spec, Requirements: append(upgrade, "6455-4.2.1-1"),
			Open: edits(with("Upgrade", "foo")), Want: opensNothing(),
		}, {
			ID: "0.2.7", Title: "Upgrade: wEbSoCkEt", Spec: spec, Requirements: upgrade,
			Open: edits(with("Upgrade", "wEbSoCkEt")), Want: opens(),
		}, {
			ID: "0.2.8", Title: "Upgrade: websocket", Spec: spec, Requirements: upgrade,
			Open: edits(with("Upgrade", "websocket")), Want: opens(),
		}, {
			ID: "0.2.9", Title: "Upgrade: foo, websocket", Spec: "RFC 9110, 7.8", Requirements: upgrade,
			Open: edits(with("Upgrade", "foo, websocket")),
			Want: orRefuses(verdict.NonStrict, "websocket was not found in a list (RFC 9110, 7.8: Upgrade is one).", opens()),
		}, {
			ID: "0.2.10", Title: "Upgrade: foo, and in a second line websocket", Spec: "RFC 9110, 5.3", Requirements: append(upgrade, "9110-5.3-1"),
			Open: edits(with("Upgrade", "foo"), twice("Upgrade", "websocket")),
			Want: orRefuses(verdict.NonStrict, "websocket was not found in a second line (RFC 9110, 5.3: both lines are one list).", opens()),
		}, {
			ID: "0.2.11", Title: "Upgrade: websocketx, and xwebsocket", Spec: spec, Requirements: upgrade,
			Turns: each([]string{"websocketx", "xwebsocket"}, func(v string) conform.Turn { return ask(v, with("Upgrade", v)) }), Want: opensNothing(),
		}, {
			ID: "0.2.12", Title: "Upgrade: websocket/13", Spec: spec, Requirements: upgrade,
			Open: edits(with("Upgrade", "websocket/13")),
			Want: orOpens(verdict.NonStrict, "A version of websocket was accepted, which there is none of (RFC 6455, 4.2.1).", opensNothing()),
		},
	}, connections(), fieldsAsSuch()))
}

// connections is 0.2.13 to 0.2.18, about Connection.
func connections() []conform.Case {
	const spec = "RFC 6455, 4.2.1"
	connection := []string{"6455-4.2.1-7"}
	return []conform.Case{
		{
			ID: "0.2.13", Title: "Leave out Connection", Spec: spec, Requirements: append(connection, "6455-4.2.1-1"),
			Open: edits(without("Connection")), Want: opensNothing(),
		}, {
			ID: "0.2.14", Title: "Connection: keep-alive", Spec: spec, Requirements: append(connection, "6455-4.2.1-1"),
			Open: edits(with("Connection", "keep-alive")), Want: opensNothing(),
		}, {
			ID: "0.2.15", Title: "Connection: keep-alive, Upgrade", Spec: spec, Requirements: connection,
			Open: edits(with("Connection", "keep-alive, Upgrade")), Want: opens(),
		}, {
			ID: "0.2.16", Title: "Connection: uPGRADE", Spec: spec, Requirements: connection,
			Open: edits(with("Connection", "uPGRADE")), Want: opens(),
		}, {
			ID: "0.2.17", Title: "Connection: keep-alive, and in a second line Upgrade", Spec: "RFC 9110, 5.3", Requirements: append(connection, "9110-5.3-1"),
			Open: edits(with("Connection", "keep-alive"), twice("Connection", "Upgrade")), Want: opens(),
		}, {
			ID: "0.2.18", Title: "Connection: upgraded, and notupgrade", Spec: spec, Requirements: connection,
			Turns: each([]string{"upgraded", "notupgrade"}, func(v string) conform.Turn { return ask(v, with("Connection", v)) }), Want: opensNothing(),
		},
	}
}

// fieldsAsSuch is the rest of 0.2: blanks, names, order and number of fields.
func fieldsAsSuch() []conform.Case {
	return []conform.Case{
		{
			ID: "0.2.19", Title: "No blank behind the colon, and blanks behind the value", Spec: "RFC 9112, 5", Requirements: []string{"6455-4.2.1-7"},
			Open: edits(inPlace("Connection", "Connection:Upgrade"), with("Upgrade", "websocket \t")), Want: opens(),
		}, {
			ID: "0.2.20", Title: "Spell the names of all fields in lower and in upper case", Spec: "RFC 6455, 4.1", Requirements: []string{"6455-4.1-35"},
			Turns: []conform.Turn{ask("lower case", namesSpelled(strings.ToLower)), ask("upper case", namesSpelled(strings.ToUpper))}, Want: opens(),
		}, {
			// "… as per [RFC2616], the order of the header fields is not important" (4.2.1).
			ID: "0.2.21", Title: "Send the fields in reverse order, Host last", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-14"},
			Open: edits(fieldsReversed), Want: opens(),
		}, {
			// "Optionally, other header fields … Unknown header fields are ignored" (4.2.1).
			ID: "0.2.22", Title: "Send 50 unknown fields, Cookie and Authorization", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-13", "6455-4.1-21"},
			Open: edits(filled(50, 8), unless("Cookie", "a=b; c=d"), unless("Authorization", "Basic d3NzcGVjOndzc3BlYw==")),
			Want: or(opens(), why("The server has a say in Cookie or Authorization.", begins(verdict.Informational, answered(401, 403)))),
		}, {
			// "A recipient MUST parse and ignore a reasonable number of empty list elements"
			// (RFC 9110, 5.6.1).
			ID: "0.2.23", Title: "Connection: , Upgrade ,,", Spec: "RFC 9110, 5.6.1", Requirements: []string{"6455-4.2.1-7"},
			Open: edits(with("Connection", ", Upgrade ,,")), Want: shouldLevel(opens()),
		},
	}
}
