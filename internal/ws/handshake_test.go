// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

// RFC 6455, 1.3 and 4.2.2 work this key out.
func TestAcceptKeyExampleOfTheRFC(t *testing.T) {
	if got := ws.AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("got %s", got)
	}
	for key, want := range map[string]bool{"dGhlIHNhbXBsZSBub25jZQ==": true, "dGhlIHNhbXBsZSBub25jZ": false, "AAAA": false, "": false} {
		if ws.ValidKey(key) != want {
			t.Errorf("ValidKey(%q) = %v", key, !want)
		}
	}
}

func TestRequestRoundTrip(t *testing.T) {
	const wire = "GET /chat?a=b HTTP/1.1\r\nHost: example.com\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nX:\r\n\r\n"
	r, err := ws.ParseRequest([]byte(wire))
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != "GET" || r.Target != "/chat?a=b" || r.Proto != "HTTP/1.1" || r.Fields.Get("HOST") != "example.com" {
		t.Errorf("got %+v", r)
	}
	if !r.Fields.HasToken("connection", "upgrade") || r.Fields.HasToken("connection", "up") {
		t.Error("Connection is a list of tokens")
	}
	if got := string(r.Append(nil)); got != strings.Replace(wire, "X:\r", "X: \r", 1) {
		t.Errorf("printed as %q", got)
	}
}

func TestResponse(t *testing.T) {
	r, err := ws.ParseResponse([]byte("HTTP/1.1 101 Switching Protocols\r\nServer: x\r\nserver:  y \r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 101 || r.Reason != "Switching Protocols" || strings.Join(r.Fields.Values("Server"), "|") != "x|y" {
		t.Errorf("got %+v", r)
	}
}

func TestHeadsThatAreNoHTTP(t *testing.T) {
	for _, tt := range []struct{ head, want string }{
		{"GET /\r\n\r\n", `request line "GET /"`},
		{"GET / HTTP/1.1\r\nno colon\r\n\r\n", `field line "no colon"`},
		{"GET / HTTP/1.1\r\nspace : x\r\n\r\n", `field line "space : x"`},
		{"GET / HTTP/1.1\r\n", "empty line"},
		{"GET " + strings.Repeat("x", 1000) + "\r\n\r\n", " ..."},
	} {
		if _, err := ws.ParseRequest([]byte(tt.head)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: got %v, want %s", tt.head, err, tt.want)
		}
	}
	for _, head := range []string{"HTTP/1.1 1x1 ok\r\n\r\n", "HTTP/1.1\r\n\r\n", "ICY 200 ok\r\n\r\n", "\r\n\r\n"} {
		if _, err := ws.ParseResponse([]byte(head)); err == nil {
			t.Errorf("%q taken for a response", head)
		}
	}
}

// "An ASCII case-insensitive match" (RFC 6455, 4.1 and 4.2.2) knows no long s and no
// Kelvin sign, and blanks around the items of a list are SP and HTAB alone.
func TestTokensAreComparedInASCII(t *testing.T) {
	for value, want := range map[string]bool{
		"websocket": true, "WebSocket": true, " \tWEBSOCKET\t, x": true,
		"web\u017focket": false, "websoc\u212aet": false, "websocket\u00a0": false, "\vwebsocket": false, "websocke": false,
	} {
		f := ws.Fields{{Name: "upGRADE", Value: value}}
		if got := f.HasToken("Upgrade", "websocket"); got != want {
			t.Errorf("%+q lists websocket: %v, want %v", value, got, want)
		}
	}
	if got := (ws.Fields{{Name: "\u017fec", Value: "x"}}).Get("sec"); got != "" {
		t.Errorf("field \u017fec is not sec")
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nrest"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := ws.HeadEnd(b)
		if n == 0 {
			return
		}
		if r, err := ws.ParseRequest(b[:n]); err == nil {
			printed := r.Append(nil)
			back, err := ws.ParseRequest(printed)
			if err != nil || !bytes.Equal(back.Append(nil), printed) {
				t.Fatalf("%q prints as %q, which reads as %+v, %v", b, printed, back, err)
			}
		}
		if r, err := ws.ParseResponse(b[:n]); err == nil {
			printed := r.Append(nil)
			back, err := ws.ParseResponse(printed)
			if err != nil || !bytes.Equal(back.Append(nil), printed) {
				t.Fatalf("%q prints as %q, which reads as %+v, %v", b, printed, back, err)
			}
		}
	})
}
