// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in negotiating permessage-deflate (RFC 7692, 5 and 7.1).
const (
	declinesDeflate         = "declines-deflate"
	deflateUnasked          = "answers-deflate-not-offered"
	forgetsServerParams     = "forgets-server-parameters"
	forgetsServerTakeover   = "forgets-server-no-context-takeover"
	forgetsServerWindow     = "forgets-server-max-window-bits"
	answersUnofferedParam   = "answers-parameter-not-offered"
	answersUnknownParam     = "answers-unknown-parameter"
	answersWindowAlone      = "answers-client-window-without-value"
	answersTooLargeWindow   = "answers-window-above-offer"
	answersTwice            = "answers-deflate-twice"
	acceptsBadOffers        = "accepts-invalid-offers"
	acceptsUnknownOffered   = "accepts-unknown-parameters-of-offers"
	acceptsRepeatedOffered  = "accepts-repeated-parameters-of-offers"
	acceptsLeadingZeros     = "accepts-leading-zeros-of-offers"
	readsQuotedAs15         = "reads-quoted-windows-of-offers-as-15"
	refusesBadOffers        = "refuses-handshake-for-invalid-offer"
	answers500ToBadOffers   = "answers-500-to-invalid-offer"
	onlyFirstOffer          = "considers-only-first-offer"
	addsServerTakeover      = "adds-server-no-context-takeover"
	addsServerWindow        = "adds-server-max-window-bits"
	offersServerWindowAlone = "offers-server-window-without-value"
)

func negotiationFaults() []Fault {
	return []Fault{
		{Name: declinesDeflate, Title: "Neither offers nor accepts permessage-deflate", Roles: InBoth, Legal: true},
		{Name: deflateUnasked, Title: "Answers with permessage-deflate, offered or not", Roles: AsServer},
		{Name: forgetsServerParams, Title: "Accepts offers with server parameters but does not answer them", Roles: AsServer},
		{Name: forgetsServerTakeover, Title: "Accepts offers with server_no_context_takeover but does not answer it", Roles: AsServer},
		{Name: forgetsServerWindow, Title: "Accepts offers with server_max_window_bits but does not answer it", Roles: AsServer},
		{Name: answersUnofferedParam, Title: "Answers with client_max_window_bits where it was not offered", Roles: AsServer},
		{Name: answersUnknownParam, Title: "Answers with a parameter that does not exist", Roles: AsServer},
		{Name: answersWindowAlone, Title: "Answers with client_max_window_bits without a value", Roles: AsServer},
		{Name: answersTooLargeWindow, Title: "Answers with windows of 15 bits where less was offered", Roles: AsServer},
		{Name: answersTwice, Title: "Answers with permessage-deflate twice", Roles: AsServer},
		{Name: acceptsBadOffers, Title: "Accepts offers with invalid parameters", Roles: AsServer},
		{Name: acceptsUnknownOffered, Title: "Ignores parameters of offers that do not exist", Roles: AsServer},
		{Name: acceptsRepeatedOffered, Title: "Takes the first of parameters that an offer repeats", Roles: AsServer},
		{Name: acceptsLeadingZeros, Title: "Ignores leading zeros of windows in offers", Roles: AsServer},
		{Name: readsQuotedAs15, Title: "Takes quoted windows in offers for 15 bits", Roles: AsServer},
		{Name: refusesBadOffers, Title: "Refuses the handshake for an invalid offer", Roles: AsServer},
		{Name: answers500ToBadOffers, Title: "Answers 500 to an invalid offer", Roles: AsServer},
		{Name: onlyFirstOffer, Title: "Looks at the first offer only", Roles: AsServer, Legal: true},
		{Name: addsServerTakeover, Title: "Answers with server_no_context_takeover, asked for or not", Roles: AsServer, Legal: true},
		{Name: addsServerWindow, Title: "Answers with server_max_window_bits=10, or less where less was asked for", Roles: AsServer, Legal: true},
		{Name: offersServerWindowAlone, Title: "Offers server_max_window_bits without a value", Roles: AsClient},
	}
}

