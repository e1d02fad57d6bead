// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/verdict"
)

// requestLines is 0.1: the request line of the opening handshake.
//
// The handshake is "an HTTP/1.1 or higher GET request, including a 'Request-URI'"; a
// server that finds it to be anything else "MUST stop processing the client's handshake
// and return an HTTP response with an appropriate error code" (RFC 6455, 4.2.1).
func requestLines() []conform.Case {
	return asked(append([]conform.Case{
		{
			ID: "0.1.1", Title: "Ask with the five fields that there must be, and no more", Spec: "RFC 6455, 4.2.1",
			Requirements: []string{"6455-4.2.2-10"}, Open: edits(bare), Want: opens(),
		}, {
			ID: "0.1.2", Title: "Ask with POST", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-2"},
			Open: edits(method("POST"), with("Content-Length", "0")), Want: refuses(4, 501),
		}, {
			ID: "0.1.3", Title: "Ask with HEAD", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-2"},
			Open: edits(method("HEAD")), Want: opensNothing(),
		}, {
			ID: "0.1.4", Title: "Ask with get in lower case, which is another method", Spec: "RFC 9110, 9.1", Requirements: []string{"6455-4.2.1-2"},
			Open: edits(method("get")), Want: refuses(4, 501),
		}, {
			// "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0
			// request" (RFC 9110, 7.8).
			ID: "0.1.5", Title: "Ask with HTTP/1.0", Spec: "RFC 9110, 7.8", Requirements: []string{"6455-4.2.1-3", "9110-7.8-1"},
			Open: edits(httpVersion("HTTP/1.0")), Want: opensNothing(),
		}, {
			ID: "0.1.6", Title: "Ask as in HTTP/0.9, with the fields behind that", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-3"},
			Open: edits(firstLine(func(old string) string { return old[:strings.LastIndexByte(old, ' ')] + "\r\n" })),
			Want: or(ladder(begins(verdict.OK, answered()), is(verdict.OK, ended())),
				why("The server waits for more of a request that is at its end.", is(verdict.NonStrict, stillOpen()))),
		}, {
			// "A recipient that receives a message with a major version number that it
			// implements and a minor version number higher than what it implements SHOULD
			// process the message as if it was in the highest minor version" (RFC 9110, 2.5).
			ID: "0.1.7", Title: "Ask with HTTP/1.2", Spec: "RFC 9110, 2.5", Requirements: []string{"6455-4.2.1-3"},
			Open: edits(httpVersion("HTTP/1.2")),
			Want: orNothingBehind101(orRefuses(verdict.NonStrict, "A minor version that is not known was refused (RFC 9110, 2.5: it should be taken for the highest that is).", opens())),
		}, {
			ID: "0.1.8", Title: "Ask with HTTP/2.0 in the form of HTTP/1", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-3"},
			Open: edits(httpVersion("HTTP/2.0")), Want: orOpens(verdict.NonStrict, notHTTP, refuses(4, 505)),
		},
	}, requestTargets()...))
}

// notHTTP is what is wrong with a server that accepts a line which it cannot know.
const notHTTP = "The request line is none of HTTP/1.1, and was accepted (RFC 9112, 3: it should be answered with 400)."

// requestTargets is the rest of 0.1: what is asked for, and lines that are not as they
// should be.
func requestTargets() []conform.Case {
	return []conform.Case{
		{
			// "A server MUST accept the absolute-form in requests" (RFC 9112, 3.2.2).
			ID: "0.1.9", Title: "Ask with the request target in absolute form", Spec: "RFC 9112, 3.2.2", Requirements: []string{"6455-4.2.1-4", "9112-3.2.2-1"},
			Open: edits(absolute), Want: opens(),
		}, {
			// "Fragment identifiers … MUST NOT be used on these URIs" (RFC 6455, 3).
			ID: "0.1.10", Title: "Ask with a fragment in the request target", Spec: "RFC 6455, 3", Requirements: []string{"6455-3-3"},
			Open: edits(target(func(old string) string { return old + "#frag" })),
			Want: orOpens(verdict.NonStrict, "A request target with a fragment was accepted (RFC 9112, 3: it should be answered with 400).", refuses(4)),
		}, {
			ID: "0.1.11", Title: "Ask with the octets FF FE in the request target", Spec: "RFC 9112, 3", Requirements: []string{"6455-4.2.1-15"},
			Open:  edits(target(func(old string) string { return old + "\xff\xfe" })),
			Want:  orOpens(verdict.NonStrict, "A request target with octets that may not be in one was accepted (RFC 9112, 3: it should be answered with 400).", refuses(4)),
			Fresh: true,
		}, {
			ID: "0.1.12", Title: "Ask with two blanks behind the method", Spec: "RFC 9112, 3", Requirements: []string{"6455-4.2.1-15", "9112-3-1"},
			Open: edits(method("GET ")), Want: orOpens(verdict.NonStrict, notHTTP, refuses(4)),
		}, {
			// "A server … SHOULD ignore at least one empty line (CRLF) received prior to the
			// request-line" (RFC 9112, 2.2).
			ID: "0.1.13", Title: "Ask with an empty line in front", Spec: "RFC 9112, 2.2", Requirements: []string{"9112-2.2-2"},
			Open: edits(inFront("\r\n")),
			Want: orNothingBehind101(orRefuses(verdict.NonStrict, "A request behind an empty line was refused (RFC 9112, 2.2: the line should be ignored).", opens())),
		}, {
			ID: "0.1.14", Title: "Ask with a query of 8 KiB", Spec: "RFC 9112, 3", Requirements: []string{"6585-5-1"},
			Open: edits(withQuery(strings.Repeat("a", 8192))), Want: opensOrRefuses(),
		}, {
			// "If the requested service is not available, the server MUST send an appropriate
			// HTTP error code (such as 404 Not Found)" (RFC 6455, 4.2.2).
			ID: "0.1.15", Title: "Ask for a resource that is hardly there", Spec: "RFC 6455, 4.2.2", Requirements: []string{"6455-4.2.2-6"},
			Open: edits(resource("/__no_such_resource__")),
			Want: orOpens(verdict.Informational, "The server accepts connections to any resource.", refuses(4)),
		}, {
			ID: "0.1.16", Title: "Ask without an HTTP version", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-3", "9112-3-1"},
			Open: edits(firstLine(func(old string) string { return old[:strings.LastIndexByte(old, ' ')] })), Want: refuses(4, 505),
		},
	}
}
