// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// echo is a Handler that returns what it gets.
type echo struct{ ended chan Closing }

func (echo) Opened(*Conn, Opening) {}
func (h echo) Message(c *Conn, op ws.Opcode, p []byte) {
	if errors.Is(c.Send(op, p), ErrBacklog) {
		c.Abort()
	}
}
func (echo) Pong(*Conn, []byte) {}
func (h echo) Closed(_ *Conn, end Closing) {
	if h.ended != nil {
		h.ended <- end
	}
}

// serveEcho runs an echo server until the test ends, and returns its address.
func serveEcho(t *testing.T, cfg Config, s Service) (addr string, stop func() error) {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Handler == nil {
		s.Handler = func() Handler { return echo{} }
	}
	s.Limits = patient(s.Limits)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Serve(ctx, l, s) }()
	served := sync.OnceValue(func() error { return <-done })
	t.Cleanup(func() { // a test of files must not see those of the one before close
		cancel()
		_, _ = e.Close(), served()
	})
	return l.Addr().String(), func() error { cancel(); return served() }
}

const request = "GET / HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// masked is a frame of a client, with a key of zeros.
func masked(octets string) string {
	h, n := ws.ParseHeader([]byte(octets))
	h.Masked = true
	return string(h.Append(nil)) + octets[n:]
}

