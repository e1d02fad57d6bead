// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"

	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// connectRequest looks at an extended CONNECT (RFC 8441, 4 and 5): its pseudo-header fields, and the
// others.
func connectRequest(c survey.Connection) []wirelog.Record {
	return append(connectPseudo(c), connectFields(c)...)
}

// ofConnect is the request, nil where it is for a page, or over another version of HTTP.
func ofConnect(c survey.Connection) (*ws.Request, []wirelog.Record) {
	r, err := ws.ParseRequest(c.Request)
	switch {
	case err != nil:
		return nil, []wirelog.Record{broke("RFC 9113, 8.3.1: a request that is none: %v", err)}
	case r.Proto != ws.HTTP2 && r.Proto != ws.HTTP3, r.Method == "GET" || r.Method == "HEAD":
		return nil, nil
	}
	return &r, nil
}

// connectPseudo looks at the pseudo-header fields.
//
// "The :protocol pseudo-header field MUST be included in the CONNECT request, and it MUST
// have a value of "websocket""; "the :scheme … https … for wss"; "Implementations using this
// extended CONNECT … do not do the processing of the Sec-WebSocket-Key and
// Sec-WebSocket-Accept header fields" (RFC 8441, 5).
func connectPseudo(c survey.Connection) []wirelog.Record {
	r, wrong := ofConnect(c)
	if r == nil {
		return wrong
	}
	f := r.Fields
	switch {
	case r.Method != "CONNECT":
		return []wirelog.Record{broke("RFC 8441, 4: the method is %.20q and must be CONNECT", r.Method)}
	case f.Get(":protocol") != "websocket":
		return []wirelog.Record{broke("RFC 8441, 5: :protocol is %.40q and must be websocket", f.Get(":protocol"))}
	case r.Proto == ws.HTTP2 && f.Get(":scheme") != "https" && f.Get(":scheme") != "http":
		return []wirelog.Record{broke("RFC 8441, 5: :scheme is %.20q and must be https, for wss, or http", f.Get(":scheme"))}
	case r.Proto == ws.HTTP3 && f.Get(":scheme") != "https":
		return []wirelog.Record{broke("RFC 8441, 5: :scheme is %.20q and must be https, as the URI is one of wss", f.Get(":scheme"))}
	case !strings.HasPrefix(r.Target, "/"):
		return []wirelog.Record{broke("RFC 8441, 4: :path is %.80q and must be a path", r.Target)}
	case f.Get(":authority") == "":
		return []wirelog.Record{broke("RFC 8441, 5: there is no :authority, which has the host")}
	}
	return nil
}

// connectFields looks at the other fields.
func connectFields(c survey.Connection) []wirelog.Record {
	r, _ := ofConnect(c)
	if r == nil {
		return nil
	}
	f := r.Fields
	if f.Get("Sec-WebSocket-Version") != "13" {
		return []wirelog.Record{broke("RFC 8441, 5: sec-websocket-version is %.20q and must be 13", f.Get("Sec-WebSocket-Version"))}
	}
	for _, name := range []string{"connection", "upgrade", "keep-alive", "proxy-connection", "transfer-encoding"} {
		if len(f.Values(name)) > 0 {
			return []wirelog.Record{broke("RFC 8441, 5: the request has the field %s", name)}
		}
	}
	for _, l := range f {
		if l.Name != strings.ToLower(l.Name) {
			return []wirelog.Record{broke("RFC 9113, 8.2.1: the field name %.40q is not in small letters", l.Name)}
		}
	}
	if len(f.Values("Sec-WebSocket-Key")) > 0 {
		return []wirelog.Record{lapsed("RFC 8441, 5: the request has a Sec-WebSocket-Key, which nobody looks at")}
	}
	return nil
}
