// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Where a URL leads, and what goes into Host and the request line (RFC 6455, 3 and 4.1).
func TestResolve(t *testing.T) {
	for _, tt := range []struct{ url, addr, host, target, sni string }{
		{"ws://localhost:9001", "localhost:9001", "localhost:9001", "/", ""},
		{"ws://localhost:9001/", "localhost:9001", "localhost:9001", "/", ""},
		{"WS://LocalHost/echo?a=b&c=%20", "LocalHost:80", "LocalHost", "/echo?a=b&c=%20", ""},
		{"ws://h:/x", "h:80", "h", "/x", ""},
		{"ws://h?x=1", "h:80", "h", "/?x=1", ""},
		{"ws://h/?", "h:80", "h", "/?", ""},
		{"ws://h:80/", "h:80", "h:80", "/", ""},
		{"ws://h/a b", "h:80", "h", "/a%20b", ""},
		{"ws://[::1]:7/", "[::1]:7", "[::1]:7", "/", ""},
		{"ws://[::1]/", "[::1]:80", "[::1]", "/", ""},
		{"wss://h", "h:443", "h", "/", "h"},
		{"wss://h:9443/x", "h:9443", "h:9443", "/x", "h"},
		{"wss://[2001:db8::1]", "[2001:db8::1]:443", "[2001:db8::1]", "/", "2001:db8::1"},
	} {
		e, err := fuzzclient.Server{URL: tt.url}.Resolve("me/1")
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		sni := ""
		if c := e.Target().TLS; c != nil {
			sni = c.ServerName
		}
		if r := e.Request(); e.Target().Addr != tt.addr || r.Host != tt.host || r.Target != tt.target || sni != tt.sni || r.Agent != "me/1" {
			t.Errorf("%s: got %s, Host %s, target %s, SNI %q; want %s, %s, %s, %q", tt.url, e.Target().Addr, r.Host, r.Target, sni, tt.addr, tt.host, tt.target, tt.sni)
		}
	}
}