// Both kinds of servers answer the same.
func TestServers(t *testing.T) {
	const opened = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	without := func(line string) string { return strings.Replace(request, line, "", 1) }
	big := strings.Repeat("0123456789abcdef", 20_000)
	tests := []struct{ name, send, want string }{
		{"upgrade", request, opened},
		{"empty line first", "\r\n" + request, opened},
		{"frames behind the request", request + masked(frame(ws.Text, "Hello")) + masked(frame(ws.Ping, "?")), opened + frame(ws.Text, "Hello") + frame(ws.Pong, "?")},
		{"fragments", request + masked(part(ws.Text, "He")) + masked(frame(ws.Ping, "?")) + masked(frame(ws.Continuation, "llo")), opened + frame(ws.Pong, "?") + frame(ws.Text, "Hello")},
		{"long message", request + masked(frame(ws.Binary, big)), opened + frame(ws.Binary, big)},
		{"close", request + masked(frame(ws.Close, "\x03\xe8bye")), opened + frame(ws.Close, "\x03\xe8")},
		{"close without code", request + masked(frame(ws.Close, "")) + masked(frame(ws.Ping, "")), opened + frame(ws.Close, "")},
		{"unmasked", request + frame(ws.Text, "Hello"), opened + frame(ws.Close, "\x03\xeaunmasked frame from a client")},
		{"too long", request + "\x82\xff\x00\x00\x00\x00\x7f\x00\x00\x00....", opened + frame(ws.Close, "\x03\xf1message too long")},
		{"no host", without("Host: example.test\r\n"), "HTTP/1.1 400 "},
		{"no key", without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "HTTP/1.1 400 "},
		{"no version", without("Sec-WebSocket-Version: 13\r\n"), "HTTP/1.1 426 "},
		{"no upgrade", without("Upgrade: websocket\r\n"), "HTTP/1.1 426 "},
		{"no connection", without("Connection: keep-alive, Upgrade\r\n"), "HTTP/1.1 426 "},
		{"POST", "POST" + request[3:], "HTTP/1.1 405 "},
		{"HTTP/1.0", strings.Replace(request, "HTTP/1.1", "HTTP/1.0", 1), "HTTP/1.1 505 "},
		{"content", strings.Replace(request, "Host:", "Content-Length: 1\r\nHost:", 1), "HTTP/1.1 400 "},
		{"no HTTP", "hello\r\n\r\n", "HTTP/1.1 400 "},
		{"TLS", "\x16\x03\x01\x02\x00\x01", "HTTP/1.1 400 "},
		{"endless head", "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 5000), "HTTP/1.1 431 "},
	}
	for name, cfg := range map[string]Config{"loop": {}, "portable": {Portable: true}} {
		addr, stop := serveEcho(t, cfg, Service{})
		for _, tt := range tests {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				go func() {
					_, _ = io.WriteString(c, tt.send)
					_ = stream.Wrap(c).CloseWrite()
				}()
				got, err := io.ReadAll(c)
				if err != nil {
					t.Error(err)
				}
				if strings.HasPrefix(tt.want, opened) && string(got) != tt.want || !strings.HasPrefix(string(got), tt.want) {
					t.Errorf("got %.300q\nwant %.300q", got, tt.want)
				}
			})
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// Our clients and our servers understand each other, on every combination of backends.
func TestBothEnds(t *testing.T) {
	accept := deflate.FirstAllowing(deflate.Params{NoContextTakeover: true})
	for _, server := range []Config{{}, {Portable: true}} {
		for _, client := range []Config{{}, {Portable: true}} {
			t.Run(fmt.Sprintf("server %v client %v", server.Portable, client.Portable), func(t *testing.T) {
				addr, stop := serveEcho(t, server, Service{Deflate: accept, Subprotocols: []string{"x"}, Agent: "test"})
				e, err := New(client)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				target, err := Locate(t.Context(), "ws://"+addr+"/path?query")
				if err != nil {
					t.Fatal(err)
				}
				target.Deflate, target.Subprotocols = []deflate.Offer{{}}, []string{"y", "x"}
				d, err := e.Dialer(target)
				if err != nil {
					t.Fatal(err)
				}
				const connections, each = 50, 20
				diaries := make([]*diary, connections)
				for i := range diaries {
					diaries[i] = newDiary()
					d.Dial(talker(diaries[i], each))
				}
				for _, d := range diaries[1:] {
					if end := <-d.done; end.Cause != Closed || len(d.events) != each+2 || d.events[0] != "opened x deflate" {
						t.Fatalf("ended as %v, told %q", end, d.events)
					}
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
				if end := <-diaries[0].done; end.Cause != Closed { // it had its turn before the server stopped
					t.Errorf("ended as %v", end)
				}
			})
		}
	}
}

// talker has the diary's connection send each message after the echo of the one before,
// then a Ping, and close.
func talker(d *diary, each int) Handler {
	n := 0
	d.on = func(c *Conn, event string) {
		switch {
		case n < each:
			_ = c.Send(ws.Text, []byte(strings.Repeat("Hello ", n*n)))
		case n == each:
			_ = c.Ping([]byte("?"))
		default:
			c.Close(ws.NormalClosure, "done")
		}
		n++
	}
	return d
}

// A server that stops says 1001, and returns when its connections are gone: this one because its
// client takes too long to answer.
func TestServerStops(t *testing.T) {
	for name, cfg := range map[string]Config{"loop": {}, "portable": {Portable: true}} {
		t.Run(name, func(t *testing.T) {
			opened := make(chan *Conn, 1)
			addr, stop := serveEcho(t, cfg, Service{Handler: func() Handler {
				d := newDiary()
				d.do = func(c *Conn) { opened <- c }
				return d
			}})
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			in := bufio.NewReader(c)
			p := &peer{stream.Wrap(c), in}
			p.send(request)
			p.take()
			stopped := make(chan error, 1)
			go func() { stopped <- stop() }()
			if got := p.next(); got != "close 03 e9" {
				t.Errorf("got %q", got)
			}
			takesTooLong(<-opened, func(c *Conn) bool { return c.sentClose })
			if err := <-stopped; err != nil {
				t.Error(err)
			}
			if _, err := net.Dial("tcp", addr); err == nil {
				t.Error("still listening")
			}
		})
	}
}

// A client that sends and never reads is not read any more, once what it does not
// read has filled the buffers of the kernel: neither end keeps the rest. When it reads, it gets
// everything.
func TestBackpressure(t *testing.T) {
	for name, cfg := range map[string]Config{"loop": {}, "portable": {Portable: true}} {
		t.Run(name, func(t *testing.T) {
			addr, stop := serveEcho(t, cfg, Service{Limits: Limits{MaxMessage: 1 << 20}})
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			in := bufio.NewReader(c)
			p := &peer{stream.Wrap(c), in}
			p.send(request)
			for range 5 {
				if _, err := in.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			octets := masked(frame(ws.Binary, strings.Repeat("x", 1<<16)))
			sent := 0
			_ = c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			var rest string
			for sent < 4096 { // 256 MiB, which no buffers of a kernel hold
				n, err := io.WriteString(c, octets)
				if err != nil {
					rest = octets[n:]
					sent++
					break
				}
				sent++
			}
			if rest == "" {
				t.Fatal("a server took all that its client did not read")
			}
			_ = c.SetWriteDeadline(time.Time{})
			go p.send(rest)
			want := frame(ws.Binary, strings.Repeat("x", 1<<16))
			got := make([]byte, len(want))
			for i := range sent {
				if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
					t.Fatalf("echo %d of %d: %v", i, sent, err)
				}
			}
			c.Close()
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
