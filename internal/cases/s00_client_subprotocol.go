// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// protocolName is the field that 0.15 is about.
const protocolName = "Sec-WebSocket-Protocol"

// answerSubprotocol is 0.15. An answer that names "a subprotocol that was not present in
// the client's handshake" fails the connection (RFC 6455, 4.1, step 6); it names one, in
// one field (11.3.4). All but 0.15.1 and 0.15.6 need a client that requests some.
func answerSubprotocol() []conform.Case {
	return []conform.Case{
		{
			ID: "0.15.1", Title: "Answer with a subprotocol to a client that requests none", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: voidAnswer(toNone), Play: knock, Want: clientFails(),
		}, {
			ID: "0.15.2", Title: "Answer with another subprotocol than those requested", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: voidAnswer(ofRequested(1, func([]string) peer.Edit { return with(protocolName, unrequested) })), Play: knock, Want: clientFails(),
		}, {
			ID: "0.15.3", Title: "Answer with a list of two subprotocols that were requested", Spec: "RFC 6455, 4.3", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: voidAnswer(ofRequested(2, func(names []string) peer.Edit { return with(protocolName, names[0]+", "+names[1]) })), Play: knock, Want: clientFails(),
		}, {
			ID: "0.15.4", Title: "Answer with two subprotocols that were requested, in two lines", Spec: "RFC 6455, 11.3.4", Only: conform.AsServer, Requirements: []string{"6455-4.1-33", "6455-11.3.4-2"},
			Open: voidAnswer(ofRequested(2, func(names []string) peer.Edit {
				return func(h *peer.Head) {
					with(protocolName, names[0])(h)
					twice(protocolName, names[1])(h)
				}
			})), Play: knock, Want: clientFails(),
		}, {
			ID: "0.15.5", Title: "Answer with a requested subprotocol in other case", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: voidAnswer(ofRequested(1, inOtherCase)), Play: knock, Want: clientFails(),
		}, {
			ID: "0.15.6", Title: "Answer with an empty Sec-WebSocket-Protocol", Spec: "RFC 6455, 4.3", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: edits(with(protocolName, "")), Play: greetAtLength,
			Want: orOpens(verdict.NonStrict, "The client takes an empty Sec-WebSocket-Protocol, which names nothing that was requested.", clientFails()),
		}, {
			// A server need not speak any of them (4.2.2); a client need not go on without (1.9).
			ID: "0.15.7", Title: "Answer without a subprotocol though some were requested", Spec: "RFC 6455, 4.2.2", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: edits(ofRequested(1, func([]string) peer.Edit { return without(protocolName) })), Play: greet,
			Want: orClientFails(verdict.OK, "The client does not go on without a subprotocol, which is its choice.", opens()),
		}, {
			ID: "0.15.8", Title: "Answer with the second of the subprotocols requested", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-33"},
			Open: edits(ofRequested(2, func(names []string) peer.Edit { return with(protocolName, names[1]) })), Play: greet, Want: opens(),
		},
	}
}

// unrequested is a subprotocol that nobody requests.
const unrequested = "unrequested.wsspec"

// toNone answers with a subprotocol those who request none.
func toNone(h *peer.Head) {
	if n := len(h.Asked.Fields.Values(protocolName)); n > 0 {
		h.NotJudged = "the client requests subprotocols: see 0.15.2"
		return
	}
	with(protocolName, "chat")(h)
}

// inOtherCase answers with a requested subprotocol whose letters have the other case.
func inOtherCase(names []string) peer.Edit {
	return func(h *peer.Head) {
		for _, name := range names {
			other := otherCase(name)
			if other != name {
				with(protocolName, other)(h)
				return
			}
		}
		h.NotJudged = "the subprotocols that the client requests have no letters"
	}
}
