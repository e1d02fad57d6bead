// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// overHTTP3 is 21.1: WebSocket over HTTP/3, as a server has to do it.
//
// "The use of a new setting in HTTP/3, SETTINGS_ENABLE_CONNECT_PROTOCOL (0x08) … The semantics
// of the pseudo-header fields and setting are identical to those in HTTP/2 as defined in
// RFC 8441" (RFC 9220, 3).
func overHTTP3() []conform.Case {
	const spec = "RFC 9220, 3"
	cs := []conform.Case{
		{
			ID: "21.1.1", Title: "Look at SETTINGS_ENABLE_CONNECT_PROTOCOL", Spec: spec, Requirements: []string{"9220-3-1"},
			Play: steps(connectSetting, live), Want: comesBack(),
		}, {
			ID: "21.1.2", Title: "An extended CONNECT, and a text on its stream", Spec: spec, Requirements: []string{"9220-3-2"},
			Play: steps(live, echoed(text("over HTTP/3"))), Want: comesBack(echo("over HTTP/3")),
		}, {
			// "If a server receives Extended CONNECT with … :protocol … unknown or unsupported,
			// the server SHOULD respond to the request with a 501 (Not Implemented) status code."
			ID: "21.1.3", Title: "An extended CONNECT with :protocol foo", Spec: spec, Requirements: []string{"9220-3-3"},
			Open: edits(section(withField(":protocol", "foo"))),
			Want: ladder(
				begins(verdict.OK, answered(501)),
				why("The :protocol was refused, but not with 501, which RFC 9220, 3 says it should be.", begins(verdict.NonStrict, answered(4, 5))),
				why("The :protocol was refused, but not with 501, which RFC 9220, 3 says it should be.", is(verdict.NonStrict, ended())),
			),
		}, {
			// "all requests [with :protocol] … MUST also contain the :scheme and :path
			// pseudo-header fields" (RFC 8441, 4); "Malformed requests … MUST be treated as a stream error of
			// type H3_MESSAGE_ERROR" (RFC 9114, 4.1.2).
			ID: "21.1.4", Title: "An extended CONNECT without :scheme, and one without :path", Spec: "RFC 8441, 4", Requirements: []string{"9220-3-2"},
			Turns: each([]string{":scheme", ":path"}, func(name string) conform.Turn {
				return ask("without "+name, section(withoutField(name)))
			}),
			Want: malformed("H3_MESSAGE_ERROR", "RFC 9114, 4.1.2"),
		}, {
			ID: "21.1.5", Title: "An extended CONNECT with Connection: Upgrade", Spec: "RFC 9114, 4.2", Requirements: []string{"9220-3-2"},
			Open: edits(section(withField("connection", "Upgrade"))), Want: malformed("H3_MESSAGE_ERROR", "RFC 9114, 4.1.2"),
		}, {
			// "an orderly TCP-level close is represented as a FIN bit on the stream".
			ID: "21.1.6", Title: "Close: does the stream end with FIN?", Spec: spec, Requirements: []string{"9220-3-5"},
			Play: closes(coded(ws.NormalClosure, "")),
			Want: ladder(
				is(verdict.OK, echo(alive), closed(), finned()),
				why("The stream was reset, or its connection closed, behind the closing handshake: an orderly end is FIN (RFC 9220, 3).", is(verdict.NonStrict, echo(alive), closed(), reset())),
			),
		},
	}
	return over(ws.HTTP3, asked(slices.Concat(cs, resetsOverHTTP3(), framesOverHTTP3())))
}

// connectSetting looks at the server's SETTINGS.
func connectSetting(p *peer.Peer) {
	for _, f := range p.HTTPFrames("settings") {
		if v, has := f.Value("ENABLE_CONNECT_PROTOCOL"); has && v != "0" && v != "1" {
			p.Violation(fmt.Sprintf("RFC 8441, 3: SETTINGS_ENABLE_CONNECT_PROTOCOL is %s, and must be 0 or 1", v))
		}
	}
}

// resetsOverHTTP3 is 21.1.7 to 21.1.9: what is not in order.
//
// "RST exceptions are represented with a stream error of type H3_REQUEST_CANCELLED"
// (RFC 9220, 3).
func resetsOverHTTP3() []conform.Case {
	const spec, still = "RFC 9220, 3", "still there"
	return []conform.Case{
		{
			ID: "21.1.7", Title: "A second WebSocket on the connection is reset: does it end, and nothing else?", Spec: spec, Requirements: []string{"9220-3-6", "9220-3-10"},
			Play: steps(live, func(p *peer.Peer) {
				if b := besideOpens(p, spec); b != nil {
					b.Cut()
					if !b.Ends() {
						p.Violation("RFC 9220, 3: the server did not end its side of a stream that we had reset")
					}
				}
			}, echoed(text(still))),
			Want: comesBack(echo(still)), Limit: 5 * time.Second,
		}, {
			// "An endpoint that receives a STOP_SENDING frame MUST send a RESET_STREAM frame if
			// the stream is in the "Ready" or "Send" state" (RFC 9000, 3.5).
			ID: "21.1.8", Title: "STOP_SENDING for a second WebSocket on the connection: does it end, and nothing else?", Spec: "RFC 9000, 3.5", Requirements: []string{"9220-3-6", "9220-3-10"},
			Play: steps(live, func(p *peer.Peer) {
				if b := besideOpens(p, spec); b != nil && !b.Deafen() {
					p.Violation("RFC 9000, 3.5: the server did not end its side of a stream for which it got STOP_SENDING")
				}
			}, echoed(text(still))),
			Want: comesBack(echo(still)), Limit: 5 * time.Second,
		}, {
			ID: "21.1.9", Title: "FIN without a Close: does the server end its side?", Spec: spec, Requirements: []string{"9220-3-5"},
			Play: steps(live, endsWriting), Want: ladder(is(verdict.OK, echo(alive), maybe(closed()), ended())), Limit: 5 * time.Second,
		},
	}
}

