// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"strings"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/ws"
)

// opening draws our half of an opening handshake.
func (g *drawing) opening() conversation.Opening {
	var o conversation.Opening
	if g.Role == ws.Server {
		if g.has(Compression, 70) {
			o.Answer = pick(g, g.words.answers)
		}
		if g.has(Handshakes, 15) {
			o.Edits = edits(pick(g, g.words.answerEdits))
		}
		return o
	}
	if g.has(Compression, 70) {
		o.Offer = pick(g, g.words.offers)
		if g.has(Handshakes, 25) {
			o.Offer = pick(g, g.words.oddOffers)
		}
	}
	if g.has(Handshakes, 25) {
		o.Edits = edits(pick(g, g.words.requestEdits))
		if g.chance(10) {
			o.Edits = append(o.Edits, edits(pick(g, g.words.requestEdits))...)
		}
	}
	if g.has(Chops, 4) {
		o.Chop = pick(g, []int{1, 20, 50, 100})
	}
	if g.Obeys && g.has(Commands, 15) {
		o.Command = pick(g, g.words.commands)
	}
	return o
}

// edits reads changes written as "word text", one a line. A line that ends as those of
// HTTP do goes on.
func edits(s string) []conversation.Edit {
	var es []conversation.Edit
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && (s[to] != '\n' || s[to-1] == '\r') {
			to++
		}
		word, text, _ := strings.Cut(s[from:to], " ")
		es = append(es, conversation.Edit{Word: word, Text: text})
		from = to + 1
	}
	return es
}

func goodOffers() []string {
	return []string{
		"permessage-deflate", "permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=15",
		"permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=12",
		"permessage-deflate; server_no_context_takeover", "permessage-deflate; client_no_context_takeover",
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10",
	}
}

// oddOffers are ones that have to be declined, and ones that are written unusually.
func oddOffers() []string {
	return []string{
		"permessage-deflate; foo", "permessage-deflate; foo=1", "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
		"permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=08", "permessage-deflate; client_max_window_bits=0",
		"permessage-deflate; client_max_window_bits=010", "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
		"permessage-deflate; server_max_window_bits=10; server_max_window_bits=11", "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
		"permessage-deflate; client_max_window_bits; client_max_window_bits=10",
		"permessage-deflate; server_max_window_bits=\"10\"", "permessage-deflate; client_max_window_bits=\"9\"", "permessage-deflate; foo, permessage-deflate",
		"permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=10", "permessage-deflate, permessage-deflate; client_max_window_bits",
		"x-unknown", "x-unknown, permessage-deflate", "permessage-deflate;client_max_window_bits;server_max_window_bits=11", "PERMESSAGE-DEFLATE",
		"permessage-deflate; ", "permessage-deflate;;", "; permessage-deflate", "permessage-deflate; a=\"", "permessage deflate", "permessage-deflate; =1", "x-webkit-deflate-frame", "x-a; b=c, x-d",
	}
}

// answers are what is added to the least answer of a server.
func answers() []string {
	return []string{
		"no", "", "", "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits=9", "client_max_window_bits=9",
		"client_max_window_bits=15", "server_max_window_bits=8", "client_max_window_bits=8", "server_max_window_bits=15; client_max_window_bits=15", "server_no_context_takeover; client_no_context_takeover", "server_no_context_takeover; client_no_context_takeover; client_max_window_bits=10; server_max_window_bits=10",
	}
}

