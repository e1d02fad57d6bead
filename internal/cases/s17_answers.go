// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// deflateAnswers is 17: what a client makes of answers to its offers.
func deflateAnswers() []conform.Case { return append(goodAnswers(), badAnswers()...) }

// goodAnswers is 17.1: answers that its offers permit, which a client may take, and what
// it has to keep to then.
//
// "A server MAY include" server_no_context_takeover, client_no_context_takeover and
// server_max_window_bits where the offer does not have them (RFC 7692, 7.1.1.1, 7.1.1.2
// and 7.1.2.1). A client that "does not support the configuration that the response
// represents" fails the connection (7), so that it is FAILED only where the client has
// offered all that the answer says.
func goodAnswers() []conform.Case {
	const (
		takeover = "RFC 7692, 7.1.1"
		windows  = "RFC 7692, 7.1.2"
	)
	hello := deflate.Blocks().Fixed().Literals("Hello").End().Message()
	plain := steps(live, send(compressedText(hello)))
	opens := comesBack(echo("Hello"))
	far := func(octets, period int) func(*peer.Peer) {
		return exchangeCompressed(periodic(octets, period), periodic(octets, period), periodic(octets, period))
	}
	cs := []conform.Case{
		{
			ID: "17.1.1", Title: "Answer permessage-deflate with no parameter that the offer does not demand", Spec: "RFC 7692, 5", Requirements: []string{"7692-5-6", "7692-7.2.2-1"},
			Open: peer.Opening{Accept: answeringLeast}, Play: plain, Want: opens,
		}, {
			ID: "17.1.2", Title: "Answer with server_no_context_takeover", Spec: takeover, Requirements: []string{"7692-7.1.1.1-3"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ServerNoContextTakeover: true})}, Play: plain, Want: orDeclines(verdict.NonStrict, opens),
		}, {
			ID: "17.1.3", Title: "Answer with client_no_context_takeover, then the same text three times", Spec: takeover, Requirements: []string{"7692-7.1.1.2-2", "7692-7.1.1.2-3", "7692-7.2.1-7"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ClientNoContextTakeover: true})}, Play: far(1<<10, 1<<10), Want: orDeclines(verdict.NonStrict, returns()),
		}, {
			ID: "17.1.4", Title: "Answer with server_max_window_bits=10", Spec: windows, Requirements: []string{"7692-7.1.2.1-3"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ServerMaxWindowBits: 10})}, Play: plain, Want: orDeclines(verdict.NonStrict, opens),
		}, {
			ID: "17.1.5", Title: "Answer with server_max_window_bits=8", Spec: windows, Requirements: []string{"7692-7.1.2.1-3", "7692-7-8"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ServerMaxWindowBits: 8})}, Play: plain, Want: orDeclines(verdict.NonStrict, opens),
		}, {
			ID: "17.1.6", Title: "Answer with client_max_window_bits=10, then text that repeats after 1500 octets", Spec: windows, Requirements: []string{"7692-7.2.1-9"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ClientMaxWindowBits: 10})}, Play: far(4<<10, 1500), Want: returns(),
		}, {
			// zlib cannot compress with a window of 8 bits, and there are clients that say so.
			// One of 9 would reach as far back as the text repeats.
			ID: "17.1.7", Title: "Answer with client_max_window_bits=8, then text that repeats after 400 octets", Spec: windows, Requirements: []string{"7692-7.2.1-9", "7692-7-8"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ClientMaxWindowBits: 8})}, Play: far(2<<10, 400), Want: orDeclines(verdict.OK, returns()),
		}, {
			ID: "17.1.8", Title: "Answer with client_max_window_bits=15, or the window that the client offers", Spec: windows, Requirements: []string{"7692-7.1-2", "7692-5-6"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ClientMaxWindowBits: 15})}, Play: plain, Want: opens,
		}, {
			ID: "17.1.9", Title: "Answer with all four parameters, then text that repeats after 2500 octets", Spec: "RFC 7692, 7.1", Requirements: []string{"7692-5-6", "7692-7.2.1-7", "7692-7.2.1-9"},
			Open: peer.Opening{Accept: answering(deflate.Answer{ServerNoContextTakeover: true, ClientNoContextTakeover: true, ServerMaxWindowBits: 12, ClientMaxWindowBits: 11})},
			Play: far(6<<10, 2500), Want: orDeclines(verdict.NonStrict, returns()),
		},
	}
	return answersWritten(cs, plain, opens)
}

