// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Faults in negotiating permessage-deflate (RFC 7692, 5 and 7.1).
const (
	declinesDeflate         = "declines-deflate"
	deflateUnasked          = "answers-deflate-not-offered"
	forgetsServerParams     = "forgets-server-parameters"
	answersUnofferedParam   = "answers-parameter-not-offered"
	answersUnknownParam     = "answers-unknown-parameter"
	answersWindowAlone      = "answers-client-window-without-value"
	answersTooLargeWindow   = "answers-window-above-offer"
	answersTwice            = "answers-deflate-twice"
	acceptsBadOffers        = "accepts-invalid-offers"
	refusesBadOffers        = "refuses-handshake-for-invalid-offer"
	onlyFirstOffer          = "considers-only-first-offer"
	acceptsBadAnswers       = "accepts-invalid-answers"
	acceptsUnfitAnswers     = "accepts-answers-that-do-not-fit"
	offersServerWindowAlone = "offers-server-window-without-value"
)

// Faults in compressing and decompressing (RFC 7692, 6 and 7.2).
const (
	keepsContext              = "keeps-context-against-agreement"
	exceedsWindow             = "exceeds-agreed-window"
	leavesTail                = "leaves-tail-of-deflate"
	rsv1OnFragments           = "sets-rsv1-on-continuations"
	rsv1OnControl             = "compresses-control-frames"
	neverCompresses           = "never-compresses"
	deflatesWithoutRSV1       = "compresses-without-rsv1"
	rsv1Uncompressed          = "sets-rsv1-on-uncompressed-messages"
	sendsBomb                 = "answers-with-bomb"
	losesLastOfLarge          = "loses-last-octet-of-large-compressed"
	forgetsContext            = "inflates-without-context"
	inflatesSingly            = "inflates-each-fragment-alone"
	refusesStored             = "refuses-stored-blocks"
	refusesUncompressed       = "refuses-uncompressed-with-deflate"
	uncompressedResets        = "uncompressed-message-resets-context"
	finalBlockEnds            = "final-block-ends-inflating"
	deliversCorrupt           = "delivers-what-it-could-inflate"
	toleratesTail             = "accepts-unremoved-tail"
	skipsTextCheck            = "no-utf8-check-of-compressed-text"
	checksCompressed          = "checks-utf8-of-compressed-octets"
	inflatesAll               = "inflates-without-limit"
	acceptsRSV1OnContinuation = "accepts-rsv1-on-continuation"
	acceptsRSV1OnControl      = "accepts-rsv1-on-control"
	acceptsRSV2WithDeflate    = "accepts-rsv2-with-deflate"
	acceptsAnyWindow          = "inflates-beyond-agreed-window"
)

func negotiationFaults() []Fault {
	return []Fault{
		{Name: declinesDeflate, Title: "Neither offers nor accepts permessage-deflate", Roles: InBoth, Legal: true},
		{Name: deflateUnasked, Title: "Answers with permessage-deflate, offered or not", Roles: AsServer},
		{Name: forgetsServerParams, Title: "Accepts offers with server parameters but does not answer them", Roles: AsServer},
		{Name: answersUnofferedParam, Title: "Answers with client_max_window_bits where it was not offered", Roles: AsServer},
		{Name: answersUnknownParam, Title: "Answers with a parameter that does not exist", Roles: AsServer},
		{Name: answersWindowAlone, Title: "Answers with client_max_window_bits without a value", Roles: AsServer},
		{Name: answersTooLargeWindow, Title: "Answers with windows of 15 bits where less was offered", Roles: AsServer},
		{Name: answersTwice, Title: "Answers with permessage-deflate twice", Roles: AsServer},
		{Name: acceptsBadOffers, Title: "Accepts offers with invalid parameters", Roles: AsServer},
		{Name: refusesBadOffers, Title: "Refuses the handshake for an invalid offer", Roles: AsServer},
		{Name: onlyFirstOffer, Title: "Looks at the first offer only", Roles: AsServer, Legal: true},
		{Name: acceptsBadAnswers, Title: "Ignores invalid parameters in the answer", Roles: AsClient},
		{Name: acceptsUnfitAnswers, Title: "Accepts answers that do not fit the offer", Roles: AsClient},
		{Name: offersServerWindowAlone, Title: "Offers server_max_window_bits without a value", Roles: AsClient},
	}
}