// framesOverHTTP3 is 21.1.10 to 21.1.13: WebSocket frames in frames of HTTP/3.
//
// "the HTTP/3 stream … is used as if it were the TCP connection": its octets are those of
// the DATA frames (RFC 9114, 4.4), whose boundaries mean nothing.
func framesOverHTTP3() []conform.Case {
	long := repeated(300, text("cut anywhere "))
	return []conform.Case{
		{
			ID: "21.1.10", Title: "Frames over many DATA frames, and many frames in one", Spec: "RFC 9114, 4.4", Requirements: []string{"9220-3-8"},
			Play: exchange(chopped(1, text("octet by octet")), chopped(7, long), long, text("x"), text("y"), chopped(2, more(text("in "))), chopped(3, cont("parts"))),
			Want: returns(), Limit: 5 * time.Second,
		}, {
			ID: "21.1.11", Title: "A frame without a mask", Spec: "RFC 6455, 5.1", Requirements: []string{"9220-3-7"},
			Play: offend(unmasked(text("bad"))), Want: fails(ws.ProtocolError),
		}, {
			ID: "21.1.12", Title: "Two WebSockets and a GET on one connection", Spec: "RFC 9220, 3", Requirements: []string{"9220-3-10"},
			Play: steps(live, severalAtOnce("RFC 9220, 3"), echoed(text("still there"))), Want: comesBack(echo("between"), echo("still there")), Limit: 5 * time.Second,
		}, {
			// "Implementations MUST ignore unknown or unsupported values in all extensible
			// protocol elements" (RFC 9114, 9).
			ID: "21.1.13", Title: "Frames and a stream of unknown types, before, between and inside of WebSocket frames", Spec: "RFC 9114, 9", Requirements: []string{"9220-3-8"},
			Play: steps(live, func(p *peer.Peer) {
				p.SendUnknownStream(1, []byte("nobody knows"))
				p.SendUnknown(0, nil)
				p.SendUnknown(1000, []byte("nobody knows"))
			}, echoed(text("a")), func(p *peer.Peer) {
				const masked = "\x81\x85\x00\x00\x00\x00Hello"
				p.SendOctets([]byte(masked[:1]))
				p.SendUnknown(1, []byte("between the octets of a header"))
				p.SendOctets([]byte(masked[1:8]))
				p.SendUnknown(1<<20, make([]byte, 2000))
				p.SendOctets([]byte(masked[8:]))
			}),
			Want: comesBack(echo("a"), echo("Hello")),
		},
	}
}

// clientsOverHTTP3 is 21.2: WebSocket over HTTP/3, as a client has to do it.
func clientsOverHTTP3() []conform.Case {
	// "The semantics of the pseudo-header fields and setting are identical to those in HTTP/2"
	// (RFC 9220, 3): see 20.2.2.
	first := oddly("21.2.1", "SETTINGS without SETTINGS_ENABLE_CONNECT_PROTOCOL, and with its value 0", []string{"8441-3-2"}, peer.Beginning{Without: true}, peer.Beginning{})
	first.Spec, first.Only = "RFC 9220, 3", conform.AsServer
	return over(ws.HTTP3, []conform.Case{
		first,
		{
			ID: "21.2.2", Title: "Look at the requests", Spec: "RFC 8441, 4 and 5", Only: conform.AsServer, Requirements: []string{"9220-3-2"},
			Survey: everyRequest(connectRequest), Want: surveyed(),
		}, {
			// "If the stream is reset or reading is aborted by the client, a proxy SHOULD perform the
			// same operation on the other direction" (RFC 9114, 4.4): no more than that is said of
			// what the other side does, as RESET_STREAM is of one direction.
			ID: "21.2.3", Title: "The stream is reset", Spec: "RFC 9220, 3", Only: conform.AsServer, Requirements: []string{"9220-3-6"},
			Play: steps(live, func(p *peer.Peer) { p.CutSending() }), Want: shouldLevel(ladder(is(verdict.OK, echo(alive), maybe(closed()), ended()))),
		}, {
			ID: "21.2.4", Title: "Look at the masks", Spec: "RFC 6455, 5.1", Only: conform.AsServer, Requirements: []string{"9220-3-7"},
			Play: live, Want: comesBack(),
		}, {
			ID: "21.2.5", Title: "Answer 404, and 200 with an extension that was not offered", Spec: "RFC 8441, 5", Only: conform.AsServer, Requirements: []string{"9220-3-9"},
			Turns: []conform.Turn{
				{Name: "404", Open: voidAnswer(section(withField(":status", "404"))), Play: knockAndLeave},
				{Name: "an extension", Open: voidAnswer(section(withField("sec-websocket-extensions", "x-unknown"))), Play: knockAndLeave},
			},
			Want: clientFails(),
		},
	})
}
