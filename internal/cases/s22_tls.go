// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"crypto/tls"
	"fmt"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// secured is 22.1: TLS below the connection, as far as both roles or servers alone are
// tested. What clients alone are tested with is in s22_tls_client.go.
//
// "If /secure/ is true, the client MUST perform a TLS handshake over the connection …
// all further communication on this channel MUST run through the encrypted tunnel"
// (RFC 6455, 4.1). "Each party MUST send a close_notify alert before closing its write
// side of the connection" (RFC 8446, 6.1).
func secured() []conform.Case {
	cs := []conform.Case{
		{
			ID: "22.1.1", Title: "A handshake of TLS 1.2, and one of TLS 1.3", Spec: "RFC 8446, 4.1", Only: conform.AsClient,
			Requirements: []string{"8446-1", "6455-4.2.2-1", "6455-10.6-1"},
			Turns: each([]uint16{tls.VersionTLS12, tls.VersionTLS13}, func(v uint16) conform.Turn {
				return conform.Turn{Name: "TLS " + wirelog.VersionName(v), Open: inTLS(secure.Manner{Min: v, Max: v}), Play: live}
			}),
			Want: or(comesBack(), why("This version of TLS is refused, which is for the server to decide.", is(verdict.Informational, unsecured()))),
		},
	}
	cs = append(cs, clientsInTLS()...)
	cs = append(cs, conform.Case{
		ID: "22.1.9", Title: "Offer http/1.1 by ALPN, and then h2 beside it", Spec: "RFC 7301, 3.2", Only: conform.AsClient,
		Requirements: []string{"7301-3.2-1"},
		Turns: each([][]string{{http1}, {"h2", http1}}, func(offer []string) conform.Turn {
			return conform.Turn{Name: fmt.Sprint(offer), Open: inTLS(secure.Manner{ALPN: offer}, leave), Play: func(*peer.Peer) {}}
		}),
		Want: ladder(is(verdict.OK)),
	})
	cs = append(cs, closedInTLS()...)
	cs = append(cs, recordsOfTLS()...)
	cs = append(cs, portsForTLS()...)
	for i := range cs {
		cs[i].Over = ws.HTTP1 // what is below HTTP/2 is spoken before there are streams
		if cs[i].Needs == conform.Unneeded {
			cs[i].Needs = conform.OverTLS
		}
	}
	return cs
}

// http1 is the name of HTTP/1.1 in ALPN (RFC 7301, 6).
const http1 = "http/1.1"

// inTLS is an opening handshake over TLS that is special.
func inTLS(m secure.Manner, es ...peer.Edit) peer.Opening { return peer.Opening{TLS: &m, Edits: es} }

// leave ends the connection where a request would begin: the handshake of TLS is all
// that is of interest.
func leave(h *peer.Head) { h.Raw, h.Leave = []byte{}, true }

// standing has TCP end with TLS standing in one of the ways.
func standing(e verdict.Event, ends ...wirelog.End) verdict.Event { e.Ends = ends; return e }

// unsecured is the end of TCP before the handshake of TLS is done.
func unsecured() verdict.Event { return standing(ended(), wirelog.EndUnsecured) }

// closedInTLS is how TLS ends.
func closedInTLS() []conform.Case {
	const bare = "TCP was ended without a close_notify (RFC 8446, 6.1)."
	return []conform.Case{
		{
			ID: "22.1.10", Title: "Close: does a close_notify come before the end of TCP?", Spec: "RFC 8446, 6.1",
			Requirements: []string{"8446-6.1-1", "6455-7.1.1-1"}, Play: live,
			Want: ladder(
				is(verdict.OK, echo(alive), answersUs(), standing(ended(), wirelog.EndNotified)),
				why(bare, is(verdict.NonStrict, echo(alive), answersUs(), standing(ended(), wirelog.EndBare, wirelog.EndAlerted))),
				why("It was not seen how the peer ends TLS.", is(verdict.Unimplemented, echo(alive), answersUs(), ended())),
			),
		}, {
			ID: "22.1.11", Title: "End TCP inside a message, without a close_notify and without a Close", Spec: "RFC 8446, 6.1",
			Requirements: []string{"8446-6.1-2"}, Limit: reaction,
			Play: steps(live, send(more(text("unfinished"))), (*peer.Peer).Truncate),
			Want: ladder(
				why("A Close says that all is well (RFC 6455, 7.4.1), though the connection was cut short.", is(verdict.NonStrict, echo(alive), closed(1000), ended())),
				is(verdict.OK, echo(alive), maybe(closed()), ended()),
			),
		},
	}
}

