// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// clientRequests is 0.11 as far as nothing has to be done for it: the requests of all
// connections of a client are looked at, those that were refused too. What they must
// have stands in RFC 6455, 4.1, in a numbered list.
func clientRequests() []conform.Case {
	look := func(id, title, section string, rule func(survey.Connection, ws.Request) []wirelog.Record, requirements ...string) conform.Case {
		return conform.Case{
			ID: id, Title: title, Spec: section, Only: conform.AsServer, Requirements: requirements, Want: surveyed(),
			Survey: everyRequest(func(c survey.Connection) []wirelog.Record {
				r, err := ws.ParseRequest(c.Request)
				if err != nil {
					return []wirelog.Record{broke("RFC 6455, 4.1: a request that is no HTTP: %v", err)}
				}
				return rule(c, r)
			}),
		}
	}
	return []conform.Case{
		look("0.11.1", "Look at the request lines", "RFC 6455, 4.1", requestLine, "6455-4.1-9", "6455-4.1-10", "6455-4.1-11"),
		look("0.11.2", "Look at Host", "RFC 6455, 4.1", requestHost, "6455-3-1", "6455-4.1-12"),
		look("0.11.3", "Look at Upgrade", "RFC 6455, 4.1", requestToken("Upgrade", "websocket"), "6455-4.1-13"),
		look("0.11.4", "Look at Connection", "RFC 6455, 4.1", requestToken("Connection", "Upgrade"), "6455-4.1-14"),
		look("0.11.5", "Look at Sec-WebSocket-Key", "RFC 6455, 4.1", requestKey, "6455-4.1-15", "6455-E3150"),
		look("0.11.6", "Look at Sec-WebSocket-Version", "RFC 6455, 4.1", requestVersion, "6455-4.1-18"),
		look("0.11.7", "Look at Sec-WebSocket-Protocol", "RFC 6455, 4.1", requestProtocols, "6455-4.1-19"),
		look("0.11.8", "Look at Sec-WebSocket-Extensions", "RFC 6455, 9.1", requestExtensions, "6455-4.1-20", "6455-9.1-4"),
		{
			ID: "0.11.11", Title: "Look at the octets of the requests: line ends, folded lines, control characters", Spec: "RFC 9112, 2.2", Only: conform.AsServer,
			Requirements: []string{"6455-4.1-8"}, Survey: everyRequest(requestOctets), Want: surveyed(),
		},
		look("0.11.12", "Look for content in the requests", "RFC 9112, 6", requestContent, "6455-4.1-8"),
	}
}

func requestLine(_ survey.Connection, r ws.Request) []wirelog.Record {
	switch {
	case r.Method != "GET":
		return []wirelog.Record{broke("RFC 6455, 4.1: the method is %.20q and must be GET", r.Method)}
	case !strings.HasPrefix(r.Proto, "HTTP/1.") || r.Proto == "HTTP/1.0":
		return []wirelog.Record{broke("RFC 6455, 4.1: the version is %.20q and must be at least HTTP/1.1", r.Proto)}
	case !strings.HasPrefix(r.Target, "/") && !strings.HasPrefix(r.Target, "http://") && !strings.HasPrefix(r.Target, "https://"):
		return []wirelog.Record{broke("RFC 6455, 4.1: the request target %.80q is no path and no absolute http URI", r.Target)}
	case strings.Contains(r.Target, "#"):
		return []wirelog.Record{broke("RFC 6455, 3: there is a fragment in the request target %.80q", r.Target)}
	}
	return nil
}

// requestHost wants one Host, with the port we listen on unless it is the default one.
func requestHost(c survey.Connection, r ws.Request) []wirelog.Record {
	hosts := r.Fields.Values("Host")
	if len(hosts) != 1 || hosts[0] == "" {
		return []wirelog.Record{broke("RFC 6455, 4.1: %d Host fields with a value, and there must be one", len(hosts))}
	}
	// A colon inside brackets belongs to an IPv6 address.
	colon := strings.LastIndexByte(hosts[0], ':')
	given := colon > strings.LastIndexByte(hosts[0], ']')
	isDefault := !given && (c.Port == 80 || c.Port == 443)
	if c.Port == 0 || isDefault || given && hosts[0][colon+1:] == strconv.Itoa(c.Port) {
		return nil
	}
	if !c.Near { // a port may have been mapped to ours
		return []wirelog.Record{lapsed("RFC 6455, 4.1: Host is %.80q, and the connection came to port %d", hosts[0], c.Port)}
	}
	return []wirelog.Record{broke("RFC 6455, 4.1: Host is %.80q, and the connection came to port %d, which must stand in it", hosts[0], c.Port)}
}