// answersWritten adds 17.1.10 to 17.1.12: how answers are written. "When using the
// quoted-string syntax variant, the value after quoted-string unescaping MUST conform to
// the token ABNF", and blanks may stand around separators (RFC 6455, 9.1).
func answersWritten(cs []conform.Case, plain func(*peer.Peer), opens verdict.Want) []conform.Case {
	window := answering(deflate.Answer{ServerMaxWindowBits: 10})
	const strange = "The client does not take parameters that are written like that, which RFC 6455, 9.1 allows."
	cs = append(cs, conform.Case{
		ID: "17.1.10", Title: "Answer with a quoted value of server_max_window_bits", Spec: "RFC 6455, 9.1", Requirements: []string{"6455-9.1-2"},
		Open: peer.Opening{Accept: window, Edits: []peer.Edit{rewritten(quotedValues)}}, Play: plain, Want: orClientFails(verdict.NonStrict, strange, opens),
	}, conform.Case{
		ID: "17.1.11", Title: "Answer with blanks around semicolons and equals signs", Spec: "RFC 6455, 9.1", Requirements: []string{"6455-9.1-7"},
		Open: peer.Opening{Accept: window, Edits: []peer.Edit{rewritten(withBlanks)}}, Play: plain, Want: orClientFails(verdict.NonStrict, strange, opens),
	}, conform.Case{
		ID: "17.1.12", Title: "Answer with the parameters of the offer, those of the client first", Spec: "RFC 6455, 9.1", Requirements: []string{"7692-5-6", "7692-7.2.1-7"},
		Open: peer.Opening{Accept: answeringOffered, Edits: []peer.Edit{severalParameters, rewritten(backwards)}},
		Play: exchangeCompressed(periodic(1<<10, 1<<10), periodic(1<<10, 1<<10)), Want: returns(),
	})
	for i := range cs {
		c := &cs[i]
		c.Only, c.Want, c.Play = conform.AsServer, needsDeflate(c.Want), whereAgreed(c.Play)
	}
	return inTheirTime(cs)
}

func quotedValues(x ws.Extension) string {
	for i := range x.Params {
		x.Params[i].Quoted = x.Params[i].HasValue
	}
	return x.String()
}

func withBlanks(x ws.Extension) string {
	return strings.NewReplacer(";", " ;", "=", " = ").Replace(x.String())
}

func backwards(x ws.Extension) string {
	slices.Reverse(x.Params)
	return x.String()
}

// severalParameters says why a client cannot be given parameters in another order.
func severalParameters(h *peer.Head) {
	offers := deflateOffers(h)
	if _, ok := answeringOffered(offers); !ok && len(offers) > 0 {
		h.NotJudged = "the client offers fewer than two parameters, whose order could be another"
	}
}