// wrongOffers returns the offers that a server with faults considers.
func (c *Conn) wrongOffers(offers []deflate.Offer, invalid error) ([]deflate.Offer, *refusal) {
	switch {
	case c.has(declinesDeflate):
		return nil, nil
	case c.has(refusesBadOffers) && invalid != nil:
		return nil, badRequest(invalid.Error())
	case c.has(answers500ToBadOffers) && invalid != nil:
		return nil, &refusal{500, "Internal Server Error", nil, invalid.Error()}
	case c.has(acceptsBadOffers) && invalid != nil, c.has(deflateUnasked):
		return append(offers, deflate.Offer{}), nil
	}
	return offers, nil
}

// misreadOffers returns what a server with faults takes the offered extensions for.
func (c *Conn) misreadOffers(xs []ws.Extension) []ws.Extension {
	var read []ws.Extension
	for _, x := range xs {
		if x.Name != deflate.Name {
			read = append(read, x)
			continue
		}
		read = append(read, ws.Extension{Name: x.Name, Params: c.misreadParams(x.Params)})
		if c.has(onlyFirstOffer) {
			break
		}
	}
	return read
}

// misreadParams returns what an endpoint with faults takes parameters of
// permessage-deflate for.
func (c *Conn) misreadParams(params []ws.Param) []ws.Param {
	var read []ws.Param
	for _, p := range params {
		window := strings.HasSuffix(p.Name, "_max_window_bits")
		known := window || strings.HasSuffix(p.Name, "_no_context_takeover")
		again := slices.ContainsFunc(read, func(q ws.Param) bool { return q.Name == p.Name })
		switch {
		case !known && (c.has(acceptsUnknownOffered) || c.has(acceptsUnknownAnswered)),
			again && (c.has(acceptsRepeatedOffered) || c.has(acceptsRepeatedAnswered)):
			continue
		case window && c.has(acceptsLeadingZeros):
			p.Value = strings.TrimLeft(p.Value, "0")
		case window && p.Quoted && c.has(readsQuotedAs15):
			p.Value = "15"
		}
		read = append(read, p)
	}
	return read
}

// bendAgreed returns what a server with faults, or one that makes use of all it
// may do, agrees to.
func (c *Conn) bendAgreed(agreed deflate.Answer) deflate.Answer {
	const window = 10
	switch {
	case c.has(addsServerTakeover):
		agreed.ServerNoContextTakeover = true
	case c.has(addsServerWindow) && (agreed.ServerMaxWindowBits == 0 || agreed.ServerMaxWindowBits > window):
		agreed.ServerMaxWindowBits = window
	}
	return agreed
}

// wrongExtensions returns what a server with faults says it agreed to.
func (c *Conn) wrongExtensions(agreed deflate.Answer, offers []deflate.Offer) string {
	switch {
	case c.has(forgetsServerParams):
		agreed.ServerNoContextTakeover, agreed.ServerMaxWindowBits = false, 0
	case c.has(forgetsServerTakeover):
		agreed.ServerNoContextTakeover = false
	case c.has(forgetsServerWindow):
		agreed.ServerMaxWindowBits = 0
	case c.has(answersUnofferedParam) && !slices.ContainsFunc(offers, offersClientWindow):
		agreed.ClientMaxWindowBits = 10
	case c.has(answersUnknownParam):
		return agreed.String() + "; x-unknown"
	case c.has(answersWindowAlone):
		return deflate.Offer{ClientMaxWindowBits: deflate.AnyWindow}.String()
	case c.has(answersTooLargeWindow):
		if agreed.ServerMaxWindowBits != 0 {
			agreed.ServerMaxWindowBits = deflate.MaxWindowBits
		}
		if slices.ContainsFunc(offers, offersClientWindow) {
			agreed.ClientMaxWindowBits = deflate.MaxWindowBits
		}
	case c.has(answersTwice):
		return agreed.String() + ", " + agreed.String()
	}
	return agreed.String()
}

func offersClientWindow(o deflate.Offer) bool { return o.ClientMaxWindowBits != 0 }
