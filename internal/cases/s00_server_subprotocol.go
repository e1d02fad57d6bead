// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// subprotocols is 0.5: Sec-WebSocket-Protocol. That a 101 has at most one, which is a
// token that was requested, is looked at on every connection: "The value chosen MUST be
// derived from the client's handshake, specifically by selecting one of the values",
// and without an agreement the field is left out: "The empty string is not the same as
// the null value for these purposes and is not a legal value" (RFC 6455, 4.2.2).
func subprotocols() []conform.Case {
	const (
		spec   = "RFC 6455, 4.2.2"
		policy = "The server refuses handshakes without a subprotocol that it speaks, which is its business."
		passed = "What is no list of different tokens was passed over (RFC 6455, 4.2.1: what breaks the grammar is to be refused)."
	)
	return asked([]conform.Case{
		{
			ID: "0.5.1", Title: "Request no subprotocol", Spec: spec, Requirements: []string{"6455-4.2.1-11", "6455-4.2.2-8"},
			Open: edits(requesting()), Want: orRefuses(verdict.Informational, policy, opens()),
		}, {
			ID: "0.5.2", Title: "Request a subprotocol that nobody speaks", Spec: spec, Requirements: []string{"6455-4.2.2-7"},
			Open: edits(requesting("x-no-such-proto")), Want: orRefuses(verdict.Informational, policy, opens()),
		}, {
			ID: "0.5.3", Title: "Request p1, p2, p3", Spec: "RFC 6455, 4.3", Requirements: []string{"6455-4.2.2-7", "6455-4.3-3", "6455-11.3.4-2"},
			Open: edits(requesting("p1, p2, p3")), Want: orRefuses(verdict.Informational, policy, opens()),
		}, {
			// "The |Sec-WebSocket-Protocol| header field MAY appear multiple times in an HTTP
			// request (which is logically the same as a single … header field that contains all
			// values)" (11.3.4).
			ID: "0.5.4", Title: "Request p1 and p2, in one line and in two", Spec: "RFC 6455, 11.3.4", Requirements: []string{"6455-11.3.4-1"},
			Turns: []conform.Turn{ask("one line", requesting("p1, p2")), ask("two lines", requesting("p1", "p2"))}, Alike: true,
			Want: orRefuses(verdict.Informational, policy, opens()),
		}, {
			ID: "0.5.5", Title: "Request p1, p1", Spec: "RFC 6455, 4.1", Requirements: []string{"6455-4.2.1-15"},
			Open: edits(requesting("p1, p1")), Want: orOpens(verdict.NonStrict, passed, refuses(4)),
		}, {
			ID: "0.5.6", Title: "Request no name at all", Spec: spec, Requirements: []string{"6455-4.2.1-15", "6455-4.2.2-8"},
			Turns: each([]string{"", ",,"}, func(v string) conform.Turn { return ask(fmt.Sprintf("%q", v), requesting(v)) }),
			Want:  orOpens(verdict.NonStrict, passed, refuses(4)),
		}, {
			ID: "0.5.7", Title: "Request names that are no tokens", Spec: "RFC 6455, 4.3", Requirements: []string{"6455-4.2.1-15"},
			Turns: each([]string{"a b", "a/b"}, func(v string) conform.Turn { return ask(fmt.Sprintf("%q", v), requesting(v)) }),
			Want:  orOpens(verdict.NonStrict, passed, refuses(4)),
		}, {
			// Subprotocols are compared octet by octet: their names are no header names.
			ID: "0.5.8", Title: "Request a subprotocol that the server speaks, with the other case", Spec: spec, Requirements: []string{"6455-4.2.2-7"},
			Needs: conform.Subprotocols, Told: func(p peer.Profile) peer.Opening { return edits(requesting(otherCase(p.Subprotocols[0]))) },
			Want: orRefuses(verdict.Informational, policy, opens()),
		}, {
			ID: "0.5.9", Title: "Request the beginning of a subprotocol that the server speaks", Spec: spec, Requirements: []string{"6455-4.2.2-7"},
			Needs: conform.Subprotocols, Told: func(p peer.Profile) peer.Opening { return edits(requesting(beginning(p.Subprotocols[0]))) },
			Want: orRefuses(verdict.Informational, policy, opens()),
		},
	})
}

// otherCase is a name with small letters for capital ones, and the other way round.
func otherCase(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, name)
}

// beginning is a name without its last octet, or with one more where it has just one.
func beginning(name string) string {
	if len(name) == 1 {
		return name + name
	}
	return name[:len(name)-1]
}