func requestToken(name, token string) func(survey.Connection, ws.Request) []wirelog.Record {
	return func(_ survey.Connection, r ws.Request) []wirelog.Record {
		if r.Fields.HasToken(name, token) {
			return nil
		}
		return []wirelog.Record{broke("RFC 6455, 4.1: %s is %.80q and must have the token %s", name, r.Fields.Get(name), token)}
	}
}

func requestKey(_ survey.Connection, r ws.Request) []wirelog.Record {
	values := r.Fields.Values("Sec-WebSocket-Key")
	if len(values) != 1 {
		return []wirelog.Record{broke("RFC 6455, 4.1: %d fields Sec-WebSocket-Key, and there must be one", len(values))}
	}
	nonce, err := base64.StdEncoding.DecodeString(values[0])
	switch {
	case err != nil:
		return []wirelog.Record{broke("RFC 6455, 4.1: Sec-WebSocket-Key %.80q is not in base64", values[0])}
	case len(nonce) != 16:
		return []wirelog.Record{broke("RFC 6455, 4.1: Sec-WebSocket-Key %.80q has %d octets, and must have 16", values[0], len(nonce))}
	case base64.StdEncoding.EncodeToString(nonce) != values[0]:
		return []wirelog.Record{lapsed("RFC 4648, 3.5: the pad bits of Sec-WebSocket-Key %.80q should be zero", values[0])}
	}
	return nil
}

func requestVersion(_ survey.Connection, r ws.Request) []wirelog.Record {
	if v := r.Fields.Values("Sec-WebSocket-Version"); !slices.Equal(v, []string{"13"}) {
		return []wirelog.Record{broke("RFC 6455, 4.1: Sec-WebSocket-Version is %.80q, and must be 13, once", v)}
	}
	return nil
}

func requestProtocols(_ survey.Connection, r ws.Request) []wirelog.Record {
	var names []string
	for _, list := range r.Fields.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.Trim(name, " \t"); !ws.IsToken(name) || slices.Contains(names, name) {
				return []wirelog.Record{broke("RFC 6455, 4.1: the subprotocols %.80q must be tokens, each once", list)}
			}
			names = append(names, name)
		}
	}
	return nil
}

func requestExtensions(_ survey.Connection, r ws.Request) []wirelog.Record {
	values := r.Fields.Values("Sec-WebSocket-Extensions")
	xs, err := ws.ParseExtensions(values)
	if err != nil {
		return []wirelog.Record{broke("RFC 6455, 9.1: Sec-WebSocket-Extensions %.80q: %v", values, err)}
	}
	if _, declined := deflate.ParseOffers(xs); declined != nil {
		return []wirelog.Record{broke("RFC 7692, 7.1: an offer in %.120q: %v", values, declined)}
	}
	return nil
}

// requestOctets looks at what a parser may forgive.
func requestOctets(c survey.Connection) []wirelog.Record {
	head := bytes.TrimSuffix(c.Request, []byte("\r\n\r\n"))
	for i, line := range bytes.Split(head, []byte("\r\n")) {
		name, _, colon := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.ContainsAny(line, "\r\n"):
			return []wirelog.Record{broke("RFC 9112, 2.2: line %d of a request does not end with CR LF: %.80q", i+1, line)}
		case bytes.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F }):
			return []wirelog.Record{broke("RFC 9110, 5.5: there is a control character in line %d of a request: %.80q", i+1, line)}
		case i > 0 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t'):
			return []wirelog.Record{broke("RFC 9112, 5.2: line %d of a request continues the one before: %.80q", i+1, line)}
		case i > 0 && (!colon || !ws.IsToken(string(name))):
			return []wirelog.Record{broke("RFC 9112, 5.1: line %d of a request is no field: %.80q", i+1, line)}
		}
	}
	return nil
}

func requestContent(_ survey.Connection, r ws.Request) []wirelog.Record {
	if n := r.Fields.Get("Content-Length"); n != "" && n != "0" {
		return []wirelog.Record{broke("RFC 9112, 6: a request to open a connection has a Content-Length of %.20q", n)}
	}
	if len(r.Fields.Values("Transfer-Encoding")) > 0 {
		return []wirelog.Record{broke("RFC 9112, 6: a request to open a connection has a Transfer-Encoding")}
	}
	return nil
}
