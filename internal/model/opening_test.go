// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/ws"
)

const (
	key     = "dGhlIHNhbXBsZSBub25jZQ=="
	request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n"
)

// opened is a 101 for the request, with these lines more.
func opened(lines string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + ws.AcceptKey(key) + "\r\n" + lines + "\r\n"
}

const refused = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

// What servers may make of requests.
func TestRequests(t *testing.T) {
	without := func(name string) string {
		var kept string
		for line := range strings.Lines(request) {
			if !strings.HasPrefix(line, name+":") {
				kept += line
			}
		}
		return kept
	}
	const pmd = "Sec-WebSocket-Extensions: permessage-deflate"
	tests := []struct{ name, request, response, want string }{
		{"in order", request, opened(""), ""},
		{"in order, refused", request, refused, "echo 6455-4.2.2-10"},
		{"in order, and Connection a list, refused", strings.Replace(request, "n: Upgrade", "n: keep-alive, Upgrade", 1), refused, "echo 6455-4.2.1-7"},
		{"in order, not answered", request, "", "MUST 6455-4.2.2-10"},
		{"no Host", without("Host"), opened(""), "MUST 6455-4.2.1-5"},
		{"no Host, refused", without("Host"), refused, ""},
		{"no Host, not answered", without("Host"), "", "SHOULD 6455-10.7-3"},
		{"no Upgrade", without("Upgrade"), opened(""), "MUST 6455-4.2.1-6"},
		{"no Upgrade, answered with a page", without("Upgrade"), strings.Replace(refused, "400", "200", 1), ""},
		{"no key, answered with a page", without("Sec-WebSocket-Key"), strings.Replace(refused, "400", "200", 1), "MUST 6455-4.2.1-1"},
		{"version 12, refused", strings.Replace(request, "13", "12", 1), refused, "MUST 6455-4.2.2-5"},
		{"version 12, refused with those there are", strings.Replace(request, "13", "12", 1), strings.Replace(refused, "\r\n\r\n", "\r\nSec-WebSocket-Version: 8, 13\r\n\r\n", 1), ""},
		{"version 0, and an Upgrade that lists more, refused", strings.NewReplacer("13", "0", ": websocket", ": websocket, h2c").Replace(request), refused, ""},
		{"an Upgrade that lists more, refused", strings.Replace(request, ": websocket", ": websocket, h2c", 1), refused, "SHOULD 6455-4.2.1-6"},
		{"version 13.0", strings.Replace(request, "13", "13.0", 1), opened(""), "MUST 6455-4.2.1-9"},
		{"no version", without("Sec-WebSocket-Version"), opened(""), "MUST 6455-4.2.1-9"},
		{"HTTP/1.2", strings.Replace(request, "/1.1", "/1.2", 1), opened(""), ""},
		{"HTTP/1.2, refused", strings.Replace(request, "/1.1", "/1.2", 1), refused, "SHOULD 6455-4.2.2-10"},
		{"HTTP/2.0", strings.Replace(request, "/1.1", "/2.0", 1), opened(""), "SHOULD 9112-3-1"},
		{"HTTP/1.0", strings.Replace(request, "/1.1", "/1.0", 1), opened(""), "MUST 6455-4.2.1-3"},
		{"a request line without a version", strings.Replace(request, " HTTP/1.1", "", 1), opened(""), "MUST 6455-4.2.1-3"},
		{"no request line", strings.Replace(request, "GET /", "GET / x", 1), opened(""), "MUST 6455-4.2.1-1"},
		{"an interim response first", request, "HTTP/1.1 103 Early Hints\r\n\r\n" + opened(""), ""},
		{"a subprotocol nobody asked for", request, opened("Sec-WebSocket-Protocol: chat\r\n"), "MUST 6455-4.2.2-8"},
		{"an extension nobody offered", request, opened(pmd + "\r\n"), "MUST 6455-9-1"},
		{"an offer accepted", request + pmd + "\r\n", opened(pmd + "; server_max_window_bits=10\r\n"), ""},
		{"an offer accepted in part", request + pmd + "; server_max_window_bits=10\r\n", opened(pmd + "\r\n"), "MUST 7692-7.1.2.1-2"},
		{"an offer with 15 bits, left out", request + pmd + "; server_max_window_bits=15\r\n", opened(pmd + "\r\n"), "SHOULD 7692-7.1.2.1-2"},
		{"an offer that cannot be, accepted", request + pmd + "; foo\r\n", opened(pmd + "\r\n"), "MUST 7692-7-1"},
		{"an offer that cannot be, declined", request + pmd + "; foo\r\n", opened(""), ""},
		{"an offer that cannot be, refused", request + pmd + "; foo\r\n", refused, "SHOULD 7692-5-5"},
		{"a malformed offer, passed over", request + pmd + ";\r\n", opened(""), "SHOULD 6455-9.1-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := model.New(model.Endpoint{Role: ws.Server})
			sent, received := test.request+"\r\n", test.response
			m.Sent([]byte(sent[:20]))
			m.Sent([]byte(sent[20:]))
			if !m.Owes() {
				t.Error("no answer is owed")
			}
			for i := range len(received) {
				m.Received([]byte(received[i : i+1]))
			}
			if received == "" {
				m.Ended(model.FIN)
			}
			if got := found(m.Findings()); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
			if m.Opened() != strings.Contains(received, "HTTP/1.1 101") && test.want == "" {
				t.Errorf("opened: %v", m.Opened())
			}
		})
	}
}

