// SPDX-License-Identifier: Apache-2.0

// Package cases is the catalogue: what the suite sends, what must come back, and
// which sentence of which RFC says so. It knows nothing of connections, nor of how cases
// are judged. Start at any file s….go: one per category, with one literal per case, in the
// words of vocabulary.go.
package cases

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// Edition selects which of the reference's lists of close codes 7.9 tests.
type Edition string

// Editions. Since 0.8 of the reference, 1012–1014 are registered and so no
// longer tested as invalid.
const (
	Current Edition = "25.10"
	Old     Edition = "0.7"
)

// ParseEdition reads the name of an edition. The empty string is the current one.
func ParseEdition(s string) (Edition, error) {
	switch Edition(s) {
	case "", Current:
		return Current, nil
	case Old:
		return Old, nil
	}
	return "", fmt.Errorf("edition %q: want %q or %q", s, Current, Old)
}

// Suite is a choice of cases.
type Suite string

// Suites.
const (
	FullSuite     Suite = "full"     // all there are
	AutobahnSuite Suite = "autobahn" // the 517 of the reference
	QuickSuite    Suite = "quick"    // all that need not move much, and the rest of 12 and 13 shortened
)

// ParseSuite reads the name of a suite. The empty string is the full one.
func ParseSuite(s string) (Suite, error) {
	switch Suite(s) {
	case "", FullSuite:
		return FullSuite, nil
	case AutobahnSuite, QuickSuite:
		return Suite(s), nil
	}
	return "", fmt.Errorf("suite %q: want %q, %q or %q", s, FullSuite, AutobahnSuite, QuickSuite)
}

// Of returns the cases of a suite in the order of their numbers, with data for the
// compression cases of the reference.
func (s Suite) Of(e Edition, data *corpus.Corpus) []conform.Case {
	if s == AutobahnSuite {
		return AllOn(e, data)
	}
	many := allMessages
	if s == QuickSuite {
		many = wrapping
	}
	all := slices.Concat(reference(e, data, many), Beyond())
	if s == QuickSuite {
		all = slices.DeleteFunc(all, func(c conform.Case) bool { return conform.Category(c.ID) == "9" })
	}
	slices.SortStableFunc(all, func(a, b conform.Case) int { return conform.CompareIDs(a.ID, b.ID) })
	return all
}

// All returns the cases of the edition in the order of their numbers.
func All(e Edition) []conform.Case { return AllOn(e, corpus.New()) }

// AllOn is All with other data for the compression cases.
func AllOn(e Edition, data *corpus.Corpus) []conform.Case { return reference(e, data, allMessages) }

// reference is AllOn with as many messages in the compression cases as many says.
func reference(e Edition, data *corpus.Corpus, many messages) []conform.Case {
	return naming(slices.Concat(
		framing(),
		pings(),
		reservedBits(),
		opcodes(),
		fragmentation(),
		utf8Handling(),
		closeHandling(e),
		limits(),
		autoFragmentation(),
		compression(data, many),
		parameters(data, many),
	))
}

// Full returns all cases of the edition, those beyond the reference too, in the order
// of their numbers.
func Full(e Edition) []conform.Case { return FullSuite.Of(e, corpus.New()) }

// Beyond returns the cases that the reference does not have. They begin with an echo
// on the same connection where something wrong is sent, are read to their end, and
// name the requirements that they test.
func Beyond() []conform.Case {
	cs := slices.Concat(
		requestLines(),
		upgrades(),
		keysAndAccepts(),
		versions(),
		subprotocols(),
		extensions(),
		httpRobustness(),
		policies(),
		clientRequests(),
		clientTargets(),
		answersToClients(),
		clientNonces(),
		clientReturns(),
		commanded(),
		keepalive(),
		masking(),
		maskingSurveys(),
		lengths(),
		sizeLimits(),
		frameSurveys(),
		reservedBitsEverywhere(),
		reservedOpcodes(),
		controlFrames(),
		pingPong(),
		everyFragment(),
		utf8State(),
		utf8Early(),
		utf8Content(),
		closingCodes(),
		closingPayload(),
		closeSurvey(),
		afterClose(),
		tcpEnds(),
		failing(),
		offers(),
		badOffers(),
		deflateAnswers(),
		goodDeflate(),
		sentDeflate(),
		deflateViolations(),
		badDeflate(),
		inflated(),
		overHTTP2(),
		clientsOverHTTP2(),
		overHTTP3(),
		clientsOverHTTP3(),
		secured(),
		robustness(),
	)
	for i := range cs {
		cs[i].Tags = append(cs[i].Tags, conform.Beyond)
		if conform.Category(cs[i].ID) == "0" { // request lines, Upgrade, Accept
			cs[i].Over = ws.HTTP1
		}
		setLimits(&cs[i])
	}
	return cs
}

