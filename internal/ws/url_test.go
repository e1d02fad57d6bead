// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

func TestParseURL(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		host string
		port uint16
		err  string
	}{
		{"ws://127.0.0.1:9001/chat?room=1", "127.0.0.1", 9001, ""},
		{"ws://example.test", "example.test", 80, ""},
		{"WSS://[::1]/a%20b", "::1", 443, ""},
		{"127.0.0.1:9001", "", 0, "there is no scheme"},
		{"//127.0.0.1", "", 0, "there is no scheme"},
		{"localhost:9001", "", 0, `the scheme is "localhost"`},
		{"http://127.0.0.1", "", 0, `the scheme is "http"`},
		{"ws://", "", 0, "there is no host"},
		{"ws://::1", "", 0, "in brackets"},
		{"ws://127.0.0.1:0", "", 0, "there is no port 0"},
		{"ws://127.0.0.1:70000", "", 0, "there is no port 70000"},
		{"ws://me@127.0.0.1", "", 0, "no user and password"},
		{"ws://127.0.0.1/#x", "", 0, "no fragment"},
		{"ws://127.0.0.1/#", "", 0, "no fragment"},
		{"ws://127.0.0.1/%zz", "", 0, `invalid URL escape "%zz"`},
	} {
		u, port, err := ws.ParseURL(tt.raw)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %q", tt.raw, err, tt.err)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.raw, err)
		case u.Hostname() != tt.host || port != tt.port:
			t.Errorf("%s: host %s, port %d", tt.raw, u.Hostname(), port)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"ws://a", "wss://[::1]:9/x?y", "ws://a#", "a:1", "ws://::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, port, err := ws.ParseURL(raw)
		if err != nil {
			return
		}
		if u.Hostname() == "" || port == 0 || u.Scheme != "ws" && u.Scheme != "wss" || strings.Contains(raw, "#") {
			t.Errorf("%q is taken for host %q, port %d, scheme %q", raw, u.Hostname(), port, u.Scheme)
		}
	})
}