// A version that is none is not told as if there were none.
func TestWordsForVersions(t *testing.T) {
	m := model.New(model.Endpoint{Role: ws.Server})
	m.Sent([]byte(strings.Replace(request, "13", "13.0", 1) + "\r\n"))
	m.Received([]byte(opened("")))
	if all := m.Findings(); len(all) != 1 || !strings.HasSuffix(all[0].What, " for a version that is not 13") {
		t.Errorf("found %v", all)
	}
}

// What clients may make of responses.
func TestResponses(t *testing.T) {
	const echoed, closed, nothing = "> text \"x\"\n< text \"x\"", "< close \"\"\nend", "end"
	tests := []struct{ name, lines, response, conversation, want string }{
		{"in order", "", opened(""), echoed, ""},
		{"in order, and given up", "", opened(""), nothing, "MUST 6455-7.3-1"},
		{"a wrong accept", "", strings.Replace(opened(""), "s3", "S3", 1), nothing, ""},
		{"a wrong accept, and a Close", "", strings.Replace(opened(""), "s3", "S3", 1), closed, "SHOULD 6455-4.1-30"},
		{"a wrong accept, taken", "", strings.Replace(opened(""), "s3", "S3", 1), echoed, "MUST 6455-4.1-30"},
		{"a wrong accept, and nothing done", "", strings.Replace(opened(""), "s3", "S3", 1), "quiet", "MUST 6455-4.1-30"},
		{"404", "", "HTTP/1.1 404 Not Found\r\n\r\n", echoed, "MUST 6455-4.1-23"},
		{"404, and another request", "", "HTTP/1.1 404 Not Found\r\n\r\n", "", ""},
		{"an extension nobody offered", "", opened("Sec-WebSocket-Extensions: permessage-deflate\r\n"), echoed, "MUST 6455-4.1-32"},
		{"an interim response", "", "HTTP/1.1 100 Continue\r\n\r\n" + opened(""), echoed, ""},
		{"an interim response, not taken", "", "HTTP/1.1 100 Continue\r\n\r\n" + opened(""), nothing, "SHOULD 9110-15.2-1"},
		{"Upgrade a list, taken", "", strings.Replace(opened(""), "websocket", "websocket, foo", 1), echoed, "SHOULD 6455-4.1-26"},
		{"a parameter nobody asked for, not taken", "Sec-WebSocket-Extensions: permessage-deflate\r\n", opened("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n"), nothing, "SHOULD 7692-5-6"},
		{"a parameter nobody asked for, taken", "Sec-WebSocket-Extensions: permessage-deflate\r\n", opened("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n"), echoed, ""},
		{"a parameter that cannot be", "Sec-WebSocket-Extensions: permessage-deflate\r\n", opened("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7\r\n"), echoed, "MUST 7692-7-6"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := model.New(model.Endpoint{Role: ws.Client})
			if v := m.Received([]byte(request + test.lines + "\r\n")); v != nil {
				t.Fatal(v)
			}
			m.Sent([]byte(test.response))
			if test.conversation == "" {
				m.Received([]byte("GET /elsewhere HTTP/1.1\r\n"))
			}
			step(t, m, ws.Client, test.conversation)
			if got := found(m.Findings()); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// What is wrong with the requests of clients.
func TestClientRequests(t *testing.T) {
	tests := []struct{ name, request, want string }{
		{"HTTP/1.0", strings.Replace(request, "1.1", "1.0", 1), "MUST 6455-4.1-10"},
		{"POST", strings.Replace(request, "GET", "POST", 1), "MUST 6455-4.1-9"},
		{"a key of 15 octets", strings.Replace(request, key, "AAAAAAAAAAAAAAAAAAAA", 1), "MUST 6455-4.1-15"},
		{"version 8", strings.Replace(request, "13", "8", 1), "MUST 6455-4.1-18"},
		{"lines that end with LF", strings.ReplaceAll(request, "\r\n", "\n") + "\n", "MUST 6455-4.1-8"},
		{"a frame behind it", request + "\r\n\x81\x80\x00\x00\x00\x00", "MUST 6455-4.1-22"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := model.New(model.Endpoint{Role: ws.Client})
			m.Received([]byte(test.request + "\r\n"))
			if got := found(m.Findings()); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}
