// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// httpRobustness is 0.7: a handshake is an HTTP request, in whatever pieces it comes,
// and a server has to get along with requests that are none of the usual kind.
func httpRobustness() []conform.Case {
	const tooMuch = "RFC 6585, 5"
	limits := []string{"6585-5-1"}
	return asked(append(append([]conform.Case{
		{
			ID: "0.7.1", Title: "Send the request octet by octet", Spec: "RFC 9112, 2.1", Requirements: []string{"9112-2.1-1"},
			Open: edits(bare, choppedHead(1)), Want: opens(),
		}, {
			ID: "0.7.2", Title: "Send the last octet of the request a fifth of a second later", Spec: "RFC 9112, 2.1", Requirements: []string{"9112-2.1-1"},
			Open: edits(cutHead(-1, 200*time.Millisecond)), Want: opens(),
		}, earlyFrame(), {
			ID: "0.7.4", Title: "Send a field of 8 KiB", Spec: tooMuch, Requirements: limits,
			Open: edits(filled(1, 8192)), Want: opensOrRefuses(),
		}, {
			ID: "0.7.5", Title: "Send 64 fields of 1 KiB", Spec: tooMuch, Requirements: limits,
			Open: edits(filled(64, 1024)), Want: orEnds(verdict.OK, "", opensOrRefuses()),
		}, {
			// What a field may hold is not bounded, so that a server has to do it: "An
			// implementation … MUST impose [limits] in order to protect themselves" (RFC 6455, 10.4).
			ID: "0.7.6", Title: "Send a field without end, up to 4 MiB", Spec: "RFC 6455, 10.4", Requirements: []string{"6455-10.4-1", "6585-5-1"},
			Open: peer.Opening{Edits: []peer.Edit{endless(4 << 20)}, Patience: reaction},
			Want: ladder(begins(verdict.OK, answered(4)), is(verdict.OK, ended())), Fresh: true,
		}, {
			ID: "0.7.7", Title: "Send half of a request, and no more", Spec: "RFC 6455, 10.4", Requirements: []string{"6455-10.4-1"},
			Open: peer.Opening{Edits: []peer.Edit{halved}, Patience: unfinished},
			Want: openLevel(ladder(begins(verdict.OK, answered(408)), is(verdict.OK, ended()),
				why(fmt.Sprintf("The server waits for the rest of a request for %v or more, and how long is its business.", unfinished), is(verdict.Informational, stillOpen())))),
			Tags: []conform.Tag{conform.Paced},
		},
	}, oddFields()...), oddRequests()...))
}

// earlyFrame is 0.7.3, which breaks a rule for clients: "the client MUST wait for a
// response from the server before sending any further data" (RFC 6455, 4.1). What
// servers make of it is left open, as long as they live on.
func earlyFrame() conform.Case {
	saw := func(what string, o verdict.Outcome) verdict.Outcome {
		return why("A frame came with the request, which a client must not send: "+what+".", o)
	}
	return conform.Case{
		ID: "0.7.3", Title: "Send a frame together with the request", Spec: "RFC 6455, 4.1", Requirements: []string{"6455-6.2-5"},
		Open: edits(behind(text("early"))), Play: send(text("later")), Fresh: true,
		Want: ladder(
			saw("it was echoed", begins(verdict.Informational, echo("early"))),
			saw("it was lost", begins(verdict.Informational, echo("later"))),
			saw("the handshake was refused", begins(verdict.Informational, answered(4, 5))),
			saw("the connection was failed", is(verdict.Informational, maybe(closed()), ended())),
		),
	}
}

// endless has a field whose value does not end before so many octets.
func endless(octets int) peer.Edit {
	return func(h *peer.Head) {
		twice("X-Endless", "a")(h)
		h.Endless = octets
	}
}

// unfinished is how long a server is looked at that has got half a request. Those that
// give up do so after seconds, and it is their business when.
const unfinished = time.Second

// halved leaves out the second half of the request.
func halved(h *peer.Head) {
	b := h.Octets()
	h.Raw = b[:len(b)/2]
}

// oddFields are 0.7.8 to 0.7.12: fields that are not as they should be.
func oddFields() []conform.Case {
	return []conform.Case{
		{
			// "A server that receives an obs-fold in a request message … MUST either reject the
			// message … or replace each received obs-fold with one or more SP" (RFC 9112, 5.2).
			ID: "0.7.8", Title: "Fold the line of Upgrade", Spec: "RFC 9112, 5.2", Requirements: []string{"9112-5.2-1"},
			Open: edits(inPlace("Upgrade", "Upgrade:\r\n websocket")), Want: opensOrRefuses(), Fresh: true,
		}, {
			// "A server MUST reject, with a response status code of 400 (Bad Request), any
			// received request message that contains whitespace between a header field name and
			// colon" (RFC 9112, 5.1).
			ID: "0.7.9", Title: "Send a blank between Upgrade and its colon", Spec: "RFC 9112, 5.1", Requirements: []string{"9112-5.1-1", "6455-4.2.1-15"},
			Open: edits(inPlace("Upgrade", "Upgrade : websocket")), Want: refuses(4),
		}, {
			// "A recipient MAY recognize a single LF as a line terminator" (RFC 9112, 2.2).
			ID: "0.7.10", Title: "End all lines with LF alone", Spec: "RFC 9112, 2.2", Requirements: []string{"9112-2.2-1"},
			Open: edits(linesEndWithLF),
			Want: or(opensOrRefuses(), why("The server waits for more of a request that is at its end.", is(verdict.NonStrict, stillOpen()))),
		}, {
			// "A recipient of CR, LF, or NUL within a field value MUST either reject the message
			// or replace each of those characters with SP" (RFC 9110, 5.5).
			ID: "0.7.11", Title: "Send a NUL in the value of an unknown field", Spec: "RFC 9110, 5.5", Requirements: []string{"9110-5.5-1", "6455-4.2.1-15"},
			Open: edits(twice("X-Unknown", "a\x00b")), Want: opensOrRefuses(), Fresh: true,
		}, {
			ID: "0.7.12", Title: "Send an octet FF in the value of an unknown field", Spec: "RFC 9110, 5.5", Requirements: []string{"6455-4.2.1-13"},
			Open: edits(twice("X-Unknown", "a\xffb")), Want: opensOrRefuses(), Fresh: true,
		},
	}
}

