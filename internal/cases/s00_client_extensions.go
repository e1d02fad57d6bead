// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// extensionsName is the field that 0.16 is about.
const extensionsName = "Sec-WebSocket-Extensions"

// answerExtensions is 0.16. An answer that has "an extension that was not present in the
// client's handshake" fails the connection (RFC 6455, 4.1, step 5), and so does a value
// that does not have the form of 9.1.
func answerExtensions() []conform.Case {
	return []conform.Case{
		{
			ID: "0.16.1", Title: "Answer with an extension that nobody knows", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-32"},
			Open: voidAnswer(with(extensionsName, "x-unknown")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.16.2", Title: "Answer with permessage-deflate to a client that does not offer it", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-32"},
			Open: voidAnswer(deflateUnoffered), Play: knock, Want: clientFails(),
		}, {
			ID: "0.16.3", Title: "Answer with permessage-deflate and an extension that nobody knows", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-32", "7692-5-8"},
			Open: voidAnswer(with(extensionsName, "permessage-deflate, x-unknown")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.16.4", Title: "Answer with a malformed Sec-WebSocket-Extensions", Spec: "RFC 6455, 9.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-34", "6455-9.1-1"}, Want: clientFails(),
			Turns: each([]string{"permessage-deflate; =1", "permessage-deflate;;", `permessage-deflate; server_max_window_bits="10`}, func(value string) conform.Turn {
				return conform.Turn{Name: value, Open: voidAnswer(with(extensionsName, value)), Play: knock}
			}),
		}, {
			ID: "0.16.5", Title: "Answer with an empty Sec-WebSocket-Extensions", Spec: "RFC 6455, 9.1", Only: conform.AsServer, Requirements: []string{"6455-9.1-1"},
			Open: edits(with(extensionsName, "")), Play: greetAtLength,
			Want: orOpens(verdict.NonStrict, "The client takes an empty Sec-WebSocket-Extensions, which must list one extension at least (RFC 6455, 9.1).", clientFails()),
		}, {
			ID: "0.16.6", Title: "Decline permessage-deflate, and send a compressed message", Spec: "RFC 7692, 6", Only: conform.AsServer, Requirements: []string{"6455-5.8-1", "7692-6-4"},
			Want: fails(1002),
			Turns: []conform.Turn{
				{Name: "compressed", Open: edits(deflateDeclined), Play: offend(rsv(4, text("\xf2\x48\xcd\xc9\xc9\x07\x00")))},
				{Name: "marked as compressed, but plain", Open: edits(deflateDeclined), Play: offend(rsv(4, text("Hello")))},
			},
		}, {
			ID: "0.16.7", Title: "Answer with two extensions that were offered, in two lines", Spec: "RFC 6455, 11.3.2", Only: conform.AsServer, Requirements: []string{"6455-4.2.2-14", "6455-11.3.2-2"},
			Open: peer.Opening{Accept: deflate.FirstAllowing(deflate.Params{}), Edits: []peer.Edit{inTwoLines}}, Play: greet,
			Want: orClientFails(verdict.NonStrict, "The client does not take two Sec-WebSocket-Extensions, which erratum 3433 of RFC 6455 allows.", opens()),
		},
	}
}

func deflateUnoffered(h *peer.Head) {
	if slices.Contains(offeredBy(h), deflate.Name) {
		h.NotJudged = "the client offers permessage-deflate"
		return
	}
	with(extensionsName, deflate.Name)(h)
}

func deflateDeclined(h *peer.Head) {
	if !slices.Contains(offeredBy(h), deflate.Name) {
		h.NotJudged = "the client does not offer permessage-deflate"
	}
}

// inTwoLines adds the extensions that were offered beside permessage-deflate, which has
// been answered where it is among them.
func inTwoLines(h *peer.Head) {
	names := offeredBy(h)
	if len(names) < 2 {
		h.NotJudged = "the client does not offer two extensions"
		return
	}
	for _, name := range names {
		if name != deflate.Name {
			twice(extensionsName, name)(h)
		}
	}
}