// requestEdits are changes of a request: right ones, and wrong ones.
func requestEdits() []string {
	return []string{
		"line POST {target} HTTP/1.1", "line HEAD {target} HTTP/1.1", "line get {target} HTTP/1.1", "line GET {target} HTTP/1.0", "line GET {target} HTTP/1.2", "line GET {target} HTTP/2.0", "line GET {target}",
		"line GET  {target} HTTP/1.1", "line GET {target}#frag HTTP/1.1", "line GET http://{host}{target} HTTP/1.1", "line GET * HTTP/1.1", "line GET {target}\x01 HTTP/1.1", "line CONNECT {host} HTTP/1.1", "line GET foo HTTP/1.1",
		"without Host", "add Host: {host}", "with Host: ", "without Host\nadd Host: {host}", "with host: {host}", "with HOST: {host}",
		"without Upgrade", "with Upgrade: WebSocket", "with Upgrade: WEBSOCKET", "with Upgrade: websocketx", "with Upgrade: xwebsocket", "with Upgrade: h2c, websocket", "with Upgrade: h2c", "with UPGRADE: websocket", "with Upgrade: websocket, h2c",
		"without Connection", "with Connection: keep-alive, Upgrade", "with Connection: upgrade", "with Connection: UPGRADE", "with Connection: Upgraded", "with Connection: keep-alive", "with Connection: keep-alive\nadd Connection: Upgrade", "with Connection: close, Upgrade", "with connection: Upgrade", "with Connection: NoUpgrade", "with Connection: keep-alive,Upgrade",
		"without Sec-WebSocket-Key", "with Sec-WebSocket-Key: ", "with Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ", "with Sec-WebSocket-Key: c2hvcnQ=", "with Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=", "with Sec-WebSocket-Key: not base64 at all!!!!!!",
		"add Sec-WebSocket-Key: {key}", "add Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==", "with Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEB==", "with Sec-WebSocket-Key:   {key}  ", "with sec-websocket-key: {key}", "with Sec-WebSocket-Key:{key}", "with Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==", "with Sec-WebSocket-Key: \t{key}\t",
		"without Sec-WebSocket-Version", "with Sec-WebSocket-Version: 12", "with Sec-WebSocket-Version: 8", "with Sec-WebSocket-Version: 14", "with Sec-WebSocket-Version: 0", "with Sec-WebSocket-Version: 13, 8", "with Sec-WebSocket-Version: 013", "with Sec-WebSocket-Version: 13x", "with Sec-WebSocket-Version: abc", "add Sec-WebSocket-Version: 13", "add Sec-WebSocket-Version: 8", "with SEC-WEBSOCKET-VERSION: 13", "with Sec-WebSocket-Version: 255", "with Sec-WebSocket-Version: 13.0",
		"add Sec-WebSocket-Protocol: chat", "add Sec-WebSocket-Protocol: chat, superchat", "add Sec-WebSocket-Protocol: CHAT", "add Sec-WebSocket-Protocol: a\nadd Sec-WebSocket-Protocol: b", "add Sec-WebSocket-Protocol: a, a", "add Sec-WebSocket-Protocol: a b", "add Sec-WebSocket-Protocol: ", "add Sec-WebSocket-Protocol: chat;q=1", "add Sec-WebSocket-Protocol: x/y, @", "add Sec-WebSocket-Protocol: Chat",
		"add Sec-WebSocket-Extensions: x-unknown\nadd Sec-WebSocket-Extensions: permessage-deflate", "add Sec-WebSocket-Extensions: ", "add Sec-WebSocket-Extensions: ,", "add Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"", "add Sec-WebSocket-Extensions: ; ;", "add Sec-WebSocket-Extensions: x=1",
		"add Origin: http://example.com", "add Origin: http://a.example\nadd Origin: http://b.example", "add Origin: null", "add Cookie: a=b", "add X-Long: " + strings.Repeat("x", 5000), "add X-Long: " + strings.Repeat("y", 70_000), "add X-A: \xff\xfe", "add X : y", "add X-Fold: a\r\n b", "add no colon", "add : no name", "add X@Y: z", "add X-Nul: a\x00b",
		"add Content-Length: 0", "add Content-Length: 5\nbody Hello", "add Transfer-Encoding: chunked\nbody 0\r\n\r\n", "add Content-Length: 11\nbody \x81\x85\x00\x00\x00\x00Hello", "add Expect: 100-continue",
		"raw GET / HTTP/1.1\r\n\r\n", "raw \x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "raw hello\r\n\r\n",
	}
}

