// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// clientsInTLS is 22.1.2 to 22.1.8: what clients say in the handshake of TLS, and whom
// they believe.
//
// "If this fails (e.g., the server's certificate could not be verified), then the client
// MUST Fail the WebSocket Connection and abort the connection", "Clients MUST use the
// Server Name Indication extension" (RFC 6455, 4.1).
//
// The client sends no request, so that nothing says what it has come for: each of the
// cases that are played has a port of its own (see secure.Manner).
func clientsInTLS() []conform.Case {
	refuses := func(id, title, section string, m secure.Manner, needs conform.Trait, requirements ...string) conform.Case {
		return conform.Case{
			ID: id, Title: title, Spec: section, Only: conform.AsServer, Needs: needs, Requirements: requirements,
			Open: inTLS(m), Play: func(*peer.Peer) {}, Want: ladder(
				is(verdict.OK, ended()),
				why("The client neither ended the connection nor sent a request.", begins(verdict.Failed, stillOpen())),
				why("The client sent its request all the same. (Or was it told not to verify certificates?)", begins(verdict.Failed)),
			),
		}
	}
	look := func(id, title, section string, rule func(survey.Connection) []wirelog.Record, requirements ...string) conform.Case {
		return conform.Case{ID: id, Title: title, Spec: section, Only: conform.AsServer, Requirements: requirements, Survey: everyHello(rule), Want: surveyed()}
	}
	return []conform.Case{
		look("22.1.2", "Look at the names of hosts that the client sends (SNI)", "RFC 6455, 4.1", sniSent, "6455-4.1-7"),
		look("22.1.3", "Look for IP addresses that the client sends as names (SNI)", "RFC 6066, 3", noAddresses, "6066-3-1"),
		refuses("22.1.4", "A certificate that nobody has signed", "RFC 6455, 4.1", secure.Manner{Flaw: secure.SelfSigned}, conform.Authority, "6455-4.1-6"),
		refuses("22.1.5", "A certificate of another host", "RFC 6125, 6", secure.Manner{Flaw: secure.OtherName}, conform.Authority, "6455-4.1-6", "6125-1"),
		refuses("22.1.6", "A certificate that has expired", "RFC 6455, 4.1", secure.Manner{Flaw: secure.Expired}, conform.Authority, "6455-4.1-6"),
		look("22.1.7", "Look at the protocols that the client offers (ALPN)", "RFC 7301, 3.1", offersHTTP1, "7301-3.2-1"),
		refuses("22.1.8", "Choose h2 by ALPN where the client has not offered it", "RFC 7301, 3.2", secure.Manner{Choose: "h2"}, conform.OverTLS, "7301-3.2-1"),
	}
}

// everyHello is a survey of the connections of TLS with a request: rule returns what it
// finds in one, nil where the connection has nothing to say.
func everyHello(rule func(survey.Connection) []wirelog.Record) func(survey.Evidence) []wirelog.Record {
	return func(e survey.Evidence) []wirelog.Record {
		var good, lapses []wirelog.Record
		for _, c := range e.Connections {
			if !c.Secure || len(c.Request) == 0 {
				continue
			}
			for _, r := range rule(c) {
				switch r.Kind {
				case wirelog.Violation:
					return []wirelog.Record{r}
				case wirelog.Lapse:
					lapses = append(lapses, r)
				default:
					good = append(good, r)
				}
			}
		}
		switch {
		case len(lapses) > 0:
			return lapses[:1]
		case len(good) == 0:
			return []wirelog.Record{unseen("no connection of TLS shows it")}
		}
		return good[:1]
	}
}

// hostOf is the host that a request names, without its port.
func hostOf(c survey.Connection) string {
	r, err := ws.ParseRequest(c.Request)
	if err != nil {
		return ""
	}
	host := r.Fields.Get("Host")
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	return strings.Trim(host, "[]")
}

// isAddress reports whether a host is an IP address.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func sniSent(c survey.Connection) []wirelog.Record {
	host := hostOf(c)
	switch {
	case host == "" || isAddress(host):
		return nil // no name is to be sent then
	case c.Hello.Name == "":
		return []wirelog.Record{broke("RFC 6455, 4.1: a client must send the name of the host, %.80s, by SNI, and there is none", host)}
	case !strings.EqualFold(c.Hello.Name, host):
		return []wirelog.Record{lapsed("RFC 6066, 3: the name sent by SNI is %.80s, and the request is for %.80s", c.Hello.Name, host)}
	}
	return []wirelog.Record{seen("the name is %.80s", host)}
}

func noAddresses(c survey.Connection) []wirelog.Record {
	switch {
	case isAddress(c.Hello.Name):
		return []wirelog.Record{lapsed("RFC 6066, 3: an IP address is not permitted as a name, and %.80s was sent", c.Hello.Name)}
	case !isAddress(hostOf(c)):
		return nil
	}
	return []wirelog.Record{seen("no address was sent")}
}

func offersHTTP1(c survey.Connection) []wirelog.Record {
	offered := strings.Join(c.Hello.ALPN, ", ")
	switch {
	case len(c.Hello.ALPN) == 0:
		return []wirelog.Record{seen("nothing is offered")}
	case slices.Contains(c.Hello.ALPN, http1):
		return []wirelog.Record{seen("offered: %.80s", offered)}
	case slices.ContainsFunc(c.Hello.ALPN, func(p string) bool { return p == "h2" || p == "h3" }):
		return []wirelog.Record{broke("RFC 7301, 3.1: the client speaks HTTP/1.1, and offers only %.80s", offered)}
	}
	return []wirelog.Record{lapsed("RFC 7301, 6: the client speaks HTTP/1.1, whose name is http/1.1, and offers only %.80s", offered)}
}

// maskingInTLS looks at the frames of the connections of TLS.
func maskingInTLS(e survey.Evidence) []wirelog.Record {
	n := 0
	for _, c := range e.Connections {
		if !c.Secure {
			continue
		}
		for _, h := range c.Frames {
			if h.Masked != c.FromClient {
				return []wirelog.Record{broke("RFC 6455, 5.1: over TLS too, clients must mask their frames, and servers must not: masked is %v in a %v frame", h.Masked, h.Opcode)}
			}
			n++
		}
	}
	if n == 0 {
		return []wirelog.Record{unseen("no frame came over TLS")}
	}
	return []wirelog.Record{seen("%d frames", n)}
}
