// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// secondOffer is a policy that agrees to nothing but the second offer.
func secondOffer(offers []deflate.Offer) (deflate.Answer, bool) {
	if len(offers) < 2 {
		return deflate.Answer{}, false
	}
	return deflate.Answer{ServerMaxWindowBits: offers[1].ServerMaxWindowBits}, true
}

// requestOf returns what a client sends before it has an answer.
func requestOf(t *testing.T, cfg testee.Config) string {
	t.Helper()
	var octets string
	synctest.Test(t, func(t *testing.T) {
		s, client := memnet.Pipe(0)
		done := make(chan error, 1)
		go func() { done <- testee.Echo(t.Context(), client, "h:9001", "/a?b=c", cfg) }()
		b, err := io.ReadAll(s) // until the client loses patience
		if err != nil {
			t.Error(err)
		}
		octets = string(b)
		_ = s.Close()
		<-done
	})
	return octets
}

func TestAskingFaults(t *testing.T) {
	for _, tt := range []struct{ fault, has, lacks string }{
		{"uses-one-nonce-for-all-connections", "Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""},
		{"sends-wrong-port-in-host", "\r\nHost: h:1\r\n", ""},
		{"offers-in-two-fields", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n", ""},
		{"sends-nonce-of-15-octets", "", "==\r\n"},
		{"asks-for-version-8", "Version: 8\r\n", ""},
		{"asks-with-http-1.0", "GET /a?b=c HTTP/1.0\r\n", ""},
		{"sends-bare-lf", "Upgrade: websocket\n", "\r\n"},
		{"drops-query-of-target", "GET /a HTTP/1.1\r\n", ""},
		{"drops-port-of-host", "\r\nHost: h\r\n", ""},
		{"sends-frame-before-answer", "\r\n\r\n\x81\x85", ""},
		{"sends-lower-case-field-names", "\r\nhost: h:9001\r\n", "Host"},
		{"offers-server-window-without-value", "; server_max_window_bits\r\n", ""},
		{"declines-deflate", "", "Extensions"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			right := requestOf(t, testee.Config{})
			got := requestOf(t, testee.Config{Faults: testee.Faults{tt.fault: true}})
			if !strings.Contains(got, tt.has) || tt.lacks != "" && strings.Contains(got, tt.lacks) {
				t.Errorf("got %q", got)
			}
			if tt.has != "" && strings.Contains(right, tt.has) || !strings.Contains(right, tt.lacks) {
				t.Errorf("without the fault %q", right)
			}
		})
	}
}

// answered reports how a client takes an answer, which has to have KEY where
// the right Sec-WebSocket-Accept belongs: by echoing, by ending TCP without
// having sent anything, or by what else it does.
func answered(t *testing.T, cfg testee.Config, answer string) string {
	t.Helper()
	var reaction string
	synctest.Test(t, func(t *testing.T) {
		s, client := memnet.Pipe(0)
		done := make(chan error, 1)
		go func() { done <- testee.Echo(t.Context(), client, "h", "/", cfg) }()
		req, err := ws.ParseRequest([]byte(readHead(t, s)))
		if err != nil {
			t.Fatal(err)
		}
		write(t, s, strings.ReplaceAll(answer, "KEY", ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key"))))
		synctest.Wait()
		_, _ = io.WriteString(s, "\x81\x01x") // the client may be gone
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
		b, err := io.ReadAll(s)
		switch {
		case len(b) == 7:
			reaction = "opens"
		case len(b) == 6+len("redirected")+7 && b[0] == 0x89:
			reaction = "sends a Ping and opens"
		case len(b) > 0:
			reaction = "sends " + string(b)
		case err == nil:
			reaction = "fails"
		default:
			reaction = "waits"
		}
		_ = s.Close()
		<-done
	})
	return reaction
}

const answer101 = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: KEY\r\n\r\n"

func TestAnsweredFaults(t *testing.T) {
	const extension = "KEY\r\nSec-WebSocket-Extensions: "
	for _, tt := range []struct{ fault, old, new, want string }{
		{"ignores-accept", "KEY", "no", "opens"},
		{"compares-start-of-accept", "KEY", "KEYx", "opens"},
		{"wants-one-of-several-accepts", "KEY", "no\r\nSec-WebSocket-Accept: KEY", "opens"},
		{"compares-accept-with-blanks", "KEY", " KEY", "fails"},
		{"ignores-status", "101 Switching Protocols", "200 OK", "opens"},
		{"ignores-upgrade-in-answer", "Upgrade: WebSocket\r\n", "", "opens"},
		{"matches-upgrade-in-answer-by-substring", "WebSocket\r\n", "websocketx\r\n", "opens"},
		{"compares-upgrade-in-answer-case-sensitively", "KEY", "KEY", "fails"},
		{"ignores-connection-in-answer", "Connection: Upgrade\r\n", "", "opens"},
		{"refuses-connection-list-in-answer", "Connection: Upgrade", "Connection: keep-alive, Upgrade", "fails"},
		{"ignores-subprotocol-in-answer", "KEY", "KEY\r\nSec-WebSocket-Protocol: chat", "opens"},
		{"accepts-several-subprotocols-in-answer", "KEY", "KEY\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat", "opens"},
		{"goes-on-after-redirect", "HTTP/1.1 101", "HTTP/1.1 301", "sends a Ping and opens"},
		{"opens-on-any-final-answer", "HTTP/1.1 101", "HTTP/1.1 404", "opens"},
		{"compares-field-names-case-sensitively", "Upgrade:", "upgrade:", "fails"},
		{"reads-heads-of-up-to-16-mib", "KEY", "KEY\r\nX: " + x(1<<20), "opens"},
		{"drops-what-was-read-with-answer", "\r\n\r\n", "\r\n\r\n\x8a\x01", "opens"},
		{"ignores-unknown-extensions-in-answer", "KEY", extension + "x-unknown", "opens"},
		{"drops-octets-behind-handshake", "KEY", "KEY", "waits"},
		{"keeps-tcp-open-after-failed-handshake", "101", "404", "waits"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			answer := strings.Replace(answer101, tt.old, tt.new, 1)
			cfg := testee.Config{}
			right := answered(t, cfg, answer)
			cfg.Faults = testee.Faults{tt.fault: true}
			if got := answered(t, cfg, answer); got != tt.want {
				t.Errorf("client %s, want: %s", got, tt.want)
			}
			if right == tt.want {
				t.Errorf("without the fault the client %s too", right)
			}
		})
	}
}

// Each connection is opened with the same key, or one that is too short, and the
// server's answer to it is expected.
func TestNonceFaults(t *testing.T) {
	for _, fault := range []string{"uses-one-nonce-for-all-connections", "sends-nonce-of-15-octets"} {
		if got := answered(t, testee.Config{Faults: testee.Faults{fault: true}}, answer101); got != "opens" {
			t.Errorf("%s: the client %s", fault, got)
		}
	}
}

// A client requests subprotocols, and takes one of them, once.
func TestSubprotocols(t *testing.T) {
	cfg := testee.Config{Subprotocols: []string{"p1", "p2"}}
	if got := requestOf(t, cfg); !strings.Contains(got, "\r\nSec-WebSocket-Protocol: p1, p2\r\n") {
		t.Errorf("client asked %s", got)
	}
	for answer, want := range map[string]string{"": "opens", "p2": "opens", "p3": "fails", "P1": "fails", "p1, p2": "fails", "p1\r\nSec-WebSocket-Protocol: p1": "fails"} {
		field := "\r\nSec-WebSocket-Protocol: " + answer
		if answer == "" {
			field = ""
		}
		if got := answered(t, cfg, strings.Replace(answer101, "KEY", "KEY"+field, 1)); got != want {
			t.Errorf("to %q: client %s, want %s", answer, got, want)
		}
	}
	for request, want := range map[string]string{"p2, p1": "p2", "x, p1": "p1", "x": "", "P1": ""} {
		got := ask(t, cfg, differently(t, "13\r\n\r\n", "13\r\nSec-WebSocket-Protocol: "+request+"\r\n\r\n"))
		resp, err := ws.ParseResponse([]byte(got)[:ws.HeadEnd([]byte(got))])
		if err != nil || resp.Fields.Get("Sec-WebSocket-Protocol") != want {
			t.Errorf("to %q: server answered %s", request, got)
		}
	}
}

// A client that connects again at once does so a hundred times, without a pause.
func TestReconnects(t *testing.T) {
	for fault, want := range map[string]int{"": 0, "reconnects-at-once": 100} {
		synctest.Test(t, func(t *testing.T) {
			s, client := memnet.Pipe(0)
			_ = s.Close()
			n := 0
			cfg := testee.Config{Faults: testee.Faults{fault: fault != ""}, Redial: func(context.Context) (stream.Stream, error) {
				n++
				s, client := memnet.Pipe(0)
				return client, s.Close()
			}}
			start := time.Now()
			if err := testee.Echo(t.Context(), client, "h", "/", cfg); err == nil || n != want || time.Since(start) != 0 {
				t.Errorf("%q: connected again %d times within %s: %v", fault, n, time.Since(start), err)
			}
		})
	}
}

func TestEmptyPath(t *testing.T) {
	for target, want := range map[string]string{"/": "GET  HTTP/1.1\r\n", "/?x=1": "GET ?x=1 HTTP/1.1\r\n", "/a?x=1": "GET /a?x=1 HTTP/1.1\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			s, client := memnet.Pipe(0)
			done := make(chan error, 1)
			cfg := testee.Config{Faults: testee.Faults{"leaves-empty-path-out-of-target": true}}
			go func() { done <- testee.Echo(t.Context(), client, "h", target, cfg) }()
			if got := readHead(t, s); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s", target, got)
			}
			_ = s.Close()
			<-done
		})
	}
}

