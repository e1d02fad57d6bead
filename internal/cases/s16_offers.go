// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"math/rand/v2"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// offers is 16.1: offers of permessage-deflate that a server may accept, and what it has
// to answer then. It may decline each of them, so that nothing of that fails it.
//
// "A server accepts an extension negotiation offer with this parameter by including" it
// in the answer (RFC 7692, 7.1.1.1 and 7.1.2.1). The answer is held against the offers on
// every connection.
func offers() []conform.Case {
	const (
		takeover = "RFC 7692, 7.1.1.1"
		windows  = "RFC 7692, 7.1.2.1"
		hint     = "RFC 7692, 7.1.2.2"
	)
	answers := []string{"7692-5-4", "7692-7.1-2"}
	cs := []conform.Case{
		{
			ID: "16.1.1", Title: "Offer permessage-deflate without parameters", Spec: hint, Requirements: []string{"7692-7.1.2.2-2", "7692-5-4", "6455-9.1-4"},
			Open: offered("permessage-deflate"),
		}, {
			ID: "16.1.2", Title: "Offer client_max_window_bits without a value", Spec: hint, Requirements: append(answers, "7692-7.1.2.2-1", "7692-7.1.2.2-3"),
			Open: offered("permessage-deflate; client_max_window_bits"),
		}, {
			ID: "16.1.3", Title: "Offer client_max_window_bits=10", Spec: hint, Requirements: []string{"7692-7.1.2.2-1", "7692-7.1.2.2-3"},
			Open: offered("permessage-deflate; client_max_window_bits=10"),
		}, {
			ID: "16.1.4", Title: "Offer server_max_window_bits=10", Spec: windows, Requirements: []string{"7692-7.1.2.1-2"},
			Open: offered("permessage-deflate; server_max_window_bits=10"),
		}, {
			ID: "16.1.5", Title: "Offer server_no_context_takeover", Spec: takeover, Requirements: []string{"7692-7.1.1.1-2", "7692-7.1.1.1-4"},
			Open: offered("permessage-deflate; server_no_context_takeover"),
		}, {
			ID: "16.1.6", Title: "Offer client_no_context_takeover", Spec: "RFC 7692, 7.1.1.2", Requirements: []string{"7692-7.1.1.2-1", "7692-5-4"},
			Open: offered("permessage-deflate; client_no_context_takeover"),
		}, {
			ID: "16.1.7", Title: "Offer all four parameters", Spec: windows, Requirements: []string{"7692-7.1.1.1-2", "7692-7.1.2.1-2", "7692-7.1.2.2-3"},
			Open: offered("permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=11"),
		}, {
			// Left out, a window of 15 bits is what holds all the same: NON-STRICT.
			ID: "16.1.8", Title: "Offer server_max_window_bits=15", Spec: windows, Requirements: []string{"7692-7.1.2.1-2"},
			Open: offered("permessage-deflate; server_max_window_bits=15"),
		}, {
			// The text repeats every 400 octets, which is further back than the window goes, and not
			// further than one of 9 bits.
			ID: "16.1.9", Title: "Offer server_max_window_bits=8, then text of 2 KiB", Spec: windows, Requirements: []string{"7692-7.1.2.1-2", "7692-7-4", "7692-7.2.1-10"},
			Open: offered("permessage-deflate; server_max_window_bits=8"),
			Play: whereAgreed(message(periodic(2<<10, 400))), Want: ladder(begins(verdict.OK, echo(periodic(2<<10, 400)))),
		}, {
			ID: "16.1.10", Title: "Offer client_max_window_bits=8", Spec: hint, Requirements: []string{"7692-7.1.2.2-1", "7692-7.1.2.2-3"},
			Open: offered("permessage-deflate; client_max_window_bits=8"),
		},
	}
	cs = append(cs, severalOffers()...)
	for i := range cs {
		c := &cs[i]
		if c.Want.Outcomes == nil {
			c.Want = opens()
		}
		if c.ID != "16.1.17" {
			c.Want = needsDeflate(c.Want)
		}
	}
	return asked(cs)
}

