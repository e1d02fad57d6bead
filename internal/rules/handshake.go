// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/ws"
)

// A Fault is what keeps a request from being a client's opening handshake
// (RFC 6455, 4.1), with the HTTP answer that is due to it (RFC 6455, 4.2.1).
type Fault struct {
	Why    string
	Status int
	Fields ws.Fields // of the answer
}

// Rule is the fault as the rule that the client breaks.
func (f Fault) Rule() string { return "RFC 6455, 4.1: " + f.Why }

// Request returns all that keeps a request from being an opening handshake, the
// fault that is to be answered first.
func Request(r ws.Request) []Fault {
	var all []Fault
	fault := func(is bool, status int, answer ws.Fields, format string, args ...any) {
		if is {
			all = append(all, Fault{fmt.Sprintf(format, args...), status, answer})
		}
	}
	version := r.Fields.Get("Sec-WebSocket-Version")
	keys := r.Fields.Values("Sec-WebSocket-Key")
	fault(r.Method != "GET", 405, ws.Fields{{Name: "Allow", Value: "GET"}}, "method %.20q: want GET", r.Method)
	fault(r.Proto != "HTTP/1.1", 505, nil, "%.20q: want HTTP/1.1", r.Proto)
	fault(r.Fields.Get("Host") == "", 400, nil, "no Host")
	fault(!r.Fields.HasToken("Upgrade", "websocket"), 426,
		ws.Fields{{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"}}, "no Upgrade to websocket")
	fault(!r.Fields.HasToken("Connection", "Upgrade"), 400, nil, "Connection without the token Upgrade")
	fault(version != "13", 400, ws.Fields{{Name: "Sec-WebSocket-Version", Value: "13"}}, "Sec-WebSocket-Version %.20q: want 13", version)
	fault(len(keys) != 1 || !ws.ValidKey(keys[0]), 400, nil, "Sec-WebSocket-Key: want one, the base64 of 16 octets")
	return all
}

// Asked is what the answer to an opening handshake is held against.
type Asked struct {
	Key       string   // of Sec-WebSocket-Key
	Protocols []string // that the client offered
}

// AskedIn returns what a request asks for: the subprotocols it lists (RFC 6455, 11.3.4)
// as far as they are tokens.
func AskedIn(f ws.Fields) *Asked {
	a := &Asked{Key: strings.Trim(f.Get("Sec-WebSocket-Key"), " \t")}
	for _, list := range f.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.Trim(name, " \t"); ws.IsToken(name) {
				a.Protocols = append(a.Protocols, name)
			}
		}
	}
	return a
}

// Response returns the rules that the answer to an opening handshake breaks, the one
// that matters most first (RFC 6455, 4.1). Where it is not known what was asked, the
// answer is held to the rest.
func Response(r ws.Response, asked *Asked) []string {
	if r.Status != 101 {
		return []string{fmt.Sprintf("RFC 6455, 4.1: HTTP status %d %.80q instead of 101", r.Status, r.Reason)}
	}
	var all []string
	broken := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	accept, proto := r.Fields.Values("Sec-WebSocket-Accept"), r.Fields.Values("Sec-WebSocket-Protocol")
	broken(r.Proto != "HTTP/1.1", "RFC 6455, 4.1: %.20q instead of HTTP/1.1", r.Proto)
	broken(!ws.EqualFold(r.Fields.Get("Upgrade"), "websocket"), "RFC 6455, 4.1: Upgrade is %.80q instead of websocket", r.Fields.Get("Upgrade"))
	broken(!r.Fields.HasToken("Connection", "Upgrade"), "RFC 6455, 4.1: Connection is %.80q, without the token Upgrade", r.Fields.Get("Connection"))
	broken(len(accept) != 1, "RFC 6455, 4.1: %d fields Sec-WebSocket-Accept instead of one", len(accept))
	if len(accept) == 1 && asked != nil {
		want := ws.AcceptKey(asked.Key)
		broken(accept[0] != want, "RFC 6455, 4.1: Sec-WebSocket-Accept is %.80q and should be %q", accept[0], want)
	}
	return append(all, subprotocol(proto, asked)...)
}

// subprotocol returns the rules that the fields Sec-WebSocket-Protocol of an answer break.
func subprotocol(proto []string, asked *Asked) []string {
	var all []string
	broken := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	broken(len(proto) > 1, "RFC 6455, 11.3.4: several fields Sec-WebSocket-Protocol in a response")
	notToken := len(proto) == 1 && !ws.IsToken(proto[0])
	if notToken {
		broken(true, "RFC 6455, 4.3: Sec-WebSocket-Protocol is %.80q in a response and must be one token", proto[0])
	}
	if len(proto) == 1 && asked != nil && !notToken {
		broken(!slices.Contains(asked.Protocols, proto[0]), "RFC 6455, 4.1: subprotocol %.80q was not requested", proto[0])
	}
	return all
}
