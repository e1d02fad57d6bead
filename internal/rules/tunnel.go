// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// ExtendedConnect returns all that keeps a request of HTTP/2 or HTTP/3 from opening a
// WebSocket connection (RFC 8441, 4 and 5; RFC 9220, 3), the fault that is to be answered
// first. The request is one that ws.Fields.Head wrote down. A fault with status 0 makes it
// malformed, which is for the stream to end (RFC 9113, 8.1.1).
func ExtendedConnect(r ws.Request) []Fault {
	var all []Fault
	fault := func(is bool, status int, answer ws.Fields, format string, args ...any) {
		if is {
			all = append(all, Fault{fmt.Sprintf(format, args...), status, answer})
		}
	}
	malformed := func(is bool, format string, args ...any) { fault(is, 0, nil, format, args...) }
	for _, l := range r.Fields {
		name := strings.ToLower(l.Name)
		malformed(name != l.Name, "field name %.40q is not in small letters (RFC 9113, 8.2.1)", l.Name)
		malformed(slices.Contains(ofConnections(), name), "field %s, which is of HTTP/1.1 alone (RFC 9113, 8.2.2)", name)
		malformed(name == "te" && l.Value != "trailers", "field te with %.40q (RFC 9113, 8.2.2)", l.Value)
		malformed(strings.HasPrefix(name, ":") && !slices.Contains([]string{":protocol", ":scheme", ":authority"}, name), "pseudo-header field %.40q", l.Name)
	}
	one := func(name string) string {
		vs := r.Fields.Values(name)
		malformed(len(vs) > 1, "%d fields %s", len(vs), name)
		return r.Fields.Get(name)
	}
	protocol, scheme, authority := one(":protocol"), one(":scheme"), one(":authority")
	late := false // a regular field has come
	for _, l := range r.Fields {
		pseudo := strings.HasPrefix(l.Name, ":")
		malformed(pseudo && late, "pseudo-header field %.40q behind a regular field (RFC 9113, 8.3)", l.Name)
		late = late || !pseudo
	}
	hasProtocol := len(r.Fields.Values(":protocol")) > 0
	malformed(hasProtocol && r.Method != "CONNECT", ":protocol with the method %.20q (RFC 8441, 4)", r.Method)
	malformed(hasProtocol && (scheme == "" || r.Target == ""), "an extended CONNECT without :scheme or :path (RFC 8441, 4)")
	fault(r.Method != "CONNECT", 405, ws.Fields{{Name: "allow", Value: "CONNECT"}}, "method %.20q: want an extended CONNECT", r.Method)
	fault(!hasProtocol, 405, nil, "a CONNECT without :protocol: we are no proxy")
	fault(hasProtocol && protocol != "websocket", 501, nil, ":protocol %.40q: want websocket", protocol)
	fault(scheme != "http" && scheme != "https", 400, nil, ":scheme %.20q: want http or https (RFC 8441, 5)", scheme)
	fault(authority == "" && r.Fields.Get("host") == "", 400, nil, "no :authority")
	version := r.Fields.Get("Sec-WebSocket-Version")
	fault(version != "13", 400, ws.Fields{{Name: "sec-websocket-version", Value: "13"}}, "sec-websocket-version %.20q: want 13", version)
	return all
}

// ofConnections are the fields that HTTP/2 and HTTP/3 must not have (RFC 9113, 8.2.2).
func ofConnections() []string {
	return []string{"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"}
}

// ConnectResponse returns the rules that the answer to an extended CONNECT breaks, the
// one that matters most first (RFC 8441, 5).
func ConnectResponse(r ws.Response, asked *Asked) []string {
	if r.Status/100 != 2 {
		return []string{fmt.Sprintf("RFC 8441, 5: status %d instead of 200", r.Status)}
	}
	var all []string
	for _, name := range ofConnections() {
		if len(r.Fields.Values(name)) > 0 {
			all = append(all, fmt.Sprintf("RFC 9113, 8.2.2: field %s, which is of HTTP/1.1 alone, in a response", name))
		}
	}
	return append(all, subprotocol(r.Fields.Values("Sec-WebSocket-Protocol"), asked)...)
}
