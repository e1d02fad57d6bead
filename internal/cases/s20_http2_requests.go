// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"fmt"
	"slices"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// requestsOverHTTP2 is 20.1.11 to 20.1.26 and more: extended CONNECTs that are none, or odd.
//
// "Malformed requests or responses that are detected MUST be treated as a stream error of
// type PROTOCOL_ERROR. For malformed requests, a server MAY send an HTTP response prior to closing
// or resetting the stream" (RFC 9113, 8.1.1).
func requestsOverHTTP2() []conform.Case {
	return slices.Concat(malformedOverHTTP2(), oddOverHTTP2(), asBeforeHTTP2(), targetsOverHTTP2())
}

func malformedOverHTTP2() []conform.Case {
	const connect, pseudo = "RFC 8441, 4", "RFC 9113, 8.3"
	rows := []struct {
		id, title, spec string
		requirements    []string
		change          func(ws.Fields) ws.Fields
	}{
		// "On requests that contain the :protocol pseudo-header field, the :scheme and :path
		// pseudo-header fields of the target URI MUST also be included."
		{"20.1.11", "An extended CONNECT without :scheme", connect, nil, withoutField(":scheme")},
		{"20.1.12", "An extended CONNECT without :path", connect, nil, withoutField(":path")},
		{"20.1.15", "A GET with :protocol", connect, []string{"8441-3-5"}, withField(":method", "GET")},
		// "the same pseudo-header field name MUST NOT appear more than once".
		{"20.1.16", "An extended CONNECT with :protocol twice", pseudo, []string{"8441-4-3"}, fieldAgain(":protocol")},
		// "All pseudo-header fields MUST appear in a field block before all regular field lines."
		{"20.1.17", "An extended CONNECT with :protocol behind all other fields", pseudo, []string{"8441-4-3"}, fieldLast(":protocol")},
		// "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific
		// header fields … Any message containing connection-specific header fields MUST be treated as malformed" (8.2.2).
		{"20.1.18", "An extended CONNECT with Connection: Upgrade", "RFC 9113, 8.2.2", nil, withField("connection", "Upgrade")},
		{"20.1.19", "An extended CONNECT with Upgrade: websocket", "RFC 9113, 8.2.2", nil, withField("upgrade", "websocket")},
		// "A field name MUST NOT contain characters in the ranges … 0x41-0x5a … (… uppercase)" (8.2.1).
		{"20.1.20", "An extended CONNECT with Sec-WebSocket-Version in capitals and small letters", "RFC 9113, 8.2.1", []string{"8441-5-7"}, renamed("sec-websocket-version", "Sec-WebSocket-Version")},
	}
	var cs []conform.Case
	for _, r := range rows {
		cs = append(cs, conform.Case{
			ID: r.id, Title: r.title, Spec: r.spec, Requirements: append(r.requirements, "9113-8.1.1-1"),
			Open: edits(section(r.change)), Want: malformedInHTTP2(),
		})
	}
	return cs
}