// A right key in the wrong case.
func TestAcceptCase(t *testing.T) {
	for _, tt := range []struct {
		faults testee.Faults
		want   string
	}{
		{nil, "fails"},
		{testee.Faults{"compares-accept-case-insensitively": true}, "opens"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, client := memnet.Pipe(0)
			done := make(chan error, 1)
			go func() { done <- testee.Echo(t.Context(), client, "h", "/", testee.Config{Faults: tt.faults}) }()
			req, _ := ws.ParseRequest([]byte(readHead(t, s)))
			accept := strings.ToLower(ws.AcceptKey(req.Fields.Get("Sec-WebSocket-Key")))
			write(t, s, strings.Replace(answer101, "KEY", accept, 1))
			_ = s.CloseWrite()
			err := <-done
			opened := err != nil && strings.Contains(err.Error(), "without a Close")
			if opened != (tt.want == "opens") || err == nil {
				t.Errorf("with %s: %v", tt.faults, err)
			}
		})
	}
}

func TestInterimFault(t *testing.T) {
	answer := "HTTP/1.1 103 Early Hints\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + answer101
	if got := answered(t, testee.Config{}, answer); got != "opens" {
		t.Errorf("after an interim response the client %s", got)
	}
	// What it takes for a frame begins with the H of HTTP: RSV1 and opcode 8.
	got := answered(t, testee.Config{Faults: testee.Faults{"takes-interim-answer-for-final": true}}, answer)
	if !strings.HasPrefix(got, "sends ") {
		t.Errorf("with the fault the client %s", got)
	}
}