// badAnswers is 17.2: answers that a client must fail the connection for. Each comes
// behind one without the flaw, on a connection of its own.
//
// "A client MUST _Fail the WebSocket Connection_ if the peer server accepted an
// extension negotiation offer for this extension with an extension negotiation response"
// that has a parameter that is not defined, one with an invalid value, or one twice
// (RFC 7692, 7), or that is invalid for the offer (5).
func badAnswers() []conform.Case {
	const (
		unknown = "7692-7-5"
		value   = "7692-7-6"
		flag    = "7692-7.1-1"
		window  = "7692-7.1-2"
	)
	rows := []struct {
		id, params, title string
		requirements      []string
	}{
		{"17.2.1", "foo", "an unknown parameter", []string{unknown, "7692-5-6"}},
		{"17.2.2", "client_max_window_bits=15", "client_max_window_bits=15, which was not offered", []string{"7692-5-6"}},
		{"17.2.3", "client_max_window_bits", "client_max_window_bits without a value", []string{value}},
		{"17.2.4", "client_max_window_bits=7", "client_max_window_bits=7", []string{value, window}},
		{"17.2.5", "client_max_window_bits=16", "client_max_window_bits=16", []string{value, window}},
		{"17.2.6", "client_max_window_bits=09", "client_max_window_bits=09", []string{value, window}},
		{"17.2.7", "server_max_window_bits", "server_max_window_bits without a value", []string{value}},
		{"17.2.8", "server_max_window_bits=7", "server_max_window_bits=7", []string{value, window}},
		{"17.2.9", "server_max_window_bits=16", "server_max_window_bits=16", []string{value, window}},
		{"17.2.10", "server_max_window_bits=010", "server_max_window_bits=010", []string{value, window}},
		{"17.2.11", "server_no_context_takeover=1", "server_no_context_takeover=1", []string{value, flag}},
		{"17.2.12", "client_no_context_takeover=x", "client_no_context_takeover=x", []string{value, flag}},
	}
	var cs []conform.Case
	for _, r := range rows {
		name, _, _ := strings.Cut(r.params, "=")
		open := flawed("; "+r.params, name)
		if r.id == "17.2.2" {
			open.Edits = append([]peer.Edit{windowUnoffered}, open.Edits...)
		}
		cs = append(cs, conform.Case{
			ID: r.id, Title: "Answer with " + r.title, Requirements: r.requirements, Turns: []conform.Turn{{Name: "this answer", Open: open}},
		})
	}
	return append(behindValid(append(cs, repeatedAnswers()...)), unfitAnswers()...)
}

// repeatedAnswers is 17.2.13 and 17.2.14.
func repeatedAnswers() []conform.Case {
	params := []string{"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits=10", "client_max_window_bits=10"}
	return []conform.Case{
		{
			ID: "17.2.13", Title: "Answer with each parameter twice", Requirements: []string{"7692-7-7"},
			Turns: each(params, func(p string) conform.Turn {
				name, _, _ := strings.Cut(p, "=")
				return conform.Turn{Name: p + " twice", Open: flawed("; "+p+"; "+p, name)}
			}),
		}, {
			ID: "17.2.14", Title: "Answer with permessage-deflate twice", Spec: "RFC 7692, 5", Requirements: []string{"7692-5-8", "7692-5-6"},
			Turns: []conform.Turn{{Name: "this answer", Open: flawed(", permessage-deflate")}},
		},
	}
}

// behindValid completes cases on flawed answers: first comes a valid one. Of a client
// that does not take even that nothing can be said.
func behindValid(cs []conform.Case) []conform.Case {
	valid := orClientFails(verdict.Informational, "The client fails the connection for the answer without the flaw, too.", needsDeflate(opens()))
	for i := range cs {
		c := &cs[i]
		c.Only, c.Want = conform.AsServer, clientFails()
		if c.Spec == "" {
			c.Spec = "RFC 7692, 7"
		}
		for j := range c.Turns {
			c.Turns[j].Play = knock
		}
		c.Turns = append([]conform.Turn{{Name: "a valid answer", Open: peer.Opening{Accept: answering(deflate.Answer{})}, Play: greet, Want: &valid}}, c.Turns...)
	}
	return inTheirTime(cs)
}

// windowUnoffered says why a client cannot be given a window that it did not offer.
func windowUnoffered(h *peer.Head) {
	if slices.ContainsFunc(deflateOffers(h), func(o deflate.Offer) bool { return o.ClientMaxWindowBits != 0 }) {
		h.NotJudged = "the client offers client_max_window_bits"
	}
}
