// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// The words of answers to a client's offers of permessage-deflate.

// demanded is the answer with the fewest parameters that the offer permits: those that
// a server has to repeat.
func demanded(o deflate.Offer) deflate.Answer {
	return deflate.Answer{ServerNoContextTakeover: o.ServerNoContextTakeover, ServerMaxWindowBits: o.ServerMaxWindowBits}
}

// mirrored is demanded with what the client says it does in any case. Some clients take
// no other answer than that.
func mirrored(o deflate.Offer) deflate.Answer {
	a := demanded(o)
	a.ClientNoContextTakeover = o.ClientNoContextTakeover
	return a
}

// plus adds parameters to an answer to the offer, and reports whether it permits them.
// Windows are no larger than the offer says.
func plus(a deflate.Answer, o deflate.Offer, more deflate.Answer) (deflate.Answer, bool) {
	least := func(x, y int) int {
		if x <= 0 || y <= 0 {
			return max(x, y)
		}
		return min(x, y)
	}
	if more.ClientMaxWindowBits != 0 {
		if o.ClientMaxWindowBits == 0 {
			return a, false
		}
		a.ClientMaxWindowBits = least(more.ClientMaxWindowBits, o.ClientMaxWindowBits)
	}
	a.ServerMaxWindowBits = least(more.ServerMaxWindowBits, o.ServerMaxWindowBits)
	a.ServerNoContextTakeover = a.ServerNoContextTakeover || more.ServerNoContextTakeover
	a.ClientNoContextTakeover = a.ClientNoContextTakeover || more.ClientNoContextTakeover
	return a, true
}

// answering takes the first offer that permits these parameters, and answers with them
// and with what mirrored says.
func answering(more deflate.Answer) deflate.Accept {
	return func(offers []deflate.Offer) (deflate.Answer, bool) {
		for _, o := range offers {
			if a, ok := plus(mirrored(o), o, more); ok {
				return a, true
			}
		}
		return deflate.Answer{}, false
	}
}

// answeringLeast takes the offer that needs the fewest parameters in an answer, and
// answers with no more than those.
func answeringLeast(offers []deflate.Offer) (deflate.Answer, bool) {
	if slices.ContainsFunc(offers, func(o deflate.Offer) bool { return demanded(o) == deflate.Answer{} }) {
		return deflate.Answer{}, true
	}
	if len(offers) == 0 {
		return deflate.Answer{}, false
	}
	return demanded(offers[0]), true
}

// answeringOffered answers the offer that has most parameters with all of them, where
// there are at least two. A client_max_window_bits without a value is answered with 15.
func answeringOffered(offers []deflate.Offer) (deflate.Answer, bool) {
	var best deflate.Answer
	for _, o := range offers {
		more := deflate.Answer{}
		if o.ClientMaxWindowBits != 0 {
			more.ClientMaxWindowBits = deflate.MaxWindowBits
		}
		a, _ := plus(mirrored(o), o, more)
		if len(a.Extension().Params) > len(best.Extension().Params) {
			best = a
		}
	}
	return best, len(best.Extension().Params) >= 2
}

// deflateOffers are a client's offers of permessage-deflate, without those that have to
// be declined.
func deflateOffers(h *peer.Head) []deflate.Offer {
	xs, _ := ws.ParseExtensions(h.Asked.Fields.Values(extensionsName)) // 0.11.8 is about malformed ones
	offers, _ := deflate.ParseOffers(xs)
	return offers
}

// rewritten changes how our answer of permessage-deflate is written.
func rewritten(change func(ws.Extension) string) peer.Edit {
	return func(h *peer.Head) {
		xs, err := ws.ParseExtensions(h.Fields.Values(extensionsName))
		if err == nil && len(xs) == 1 {
			with(extensionsName, change(xs[0]))(h)
		}
	}
}

// flawed is an answer that a client must not take: what mirrored says, and the
// parameters, in place of those of that name. Everything but a Close behind it is a
// breach.
func flawed(params string, names ...string) peer.Opening {
	return voidAnswer(func(h *peer.Head) {
		offers := deflateOffers(h)
		if len(offers) == 0 {
			h.NotJudged = "the client does not offer permessage-deflate"
			return
		}
		x := mirrored(offers[0]).Extension()
		x.Params = slices.DeleteFunc(x.Params, func(p ws.Param) bool { return slices.Contains(names, p.Name) })
		with(extensionsName, x.String()+params)(h)
	})
}

// orDeclines takes it too, with the grade, that the client fails the connection for a
// parameter that it need not be able to work with: that is what it has to do where it
// is not (RFC 7692, 7).
func orDeclines(g verdict.Grade, w verdict.Want) verdict.Want {
	return orClientFails(g, "The client failed the connection for an answer that its offer permits. It must where it cannot work with the parameters (RFC 7692, 7), which it did not ask for.", w)
}

// exchangeCompressed sends text messages behind an echo, compressed where that was
// agreed, each behind the echo of the one before it. See exchange for the rest.
func exchangeCompressed(ts ...string) func(*peer.Peer) {
	return exchanging(func(p *peer.Peer) bool {
		for _, t := range ts {
			if !p.Echo(peer.Message{Data: ws.Literal([]byte(t))}) {
				return false
			}
		}
		return true
	})
}
