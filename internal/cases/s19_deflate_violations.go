// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// deflateViolations is 19.1: reserved bits and fragments where permessage-deflate was
// agreed.
//
// RSV1 marks the first frame of a compressed message. It "MUST NOT" be set on any other
// frame, and RSV2 and RSV3 stay as undefined as they were (RFC 7692, 6; RFC 6455, 5.2).
func deflateViolations() []conform.Case {
	hello := deflate.Blocks().Fixed().Literals("Hello").End().Message()
	head, tail := string(hello[:3]), string(hello[3:])
	refused := fails(ws.ProtocolError)
	return onDeflate("RFC 7692, 6", []conform.Case{
		{
			ID: "19.1.1", Title: "Compressed text, continued with RSV1", Requirements: []string{"7692-6-3"},
			Play: offend(more(compressedText([]byte(head))), rsv(4, cont(tail))), Want: refused,
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
			Play: offend(rsv(6, text(string(hello)))), Want: refused,
		}, {
			ID: "19.1.7", Title: "Text with RSV2", Requirements: []string{"7692-6-5"},
			Play: offend(rsv(2, text("bad"))), Want: refused,
		}, {
			ID: "19.1.8", Title: "Text with RSV3", Requirements: []string{"7692-6-5"},
			Play: offend(rsv(1, text("bad"))), Want: refused,
		}, {
			ID: "19.1.9", Title: "Text inside a compressed message", Spec: "RFC 6455, 5.4", Requirements: []string{"7692-6-7"},
			Play: offend(more(compressedText([]byte(head))), text("bad")), Want: refused,
		}, {
			ID: "19.1.10", Title: "Ping whose payload is compressed data", Requirements: []string{"7692-6-8"},
			Play: steps(live, send(ping(string(hello)))), Want: comesBack(pongs(string(hello))),
		},
	})
}

// badDeflate is 19.2 and 19.3: what cannot be inflated, and text that is no UTF-8 once
// it is.
//
// No sentence names the close code for data that cannot be inflated: 1007 and 1002 are
// both taken.
func badDeflate() []conform.Case {
	blocks := deflate.Blocks
	noData := fails(ws.InvalidPayload, ws.ProtocolError)
	noText := fails(ws.InvalidPayload)
	bad := func(id, title string, octets []byte) conform.Case {
		return conform.Case{
			ID: id, Title: title, Requirements: []string{"7692-7.2-1"}, Play: offend(compressedText(octets)), Want: noData,
		}
	}
	cs := []conform.Case{
		bad("19.2.1", "Compressed text with a block of type 3", blocks().Reserved().Bytes()),
		bad("19.2.2", "Compressed text with a stored block whose lengths do not agree", blocks().StoredAs(5, 0, "Hello").Message()),
		bad("19.2.3", "Compressed text that refers to an earlier message when there is none", blocks().Fixed().Copy(5, 5).End().Message()),
		bad("19.2.6", "Compressed text with codes that are not valid", []byte("\x04\xc0\xff\xff\xff\xff\xff\xff")),
		bad("19.2.10", "Compressed text with a zlib header", blocks().Octets(deflate.ZlibHeader).Fixed().Literals("Hello").End().Message()),
		bad("19.2.11", "Compressed text with a gzip header", blocks().Octets(deflate.GzipHeader).Fixed().Literals("Hello").End().Message()),
		bad("19.2.14", "Text with RSV1 that is not compressed", []byte("Hello")),
		{
			ID: "19.3.1", Title: "Compressed text that is not UTF-8", Requirements: []string{"7692-7.2-2"},
			Play: offend(compressedText(blocks().Fixed().Literals("\xce\xba\xed\xa0\x80").End().Message())), Want: noText,
		}, {
			ID: "19.3.2", Title: "Compressed text that ends inside a character", Requirements: []string{"7692-7.2-2"},
			Play: offend(compressedText(blocks().Fixed().Literals("a\xc3").End().Message())), Want: noText,
		}, {
			ID: "19.3.4", Title: "Compressed binary that would not be UTF-8 as text", Requirements: []string{"7692-7.2-2", "7692-7.2-4"},
			Play: steps(live, send(compressedBinary(blocks().Fixed().Literals("\xce\xba\xed\xa0\x80").End().Message()))),
			Want: comesBack(echoOf(binary("\xce\xba\xed\xa0\x80"))),
		}, {
			ID: "19.3.5", Title: "Compressed text that ends inside a character, then the rest of it uncompressed", Requirements: []string{"7692-7.2-2"},
			Play: offend(compressedText(blocks().Fixed().Literals("a\xc3").End().Message()), text("\xa9")), Want: noText,
		},
	}
	return onDeflate("RFC 7692, 7.2.2", cs)
}
