// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// says is a server that answers the request with the octets, piece by piece, and
// closes behind the last of them.
func says(pieces ...string) server {
	return func(_ context.Context, s stream.Stream) {
		defer s.Close()
		if _, err := s.Read(make([]byte, 4096)); err != nil {
			return
		}
		for i, piece := range pieces {
			if i > 0 {
				time.Sleep(100 * time.Millisecond)
			}
			_, _ = io.WriteString(s, piece)
		}
	}
}

// stays is says, but the connection stays open.
func stays(octets string) server {
	return func(_ context.Context, s stream.Stream) { hello(s, octets) }
}

// A server that opens no connection is told of once, with what it said instead, and
// no case is run.
func TestRefusals(t *testing.T) {
	const refuses = "ws://server.example/: the server refuses the opening handshake: "
	for _, tt := range []struct {
		name  string
		serve server
		how   fuzzclient.Refusal
		want  string
		took  time.Duration
	}{
		{"404", says("HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n404 page not found\n"), fuzzclient.ByStatus, `HTTP status 404 Not Found: "404 page not found"`, 0},
		{"content later", says("HTTP/1.1 401 Unauthorized\r\n\r\n", "\n  log in", " first\n"), fuzzclient.ByStatus, `HTTP status 401 Unauthorized: "log in first"`, 200 * time.Millisecond},
		{"content of no length, and no end", stays("HTTP/1.0 403 Forbidden\r\n\r\nno"), fuzzclient.ByStatus, `HTTP status 403 Forbidden: "no"`, 500 * time.Millisecond},
		{"no content", stays("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n"), fuzzclient.ByStatus, "HTTP status 426 Upgrade Required", 0},
		{"no reason", stays("HTTP/1.1 400 \r\nContent-Length: 0\r\n\r\n"), fuzzclient.ByStatus, "HTTP status 400", 0},
		{"in chunks", stays("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbad\n\r\n0\r\n\r\n"), fuzzclient.ByStatus, `HTTP status 500 Oops: "bad"`, 0},
		{"HTML", stays("HTTP/1.1 200 OK\r\nContent-Length: 61\r\n\r\n<!doctype html>\n<html><head><title>\n It works </title></head>\n"), fuzzclient.ByStatus, `HTTP status 200 OK: "It works"`, 0},
		{"elsewhere", stays("HTTP/1.1 301 Moved\r\nLocation: /ws/\r\nContent-Length: 0\r\n\r\n"), fuzzclient.ByStatus, "HTTP status 301 Moved, to /ws/", 0},
		{"hostile", stays("HTTP/1.1 400 \x1b[31m\r\nContent-Length: 3\r\n\r\n\x1b[m"), fuzzclient.ByStatus, `HTTP status 400 \x1b[31m: "\x1b[m"`, 0},
		{"endless", stays("HTTP/1.1 400 Bad\r\n\r\n" + strings.Repeat("x", 100_000)), fuzzclient.ByStatus, `HTTP status 400 Bad: "` + strings.Repeat("x", 120) + `…"`, 0},
		{"TLS alert", says("\x15\x03\x01\x00\x02\x02\x0a"), fuzzclient.WantsTLS, "the port speaks TLS, and the URL begins with ws:", 0},
		{"TLS, said in HTTP", says("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), fuzzclient.WantsTLS, "the port speaks TLS, and the URL begins with ws:", 0},
		{"not HTTP", stays("SSH-2.0-OpenSSH_9.2\r\n"), fuzzclient.NotHTTP, `the answer is no HTTP: "SSH-2.0-OpenSSH_9.2"`, 5 * time.Second},
		{"HTTP of its own kind", stays("HTTP/1.1 fine\r\n\r\n"), fuzzclient.NotHTTP, `the answer is no HTTP: "HTTP/1.1 fine"`, 0},
		{"silent", stays(""), fuzzclient.Silence, "no answer within 5s", 5 * time.Second},
		{"half a head", stays("HTTP/1.1 200 OK\r\n"), fuzzclient.Silence, `the answer had no end within 5s: "HTTP/1.1 200 OK"`, 5 * time.Second},
		{"endless head", stays("HTTP/1.1 101 OK\r\n" + strings.Repeat("X-A: a\r\n", 20_000)), fuzzclient.Endless, `the answer has a head of more than 16384 octets: "HTTP/1.1 101 OK"`, 0},
		{"closing", says(), fuzzclient.HangingUp, "the connection was closed before there was an answer", 4550 * time.Millisecond},
		{"gateway", stays("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), fuzzclient.ByStatus, "HTTP status 502 Bad Gateway", 4550 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(tt.serve)
				o := n.run(t, t.Context(), fuzzclient.Run{Server: n.resolved(t, "it"), Plan: plan(t, "1.1.*"), Pace: runner.Pace{Jobs: 1}})
				refused, ok := errors.AsType[*fuzzclient.RefusedError](o.err)
				if !ok || refused.How != tt.how || !errors.Is(o.err, fuzzclient.ErrUnreachable) || o.err.Error() != refuses+tt.want {
					t.Errorf("got  %v\nwant %s", o.err, refuses+tt.want)
				}
				if o.took != tt.took || o.Done != 0 || o.Left != 8 {
					t.Errorf("%+v after %v, want no case run after %v", o.Outcome, o.took, tt.took)
				}
			})
		})
	}
}

