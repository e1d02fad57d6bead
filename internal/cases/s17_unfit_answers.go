// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// unfitAnswers is 17.2.15 to 17.2.18: answers that are in order by themselves, and that
// none of the client's offers permits. What a client makes of them depends on how it
// takes "an invalid response" (RFC 7692, 5) where it can work with it: that is FAILED
// only where the server may use a larger window than the client has asked it for.
func unfitAnswers() []conform.Case {
	const tolerated = "The client takes an answer that does not fit its offer (RFC 7692, 5: an invalid one fails the connection)."
	unfit := func(id, title, spec string, requirements []string, lacks string, make func(deflate.Offer) (deflate.Answer, bool), w verdict.Want) conform.Case {
		accept := unfitForAll(make)
		return conform.Case{
			ID: id, Title: title, Spec: spec, Requirements: requirements, Only: conform.AsServer, Play: greetAtLength, Want: needsDeflate(w),
			Open: peer.Opening{Accept: accept, Edits: []peer.Edit{func(h *peer.Head) {
				if offers := deflateOffers(h); len(offers) > 0 {
					if _, ok := accept(offers); !ok {
						h.NotJudged = lacks
					}
				}
			}}},
		}
	}
	smaller := func(bits int) bool { return bits >= deflate.MinWindowBits && bits < deflate.MaxWindowBits }
	orTakes := orOpens(verdict.NonStrict, tolerated, clientFails())
	return inTheirTime([]conform.Case{
		unfit("17.2.15", "Answer with a larger server_max_window_bits than the client demands", "RFC 7692, 7.1.2.1", []string{"7692-5-6", "7692-7-8"},
			"the client does not demand a window of less than 15 bits of the server",
			func(o deflate.Offer) (deflate.Answer, bool) {
				a := mirrored(o)
				a.ServerMaxWindowBits++
				return a, smaller(o.ServerMaxWindowBits)
			}, clientFails()),
		unfit("17.2.16", "Answer without the server_max_window_bits that the client demands", "RFC 7692, 7.1.2.1", []string{"7692-5-6", "7692-7-8"},
			"the client does not demand a window of less than 15 bits of the server",
			func(o deflate.Offer) (deflate.Answer, bool) {
				a := mirrored(o)
				a.ServerMaxWindowBits = 0
				return a, smaller(o.ServerMaxWindowBits)
			}, orTakes),
		unfit("17.2.17", "Answer without the server_no_context_takeover that the client demands", "RFC 7692, 7.1.1.1", []string{"7692-5-6", "7692-7-8"},
			"the client does not demand server_no_context_takeover",
			func(o deflate.Offer) (deflate.Answer, bool) {
				a := mirrored(o)
				a.ServerNoContextTakeover = false
				return a, o.ServerNoContextTakeover
			}, orTakes),
		unfit("17.2.18", "Answer with a larger client_max_window_bits than the client offers", "RFC 7692, 7.1.2.2", []string{"7692-5-6", "7692-7-8"},
			"the client does not offer a client_max_window_bits of less than 15",
			func(o deflate.Offer) (deflate.Answer, bool) {
				a := mirrored(o)
				a.ClientMaxWindowBits = o.ClientMaxWindowBits + 1
				return a, smaller(o.ClientMaxWindowBits)
			}, orTakes),
	})
}

// unfitForAll makes an answer that does not fit any of the offers, where there is one.
func unfitForAll(make func(deflate.Offer) (deflate.Answer, bool)) deflate.Accept {
	return func(offers []deflate.Offer) (deflate.Answer, bool) {
		for _, o := range offers {
			if a, ok := make(o); ok && a.Honours(offers) != nil {
				return a, true
			}
		}
		return deflate.Answer{}, false
	}
}
