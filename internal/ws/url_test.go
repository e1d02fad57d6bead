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
		port string
		err  string
	}{
		{"ws://127.0.0.1:9001/chat?room=1", "9001", ""},
		{"ws://example.test", "80", ""},
		{"WSS://[::1]/a%20b", "443", ""},
		{"9001", "", "there is no scheme"},
		{"//127.0.0.1", "", "there is no scheme"},
		{"localhost:9001", "", `the scheme is "localhost"`},
		{"http://127.0.0.1", "", `the scheme is "http"`},
		{"ws://", "", "there is no host"},
		{"ws://::1", "", "in brackets"},
		{"ws://127.0.0.1:0", "", "there is no port 0"},
		{"ws://127.0.0.1:70000", "", "there is no port 70000"},
		{"ws://me@127.0.0.1", "", "no user and password"},
		{"ws://127.0.0.1/#x", "", "no fragment"},
		{"ws://127.0.0.1/#", "", "no fragment"},
		{"ws://127.0.0.1/%zz", "", `invalid URL escape "%zz"`},
	} {
		_, port, err := ws.ParseURL(tt.raw)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %q", tt.raw, err, tt.err)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.raw, err)
		case port != tt.port:
			t.Errorf("%s: port %s", tt.raw, port)
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
		if u.Hostname() == "" || port == "" || u.Scheme != "ws" && u.Scheme != "wss" || strings.Contains(raw, "#") {
			t.Errorf("%q is taken for host %q, port %q, scheme %q", raw, u.Hostname(), port, u.Scheme)
		}
	})
}
