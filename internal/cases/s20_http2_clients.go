// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// clientsOverHTTP2 is 20.2: WebSocket over HTTP/2, as a client has to do it (RFC 8441).
func clientsOverHTTP2() []conform.Case {
	cs := over(ws.HTTP2, slices.Concat(settingsForClients(), clientRequestsOverHTTP2(), answersOverHTTP2(), clientEndsOverHTTP2()))
	for i := range cs {
		cs[i].Only = conform.AsServer
	}
	slices.SortFunc(cs, func(a, b conform.Case) int { return conform.CompareIDs(a.ID, b.ID) })
	return cs
}

// settingsForClients is 20.2.1 to 20.2.3. Which case a connection is for shows in a request, which
// must not come here. So there is an ordinary connection first, and what is odd is the next
// one that the client opens.
//
// "Upon receipt of SETTINGS_ENABLE_CONNECT_PROTOCOL with a value of 1, a client MAY use the
// Extended CONNECT as defined in this document" (RFC 8441, 3): before, and without, it may not.
func settingsForClients() []conform.Case {
	return []conform.Case{
		oddly("20.2.1", "SETTINGS come after a second", []string{"8441-3-2"}, peer.Beginning{Connect: 1, Late: time.Second}),
		oddly("20.2.2", "SETTINGS without SETTINGS_ENABLE_CONNECT_PROTOCOL, and with its value 0", []string{"8441-3-2"}, peer.Beginning{Without: true}, peer.Beginning{}),
		// "The value of the parameter MUST be 0 or 1."
		oddly("20.2.3", "SETTINGS_ENABLE_CONNECT_PROTOCOL is 2", []string{"8441-3-2"}, peer.Beginning{Connect: 2}),
	}
}

// oddly is a case about connections that begin in other ways than they should.
func oddly(id, title string, requirements []string, all ...peer.Beginning) conform.Case {
	fine, found := comesBack(), surveyed()
	turns := []conform.Turn{{Name: "an ordinary connection, which ends with GOAWAY", Play: steps(live, goesAway), Want: &fine}}
	for i := range all {
		turns = append(turns, conform.Turn{Name: "the connection behind it", Play: live, Want: &found, Begins: &all[i]})
	}
	return conform.Case{ID: id, Title: title, Spec: "RFC 8441, 3", Requirements: requirements, Turns: turns, Want: fine}
}

func clientRequestsOverHTTP2() []conform.Case {
	return []conform.Case{
		{
			ID: "20.2.4", Title: "Look at the pseudo-header fields of all requests", Spec: "RFC 8441, 4 and 5", Requirements: []string{"8441-4-1", "8441-5-1", "8441-5-2", "8441-5-4"},
			Survey: everyRequest(connectPseudo), Want: surveyed(),
		}, {
			ID: "20.2.5", Title: "Look at the other fields of all requests", Spec: "RFC 8441, 5", Requirements: []string{"8441-5-3", "8441-5-5", "8441-5-6", "8441-5-7"},
			Survey: everyRequest(connectFields), Want: surveyed(),
		}, {
			ID: "20.2.10", Title: "Look at the masks", Spec: "RFC 6455, 5.1", Requirements: []string{"8441-5-12"},
			Play: steps(live, echoed(ping("masked?"))), Want: comesBack(pongs("masked?")),
		}, {
			// "A client that wishes to use … a proxy … it MUST use CONNECT" as of RFC 9113, 8.5, and not an extended one
			// (RFC 8441, 7).
			ID: "20.2.15", Title: "Look for requests to us as a proxy", Spec: "RFC 8441, 7", Requirements: []string{"8441-7-1"},
			Survey: asProxy, Want: surveyed(),
		},
	}
}

