// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

const versionName = "Sec-WebSocket-Version"

// versions is 0.4: Sec-WebSocket-Version.
//
// "If this version does not match a version understood by the server, the server MUST
// abort the WebSocket handshake … and instead send an appropriate HTTP error code (such
// as 426 Upgrade Required) and a |Sec-WebSocket-Version| header field indicating the
// version(s) the server is capable of understanding" (RFC 6455, 4.2.2). A version is a
// number from 0 to 255 without zeros in front (4.3).
func versions() []conform.Case {
	const spec = "RFC 6455, 4.2.2"
	mismatch := []string{"6455-4.2.1-9", "6455-4.2.2-5", "6455-4.4-1"}
	tells := ladder(
		begins(verdict.OK, listing(versionName, "13", answered(4, 5))),
		why("TCP was ended without an answer that says which versions there are.", is(verdict.Failed, ended())),
	)
	return asked(append([]conform.Case{
		{
			ID: "0.4.1", Title: "Leave out Sec-WebSocket-Version", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-1", "6455-4.2.1-9"},
			Open: edits(without(versionName)), Want: refuses(4),
		}, {
			ID: "0.4.2", Title: "Ask for version 12", Spec: spec, Requirements: append(mismatch, "6455-10.7-3"),
			Open: edits(with(versionName, "12")), Want: tells,
		}, {
			ID: "0.4.3", Title: "Ask for version 14", Spec: spec, Requirements: mismatch,
			Open: edits(with(versionName, "14")), Want: tells,
		}, {
			ID: "0.4.4", Title: "Ask for version 0", Spec: spec, Requirements: mismatch,
			Open: edits(with(versionName, "0")), Want: tells,
		}, {
			ID: "0.4.5", Title: "Ask for version 8", Spec: spec, Requirements: mismatch,
			Open: edits(with(versionName, "8")),
			Want: orOpens(verdict.Informational, "The server speaks version 8 too, a draft of version 13.", tells),
		}, {
			ID: "0.4.6", Title: "Ask for version 255", Spec: spec, Requirements: mismatch,
			Open: edits(with(versionName, "255")), Want: tells,
		},
	}, oddVersions()...))
}

// oddVersions is the rest of 0.4: versions that cannot be, and more than one.
func oddVersions() []conform.Case {
	grammar := []string{"6455-4.2.1-9", "6455-4.3-1"}
	once := []string{"6455-4.2.1-9", "6455-11.3.5-2"}
	return []conform.Case{
		{
			ID: "0.4.7", Title: "Ask for version 256, which cannot be", Spec: "RFC 6455, 4.3", Requirements: grammar,
			Open: edits(with(versionName, "256")), Want: refuses(4),
		}, {
			ID: "0.4.8", Title: "Ask for versions that are no numbers", Spec: "RFC 6455, 4.3", Requirements: grammar,
			Turns: each([]string{"13x", "abc", ""}, func(v string) conform.Turn { return ask(fmt.Sprintf("%q", v), with(versionName, v)) }), Want: refuses(4),
		}, {
			ID: "0.4.9", Title: "Ask for version 013", Spec: "RFC 6455, 4.3", Requirements: grammar,
			Open: edits(with(versionName, "013")),
			Want: orOpens(verdict.NonStrict, "013 was taken for 13 (RFC 6455, 4.3: there are no zeros in front).", refuses(4)),
		}, {
			ID: "0.4.10", Title: "Ask for version 13 twice", Spec: "RFC 6455, 11.3.5", Requirements: once,
			Open: edits(with(versionName, "13"), twice(versionName, "13")),
			Want: orOpens(verdict.NonStrict, "Sec-WebSocket-Version was taken twice (RFC 6455, 11.3.5: it must not be in a request more than once).", refuses(4)),
		}, {
			ID: "0.4.11", Title: "Ask for version 13, and in a second line for 8", Spec: "RFC 6455, 11.3.5", Requirements: once,
			Open: edits(with(versionName, "13"), twice(versionName, "8")), Want: refuses(4),
		}, {
			ID: "0.4.12", Title: "Ask for version 13, 8", Spec: "RFC 6455, 4.3", Requirements: once,
			Open: edits(with(versionName, "13, 8")),
			Want: orOpens(verdict.NonStrict, "A list was taken for a version (RFC 6455, 4.3: a request has one).", refuses(4)),
		}, {
			// "The server MUST send an Upgrade header field in a 426 response" (RFC 9110, 15.5.22).
			ID: "0.4.13", Title: "Look for Upgrade in all answers with status 426", Spec: "RFC 9110, 15.5.22", Requirements: []string{"9110-15.5.22-1"},
			Survey: everyAnswer(426, func(r ws.Response) []wirelog.Record {
				if r.Fields.HasToken("Upgrade", "websocket") {
					return nil
				}
				return []wirelog.Record{lapsed("RFC 9110, 15.5.22: a 426 has no Upgrade that lists websocket")}
			}), Want: surveyed(),
		},
	}
}
