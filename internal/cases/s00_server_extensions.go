// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// extensions is 0.6: Sec-WebSocket-Extensions, whatever the extension. That a server
// answers with none that was not offered, or cannot be accepted as it was, is looked at
// on every connection.
//
// "If a value is received by either the client or the server during negotiation that
// does not conform to the ABNF below, the recipient of such malformed data MUST
// immediately _Fail the WebSocket Connection_" (RFC 6455, 9.1).
func extensions() []conform.Case {
	const (
		unknown = "An extension that nobody knows was taken for a reason to refuse the handshake (RFC 6455, 9.1: a server need not accept it)."
		// It leaves servers free to answer with client_max_window_bits or not.
		deflateOffer = "permessage-deflate; client_max_window_bits"

		blanks = "Blanks around separators were taken for a reason to refuse the handshake (RFC 6455, 9.1 with RFC 2616, 2.1: they are allowed)."
	)
	unlisted := []string{"6455-4.2.2-9", "6455-9-1"}
	return asked(slices.Concat([]conform.Case{
		{
			ID: "0.6.1", Title: "Offer an unknown extension", Spec: "RFC 6455, 4.2.2", Requirements: unlisted,
			Open: edits(offering("x-unknown; a=1")), Want: orRefuses(verdict.NonStrict, unknown, opens()),
		}, {
			ID: "0.6.2", Title: "Offer an unknown extension and permessage-deflate", Spec: "RFC 6455, 4.2.2", Requirements: unlisted,
			Open: edits(offering("x-unknown, " + deflateOffer)), Want: orRefuses(verdict.NonStrict, unknown, opens()),
		}, {
			// "The |Sec-WebSocket-Extensions| header field MAY appear multiple times in an HTTP
			// request (which is logically the same as a single … header field that contains all
			// values)" (11.3.2).
			ID: "0.6.3", Title: "Offer an unknown extension and permessage-deflate, in one line and in two", Spec: "RFC 6455, 11.3.2", Requirements: []string{"6455-9.1-3", "6455-11.3.2-1"},
			Turns: []conform.Turn{ask("one line", offering("x-unknown, "+deflateOffer)), ask("two lines", offering("x-unknown", deflateOffer))},
			Alike: true, Want: orRefuses(verdict.NonStrict, unknown, opens()),
		},
	}, malformedOffers(), []conform.Case{
		{
			ID: "0.6.11", Title: "Offer with blanks around all separators", Spec: "RFC 6455, 9.1", Requirements: []string{"6455-9.1-7"},
			Open: edits(offering("permessage-deflate ; client_max_window_bits = 15 , x-unknown")), Want: orRefuses(verdict.NonStrict, blanks, opens()),
		}, {
			// A value that is no token breaks 9.1 for this extension; nothing in the quotes is
			// an offer of its own.
			ID: "0.6.12", Title: "Offer an extension with separators and escapes in quotes, and permessage-deflate", Spec: "RFC 6455, 9.1", Requirements: []string{"6455-9.1-2", "6455-4.2.2-9"},
			Open: peer.Opening{Offers: []deflate.Offer{{ClientMaxWindowBits: deflate.AnyWindow}}, Edits: []peer.Edit{offering(`x-unknown; a="b\"c;d,e", ` + deflateOffer)}},
			Want: opensOrRefuses(),
		}, {
			ID: "0.6.13", Title: "Offer a thousand unknown extensions", Spec: "RFC 6455, 10.4", Requirements: []string{"6455-10.4-1"},
			Open: edits(offering(strings.TrimSuffix(strings.Repeat("x-unknown, ", 1000), ", "))), Want: opensOrRefuses(),
		}, {
			ID: "0.6.14", Title: "Offer no extension", Spec: "RFC 6455, 9.1", Requirements: append(unlisted, "6455-4.2.1-12"),
			Open: edits(offering()), Want: opens(),
		},
	}))
}

// malformedOffers is 0.6.4 to 0.6.10.
func malformedOffers() []conform.Case {
	malformed := []string{"6455-9.1-1"}
	return []conform.Case{
		{
			ID: "0.6.4", Title: "Offer permessage-deflate with a semicolon behind it", Spec: "RFC 6455, 9.1", Requirements: malformed,
			Open: edits(offering("permessage-deflate;")), Want: failsOpening(),
		}, {
			ID: "0.6.5", Title: "Offer permessage-deflate with a parameter that has = and no value", Spec: "RFC 6455, 9.1", Requirements: malformed,
			Open: edits(offering("permessage-deflate; client_max_window_bits=")), Want: failsOpening(),
		}, {
			ID: "0.6.6", Title: "Offer =foo", Spec: "RFC 6455, 9.1", Requirements: malformed,
			Open: edits(offering("=foo")), Want: failsOpening(),
		}, {
			ID: "0.6.7", Title: "Offer permessage-deflate with a quote that does not end", Spec: "RFC 6455, 9.1", Requirements: malformed,
			Open: edits(offering(`permessage-deflate; server_max_window_bits="10`)), Want: failsOpening(),
		}, {
			ID: "0.6.8", Title: "Offer an extension with brackets in its name", Spec: "RFC 6455, 9.1", Requirements: malformed,
			Open: edits(offering("per(message)-deflate")), Want: failsOpening(),
		}, {
			// "When using the quoted-string syntax variant, the value after quoted-string
			// unescaping MUST conform to the 'token' ABNF" (9.1).
			ID: "0.6.9", Title: "Offer an extension with a quoted value that is no token", Spec: "RFC 6455, 9.1", Requirements: append(malformed, "6455-9.1-2"),
			Open: edits(offering(`x-unknown; a="b c"`)), Want: failsOpening(),
		}, {
			ID: "0.6.10", Title: "Offer nothing, in a field that is there", Spec: "RFC 6455, 9.1", Requirements: malformed,
			Turns: []conform.Turn{ask("empty", offering("")), ask("a comma", offering(","))}, Want: failsOpening(),
		},
	}
}