// severalOffers is 16.1.11 to 16.1.18: offers next to one another, and how they are written.
func severalOffers() []conform.Case {
	const choice = "RFC 7692, 5"
	return []conform.Case{
		{
			ID: "16.1.11", Title: "Offer permessage-deflate twice, first with server_max_window_bits=10", Spec: choice, Requirements: []string{"7692-5-2", "7692-5-4"},
			Open: offered("permessage-deflate; server_max_window_bits=10, permessage-deflate"),
		}, {
			ID: "16.1.12", Title: "Offer permessage-deflate twice, in one line and in two", Spec: "RFC 6455, 11.3.2", Requirements: []string{"7692-5-2", "6455-11.3.2-1"},
			Turns: []conform.Turn{
				{Name: "one line", Open: offered("permessage-deflate; server_max_window_bits=10, permessage-deflate")},
				{Name: "two lines", Open: offered("permessage-deflate; server_max_window_bits=10", "permessage-deflate")},
			}, Alike: true,
		}, {
			ID: "16.1.13", Title: "Offer with an unknown parameter first, then without", Spec: choice, Requirements: []string{"7692-5-2", "7692-7-1"},
			Open: offered("permessage-deflate; x-bad=1, permessage-deflate"), Want: orRefusesByClient(opens()),
		},
		preference(),
		{
			// "Note that when using quoted-string, the value is the same" (RFC 6455, 9.1).
			ID: "16.1.15", Title: "Offer server_max_window_bits with a quoted value", Spec: "RFC 6455, 9.1", Requirements: []string{"6455-9.1-2", "7692-7.1.2.1-2"},
			Open: offered(`permessage-deflate; server_max_window_bits="10"`),
		}, {
			ID: "16.1.16", Title: "Offer permessage-deflate and others that use RSV1", Spec: choice, Requirements: []string{"7692-5-7"},
			Open: speakingNot(offered("permessage-deflate, x-webkit-deflate-frame, permessage-bzip2"), "x-webkit-deflate-frame", "permessage-bzip2"),
			Want: or(opens(), choseOther()),
		}, {
			// No sentence says whether names of extensions are compared without case.
			ID: "16.1.17", Title: "Offer PERMESSAGE-DEFLATE in capital letters", Spec: "RFC 6455, 9.1", Requirements: []string{"7692-5-4"},
			Open: speakingNot(offered("PERMESSAGE-DEFLATE"), "PERMESSAGE-DEFLATE", "permessage-deflate"),
			Want: ladder(
				why("The name in capital letters was not taken for that of the extension.", begins(verdict.Informational, echo("x"))),
				why("The name in capital letters was taken for that of the extension.", begins(verdict.Informational, answered(101)))),
		}, {
			ID: "16.1.18", Title: "Offer with unknown parameters ten times, then without", Spec: choice, Requirements: []string{"7692-5-2", "7692-7-1"},
			Open: offered(strings.Repeat("permessage-deflate; x-bad, ", 10) + "permessage-deflate"), Want: orRefusesByClient(opens()),
		},
	}
}

const refusedForOffer = "The handshake was refused for an offer that could be declined (RFC 7692, 5 and 7.1)."

// preference leaves the server a choice. That the order is one of preference says RFC
// 6455, 9.1; that a server has to follow it says nobody.
func preference() conform.Case {
	const second = "the second"
	return conform.Case{
		ID: "16.1.14", Title: "Offer permessage-deflate twice, first with server_no_context_takeover", Spec: "RFC 7692, 5", Requirements: []string{"7692-5-2", "7692-5-3", "6455-9.1-6"},
		Open: offered("permessage-deflate; server_no_context_takeover, permessage-deflate"),
		Play: func(p *peer.Peer) {
			said := "x"
			if !strings.Contains(p.Log().Extension, "server_no_context_takeover") {
				said = second
			}
			p.Send(text(said))
		},
		Want: or(opens(), why("Of two offers the second was accepted, which the client likes less.", begins(verdict.Informational, echo(second)))),
	}
}

// choseOther is that the server took an extension that we do not speak.
func choseOther() verdict.Outcome {
	return why("The server chose an extension that wsspec does not speak.", begins(verdict.Informational, answered(101)))
}

// offered is a request with these values of Sec-WebSocket-Extensions, a line for each.
func offered(values ...string) peer.Opening { return edits(offering(values...)) }

// speakingNot names extensions that are offered and that we do not speak.
func speakingNot(o peer.Opening, names ...string) peer.Opening { o.Unspoken = names; return o }

