// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults of clients that read what a server agreed to (RFC 7692, 5 and 7.1).
const (
	acceptsBadAnswers       = "accepts-invalid-answers"
	acceptsUnknownAnswered  = "accepts-unknown-parameters-of-answers"
	acceptsRepeatedAnswered = "accepts-repeated-parameters-of-answers"
	acceptsNoValueAnswered  = "accepts-windows-without-value-in-answers"
	acceptsSmallAnswered    = "accepts-windows-of-7-bits-in-answers"
	acceptsLargeAnswered    = "accepts-windows-of-16-bits-in-answers"
	acceptsZerosAnswered    = "accepts-leading-zeros-in-answers"
	acceptsValuesAnswered   = "accepts-values-of-flags-in-answers"
	acceptsTwiceAnswered    = "accepts-deflate-twice-in-answers"
	acceptsUnfitAnswers     = "accepts-answers-that-do-not-fit"
	acceptsWindowUnoffered  = "accepts-client-window-not-offered"
	wantsHintAnswered       = "wants-client-no-context-takeover-in-answers"
	refusesServerTakeover   = "refuses-server-no-context-takeover-unasked"
	refusesServerWindow     = "refuses-server-max-window-bits-unasked"
	refusesClientTakeover   = "refuses-client-no-context-takeover"
	refusesWindow8          = "refuses-windows-of-8-bits"
	refusesWindow15         = "refuses-client-windows-of-15-bits"
	refusesQuotedAnswered   = "refuses-quoted-values-in-answers"
	refusesBlanksAnswered   = "refuses-blanks-in-extensions-of-answers"
	wantsOrder              = "wants-parameters-of-answers-in-order"
	readsThreeParams        = "reads-three-parameters-of-answers"
)

func agreeingFaults() []Fault {
	return []Fault{
		{Name: acceptsBadAnswers, Title: "Ignores invalid parameters in the answer", Roles: AsClient},
		{Name: acceptsUnfitAnswers, Title: "Accepts answers that do not fit the offer", Roles: AsClient},
		{Name: acceptsUnknownAnswered, Title: "Ignores parameters of the answer that do not exist", Roles: AsClient},
		{Name: acceptsRepeatedAnswered, Title: "Takes the first of parameters that the answer repeats", Roles: AsClient},
		{Name: acceptsNoValueAnswered, Title: "Takes windows without a value in the answer for 15 bits", Roles: AsClient},
		{Name: acceptsSmallAnswered, Title: "Takes windows of 7 bits in the answer for 8", Roles: AsClient},
		{Name: acceptsLargeAnswered, Title: "Takes windows of 16 bits in the answer for 15", Roles: AsClient},
		{Name: acceptsZerosAnswered, Title: "Ignores leading zeros of windows in the answer", Roles: AsClient},
		{Name: acceptsValuesAnswered, Title: "Ignores values of parameters of the answer that have none", Roles: AsClient},
		{Name: acceptsTwiceAnswered, Title: "Takes the first permessage-deflate of an answer that has two", Roles: AsClient},
		{Name: acceptsWindowUnoffered, Title: "Does not offer client_max_window_bits, and accepts it in the answer", Roles: AsClient},
		{Name: wantsHintAnswered, Title: "Fails where the answer leaves out the client_no_context_takeover that it offers", Roles: AsClient},
		{Name: refusesServerTakeover, Title: "Fails on server_no_context_takeover in the answer where it did not offer it", Roles: AsClient},
		{Name: refusesServerWindow, Title: "Fails on server_max_window_bits in the answer where it did not offer it", Roles: AsClient},
		{Name: refusesClientTakeover, Title: "Does not offer client_no_context_takeover, and fails on it in the answer", Roles: AsClient},
		{Name: refusesWindow8, Title: "Fails on windows of 8 bits in the answer", Roles: AsClient},
		{Name: refusesWindow15, Title: "Fails on client_max_window_bits=15 in the answer", Roles: AsClient},
		{Name: refusesQuotedAnswered, Title: "Fails on quoted values in the answer", Roles: AsClient},
		{Name: refusesBlanksAnswered, Title: "Fails on blanks before semicolons and around equals signs in the answer", Roles: AsClient},
		{Name: wantsOrder, Title: "Fails where the parameters of the answer are not in the order of RFC 7692", Roles: AsClient},
		{Name: readsThreeParams, Title: "Ignores all parameters of the answer behind the third", Roles: AsClient},
	}
}