// recordsOfTLS is how records cut the stream, which means nothing (RFC 8446, 5.1), and
// that their keys may change (4.6.3).
func recordsOfTLS() []conform.Case {
	return []conform.Case{
		{
			ID: "22.1.12", Title: "Each octet in a record of its own", Spec: "RFC 8446, 5.1", Requirements: []string{"8446-1"},
			Open: inTLS(secure.Manner{Record: 1}), Play: steps(live, send(text("octet by octet"))),
			Want: comesBack(echo("octet by octet")),
		}, {
			ID: "22.1.13", Title: "101 and the first frame in one record", Spec: "RFC 6455, 4.1", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-5", "6455-4.1-36"}, Play: live, Want: comesBack(),
		}, {
			ID: "22.1.14", Title: "Look at every frame over TLS: do clients mask, and servers not?", Spec: "RFC 6455, 5.1",
			Requirements: []string{"6455-5.1-2"}, Survey: maskingInTLS, Want: surveyed(),
		},
	}
}

// portsForTLS is what a port of a server does with what it does not expect.
func portsForTLS() []conform.Case {
	return []conform.Case{
		{
			ID: "22.1.15", Title: "A request in plain HTTP to the port for TLS", Spec: "RFC 6455, 4.2.2", Only: conform.AsClient, Fresh: true,
			Requirements: []string{"6455-4.2.2-1"}, Open: inTLS(secure.Manner{Plain: true}), Play: send(text("x")),
			Want: ladder(
				why("The plain request was refused.", begins(verdict.OK, answered())),
				why("The connection was ended.", is(verdict.OK, ended())),
			),
		}, {
			ID: "22.1.16", Title: "The name of a host that is not served (SNI)", Spec: "RFC 6066, 3", Only: conform.AsClient, Fresh: true,
			Requirements: []string{"6455-10.6-1"}, Open: inTLS(secure.Manner{Name: "not-served.invalid"}), Play: live,
			Want: openLevel(ladder(
				why("The handshake was refused, which RFC 6066 leaves to the server.", is(verdict.Informational, unsecured())),
				why("The request was refused, as a server may do that does not serve the host (RFC 9110, 7.4).", begins(verdict.Informational, answered())),
				why("The name was passed over, which RFC 6066 leaves to the server.", is(verdict.Informational, back()...)),
			)),
		},
		oldVersions(),
		{
			ID: "22.1.18", Title: "New keys for what we send, in the middle of a message", Spec: "RFC 8446, 4.6.3",
			Requirements: []string{"8446-1"}, Play: steps(live, send(more(text("old keys, "))), (*peer.Peer).UpdateKeys, send(cont("new keys"))),
			Want: comesBack(echo("old keys, new keys")),
		},
	}
}

// oldVersions is 22.1.17: "TLS 1.0 MUST NOT be used" (RFC 8996, 4), nor 1.1 (5).
func oldVersions() conform.Case {
	m := secure.Manner{Min: tls.VersionTLS10, Max: tls.VersionTLS11}
	return conform.Case{
		ID: "22.1.17", Title: "Nothing newer than TLS 1.1", Spec: "RFC 8996, 5", Requirements: []string{"8996-1"},
		Open: inTLS(m, leave), Play: func(*peer.Peer) {},
		Want: ladder(
			is(verdict.OK, unsecured()),
			why("TLS 1.1 or 1.0 was agreed on, which is not to be used any more.", begins(verdict.NonStrict)),
		),
	}
}
