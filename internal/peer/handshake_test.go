// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// The request stands as users of the reference know it, octet by octet.
func TestRequest(t *testing.T) {
	got := conversation{}.run(t)
	_, key, _ := strings.Cut(string(got.Request), "Sec-WebSocket-Key: ")
	key, _, _ = strings.Cut(key, "\r\n")
	want := "GET /chat HTTP/1.1\r\nUser-Agent: wsspec/test\r\nHost: localhost:9001\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Pragma: no-cache\r\nCache-Control: no-cache\r\nSec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n\r\n"
	if string(got.Request) != want || !ws.ValidKey(key) {
		t.Errorf("request %q\nwant    %q", got.Request, want)
	}
}

func TestResponse(t *testing.T) {
	got := conversation{role: ws.Server}.run(t)
	want := "HTTP/1.1 101 Switching Protocols\r\nServer: wsspec/test\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	if string(got.Response) != want {
		t.Errorf("response %q\nwant     %q", got.Response, want)
	}
}

// A handshake that does not come in 5 s, or in the time set, is over; one octet a
// second is no answer either.
func TestOpeningTimeout(t *testing.T) {
	drip := func(o *other) {
		for range 20 {
			o.write("H")
			o.sleep(time.Second)
		}
	}
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		for _, raw := range []func(*other){func(o *other) { o.sleep(time.Minute) }, drip} {
			for _, d := range []time.Duration{0, 3 * time.Second} {
				want := max(d, 5*time.Second-5*d)
				var began, ended time.Time
				got := conversation{role: role, config: func(c *peer.Config) { c.Options.OpenTimeout = d; began = time.Now() },
					raw: func(o *other) {
						raw(o)
						_ = o.Close()
					}}.run(t)
				ended = got.Start.Add(got.Records[len(got.Records)-1].At)
				if got.opened || ended.Sub(began) != want {
					t.Errorf("%v: opened %v, ended after %v, want %v", role, got.opened, ended.Sub(began), want)
				}
				if !got.Facts.WasOpenHandshakeTimeout || !got.Facts.DroppedByMe || got.Facts.WasClean || !strings.Contains(got.Refused, "in time") {
					t.Errorf("%v: %s; refused %q", role, factsOf(got.Log), got.Refused)
				}
			}
		}
	}
}

// What a client must find wrong in a server's answer (RFC 6455, 4.1).
func TestAnswersThatAreRefused(t *testing.T) {
	accept := func(o *other) string { return "Sec-WebSocket-Accept: " + ws.AcceptKey(o.key) + "\r\n" }
	const start, upgrade, connection = "HTTP/1.1 101 Switching Protocols\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n"
	for want, answer := range map[string]func(*other) string{
		`RFC 6455, 4.1: HTTP status 404 "Not Found" instead of 101`: func(*other) string { return "HTTP/1.1 404 Not Found\r\n" },
		`RFC 6455, 4.1: "HTTP/1.0" instead of HTTP/1.1`: func(o *other) string {
			return "HTTP/1.0 101 Switching Protocols\r\n" + upgrade + connection + accept(o)
		},
		`RFC 6455, 4.1: Upgrade is "" instead of websocket`:           func(o *other) string { return start + connection + accept(o) },
		`RFC 6455, 4.1: Upgrade is "h2c" instead of websocket`:        func(o *other) string { return start + "Upgrade: h2c\r\n" + connection + accept(o) },
		`RFC 6455, 4.1: Connection is "", without the token Upgrade`:  func(o *other) string { return start + upgrade + accept(o) },
		`RFC 6455, 4.1: 0 fields Sec-WebSocket-Accept instead of one`: func(*other) string { return start + upgrade + connection },
		`RFC 6455, 4.1: 2 fields Sec-WebSocket-Accept instead of one`: func(o *other) string { return start + upgrade + connection + accept(o) + accept(o) },
		`RFC 6455, 4.1: Sec-WebSocket-Accept is "x" and should be`:    func(*other) string { return start + upgrade + connection + "Sec-WebSocket-Accept: x\r\n" },
		`RFC 6455, 4.1: subprotocol "chat" was not requested`:         func(o *other) string { return o.response("Sec-WebSocket-Protocol: chat\r\n") },
		"RFC 6455, 11.3.4: several fields Sec-WebSocket-Protocol": func(o *other) string {
			return o.response("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n")
		},
		`RFC 6455, 4.1: extension x-zip was not offered`:              func(o *other) string { return o.response("Sec-WebSocket-Extensions: x-zip\r\n") },
		`RFC 6455, 4.1: extension permessage-deflate was not offered`: func(o *other) string { return o.response("Sec-WebSocket-Extensions: permessage-deflate\r\n") },
		`HTTP head longer than 65536 octets`:                          func(*other) string { return start + "X: " + strings.Repeat("x", 70_000) + "\r\n" },
		`connection closed before the opening handshake was complete`: nil,
	} {
		got := conversation{raw: func(o *other) {
			o.head()
			if answer != nil {
				o.write(answer(o) + "\r\n")
				o.next()
			}
		}}.run(t)
		if got.opened || !strings.HasPrefix(got.Refused, want) {
			t.Errorf("refused %.200q, want %q", got.Refused, want)
		}
		if f := got.Facts; f.Opened || f.WasClean || f.WasOpenHandshakeTimeout || f.DroppedByMe != (answer != nil) {
			t.Errorf("%s: %s", want, factsOf(got.Log))
		}
	}
}