// answersToClients is 0.12 to 0.17.
func answersToClients() []conform.Case {
	return inTheirTime(slices.Concat(answerStatus(), answerUpgrade(), answerAccept(), answerSubprotocol(), answerExtensions(), answerOctets()))
}

// setLimits gives a case that does not say how long it waits the usual limits.
func setLimits(c *conform.Case) {
	if !c.Want.Whole {
		return
	}
	c.End = peer.GiveUp
	if c.Limit == 0 {
		c.Limit = reaction
	}
	if c.Open.Patience == 0 && len(c.Open.Edits) > 0 {
		c.Open.Patience = reaction
	}
}

// Sections returns the titles of categories and subcategories, in order.
func Sections() []conform.Section {
	return []conform.Section{
		{ID: "0", Title: "The opening handshake"},
		{ID: "0.1", Title: "The request line, as a server reads it"},
		{ID: "0.2", Title: "Host, Upgrade and Connection, as a server reads them"},
		{ID: "0.3", Title: "Sec-WebSocket-Key and Sec-WebSocket-Accept, at the server"},
		{ID: "0.4", Title: "Sec-WebSocket-Version, at the server"},
		{ID: "0.5", Title: "Subprotocols, at the server"},
		{ID: "0.6", Title: "Extensions of any kind, at the server"},
		{ID: "0.7", Title: "HTTP in pieces, and odd HTTP, at the server"},
		{ID: "0.8", Title: "Origins, resources and other policy of a server"},
		{ID: "0.11", Title: "What a client asks"},
		{ID: "0.12", Title: "Answers to a client: status"},
		{ID: "0.13", Title: "Answers to a client: Upgrade and Connection"},
		{ID: "0.14", Title: "Answers to a client: Sec-WebSocket-Accept"},
		{ID: "0.15", Title: "Answers to a client: subprotocols"},
		{ID: "0.16", Title: "Answers to a client: extensions"},
		{ID: "0.17", Title: "Answers to a client: how they come, and what is unusual in them"},
		{ID: "0.18", Title: "Nonces, and clients that come again"},
		{ID: "1", Title: "Framing"},
		{ID: "1.1", Title: "Text messages of every length form"},
		{ID: "1.2", Title: "Binary messages of every length form"},
		{ID: "2", Title: "Pings and pongs"},
		{ID: "3", Title: "Reserved bits"},
		{ID: "4", Title: "Opcodes"},
		{ID: "4.1", Title: "Reserved data opcodes"},
		{ID: "4.2", Title: "Reserved control opcodes"},
		{ID: "5", Title: "Fragmentation"},
		{ID: "6", Title: "UTF-8"},
		{ID: "6.1", Title: "Empty text, fragmented"},
		{ID: "6.2", Title: "Valid text, cut anywhere"},
		{ID: "6.3", Title: "Invalid text"},
		{ID: "6.4", Title: "Invalid text, and how soon it is noticed"},
		{ID: "6.5", Title: "Characters of one to four octets"},
		{ID: "6.6", Title: "A word, octet by octet"},
		{ID: "6.7", Title: "First character of each length"},
		{ID: "6.8", Title: "First sequences of five and six octets"},
		{ID: "6.9", Title: "Last character of each length"},
		{ID: "6.10", Title: "Last sequences of four, five and six octets"},
		{ID: "6.11", Title: "Around the surrogates and the end of Unicode"},
		{ID: "6.12", Title: "Continuation octets alone"},
		{ID: "6.13", Title: "First octets alone"},
		{ID: "6.14", Title: "Sequences without their last octet"},
		{ID: "6.15", Title: "Several incomplete sequences"},
		{ID: "6.16", Title: "Octets that never occur"},
		{ID: "6.17", Title: "Overlong forms of a slash"},
		{ID: "6.18", Title: "Longest overlong forms"},
		{ID: "6.19", Title: "Overlong forms of NUL"},
		{ID: "6.20", Title: "Single surrogates"},
		{ID: "6.21", Title: "Pairs of surrogates"},
		{ID: "6.22", Title: "Noncharacters"},
		{ID: "6.23", Title: "Specials"},
		{ID: "7", Title: "Closing"},
		{ID: "7.1", Title: "The closing handshake, and frames after a Close"},
		{ID: "7.2", Title: "The peer begins to close"},
		{ID: "7.3", Title: "Payload of Close frames"},
		{ID: "7.4", Title: "Reasons of a peer that begins to close: length"},
		{ID: "7.5", Title: "Close reasons that are not UTF-8"},
		{ID: "7.6", Title: "Reasons of a peer that begins to close: characters"},
		{ID: "7.7", Title: "Valid close codes"},
		{ID: "7.8", Title: "Valid codes of a peer that begins to close"},
		{ID: "7.9", Title: "Invalid close codes"},
		{ID: "7.10", Title: "Codes that a peer must not close with"},
		{ID: "7.11", Title: "A peer that begins to close, and has to wait"},
		{ID: "7.12", Title: "A peer that stops or fails"},
		{ID: "7.13", Title: "Close codes beyond all ranges (informational)"},
		{ID: "8", Title: "Masks, lengths and limits"},
		{ID: "8.1", Title: "Masking"},
		{ID: "8.2", Title: "Payload lengths"},
		{ID: "8.3", Title: "Limits"},
		{ID: "9", Title: "Size and speed"},
		{ID: "9.1", Title: "Large text messages in one frame"},
		{ID: "9.2", Title: "Large binary messages in one frame"},
		{ID: "9.3", Title: "Fragmented text of 4 MiB"},
		{ID: "9.4", Title: "Fragmented binary of 4 MiB"},
		{ID: "9.5", Title: "Text of 1 MiB in small writes"},
		{ID: "9.6", Title: "Binary of 1 MiB in small writes"},
		{ID: "9.7", Title: "A thousand text round trips"},
		{ID: "9.8", Title: "A thousand binary round trips"},
		{ID: "10", Title: "Automatic fragmentation"},
		{ID: "10.1", Title: "Messages cut by the sender"},
		{ID: "11", Title: "Frames, by the letter"},
		{ID: "11.1", Title: "Reserved bits on every kind of frame"},
		{ID: "11.2", Title: "Reserved opcodes everywhere"},
		{ID: "11.3", Title: "Control frames at the limit and beyond it"},
		{ID: "11.4", Title: "What Pings and Pongs mean"},
		{ID: "11.5", Title: "Fragments and content"},
		{ID: "12", Title: "Compression of different data"},
		{ID: "12.1", Title: "JSON"},
		{ID: "12.2", Title: "A grey bitmap"},
		{ID: "12.3", Title: "German prose"},
		{ID: "12.4", Title: "HTML"},
		{ID: "12.5", Title: "A PDF"},
		{ID: "13", Title: "Compression with different parameters"},
		{ID: "13.1", Title: "No demands"},
		{ID: "13.2", Title: "No context takeover"},
		{ID: "13.3", Title: "A window of 2^9"},
		{ID: "13.4", Title: "A window of 2^15"},
		{ID: "13.5", Title: "No context takeover, a window of 2^9"},
		{ID: "13.6", Title: "No context takeover, a window of 2^15"},
		{ID: "13.7", Title: "A choice of three offers"},
		{ID: "14", Title: "UTF-8, by the letter"},
		{ID: "14.1", Title: "Characters in parts"},
		{ID: "14.2", Title: "Characters without their end"},
		{ID: "14.3", Title: "How soon invalid text is noticed"},
		{ID: "14.4", Title: "Text anywhere, and as it was"},
		{ID: "15", Title: "Closing and failing, by the letter"},
		{ID: "15.1", Title: "Close codes"},
		{ID: "15.2", Title: "What stands behind the code of a Close"},
		{ID: "15.3", Title: "What comes with a Close, before it and behind it"},
		{ID: "15.4", Title: "How TCP ends"},
		{ID: "15.5", Title: "Failing the connection"},
		{ID: "16", Title: "permessage-deflate, offered to a server"},
		{ID: "16.1", Title: "Offers that a server may accept"},
		{ID: "16.2", Title: "Offers that a server must decline"},
		{ID: "17", Title: "permessage-deflate, answered to a client"},
		{ID: "17.1", Title: "Answers that a client may take"},
		{ID: "17.2", Title: "Answers that a client must fail"},
		{ID: "18", Title: "Compressed messages"},
		{ID: "18.1", Title: "Forms that a receiver must accept"},
		{ID: "18.2", Title: "What the peer sends compressed"},
		{ID: "19", Title: "Compressed messages that break a rule"},
		{ID: "19.1", Title: "Reserved bits and fragments"},
		{ID: "19.2", Title: "Data that cannot be inflated"},
		{ID: "19.3", Title: "What shows once it is inflated: text that is not UTF-8, and size"},
		{ID: "20", Title: "WebSocket over HTTP/2"},
		{ID: "20.1", Title: "A server of HTTP/2"},
		{ID: "20.2", Title: "A client of HTTP/2"},
		{ID: "21", Title: "WebSocket over HTTP/3"},
		{ID: "21.1", Title: "A server of HTTP/3"},
		{ID: "21.2", Title: "A client of HTTP/3"},
		{ID: "22", Title: "TLS"},
		{ID: "22.1", Title: "Handshakes, certificates, records and the end of TLS"},
		{ID: "23", Title: "Robustness"},
		{ID: "23.1", Title: "Many, slow, idle and hasty connections"},
	}
}