func compressionFaults() []Fault {
	return []Fault{
		{Name: keepsContext, Title: "Keeps its context although no takeover was agreed", Roles: InBoth},
		{Name: exceedsWindow, Title: "Compresses with a window of 15 bits whatever was agreed", Roles: InBoth},
		{Name: leavesTail, Title: "Leaves 00 00 ff ff at the end of compressed messages", Roles: InBoth},
		{Name: rsv1OnFragments, Title: "Sends compressed messages in two fragments, both with RSV1", Roles: InBoth},
		{Name: rsv1OnControl, Title: "Compresses its control frames and sets RSV1", Roles: InBoth},
		{Name: neverCompresses, Title: "Sends uncompressed messages only", Roles: InBoth, Legal: true},
		{Name: deflatesWithoutRSV1, Title: "Compresses without setting RSV1", Roles: InBoth},
		{Name: rsv1Uncompressed, Title: "Sets RSV1 without compressing", Roles: InBoth},
		{Name: sendsBomb, Title: "Answers compressed messages with one that inflates to a gigabyte", Roles: InBoth},
		{Name: losesLastOfLarge, Title: "Loses the last octet of compressed messages of 64 KiB and more", Roles: InBoth},
		{Name: forgetsContext, Title: "Inflates each message without the context of the earlier ones", Roles: InBoth},
		{Name: inflatesSingly, Title: "Cannot inflate messages in several fragments", Roles: InBoth},
		{Name: refusesStored, Title: "Cannot inflate stored blocks", Roles: InBoth},
		{Name: refusesUncompressed, Title: "Fails on uncompressed messages where compression was agreed", Roles: InBoth},
		{Name: uncompressedResets, Title: "Forgets its context for inflating at an uncompressed message", Roles: InBoth},
		{Name: finalBlockEnds, Title: "Cannot inflate anything after a final block", Roles: InBoth},
		{Name: deliversCorrupt, Title: "Delivers what it could inflate of invalid data", Roles: InBoth},
		{Name: toleratesTail, Title: "Accepts messages from which 00 00 ff ff was not removed", Roles: InBoth},
		{Name: skipsTextCheck, Title: "Does not check that compressed text is UTF-8", Roles: InBoth},
		{Name: checksCompressed, Title: "Checks that the compressed octets of text are UTF-8", Roles: InBoth},
		{Name: inflatesAll, Title: "Inflates up to 1 GiB whatever its limit", Roles: InBoth},
		{Name: acceptsRSV1OnContinuation, Title: "Accepts RSV1 on continuations where compression was agreed", Roles: InBoth},
		{Name: acceptsRSV1OnControl, Title: "Accepts RSV1 on control frames where compression was agreed", Roles: InBoth},
		{Name: acceptsRSV2WithDeflate, Title: "Accepts RSV2 where compression was agreed", Roles: InBoth},
		{Name: acceptsAnyWindow, Title: "Inflates beyond the agreed window and into earlier messages", Roles: InBoth},
	}
}

// wrongOffers returns the offers that a server with faults considers.
func (c *Conn) wrongOffers(offers []deflate.Offer, invalid error) ([]deflate.Offer, *refusal) {
	switch {
	case c.has(declinesDeflate):
		return nil, nil
	case c.has(refusesBadOffers) && invalid != nil:
		return nil, badRequest(invalid.Error())
	case c.has(acceptsBadOffers) && invalid != nil, c.has(deflateUnasked):
		return append(offers, deflate.Offer{}), nil
	case c.has(onlyFirstOffer) && len(offers) > 1:
		return offers[:1], nil
	}
	return offers, nil
}

// wrongExtensions returns what a server with faults says it agreed to.
func (c *Conn) wrongExtensions(agreed deflate.Answer, offers []deflate.Offer) string {
	switch {
	case c.has(forgetsServerParams):
		agreed.ServerNoContextTakeover, agreed.ServerMaxWindowBits = false, 0
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

// wrongAgreement returns the extensions that a client with faults sees in an answer.
func (c *Conn) wrongAgreement(xs []ws.Extension) []ws.Extension {
	switch {
	case c.has(ignoresExtensions):
		xs = slices.DeleteFunc(xs, func(x ws.Extension) bool { return x.Name != deflate.Name })
	case c.has(acceptsBadAnswers):
		for i := range xs {
			if _, err := deflate.ParseAnswer(xs[i]); err != nil {
				xs[i].Params = nil
			}
		}
	}
	return xs
}

// bendParams changes how messages are compressed, and how that is checked, as
// an endpoint with faults does.
func (c *Conn) bendParams() {
	z := c.compression
	switch {
	case c.has(keepsContext):
		z.send.NoContextTakeover = false
	case c.has(exceedsWindow):
		z.send.WindowBits = deflate.MaxWindowBits
	case c.has(acceptsAnyWindow):
		z.receive = deflate.Params{}
	case c.has(forgetsContext):
		z.receive.NoContextTakeover = true
	}
}

// beforeInflate judges a compressed message as an endpoint with faults does.
func (c *Conn) beforeInflate() error {
	switch {
	case c.has(checksCompressed) && c.msg.opcode == ws.Text && !utf8.Valid(c.msg.payload()):
		return errNotUTF8()
	case c.has(finalBlockEnds) && c.compression.ended:
		return errors.New("stream has ended")
	}
	return nil
}

// afterInflate returns what an endpoint with faults makes of the outcome of
// inflating.
func (c *Conn) afterInflate(stats deflate.Stats, err error) error {
	c.compression.ended = stats.Final
	corrupt := err != nil && !errors.Is(err, deflate.ErrLimit)
	switch {
	case c.has(refusesStored) && stats.Stored > 1:
		return errors.New("stored block")
	case corrupt && c.has(deliversCorrupt), errors.Is(err, deflate.ErrTail) && c.has(toleratesTail):
		return nil
	}
	return err
}

// wrongDeflate changes a compressed message and its header as an endpoint with
// faults does.
func (c *Conn) wrongDeflate(h ws.Header, buf []byte) (ws.Header, []byte) {
	switch {
	case c.has(leavesTail):
		buf = append(buf, 0, 0, 0xff, 0xff)
	case c.has(deflatesWithoutRSV1):
		h.RSV = 0
	case c.has(rsv1Uncompressed):
		buf = c.msg.buf
	case c.has(sendsBomb):
		buf = append(make([]byte, ws.MaxHeaderLen), bomb()...)
	}
	return h, buf
}

// bomb returns a gigabyte of zeros, compressed.
func bomb() []byte {
	part := deflate.NewCompressor(deflate.Params{}).Compress(nil, make([]byte, 1<<20))
	bomb := bytes.Repeat(append(part, 0, 0, 0xff, 0xff), 1<<10)
	return bomb[:len(bomb)-4]
}
