// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestEveryFault(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(b)
	}
	seen := make(map[string]bool)
	for _, f := range testee.AllFaults() {
		switch {
		case seen[f.Name]:
			t.Errorf("%s: there are two", f.Name)
		case !regexp.MustCompile(`^[a-z0-9.]+(-[a-z0-9.]+)*$`).MatchString(f.Name):
			t.Errorf("%s: no name", f.Name)
		case f.Title == "" || strings.HasSuffix(f.Title, ".") || f.Title[0] < 'A' || f.Title[0] > 'Z':
			t.Errorf("%s: title %q", f.Name, f.Title)
		case !f.Roles.Has(ws.Client) && !f.Roles.Has(ws.Server):
			t.Errorf("%s: in no role", f.Name)
		case !strings.Contains(tests.String(), `"`+f.Name+`"`):
			t.Errorf("%s: no test shows its effect", f.Name)
		}
		seen[f.Name] = true
	}
	if _, err := testee.ParseFaults("no-pong", "nonsense"); err == nil || err.Error() != `no fault has the name "nonsense"` {
		t.Errorf("unknown name: %v", err)
	}
	if f, err := testee.ParseFaults("swaps-type", "no-pong"); err != nil || f.String() != "no-pong,swaps-type" {
		t.Errorf("got %s, %v", f, err)
	}
}

func TestRequests(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	for _, tt := range []struct {
		name   string
		change []string
		want   string // begin of the answer
	}{
		{"plain", nil, "HTTP/1.1 101 "},
		{"empty line before", []string{"GET", "\r\nGET"}, "HTTP/1.1 101 "},
		{"absolute form", []string{"GET / ", "GET http://h/ "}, "HTTP/1.1 101 "},
		{"HTTP/1.2", []string{"HTTP/1.1", "HTTP/1.2"}, "HTTP/1.1 101 "},
		{"lists", []string{"Upgrade: W", "Upgrade: foo, w", "Connection: U", "Connection: keep-alive , u"}, "HTTP/1.1 101 "},
		{"several subprotocols", []string{"13", "13\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c"}, "HTTP/1.1 101 "},
		{"blanks", []string{"Key: " + key, "Key:\t " + key + " \t"}, "HTTP/1.1 101 "},
		{"no content", []string{"13", "13\r\nContent-Length: 0"}, "HTTP/1.1 101 "},
		{"8 KiB", []string{"13", "13\r\nX: " + x(8192)}, "HTTP/1.1 101 "},
		{"HTTP/2.0", []string{"HTTP/1.1", "HTTP/2.0"}, "HTTP/1.1 505 "},
		{"HTTP/0.9", []string{" HTTP/1.1", ""}, "HTTP/1.1 400 "},
		{"method", []string{"GET", "get"}, "HTTP/1.1 405 "},
		{"fragment", []string{"GET / ", "GET /#a "}, "HTTP/1.1 400 "},
		{"no path", []string{"GET / ", "GET * "}, "HTTP/1.1 400 "},
		{"bad Host", []string{"Host: h", "Host: a b"}, "HTTP/1.1 400 "},
		{"Upgrade with version", []string{"WebSocket\r\n", "websocket/13\r\n"}, "HTTP/1.1 426 "},
		{"Origin twice", []string{"13", "13\r\nOrigin: a\r\nOrigin: b"}, "HTTP/1.1 400 "},
		{"subprotocol twice", []string{"13", "13\r\nSec-WebSocket-Protocol: a, a"}, "HTTP/1.1 400 "},
		{"empty subprotocol", []string{"13", "13\r\nSec-WebSocket-Protocol: ,"}, "HTTP/1.1 400 "},
		{"subprotocol no token", []string{"13", "13\r\nSec-WebSocket-Protocol: a;b"}, "HTTP/1.1 400 "},
		{"extension malformed", []string{"13", "13\r\nSec-WebSocket-Extensions: a; b="}, "HTTP/1.1 400 "},
		{"key too short", []string{key, "AQIDBAUGBwgJCgsMDQ4P"}, "HTTP/1.1 400 "},
		{"version 8", []string{"13", "8"}, "HTTP/1.1 426 "},
		{"content", []string{"13", "13\r\nContent-Length: 5"}, "HTTP/1.1 400 "},
		{"chunks", []string{"13", "13\r\nTransfer-Encoding: chunked"}, "HTTP/1.1 400 "},
		{"bare LF", []string{"\r\n", "\n"}, "HTTP/1.1 400 "},
		{"blank before colon", []string{"Upgrade: W", "Upgrade : W"}, "HTTP/1.1 400 "},
		{"folded", []string{"Upgrade: W", "Upgrade:\r\n W"}, "HTTP/1.1 400 "},
		{"TLS", []string{"GET", "\x16\x03\x01"}, "HTTP/1.1 400 "},
	} {
		if got := ask(t, testee.Config{}, differently(t, tt.change...)); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got %.80q, want %s", tt.name, got, tt.want)
		}
	}
	if got := ask(t, testee.Config{Agent: "me/1"}, strings.SplitAfter(request, "")...); !strings.HasPrefix(got,
		"HTTP/1.1 101 Switching Protocols\r\nServer: me/1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") {
		t.Errorf("octet by octet: got %q", got)
	}
}