// answerEdits are changes of an answer: right ones, and wrong ones.
func answerEdits() []string {
	return []string{
		"line HTTP/1.1 200 OK", "line HTTP/1.1 301 Moved Permanently\nadd Location: //127.0.0.1:1/elsewhere\nadd Content-Length: 0", "line HTTP/1.1 401 Unauthorized\nadd Content-Length: 0", "line HTTP/1.1 404 Not Found\nadd Content-Length: 0", "line HTTP/1.1 503 Service Unavailable\nadd Content-Length: 0", "line HTTP/1.1 302 Found\nadd Location: ws://127.0.0.1:1/\nadd Content-Length: 0",
		"line HTTP/1.0 101 Switching Protocols", "line HTTP/1.1 101", "line HTTP/1.1 101 Whatever", "line HTTP/1.1 1O1 Switching", "line HTTP/1.1 102 Processing", "line HTTP/1.1 202 Accepted",
		"without Upgrade", "with Upgrade: WebSocket", "with Upgrade: WEBSOCKET", "with Upgrade: websocketx", "with Upgrade: h2c", "with upgrade: websocket", "with Upgrade: xwebsocket",
		"without Connection", "with Connection: keep-alive, Upgrade", "with Connection: UPGRADE", "with Connection: close", "with Connection: upgraded", "with CONNECTION: upgrade", "with Connection: keep-alive\nadd Connection: Upgrade",
		"without Sec-WebSocket-Accept", "with Sec-WebSocket-Accept: ", "with Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "with Sec-WebSocket-Accept: {key}", "with Sec-WebSocket-Accept: {accept}x", "with Sec-WebSocket-Accept: {accept} ", "with Sec-WebSocket-Accept:   {accept}", "add Sec-WebSocket-Accept: {accept}", "add Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "with sec-websocket-accept: {accept}", "with SEC-WEBSOCKET-ACCEPT: {accept}", "with Sec-WebSocket-Accept: \t{accept}\t",
		"add Sec-WebSocket-Protocol: chat", "add Sec-WebSocket-Protocol: unasked", "add Sec-WebSocket-Protocol: a\nadd Sec-WebSocket-Protocol: b", "add Sec-WebSocket-Protocol: ",
		"with Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"10\"", "with Sec-WebSocket-Extensions: permessage-deflate ; server_no_context_takeover", "with Sec-WebSocket-Extensions: permessage-deflate;\tserver_no_context_takeover ;client_no_context_takeover", "with sec-websocket-extensions: permessage-deflate",
		"with Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12", "with Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"9\"", "with Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover", "with Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=010",
		"with Sec-WebSocket-Extensions: permessage-deflate; foo", "with Sec-WebSocket-Extensions: x-unknown", "with Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate", "with Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7", "with Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits",
		"with Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "with Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_no_context_takeover", "with Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover=1", "with Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16", "with Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=08", "with Sec-WebSocket-Extensions: ;",
		"add Content-Length: 0", "add X-Other: value", "add Sec-WebSocket-Version: 13", "add X : y", "add no colon", "add X-Fold: a\r\n b", "add X-Long: " + strings.Repeat("x", 5000),
		"raw HTTP/1.1 100 Continue\r\n\r\n", "raw hello\r\n\r\n", "raw HTTP/1.1 101 Switching Protocols\r\n\r\n",
	}
}

// commands are what an endpoint is told to do: see ws.Command.
func commands() []string {
	return []string{
		"close", "close:1000", "close:1001:bye", "close:3000", "close:1005", "close:1006", "close:999", "close:1010", "close:1000:" + strings.Repeat("r", 130), "close:1000:" + strings.Repeat("r", 122) + "%C3%A9", "close:1000:%FF",
		"ping:hello", "send:hello", "send:a:50,close:1000", "sendbig:300000,close:1000", "sendbig:70000", "shutdown", "raise", "ping,send:x,close",
	}
}
