// SPDX-License-Identifier: Apache-2.0

package cases

import (
	"strings"

	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// connectRequest looks at an extended CONNECT (RFC 8441, 4 and 5).
//
// "The :protocol pseudo-header field MUST be included in the CONNECT request, and it MUST
// have a value of "websocket""; "the :scheme … https … for wss"; "Implementations using this
// extended CONNECT … do not do the processing of the Sec-WebSocket-Key and
// Sec-WebSocket-Accept header fields" (RFC 8441, 5).
func connectRequest(c survey.Connection) []wirelog.Record {
	r, err := ws.ParseRequest(c.Request)
	if err != nil {
		return []wirelog.Record{broke("RFC 9114, 4.3.1: a request that is none: %v", err)}
	}
	if r.Proto != ws.HTTP2 && r.Proto != ws.HTTP3 {
		return nil // of a page, or over another version of HTTP
	}
	f := r.Fields
	switch {
	case r.Method == "GET" || r.Method == "HEAD":
		return nil
	case r.Method != "CONNECT":
		return []wirelog.Record{broke("RFC 8441, 4: the method is %.20q and must be CONNECT", r.Method)}
	case f.Get(":protocol") != "websocket":
		return []wirelog.Record{broke("RFC 8441, 5: :protocol is %.40q and must be websocket", f.Get(":protocol"))}
	case f.Get(":scheme") != "https":
		return []wirelog.Record{broke("RFC 8441, 5: :scheme is %.20q and must be https, as the URI is one of wss", f.Get(":scheme"))}
	case !strings.HasPrefix(r.Target, "/"):
		return []wirelog.Record{broke("RFC 8441, 4: :path is %.80q and must be a path", r.Target)}
	case f.Get(":authority") == "":
		return []wirelog.Record{broke("RFC 8441, 5: there is no :authority, which has the host")}
	case f.Get("Sec-WebSocket-Version") != "13":
		return []wirelog.Record{broke("RFC 8441, 5: sec-websocket-version is %.20q and must be 13", f.Get("Sec-WebSocket-Version"))}
	}
	for _, name := range []string{"connection", "upgrade", "keep-alive", "proxy-connection", "transfer-encoding"} {
		if len(f.Values(name)) > 0 {
			return []wirelog.Record{broke("RFC 8441, 5 and RFC 9114, 4.2: the request has the field %s", name)}
		}
	}
	for _, l := range f {
		if l.Name != strings.ToLower(l.Name) {
			return []wirelog.Record{broke("RFC 9114, 4.2: the field name %.40q is not in small letters", l.Name)}
		}
	}
	if len(f.Values("Sec-WebSocket-Key")) > 0 {
		return []wirelog.Record{lapsed("RFC 8441, 5: the request has a Sec-WebSocket-Key, which nobody looks at")}
	}
	return nil
}