// A gateway whose server comes up in time has lost nothing.
func TestRefusalThatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		n := newNetwork(func(ctx context.Context, s stream.Stream) {
			if time.Since(begun) < 3*time.Second {
				says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")(ctx, s)
				return
			}
			_ = testee.Serve(ctx, s, testee.Config{})
		})
		o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.*")})
		if o.err != nil || o.Done != 8 || o.Left != 0 {
			t.Errorf("%+v, %v", o.Outcome, o.err)
		}
	})
}

// An answer of 101 that is wrong is no refusal: the cases tell of it.
func TestWrongAnswerIsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(stays("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"))
		o := n.run(t, t.Context(), fuzzclient.Run{Plan: plan(t, "1.1.1")})
		if o.err != nil || o.Done != 1 || !strings.Contains(o.results[0].Log.Refused, "Sec-WebSocket-Accept") {
			t.Errorf("%+v, %v", o.Outcome, o.err)
		}
	})
}

// What goes wrong between TLS and no TLS is named, with real servers.
func TestTLSRefusals(t *testing.T) {
	cert, file := certificate(t)
	var came atomic.Int64 // connections
	serve := func(config *tls.Config) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{TLSConfig: config, ErrorLog: quiet(), ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				came.Add(1)
			}
		}}
		go func() { _ = server.ServeTLS(l, "", "") }() // until the cleanup
		t.Cleanup(func() { _ = server.Close() })
		return portOf(l)
	}
	config := func(change func(*tls.Config)) *tls.Config {
		c := &tls.Config{Certificates: []tls.Certificate{cert}}
		change(c)
		return c
	}
	open := serve(config(func(*tls.Config) {}))
	guarded := serve(config(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }))
	guarded12 := serve(config(func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 }))
	for _, tt := range []struct{ name, url, want string }{
		{"plain to TLS", "ws://localhost:" + open, "the port speaks TLS"},
		{"certificate wanted, TLS 1.3", "wss://localhost:" + guarded, "the server asks for a client certificate: remote error: tls: certificate required"},
		{"certificate wanted, TLS 1.2", "wss://localhost:" + guarded12, "the server asks for a client certificate: remote error: tls: handshake failure"},
		{"HTTP behind TLS", "wss://localhost:" + open, "HTTP status 404 Not Found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := came.Load()
			_, err := test(t, fuzzclient.Server{URL: tt.url, TLS: stream.ClientTLS{CAFile: file}})
			if !errors.Is(err, fuzzclient.ErrUnreachable) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if n := came.Load() - before; n != 1 { // nothing is tried again
				t.Errorf("told after %d connections", n)
			}
		})
	}
}
