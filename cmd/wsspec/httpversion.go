// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/wsspec/wsspec/internal/ws"

// HTTPVersion are the flags that choose how WebSocket connections are opened.
type HTTPVersion struct {
	HTTP2 bool `name:"http2" help:"WebSocket over HTTP/2 (RFC 8441): with ws:// in the clear and without being asked, with wss:// by ALPN. Cases about HTTP/1.1 are left out, and the report says so." xor:"http"`
	HTTP3 bool `name:"http3" help:"WebSocket over HTTP/3 (RFC 9220): over QUIC, with wss:// only. Cases about other versions of HTTP are left out, and the report says so." xor:"http"`
}

// version is the version of HTTP that is meant.
func (v HTTPVersion) version() string {
	switch {
	case v.HTTP2:
		return ws.HTTP2
	case v.HTTP3:
		return ws.HTTP3
	}
	return ws.HTTP1
}

// httpHint says how a version of HTTP is asked for.
func httpHint(version string) string {
	switch version {
	case ws.HTTP2:
		return "--http2 runs it"
	case ws.HTTP3:
		return "--http3 runs it"
	}
	return "leave out --http2 and --http3 to run it"
}