func oddOverHTTP2() []conform.Case {
	const (
		noHost = "The request says nowhere which host it is for, and was accepted (RFC 8441, 5: \":authority\" has the host)."
		ftp    = "The request is for a URI that is neither http nor https, and was accepted (RFC 8441, 5)."
		key    = "A request with a Sec-WebSocket-Key, which RFC 8441, 5 has nobody look at, was refused."
		hangs  = "The client has ended the stream together with its request, and the server leaves its side open."
	)
	return []conform.Case{
		{
			ID: "20.1.13", Title: "An extended CONNECT without :authority", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-4"},
			Open: edits(section(withoutField(":authority"))), Want: orOpens(verdict.NonStrict, noHost, notOpened()),
		}, {
			// The value is the name of a protocol; one that a server does not know it cannot serve.
			ID: "20.1.14", Title: "An extended CONNECT with :protocol foo", Spec: "RFC 8441, 4", Requirements: []string{"8441-3-5"},
			Open: edits(section(withField(":protocol", "foo"))), Want: notOpened(),
		}, {
			ID: "20.1.21", Title: "An extended CONNECT with Sec-WebSocket-Key", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-5"},
			Open: edits(section(withField("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))),
			Want: orEnds(verdict.NonStrict, key, orRefuses(verdict.NonStrict, key, opens())),
		}, {
			ID: "20.1.33", Title: "An extended CONNECT with END_STREAM", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-10"},
			Open: edits(endsAtOnce), Play: func(*peer.Peer) {},
			Want: ladder(
				begins(verdict.OK, answered(4, 5)), is(verdict.OK, maybe(closed()), ended()),
				why(hangs, is(verdict.NonStrict, stillOpen())),
			),
		}, {
			ID: "20.1.34", Title: "An extended CONNECT with :scheme ftp", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-8"},
			Open: edits(section(withField(":scheme", "ftp"))), Want: orOpens(verdict.NonStrict, ftp, notOpened()),
		}, {
			ID: "20.1.35", Title: "An extended CONNECT for a resource that is nowhere", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-8"},
			Open: edits(section(withField(":path", "/wsspec-knows-no-such-resource"))), Want: openLevel(ladder(begins(verdict.OK, answered(404)))),
		}, {
			// Nothing says that a port with HTTP/2 has HTTP/1.1, too. Clients that have only that are glad
			// of it.
			ID: "20.1.37", Title: "Upgrade over HTTP/1.1 on the same port", Spec: "RFC 6455, 4.2", Requirements: []string{"8441-5-6"}, Opens: ws.HTTP1,
			Play: live, Want: openLevel(or(comesBack(), why("The port has no WebSocket over HTTP/1.1.", begins(verdict.Informational, answered())))),
		}, {
			// Its data is not the content that a length is told of (RFC 9110, 9.3.6). A server may
			// take the request for malformed, or pass the field over.
			ID: "20.1.39", Title: "An extended CONNECT with content-length: 0", Spec: "RFC 9110, 9.3.6", Requirements: []string{"8441-5-9"},
			Open: edits(section(withField("content-length", "0"))),
			Want: or(opens(), begins(verdict.OK, answered(4)), is(verdict.OK, ended())),
		},
	}
}

// asBeforeHTTP2 is what goes on as in RFC 6455: Origin, Sec-WebSocket-Version, Sec-WebSocket-Protocol
// and Sec-WebSocket-Extensions are used as they are there (RFC 8441, 5).
func asBeforeHTTP2() []conform.Case {
	const spec = "RFC 8441, 5"
	same := []string{"8441-5-6"}
	compression := slices.Concat(offers(), badOffers(), onDeflate("RFC 7692, 7.2", goodContext()), deflateViolations())
	return []conform.Case{
		{
			ID: "20.1.22", Title: "Sec-WebSocket-Version is missing, and is 12", Spec: spec, Requirements: same,
			Turns: asTurns(versions(), "0.4.1", "0.4.2"),
		}, {
			ID: "20.1.23", Title: "Subprotocols, as in 0.5.1 to 0.5.4", Spec: spec, Requirements: same,
			Turns: asTurns(subprotocols(), "0.5.1", "0.5.2", "0.5.3", "0.5.4"),
		}, {
			ID: "20.1.24", Title: "permessage-deflate, as in 16.1.1, 16.1.4, 16.2.1, 18.1.6 and 19.1.1", Spec: spec, Requirements: same,
			Turns: asTurns(compression, "16.1.1", "16.1.4", "16.2.1", "18.1.6", "19.1.1"), Tags: []conform.Tag{conform.Deflate},
		}, {
			ID: "20.1.36", Title: "Ask with an origin that the server is to refuse", Spec: spec, Requirements: same,
			Needs: conform.ForbiddenOrigin, Told: func(p peer.Profile) peer.Opening { return edits(with("Origin", p.ForbiddenOrigin)) },
			Want: refuses(403),
		},
	}
}

// targetsOverHTTP2 is 20.1.25 and 20.1.26: :authority is an address of ours, at which we listen.
func targetsOverHTTP2() []conform.Case {
	return []conform.Case{
		{
			// "Proxies that support CONNECT SHOULD restrict its use to a limited set of known ports
			// or a configurable list of safe request targets" (RFC 9110, 9.3.6).
			ID: "20.1.25", Title: "A CONNECT without :protocol to an address of ours", Spec: "RFC 9110, 9.3.6", Requirements: []string{"8441-4-2"},
			Play: steps(live, trapped(func(addr string) func(ws.Fields) ws.Fields { return plainConnect(addr) }, func(p *peer.Peer) {
				p.Lapse("RFC 9110, 9.3.6: the server is a proxy that connects to whatever it is told to")
			})),
			Want: comesBack(),
		}, {
			// "the server MUST NOT create a tunnel to the host indicated by the :authority" (RFC 8441, 4).
			ID: "20.1.26", Title: "An extended CONNECT with an address of ours as :authority", Spec: "RFC 8441, 4", Requirements: []string{"8441-4-2"},
			Play: steps(live, trapped(func(addr string) func(ws.Fields) ws.Fields { return withField(":authority", addr) }, func(p *peer.Peer) {
				p.Violation("RFC 8441, 4: the server has connected to what :authority says, which is not for that in an extended CONNECT")
			})),
			Want: comesBack(),
		},
	}
}

// trapped sends a request beside ours, made for an address of ours, and reports who comes there.
func trapped(change func(addr string) func(ws.Fields) ws.Fields, sprung func(*peer.Peer)) func(*peer.Peer) {
	return func(p *peer.Peer) {
		trap := p.Trap()
		if trap == nil {
			p.NotJudged("the server cannot reach an address of ours")
			return
		}
		status := p.Beside(change(trap.Addr)).Status()
		if trap.Sprung() {
			sprung(p)
			return
		}
		p.Note(fmt.Sprintf("nobody came to %s; the answer was %d", trap.Addr, status))
	}
}
