// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/wsspec/wsspec/internal/ws"

// HTTPVersion are the flags that choose how WebSocket connections are opened.
type HTTPVersion struct {
	HTTP2 bool `name:"http2" help:"WebSocket over HTTP/2 (RFC 8441): with ws:// in the clear and without being asked, with wss:// by ALPN. Cases about HTTP/1.1 are left out, and the report says so."`
}

// version is the version of HTTP that is meant.
func (v HTTPVersion) version() string {
	if v.HTTP2 {
		return ws.HTTP2
	}
	return ws.HTTP1
}

// httpHint says how a version of HTTP is asked for.
func httpHint(version string) string {
	if version == ws.HTTP2 {
		return "--http2 runs it"
	}
	return "leave out --http2 to run it"
}