// What a server must refuse, and with which status (RFC 6455, 4.2.1 and 4.4).
func TestRequestsThatAreRefused(t *testing.T) {
	without := func(name string) string {
		var lines []string
		for line := range strings.SplitSeq(request, "\r\n") {
			if !strings.HasPrefix(line, name) {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\r\n")
	}
	for _, c := range []struct {
		request string
		status  int
		field   string
	}{
		{strings.Replace(request, "GET", "POST", 1), 405, "Allow: GET"},
		{strings.Replace(request, "HTTP/1.1", "HTTP/1.0", 1), 505, ""},
		{without("Host"), 400, ""},
		{without("Upgrade"), 426, "Upgrade: websocket"},
		{without("Connection"), 400, ""},
		{without("Sec-WebSocket-Version"), 400, "Sec-WebSocket-Version: 13"},
		{strings.Replace(request, "Version: 13", "Version: 8", 1), 400, "Sec-WebSocket-Version: 13"},
		{without("Sec-WebSocket-Key"), 400, ""},
		{strings.Replace(request, "Key: dGhl", "Key: dGh", 1), 400, ""},
		{"hello\r\n", 400, ""},
	} {
		got := conversation{role: ws.Server, raw: func(o *other) {
			o.write(c.request + "\r\n")
			o.head()
		}}.run(t)
		if got.opened || !strings.HasPrefix(string(got.Response), fmt.Sprintf("HTTP/1.1 %d ", c.status)) ||
			!strings.Contains(string(got.Response), c.field) || got.Refused == "" {
			t.Errorf("%q is answered with %q, want %d and %q", c.request, got.Response, c.status, c.field)
		}
	}
}

// Frames may come in the same segment as the handshake.
func TestFramesRightBehindTheHandshake(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		got := conversation{role: role, raw: func(o *other) {
			frames := o.frame(ws.Header{Fin: true, Opcode: ws.Ping}, "now") + o.frame(ws.Header{Fin: true, Opcode: ws.Text}, "hello")
			if role == ws.Client {
				o.head()
				o.write(o.response("") + "\r\n" + frames)
			} else {
				o.write(request + "\r\n" + frames)
				o.head()
			}
			o.want(0, `pong "now"`)
			o.close(1000)
			o.want(0, closeText1000)
		}}.run(t)
		if !strings.Contains(got.lines(), "= text \"hello\"\n") {
			t.Errorf("%v: no event:\n%s", role, got.lines())
		}
		n := map[ws.Role]int64{ws.Client: int64(len(got.Response)), ws.Server: int64(len(got.Request))}[role]
		frames := map[ws.Role]int64{ws.Client: 2 + 3 + 2 + 5 + 2 + 2, ws.Server: 6 + 3 + 6 + 5 + 6 + 2}[role]
		if in := got.Traffic.In; in.Preopen != n || in.Wire != frames {
			t.Errorf("%v: %d octets of handshake and %d of frames, want %d and %d", role, in.Preopen, in.Wire, n, frames)
		}
	}
}