// wrongOffered is what a client with faults offers.
func (c *Conn) wrongOffered() ([]deflate.Offer, bool) {
	switch {
	case c.has(declinesDeflate):
		return nil, true
	case c.has(acceptsWindowUnoffered):
		return []deflate.Offer{{}}, true
	case c.has(refusesClientTakeover):
		return []deflate.Offer{{ClientMaxWindowBits: deflate.AnyWindow}}, true
	}
	return nil, false
}

// wrongAgreement returns the extensions that a client with faults sees in an answer.
func (c *Conn) wrongAgreement(xs []ws.Extension) []ws.Extension {
	switch {
	case c.has(ignoresExtensions):
		return slices.DeleteFunc(xs, func(x ws.Extension) bool { return x.Name != deflate.Name })
	case c.has(acceptsTwiceAnswered):
		return xs[:min(len(xs), 1)]
	}
	for i := range xs {
		_, err := deflate.ParseAnswer(xs[i])
		switch {
		case c.has(acceptsBadAnswers) && err != nil:
			xs[i].Params = nil
		case c.has(readsThreeParams):
			xs[i].Params = xs[i].Params[:min(len(xs[i].Params), 3)]
		default:
			xs[i].Params = c.misreadAnswered(c.misreadParams(xs[i].Params))
		}
	}
	return xs
}

// misreadAnswered returns what a client with faults takes the values of parameters for.
func (c *Conn) misreadAnswered(params []ws.Param) []ws.Param {
	for i := range params {
		p := &params[i]
		if strings.HasSuffix(p.Name, "_no_context_takeover") {
			p.HasValue = p.HasValue && !c.has(acceptsValuesAnswered)
			continue
		}
		switch {
		case !p.HasValue && c.has(acceptsNoValueAnswered), p.Value == "16" && c.has(acceptsLargeAnswered):
			p.Value, p.HasValue = "15", true
		case p.Value == "7" && c.has(acceptsSmallAnswered):
			p.Value = "8"
		case c.has(acceptsZerosAnswered):
			p.Value = strings.TrimLeft(p.Value, "0")
		}
	}
	return params
}

var errNotTaken = errors.New("answer is not to the taste of the client")

// refusesWriting returns an error where a client with faults does not take the way
// that an answer is written in.
func (c *Conn) refusesWriting(written string, xs []ws.Extension) error {
	blanks := regexp.MustCompile(`[ \t][;=]|=[ \t]`)
	refused := c.has(refusesBlanksAnswered) && blanks.MatchString(written)
	order := []string{"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"}
	for _, x := range xs {
		last := -1
		for _, p := range x.Params {
			at := slices.Index(order, p.Name)
			refused = refused || p.Quoted && c.has(refusesQuotedAnswered) || at < last && c.has(wantsOrder)
			last = at
		}
	}
	if refused {
		return errNotTaken
	}
	return nil
}

// refusesAgreed returns an error where a client with faults does not take what an
// answer that fits its offers says.
func (c *Conn) refusesAgreed(a deflate.Answer, offers []deflate.Offer) error {
	if len(offers) == 0 {
		return nil // and it has taken the answer all the same
	}
	o := offers[0]
	const small, large = deflate.MinWindowBits, deflate.MaxWindowBits
	switch {
	case c.has(wantsHintAnswered) && o.ClientNoContextTakeover && !a.ClientNoContextTakeover,
		c.has(refusesServerTakeover) && !o.ServerNoContextTakeover && a.ServerNoContextTakeover,
		c.has(refusesServerWindow) && o.ServerMaxWindowBits == 0 && a.ServerMaxWindowBits != 0,
		c.has(refusesClientTakeover) && a.ClientNoContextTakeover,
		c.has(refusesWindow8) && (a.ServerMaxWindowBits == small || a.ClientMaxWindowBits == small),
		c.has(refusesWindow15) && a.ClientMaxWindowBits == large:
		return errNotTaken
	}
	return nil
}
