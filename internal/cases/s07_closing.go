// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

func closeHandling(e Edition) []conform.Case {
	cs := []conform.Case{
		{
			ID: "7.1.1", Title: "Text, then a normal closing handshake", Spec: "RFC 6455, 7.1.1",
			Play: send(text("Hello World!")), Want: ok(echo("Hello World!")), Close: strictCode(weClose()),
		}, {
			// "If an endpoint receives a Close frame and did not previously send a Close
			// frame, the endpoint MUST send a Close frame in response", once.
			ID: "7.1.2", Title: "Two Close frames", Spec: "RFC 6455, 5.5.1",
			Play: steps(closeWith(1000), send(closing())), Want: nothing(), Close: scriptCloses(1000),
		}, {
			ID: "7.1.3", Title: "Close, then a ping", Spec: "RFC 6455, 5.5.2",
			Play: steps(closeWith(1000), send(ping(""))), Want: nothing(), Close: scriptCloses(1000),
		}, {
			ID: "7.1.4", Title: "Close, then text", Spec: "RFC 6455, 5.5.1",
			Play: steps(closeWith(1000), send(text("Hello World!"))), Want: nothing(), Close: scriptCloses(1000),
		}, {
			ID: "7.1.5", Title: "Text with more to come, then a Close, then the last fragment", Spec: "RFC 6455, 5.5.1",
			Play: steps(send(more(text("fragment1"))), closeWith(1000), send(cont("fragment2"))),
			Want: nothing(), Close: scriptCloses(1000),
		}, {
			ID: "7.1.6", Title: "256 KiB of text, then a short text, a Close and a ping: what still comes back?", Spec: "RFC 6455, 7.1.1",
			Play: steps(send(repeated(256<<10, text("BAsd7&jh23")), text("Hello World!")), closeWith(1000), send(ping(""))),
			Want: informational(orNonStrict(ok(echo("Hello World!")))), Close: weClose(),
		},
	}
	cs = append(cs, closePayloads()...)
	cs = append(cs, validCodes()...)
	cs = append(cs, invalidCodes(e)...)
	for i, code := range []ws.CloseCode{5000, 65535} {
		ends := scriptClosesWrongly(1000, code, 1002)
		ends.WrongCodeFails = false // nothing fails an informational case
		cs = append(cs, conform.Case{
			ID: fmt.Sprintf("7.13.%d", i+1), Title: fmt.Sprintf("Close with code %d, beyond all ranges", code), Spec: "RFC 6455, 7.4.2",
			Play: closeWith(code), Want: informational(nothing()), Close: ends,
		})
	}
	return cs
}

// "the body may contain a reason: a 2-byte unsigned integer, followed by UTF-8"
// within the 125 octets of a control frame (RFC 6455, 5.5.1).
func closePayloads() []conform.Case {
	body := func(id, title string, payload []byte, c verdict.Closing) conform.Case {
		return conform.Case{ID: id, Title: title, Spec: "RFC 6455, 5.5.1", Play: closeRaw(payload), Want: nothing(), Close: c}
	}
	coded := func(reason string) []byte { return ws.AppendClosePayload(nil, ws.NormalClosure, reason) }
	return []conform.Case{
		body("7.3.1", "Close without payload", nil, scriptCloses(1000)),
		body("7.3.2", "Close with a single octet, too short for a code", []byte("a"), scriptClosesWrongly(1002)),
		body("7.3.3", "Close with a code alone", coded(""), scriptCloses(1000)),
		body("7.3.4", "Close with a code and a reason", coded("Hello World!"), scriptCloses(1000)),
		body("7.3.5", "Close with the longest reason, 123 octets", coded(strings.Repeat("*", 123)), scriptCloses(1000)),
		body("7.3.6", "Close with a reason of 124 octets, one too many", coded(strings.Repeat("*", 124)), scriptClosesWrongly(1002)),
		body("7.5.1", "Close with a reason that is not UTF-8", coded(kosme+"\xed\xa0\x80edited"), scriptClosesWrongly(1002, 1007)),
	}
}

// Codes that an endpoint may send: those of RFC 6455, 7.4.1 that are not
// reserved, and the ranges of 7.4.2 for libraries and applications.
func validCodes() []conform.Case {
	var cs []conform.Case
	for i, code := range []ws.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cs = append(cs, conform.Case{
			ID: fmt.Sprintf("7.7.%d", i+1), Title: fmt.Sprintf("Close with valid code %d", code), Spec: "RFC 6455, 7.4",
			Play: closeWith(code), Want: nothing(), Close: strictCode(weClose(code)), Requirements: []string{codeRequirement(code)},
		})
	}
	return cs
}

// Codes that must not stand in a Close frame: below 1000, reserved by RFC 6455,
// 7.4.1, or in the range that only registration opens (7.4.2).
func invalidCodes(e Edition) []conform.Case {
	list := []ws.CloseCode{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999}
	if e == Old {
		list = []ws.CloseCode{0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999}
	}
	var cs []conform.Case
	for i, code := range list {
		cs = append(cs, conform.Case{
			ID: fmt.Sprintf("7.9.%d", i+1), Title: fmt.Sprintf("Close with invalid code %d", code), Spec: "RFC 6455, 7.4",
			Play: closeWith(code), Want: nothing(), Close: scriptClosesWrongly(1002), Requirements: []string{codeRequirement(code)},
		})
	}
	return cs
}

// codeRequirement is the requirement that says of a code whether it may be sent.
func codeRequirement(code ws.CloseCode) string {
	switch {
	case code < 1000:
		return "6455-7.4.2-1"
	case code == 1004:
		return "6455-7.4.1-4"
	case code == 1005:
		return "6455-7.4.1-1"
	case code == 1006:
		return "6455-7.4.1-2"
	case code == 1015:
		return "6455-7.4.1-3"
	case code < 1012:
		return "6455-7.4.1-5"
	case code < 3000:
		return "6455-7.4.2-2"
	case code < 4000:
		return "6455-7.4.2-3"
	}
	return "6455-7.4.2-4"
}

// strictCode makes a wrong code in the peer's Close fail the case itself.
func strictCode(c verdict.Closing) verdict.Closing { c.WrongCodeFails = true; return c }
