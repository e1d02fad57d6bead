// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
)

// answerUpgrade is 0.13: Upgrade and Connection in the answer to a client. Without the
// one, or the token Upgrade in the other, "the client MUST fail the WebSocket connection";
// both are compared without case (RFC 6455, 4.1, steps 2 and 3).
func answerUpgrade() []conform.Case {
	return []conform.Case{
		{
			ID: "0.13.1", Title: "Answer without Upgrade", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-26"},
			Open: voidAnswer(without("Upgrade")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.13.2", Title: "Answer Upgrade: foo", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-26"},
			Open: voidAnswer(with("Upgrade", "foo")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.13.3", Title: "Answer Upgrade: WEBSOCKET", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-27"},
			Open: edits(with("Upgrade", "WEBSOCKET")), Play: greet, Want: opens(),
		}, {
			ID: "0.13.4", Title: "Answer Upgrade: websocket, foo", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-26"},
			Open: edits(with("Upgrade", "websocket, foo")), Play: greetAtLength,
			Want: orOpens(verdict.NonStrict, "The client takes one of two protocols in Upgrade, which must be websocket alone.", clientFails()),
		}, {
			ID: "0.13.5", Title: "Answer Upgrade: websocketx", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-26"},
			Open: voidAnswer(with("Upgrade", "websocketx")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.13.6", Title: "Answer without Connection", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-28"},
			Open: voidAnswer(without("Connection")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.13.7", Title: "Answer Connection: keep-alive", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-28"},
			Open: voidAnswer(with("Connection", "keep-alive")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.13.8", Title: "Answer Connection: keep-alive, uPgRaDe", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-29"},
			Open: edits(with("Connection", "keep-alive, uPgRaDe")), Play: greet, Want: opens(),
		}, {
			ID: "0.13.9", Title: "Answer Connection: keep-alive and Connection: Upgrade in two lines", Spec: "RFC 9110, 5.3", Only: conform.AsServer, Requirements: []string{"6455-4.1-29", "9110-5.3-1"},
			Open: edits(with("Connection", "keep-alive"), twice("Connection", "Upgrade")), Play: greet,
			Want: orEnds(verdict.NonStrict, "The client reads one of two lines of Connection, which make one list (RFC 9110, 5.3).", opens()),
		}, {
			ID: "0.13.10", Title: "Answer Connection: upgraded", Spec: "RFC 6455, 4.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-28"},
			Open: voidAnswer(with("Connection", "upgraded")), Play: knock, Want: clientFails(),
		}, {
			ID: "0.13.11", Title: "Answer with names of fields in lower case, and in upper case", Spec: "RFC 9110, 5.1", Only: conform.AsServer, Requirements: []string{"6455-4.1-35"}, Want: opens(),
			Turns: []conform.Turn{
				{Name: "lower case", Open: edits(spelled(strings.ToLower)), Play: greet},
				{Name: "upper case", Open: edits(spelled(strings.ToUpper)), Play: greet},
			},
		},
	}
}

// spelled changes the names of all fields.
func spelled(change func(string) string) peer.Edit {
	return func(h *peer.Head) {
		h.Fields = slices.Clone(h.Fields)
		for i := range h.Fields {
			h.Fields[i].Name = change(h.Fields[i].Name)
		}
	}
}