// asProxy looks for a CONNECT as a client sends it to a proxy.
func asProxy(e survey.Evidence) []wirelog.Record {
	for _, c := range e.Connections {
		if r, _ := ofConnect(c); r != nil && r.Method == "CONNECT" && len(r.Fields.Values(":protocol")) == 0 {
			return []wirelog.Record{seen("a CONNECT without :protocol came, as a client sends it to a proxy")}
		}
	}
	return []wirelog.Record{unseen("the client takes us for no proxy")}
}

// answersOverHTTP2 is 20.2.6 to 20.2.9 and 20.2.14.
//
// "the server … responds with a 2xx series status code" (RFC 8441, 4 and 5, as of CONNECT).
func answersOverHTTP2() []conform.Case {
	const spec = "RFC 8441, 5"
	status := func(code string) peer.Opening { return voidAnswer(section(withField(":status", code))) }
	return []conform.Case{
		{
			ID: "20.2.6", Title: "Answer 404", Spec: spec, Requirements: []string{"8441-5-9"},
			Open: status("404"), Play: knockAndLeave, Want: clientFails(),
		}, {
			// "HTTP/2 removes support for the 101 (Switching Protocols) informational status code" (RFC 9113, 8.6).
			ID: "20.2.7", Title: "Answer 101", Spec: "RFC 9113, 8.6", Requirements: []string{"8441-5-9"},
			Open: status("101"), Play: knockAndLeave, Want: clientFails(),
		}, {
			ID: "20.2.8", Title: "Answer 200 with an extension, and with a subprotocol, that was not asked for", Spec: spec, Requirements: []string{"8441-5-6"},
			Turns: []conform.Turn{
				{Name: "an extension", Open: voidAnswer(section(withField("sec-websocket-extensions", "x-unknown"))), Play: knockAndLeave},
				{Name: "a subprotocol", Open: voidAnswer(section(withField("sec-websocket-protocol", "x-no-such-proto"))), Play: knockAndLeave},
			},
			Want: clientFails(),
		}, {
			ID: "20.2.9", Title: "Answer 200 without Sec-WebSocket-Accept", Spec: spec, Requirements: []string{"8441-5-5"},
			Play: live, Want: comesBack(),
		}, {
			// A CONNECT has succeeded with any status of 2xx (RFC 9110, 9.3.6); RFC 8441 shows 200 only.
			ID: "20.2.14", Title: "Answer 201", Spec: spec, Requirements: []string{"8441-5-9"},
			Open: edits(section(withField(":status", "201"))), Play: live,
			Want: openLevel(ladder(
				why("The client takes 201 for an answer that opens.", is(verdict.Informational, back()...)),
				why("The client takes 200 alone for an answer that opens.", is(verdict.Informational, ended())),
			)),
		},
	}
}

// clientEndsOverHTTP2 is 20.2.11 to 20.2.13.
func clientEndsOverHTTP2() []conform.Case {
	const spec = "RFC 8441, 5"
	return []conform.Case{
		{
			ID: "20.2.11", Title: "RST_STREAM: does the client stop sending?", Spec: spec, Requirements: []string{"8441-5-11"},
			Play: steps(live, func(p *peer.Peer) { p.CutSending() }), Want: ladder(is(verdict.OK, echo(alive), maybe(closed()), ended())),
		}, {
			ID: "20.2.12", Title: "END_STREAM without a Close: does the client end its side?", Spec: spec, Requirements: []string{"8441-5-10"},
			Play: steps(live, endsWriting), Want: ladder(is(verdict.OK, echo(alive), maybe(closed()), ended())), Limit: livePatience,
		}, {
			ID: "20.2.13", Title: "Close: does the client end the stream with END_STREAM?", Spec: spec, Requirements: []string{"8441-5-10"},
			Play: closes(coded(ws.NormalClosure, "")),
			Want: ladder(
				is(verdict.OK, echo(alive), closed(), finned()),
				why("The stream was reset, or its connection, behind the closing handshake: an orderly end is END_STREAM (RFC 8441, 5).", is(verdict.NonStrict, echo(alive), closed(), reset())),
			),
		},
	}
}
