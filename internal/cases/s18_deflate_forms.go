// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/verdict"
)

// goodDeflate is a part of 18.1: forms of compressed messages that a receiver must take.
func goodDeflate() []conform.Case {
	blocks := deflate.Blocks
	hello := blocks().Fixed().Literals("Hello").End().Message()
	again := blocks().Fixed().Copy(5, 5).End().Message()
	final := blocks().Final().Fixed().Literals("Hello").End().Message()
	good := func(id, title, requirement string, out string, octets []byte) conform.Case {
		return conform.Case{
			ID: id, Title: title, Requirements: []string{requirement}, Play: steps(live, send(compressedText(octets))), Want: comesBack(echo(out)),
		}
	}
	cs := []conform.Case{
		good("18.1.1", "Compressed text, a block with fixed codes", "7692-7.2.2-1", "Hello", hello),
		{
			ID: "18.1.2", Title: "Compressed text in two fragments", Requirements: []string{"7692-6-7", "7692-7.2.1-5"},
			Play: steps(live, send(more(compressedText(hello[:3])), cont(string(hello[3:])))), Want: comesBack(echo("Hello")),
		},
		good("18.1.3", "Compressed text, a stored block", "7692-7.2.1-3", "Hello", blocks().Stored("Hello").Message()),
		good("18.1.4", "Compressed text, a final block", "7692-7.2.1-4", "Hello", final),
		good("18.1.5", "Compressed text, two blocks with an empty one between", "7692-7.2.1-2", "Hello",
			blocks().Fixed().Literals("He").End().Stored("").Fixed().Literals("llo").End().Message()),
		{
			ID: "18.1.6", Title: "Compressed text, then text that refers to it", Spec: "RFC 7692, 7.2.2", Requirements: []string{"7692-7.2.2-2"},
			Play: whereAllowed(use{context: true}, steps(live, send(compressedText(hello), compressedText(again)))), Want: comesBack(echo("Hello"), echo("Hello")),
		},
		good("18.1.7", "Compressed empty text, the octet 00", "7692-7.2.3.6-1", "", blocks().Message()),
		good("18.1.8", "Compressed empty text, an empty block with fixed codes", "7692-7.2.3.6-1", "", blocks().Fixed().End().Message()),
		{
			ID: "18.1.9", Title: "Compressed text with an empty last fragment", Requirements: []string{"7692-7.2.3.6-1"},
			Play: steps(live, send(more(compressedText(hello)), cont(""))), Want: comesBack(echo("Hello")),
		}, {
			ID: "18.1.10", Title: "Compressed text with an empty first fragment", Requirements: []string{"7692-7.2.3.6-1"},
			Play: steps(live, send(more(compressedText(nil)), cont(string(hello)))), Want: comesBack(echo("Hello")),
		}, {
			ID: "18.1.14", Title: "Uncompressed text", Spec: "RFC 7692, 6", Requirements: []string{"7692-6-6"},
			Play: steps(live, send(text("plain"))), Want: comesBack(echo("plain")),
		}, {
			ID: "18.1.15", Title: "Compressed text, uncompressed text, then text that refers to the first", Spec: "RFC 7692, 7.2.2", Requirements: []string{"7692-7.2.2-5", "7692-6-6"},
			Play: whereAllowed(use{context: true}, steps(live, send(compressedText(hello), text("plain"), compressedText(again)))),
			Want: comesBack(echo("Hello"), echo("plain"), echo("Hello")),
		}, {
			ID: "18.1.16", Title: "Compressed text with a Ping between its fragments", Spec: "RFC 7692, 6", Requirements: []string{"7692-6-9", "7692-6-8"},
			Play: steps(live, send(more(compressedText(hello[:3])), ping("\xff"), cont(string(hello[3:])))), Want: or(comesBack(pongs("\xff"), echo("Hello")), is(verdict.OK, back(echo("Hello"), pongs("\xff"))...)),
		}, {
			ID: "18.1.21", Title: "Compressed text with a final block, then text that refers to it", Spec: "RFC 7692, 7.2.3.4", Requirements: []string{"7692-7.2.1-4", "7692-7.2.2-2"},
			Play: whereAllowed(use{context: true}, steps(live, send(compressedText(final), compressedText(again)))), Want: comesBack(echo("Hello"), echo("Hello")),
		},
		good("18.1.23", "Compressed text, two final blocks", "7692-7.2.1-4", "Hello",
			blocks().Final().Fixed().Literals("He").End().Final().Fixed().Literals("llo").End().Message()),
		good("18.1.26", "Compressed text with an empty stored block in front of the end", "7692-7.2.1-2", "Hello",
			blocks().Fixed().Literals("Hello").End().Stored("").Message()),
	}
	return onDeflate("RFC 7692, 7.2", cs)
}