// Each error names the URL or the header, and what to write instead.
func TestResolveErrors(t *testing.T) {
	header := func(name, value string) fuzzclient.Server {
		return fuzzclient.Server{URL: "ws://h", Header: ws.Fields{{Name: name, Value: value}}}
	}
	for _, tt := range []struct {
		server fuzzclient.Server
		want   string
	}{
		{fuzzclient.Server{URL: ""}, `server URL "": there is no scheme: want ws:// or wss://`},
		{fuzzclient.Server{URL: "localhost:9001"}, `server URL "localhost:9001": the scheme is "localhost": want ws:// or wss://`},
		{fuzzclient.Server{URL: "127.0.0.1:9001"}, `server URL "127.0.0.1:9001": there is no scheme: want ws:// or wss://`},
		{fuzzclient.Server{URL: "http://h"}, `the scheme is "http": want ws:// or wss://`},
		{fuzzclient.Server{URL: "ws://"}, "there is no host"},
		{fuzzclient.Server{URL: "ws:///path"}, "there is no host"},
		{fuzzclient.Server{URL: "ws://:9001"}, "there is no host"},
		{fuzzclient.Server{URL: "ws:h"}, "there is no host"},
		{fuzzclient.Server{URL: "ws://h:port"}, `invalid port ":port"`},
		{fuzzclient.Server{URL: "ws://h:65536"}, "there is no port 65536"},
		{fuzzclient.Server{URL: "ws://h:0"}, "there is no port 0"},
		{fuzzclient.Server{URL: "ws://h/#x"}, "no fragment"},
		{fuzzclient.Server{URL: "ws://h/#"}, "no fragment"},
		{fuzzclient.Server{URL: "ws://me:secret@h/"}, "no user and password"},
		{fuzzclient.Server{URL: "ws://h/\r\nX: y"}, "invalid control character in URL"},
		{fuzzclient.Server{URL: "ws://h/?a b"}, "a blank or control character"},
		{fuzzclient.Server{URL: "ws://h%0D%0A/"}, "invalid URL escape"},
		{fuzzclient.Server{URL: "ws://[fe80::1%25a%20b]/"}, "a blank or control character"},
		{fuzzclient.Server{URL: "ws://h", Origin: "a\r\nb"}, `header "Origin" with the value "a\r\nb"`},
		{fuzzclient.Server{URL: "ws://h", Protocols: []string{"chat", "x\n"}}, `subprotocols ["chat" "x\n"]: want names`},
		{fuzzclient.Server{URL: "ws://h", Protocols: []string{"a", "b", "a"}}, "each once"},
		{fuzzclient.Server{URL: "ws://::1:9001"}, "an IPv6 address stands in brackets"},
		{header("sec-websocket-key", "x"), `header "sec-websocket-key": the opening handshake has one of its own`},
		{header("Upgrade", "h2c"), `header "Upgrade": the opening handshake has one of its own`},
		{header("A B", "x"), `header "A B"`},
		{header("", "x"), `header ""`},
		{header("A", "x\ry"), `header "A" with the value "x\ry"`},
		{fuzzclient.Server{URL: "wss://h", TLS: stream.ClientTLS{CAFile: "no/such/file"}}, "read certificate authorities: open no/such/file"},
	} {
		if e, err := tt.server.Resolve(""); err == nil || !strings.Contains(err.Error(), tt.want) || e != nil {
			t.Errorf("%+v: got %v, want %s", tt.server, err, tt.want)
		}
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (fuzzclient.Server{URL: "wss://h", TLS: stream.ClientTLS{CAFile: empty}}).Resolve(""); err == nil || err.Error() != empty+": there is no certificate in it" {
		t.Errorf("got %v", err)
	}
}

// A field that the request has anyway takes its place instead of coming twice.
func TestHeaderReplaces(t *testing.T) {
	e, err := fuzzclient.Server{URL: "ws://127.0.0.1:9001", Origin: "http://a", Header: ws.Fields{
		{Name: "host", Value: "example.com"}, {Name: "User-Agent", Value: "b"}, {Name: "Origin", Value: "http://c"}, {Name: "X", Value: "d"},
	}}.Resolve("a")
	if err != nil {
		t.Fatal(err)
	}
	if r := e.Request(); r.Host != "example.com" || r.Agent != "b" || r.Origin != "http://c" || len(r.Header) != 1 || r.Header[0].Name != "X" {
		t.Errorf("got %+v", r)
	}
	if e.Target().Addr != "127.0.0.1:9001" {
		t.Errorf("leads to %s", e.Target().Addr)
	}
}

// Whatever a URL is, it makes a request that is read as one, or none.
func FuzzResolve(f *testing.F) {
	for _, u := range []string{"ws://localhost:9001", "wss://h/x?y=z", "ws://[::1]:1/%20", "ws://[fe80::1%25eth0]/", "ws://a@h#f", "ws://h:\r\n", "ws://h/?\x7f", "ws://\u00fc.example/"} {
		f.Add(u, "http://origin")
	}
	f.Fuzz(func(t *testing.T, url, origin string) {
		e, err := fuzzclient.Server{URL: url, Origin: origin}.Resolve("agent")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		r := e.Request()
		head := ws.Request{Method: "GET", Target: r.Target, Proto: "HTTP/1.1", Fields: ws.Fields{{Name: "Host", Value: r.Host}, {Name: "Origin", Value: r.Origin}}}.Append(nil)
		back, err := ws.ParseRequest(head)
		if err != nil || back.Target != r.Target || len(back.Fields) != 2 || back.Fields.Get("Host") != r.Host || back.Fields.Get("Origin") != strings.Trim(origin, " \t") {
			t.Errorf("%q makes %q: %v", url, head, err)
		}
		if host, port, err := net.SplitHostPort(e.Target().Addr); err != nil || host == "" || port == "" {
			t.Errorf("%q leads to %q: %v", url, e.Target().Addr, err)
		}
	})
}