// periodic is text that repeats after so many octets and not before.
func periodic(octets, period int) string {
	random := rand.New(rand.NewPCG(uint64(period), 16))
	unit := make([]byte, period)
	for i := range unit {
		unit[i] = "abcdefghijklmnopqrstuvwxyz "[random.IntN(27)]
	}
	return strings.Repeat(string(unit), octets/period+1)[:octets]
}

// badOffers is 16.2: offers that a server must decline. Each comes behind one that it
// may accept, on a connection of its own: of a server that accepts none nothing is
// judged.
//
// "A server MUST decline an extension negotiation offer for this extension if" it has a
// parameter that is not defined, one with an invalid value, or one twice (RFC 7692, 7).
func badOffers() []conform.Case {
	const (
		unknown = "7692-7-1"
		value   = "7692-7-2"
		twice   = "7692-7-3"
		flag    = "7692-7.1-1"
		window  = "7692-7.1-2"
	)
	rows := []struct {
		id, params, title string
		requirements      []string
	}{
		{"16.2.1", "foo", "an unknown parameter", []string{unknown, "7692-5-5"}},
		{"16.2.2", "foo=1", "an unknown parameter that has a value", []string{unknown}},
		{"16.2.3", "server_max_window_bits", "server_max_window_bits without a value", []string{value}},
		{"16.2.4", "server_max_window_bits=7", "server_max_window_bits=7", []string{value, window}},
		{"16.2.5", "server_max_window_bits=16", "server_max_window_bits=16", []string{value, window}},
		{"16.2.6", "server_max_window_bits=0", "server_max_window_bits=0", []string{value, window}},
		{"16.2.7", "server_max_window_bits=010", "server_max_window_bits=010", []string{value, window}},
		{"16.2.8", "server_max_window_bits=abc", "server_max_window_bits=abc", []string{value, window}},
		{"16.2.9", "server_max_window_bits=+10", "server_max_window_bits=+10", []string{value, window}},
		{"16.2.10", "server_max_window_bits=-10", "server_max_window_bits=-10", []string{value, window}},
		{"16.2.11", "server_max_window_bits=10.0", "server_max_window_bits=10.0", []string{value, window}},
		{"16.2.12", "server_max_window_bits=4294967306", "server_max_window_bits=2^32+10", []string{value, window}},
		{"16.2.13", "client_max_window_bits=7", "client_max_window_bits=7", []string{value, window}},
		{"16.2.14", "client_max_window_bits=16", "client_max_window_bits=16", []string{value, window}},
		{"16.2.15", "client_max_window_bits=08", "client_max_window_bits=08", []string{value, window}},
		{"16.2.16", "client_max_window_bits=x", "client_max_window_bits=x", []string{value, window}},
		{"16.2.17", "server_no_context_takeover=1", "server_no_context_takeover=1", []string{value, flag}},
		{"16.2.18", "client_no_context_takeover=true", "client_no_context_takeover=true", []string{value, flag}},
		{"16.2.19", "server_max_window_bits=10; server_max_window_bits=11", "server_max_window_bits twice", []string{twice}},
		{"16.2.20", "server_max_window_bits=10; server_max_window_bits=10", "server_max_window_bits twice, with one value", []string{twice}},
		{"16.2.21", "server_no_context_takeover; server_no_context_takeover", "server_no_context_takeover twice", []string{twice}},
		{"16.2.22", "client_max_window_bits; client_max_window_bits=10", "client_max_window_bits twice", []string{twice}},
		{"16.2.23", "client_no_context_takeover; client_no_context_takeover", "client_no_context_takeover twice", []string{twice}},
	}
	var cs []conform.Case
	may, must := needsDeflate(opens()), orRefusesByClient(opens())
	for _, r := range rows {
		cs = append(cs, conform.Case{
			ID: r.id, Title: "Offer permessage-deflate with " + r.title, Spec: "RFC 7692, 7", Requirements: r.requirements, Want: must,
			Turns: []conform.Turn{
				{Name: "a valid offer", Open: offered("permessage-deflate; client_max_window_bits"), Want: &may},
				{Name: "this offer", Open: offered("permessage-deflate; " + r.params), Want: &must},
			},
		})
	}
	return asked(cs)
}

// orRefusesByClient takes it too, NON-STRICT, that the server puts the offer down to the
// client and refuses the handshake. A status from 500 on, which says that the server
// itself has failed, is no way to decline.
func orRefusesByClient(w verdict.Want) verdict.Want {
	return or(w, why(refusedForOffer, begins(verdict.NonStrict, answered(4))))
}