// A request without end costs the sender patience and the server 64 KiB.
func TestHostileRequests(t *testing.T) {
	endless := []string{"GET / HTTP/1.1\r\nX: "}
	for range 100 {
		endless = append(endless, x(1024))
	}
	if got := ask(t, testee.Config{}, endless...); !strings.HasPrefix(got, "HTTP/1.1 431 ") || !strings.HasSuffix(got, "FIN") {
		t.Errorf("endless field: got %q", got)
	}
	if got := ask(t, testee.Config{}, x(1<<20)); !strings.HasPrefix(got, "HTTP/1.1 431 ") {
		t.Errorf("endless line: got %q", got)
	}
	synctest.Test(t, func(t *testing.T) {
		s, server := memnet.Pipe(0)
		done := make(chan error, 1)
		go func() { done <- testee.Serve(t.Context(), server, testee.Config{}) }()
		start := time.Now()
		write(t, s, request[:30])
		if got := rest(t, s); !strings.HasPrefix(got, "HTTP/1.1 408 ") || time.Since(start) != 5*time.Second {
			t.Errorf("got %q after %s", got, time.Since(start))
		}
		s.Close()
		if err := <-done; err == nil || !strings.Contains(err.Error(), "not complete in time") {
			t.Error(err)
		}
	})
}

func TestAnswers(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"plain", "KEY", "KEY", "opens"},
		{"lists and blanks", "Connection: Upgrade", "connection:keep-alive ,upgrade \t", "opens"},
		{"unknown fields", "KEY", "KEY\r\nContent-Length: 0\r\nX: y", "opens"},
		{"no reason", "Switching Protocols", "", "opens"},
		{"interim", "HTTP/1.1 101", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101", "opens"},
		{"no end of interim", "HTTP/1.1 101", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9) + "HTTP/1.1 101", "fails"},
		{"status", "101", "200", "fails"},
		{"HTTP/1.0", "HTTP/1.1", "HTTP/1.0", "fails"},
		{"no HTTP", "HTTP/1.1", "FOO", "fails"},
		{"octets before", "HTTP", "\x81\x01xHTTP", "fails"},
		{"bare LF", "\r\n", "\n", "fails"},
		{"Upgrade list", "WebSocket", "websocket, foo", "fails"},
		{"no Connection", "Connection: Upgrade", "Connection: upgraded", "fails"},
		{"wrong Accept", "KEY", "KEX", "fails"},
		{"two Accepts", "KEY", "KEY\r\nSec-WebSocket-Accept: KEY", "fails"},
		{"Accept with more", "KEY", "KEY, x", "fails"},
		{"subprotocol", "KEY", "KEY\r\nSec-WebSocket-Protocol: p", "fails"},
		{"unknown extension", "KEY", "KEY\r\nSec-WebSocket-Extensions: permessage-deflate, x", "fails"},
		{"empty extensions", "KEY", "KEY\r\nSec-WebSocket-Extensions:", "fails"},
		{"extension twice", "KEY", "KEY\r\nSec-WebSocket-Extensions: permessage-deflate, permessage-deflate", "fails"},
		{"unknown parameter", "KEY", "KEY\r\nSec-WebSocket-Extensions: permessage-deflate; x", "fails"},
		{"endless", "KEY", x(70000), "fails"},
		{"cut short", "\r\n\r\n", "\r\n", "fails"},
	} {
		if got := answered(t, testee.Config{}, strings.Replace(answer101, tt.old, tt.new, 1)); got != tt.want {
			t.Errorf("%s: client %s", tt.name, got)
		}
	}
	noDeflate := testee.Config{NoDeflate: true}
	if got := answered(t, noDeflate, strings.Replace(answer101, "KEY", "KEY\r\nSec-WebSocket-Extensions: permessage-deflate", 1)); got != "fails" {
		t.Errorf("extension not offered: client %s", got)
	}
	pieces := testee.Config{Faults: testee.Faults{"needs-request-in-one-read": true}}
	if got := answered(t, pieces, answer101); got != "opens" {
		t.Errorf("answer in one piece: client %s", got)
	}
}