// oddRequests are 0.7.13 to 0.7.20: content, and more or less than one request.
func oddRequests() []conform.Case {
	const (
		frameLike = "\x81\x81\x00\x00\x00\x00a" // a masked text frame with "a"
		lastChunk = "0\r\n\r\n"
		asFrame   = "The connection was opened and then failed, as if the content had been read as a frame (RFC 9112, 9.3: it is a part of the request)."
	)
	return []conform.Case{
		{
			// "A server MUST read the entire request message body or close the connection after
			// sending its response" (RFC 9112, 9.3), and a client does not change the protocol
			// in the middle of a message (RFC 9110, 7.8).
			ID: "0.7.13", Title: "Send content that looks like a frame", Spec: "RFC 9112, 6", Requirements: []string{"9112-6-1"},
			Open: edits(with("Content-Length", fmt.Sprint(len(frameLike))), withBody(frameLike)),
			Want: or(opensOrRefuses(), why("The content of the request was read as a frame (RFC 9112, 9.3: it is a part of the request).", begins(verdict.Failed, echo("a")))),
		}, {
			ID: "0.7.14", Title: "Send chunked content, which is empty", Spec: "RFC 9112, 6", Requirements: []string{"9112-6-1"},
			Open: edits(with("Transfer-Encoding", "chunked"), withBody(lastChunk)),
			Want: or(opensOrRefuses(), why(asFrame, begins(verdict.Failed, closed()))),
		}, {
			ID: "0.7.15", Title: "Send Expect: 100-continue", Spec: "RFC 9110, 10.1.1", Requirements: []string{"9110-10.1.1-1"},
			Open: edits(with("Expect", "100-continue")), Want: opensOrRefuses(),
		}, {
			ID: "0.7.16", Title: "Ask for a page first, and then for a connection on the same TCP", Spec: "RFC 9112, 9", Requirements: []string{"9112-9-1"},
			Open: edits(pageFirst),
			Want: ladder(begins(verdict.OK, answered(), echo("x")), is(verdict.OK, answered(), ended()),
				why("TCP was ended without an answer to a request for a page.", is(verdict.NonStrict, ended()))),
		}, {
			ID: "0.7.17", Title: "Ask without a key and then properly, in one write", Spec: "RFC 9112, 9", Requirements: []string{"9112-9-1", "6455-4.2.1-8"},
			Open: edits(behindOne(without(keyName))),
			Want: orNoAnswer(ladder(begins(verdict.OK, answered(4), echo("x")), is(verdict.OK, answered(4), ended()),
				why("The proper request was refused too.", begins(verdict.NonStrict, answered(4, 5), answered(4, 5))))),
		}, {
			ID: "0.7.18", Title: "Send the beginning of TLS", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-15", "6455-7.2.2-1", "6455-10.7-1"},
			Open: edits(rawRequest(clientHello())),
			Want: ladder(begins(verdict.OK, answered(4, 5)), is(verdict.OK, ended()),
				why("The server waits for more of what is no HTTP.", is(verdict.NonStrict, stillOpen()))), Fresh: true,
		}, {
			ID: "0.7.19", Title: "Leave a hundred times in the middle of the request", Spec: "RFC 6455, 10.7", Requirements: []string{"6455-10.7-1"},
			Turns: hundredLeave(), Together: true, Fresh: true, Want: ladder(is(verdict.OK)),
		}, {
			// "A server MAY reject a request that contains both Content-Length and
			// Transfer-Encoding … Regardless, the server MUST close the connection after
			// responding to such a request" (RFC 9112, 6.1).
			ID: "0.7.20", Title: "Send Content-Length and Transfer-Encoding", Spec: "RFC 9112, 6.1", Requirements: []string{"9112-6.3-1"},
			Open: edits(with("Content-Length", fmt.Sprint(len(lastChunk))), with("Transfer-Encoding", "chunked"), withBody(lastChunk)),
			Want: or(orOpens(verdict.NonStrict, "Content-Length and Transfer-Encoding were taken together (RFC 9112, 6.1: that ought to be handled as an error).", refuses(4, 501)),
				why(asFrame, begins(verdict.Failed, closed()))),
		},
	}
}

// clientHello is a ClientHello of TLS 1.2 with one cipher suite. Its random octets hold
// the end of an HTTP head, so that a server which waits for that need not wait.
func clientHello() []byte {
	hello := "\x03\x03" + strings.Repeat("\r\n\r\n", 8) + "\x00" + "\x00\x02\xc0\x2f" + "\x01\x00"
	handshake := fmt.Sprintf("\x01\x00%c%c%s", len(hello)>>8, len(hello), hello)
	return fmt.Appendf(nil, "\x16\x03\x01%c%c%s", len(handshake)>>8, len(handshake), handshake)
}

// hundredLeave are connections that end after 1 to 100 octets of a request, every other
// one by a reset.
func hundredLeave() []conform.Turn {
	var turns []conform.Turn
	for n := 1; n <= 100; n++ {
		turns = append(turns, ask(fmt.Sprintf("after %d octets", n), dropped(n, n%2 == 0)))
	}
	return turns
}
