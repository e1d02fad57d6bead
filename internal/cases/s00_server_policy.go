// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// policies is 0.8: whom a server serves, and how it sends others away. "If the server
// does not wish to accept this connection, it MUST return an appropriate HTTP error
// code" (RFC 6455, 4.2.2).
func policies() []conform.Case {
	const (
		business = "Which origins a server accepts is its business (RFC 6455, 10.2)."
		two      = "Two Origin fields were accepted, which clients must not send (RFC 6454, 7.3). A server that serves all sites need not look at them (RFC 6455, 10.2)."
	)
	return asked([]conform.Case{
		{
			ID: "0.8.1", Title: "Ask without Origin", Spec: "RFC 6455, 4.2.1", Requirements: []string{"6455-4.2.1-10"},
			Open: edits(without("Origin")), Want: orRefuses(verdict.Informational, business, opens()),
		}, {
			ID: "0.8.2", Title: "Ask with Origin: null", Spec: "RFC 6455, 10.2", Requirements: []string{"6455-10.2-1"},
			Open: edits(with("Origin", "null")),
			Want: ladder(why(business, begins(verdict.Informational, echo("x"))), why(business, begins(verdict.Informational, answered(4, 5)))),
		}, {
			ID: "0.8.3", Title: "Ask with an Origin that the server is to refuse", Spec: "RFC 6455, 10.2", Requirements: []string{"6455-4.2.2-4", "6455-10.2-1"},
			Needs: conform.ForbiddenOrigin, Told: func(p peer.Profile) peer.Opening { return edits(with("Origin", p.ForbiddenOrigin)) },
			Want: refuses(403),
		}, {
			ID: "0.8.4", Title: "Ask with two Origin fields", Spec: "RFC 6454, 7.3", Requirements: []string{"6455-10.2-1"},
			Open: edits(without("Origin"), twice("Origin", "http://one.example"), twice("Origin", "http://two.example")),
			Want: orOpens(verdict.Informational, two, refuses(4)),
		}, {
			ID: "0.8.5", Title: "Ask for a resource below /.well-known/", Spec: "RFC 8307", Requirements: []string{"8307-1"},
			Open: edits(resource("/.well-known/wsspec")), Want: opensOrRefuses(), Fresh: true,
		}, {
			// "The server generating a 401 response MUST send a WWW-Authenticate header field"
			// (RFC 9110, 15.5.2).
			ID: "0.8.6", Title: "Ask for a protected resource without credentials", Spec: "RFC 6455, 4.2.2", Requirements: []string{"6455-4.2.2-2"},
			Needs: conform.ProtectedPath,
			Told: func(p peer.Profile) peer.Opening {
				return edits(resource(p.ProtectedPath), without("Authorization"), without("Cookie"))
			},
			Want: ladder(
				begins(verdict.OK, listing("WWW-Authenticate", "", answered(401))),
				why("A 401 does not say how to come in (RFC 9110, 15.5.2).", begins(verdict.Failed, answered(401))),
				why("The resource is protected without a word on how to come in.", begins(verdict.NonStrict, answered(3, 4))),
			),
		}, {
			ID: "0.8.7", Title: "Look for Location in all answers with a status from 300 to 399", Spec: "RFC 9110, 15.4", Requirements: []string{"6455-4.2.2-3"},
			Survey: everyAnswer(3, func(r ws.Response) []wirelog.Record {
				if r.Status == 304 || len(r.Fields.Values("Location")) > 0 {
					return nil
				}
				return []wirelog.Record{lapsed("RFC 9110, 15.4: an answer with status %d has no Location", r.Status)}
			}), Want: surveyed(),
		},
	})
}
