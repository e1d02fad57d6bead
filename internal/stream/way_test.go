// SPDX-License-Identifier: Apache-2.0

package stream_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// proxied listens as a proxy that answers the first request with the octets, and sends
// back what comes behind. It returns its URL, and what it was asked.
func proxied(t *testing.T, answer string) (proxy *url.URL, asked <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ch := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		var head strings.Builder
		for !strings.HasSuffix(head.String(), "\r\n\r\n") {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
		}
		ch <- head.String()
		if answer == "" {
			_, _ = io.Copy(io.Discard, r) // says nothing
			return
		}
		_, _ = io.WriteString(c, answer)
		_, _ = io.Copy(c, r)
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return &url.URL{Scheme: "http", Host: l.Addr().String()}, ch
}

func TestDialThroughAProxy(t *testing.T) {
	proxy, asked := proxied(t, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 Fine\r\nContent-Length: 4\r\n\r\nfirst")
	proxy.User = url.UserPassword("alice", "s:cret")
	s, err := stream.Dial(t.Context(), stream.Target{Addr: "example.org:443", Way: stream.Way{Proxy: proxy}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nUser-Agent: wsspec\r\nProxy-Authorization: Basic YWxpY2U6czpjcmV0\r\n\r\n"
	if got := <-asked; got != want {
		t.Errorf("asked %q, want %q", got, want)
	}
	if _, err := io.WriteString(s, " last"); err != nil {
		t.Fatal(err)
	}
	if _, sure := s.Unread(); sure {
		t.Error("what the proxy has read, the server need not have")
	}
	if err := s.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s); string(got) != "first last" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestProxyErrors(t *testing.T) {
	for _, tt := range []struct {
		answer, want string
		permanent    bool
	}{
		{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "it refuses CONNECT h:80: HTTP status 407 Proxy Authentication Required", true},
		{"HTTP/1.0 403\n\n", "it refuses CONNECT h:80: HTTP status 403", true},
		{"HTTP/1.1 502 \x1b[31mred" + strings.Repeat("x", 1000) + "\r\n\r\n", "HTTP status 502 \\x1b[31mredxxx", false},
		{"\x15\x03\x01\x00\x02\x02\x46", `the answer is no HTTP: it begins with "\x15"`, true},
		{"HTTP/1.1\r\n\r\n", "the answer is no HTTP: ", true},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70_000), "its head has no end within 65536 octets", true},
	} {
		proxy, _ := proxied(t, tt.answer)
		proxy.User = url.UserPassword("alice", "secret")
		_, err := stream.Dial(t.Context(), stream.Target{Addr: "h:80", Way: stream.Way{Proxy: proxy}})
		refused, ok := errors.AsType[*stream.ProxyError](err)
		if !ok || !strings.HasPrefix(err.Error(), "proxy http://127.0.0.1:") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") || len(err.Error()) > 400 {
			t.Errorf("%.60q: %v, want %s", tt.answer, err, tt.want)
		} else if refused.Permanent() != tt.permanent || !refused.LoggedIn {
			t.Errorf("%.60q: %+v, want permanent %v", tt.answer, refused, tt.permanent)
		}
	}
	refusing, _ := proxied(t, "")
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	if _, err := stream.Dial(ctx, stream.Target{Addr: "h:80", Way: stream.Way{Proxy: refusing}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	silent, asked := proxied(t, "")
	go func() { <-asked; stop(errors.New("enough")) }()
	if _, err := stream.Dial(ctx, stream.Target{Addr: "h:80", Way: stream.Way{Proxy: silent}}); err == nil || !strings.HasSuffix(err.Error(), "no answer to CONNECT h:80: enough") {
		t.Errorf("without an answer: %v", err)
	}
}

func TestParseProxy(t *testing.T) {
	for raw, want := range map[string]string{
		"http://h:3128": "", "http://h": "", "http://[::1]:3128/": "", "http://u:p@h:1": "",
		"h:3128":        "want http://host:port",
		"https://h:1":   `the scheme is "https"`,
		"http://":       "there is no host",
		"http://h/x":    "behind the port",
		"http://h?x":    "behind the port",
		"http://h:0":    "there is no port 0",
		"http://h:p":    "invalid port",
		"http://u:%zz@": "want http://host:port",
	} {
		u, err := stream.ParseProxy(raw)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", raw, u, err)
		}
	}
}

func TestPins(t *testing.T) {
	for text, want := range map[string]string{
		"h:80:127.0.0.1": "", "+h:80:127.0.0.1,::1": "", "*:443:[::1]": "",
		"h:80": "want host:port:address", "-h:80": "want host:port:address", ":80:127.0.0.1": "want host:port:address", "h:80:": "want host:port:address",
		"h:0:127.0.0.1": "no port 0", "h:80:x": `"x" is no IP address`, "h:80:127.0.0.1,": `"" is no IP address`,
	} {
		p, err := stream.ParsePin(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	p, err := stream.ParsePin("Example.org:80:127.0.0.1")
	if err != nil || !p.Covers("example.ORG:80") || p.Covers("example.org:81") || p.Covers("www.example.org:80") {
		t.Errorf("%v, %v", p, err)
	}
}

func TestOtherPorts(t *testing.T) {
	pin, err := stream.ParsePin("h:80:127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	w := stream.Way{ConnectTo: "a:1", Pins: []stream.Pin{pin}}
	if other := w.At("2"); other.ConnectTo != "a:2" || !other.Pins[0].Covers("h:2") || !w.Pins[0].Covers("h:80") {
		t.Errorf("%+v", other)
	}
	if got := w.Direct("x:1"); got != "a:1" {
		t.Errorf("directly to %s", got)
	}
	if got := (stream.Way{Pins: w.Pins}).Direct("h:80"); got != "127.0.0.1:80" {
		t.Errorf("directly to %s", got)
	}
	if other := (stream.Way{}).At("2"); other.ConnectTo != "" {
		t.Errorf("%+v", other)
	}
}

// The second address is tried where nobody is at the first.
func TestDialPinned(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	pin := stream.Pin{Host: "*", Port: port, Addrs: []netip.Addr{netip.MustParseAddr("127.7.7.7"), netip.MustParseAddr("127.0.0.1")}}
	s, err := stream.Dial(t.Context(), stream.Target{Addr: net.JoinHostPort("example.org", port), Way: stream.Way{Pins: []stream.Pin{pin}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.RemoteAddr().String(); got != l.Addr().String() {
		t.Errorf("connected to %s", got)
	}
}

func TestDialUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err) // a system without them
	}
	defer l.Close()
	ours, err := stream.Dial(t.Context(), stream.Target{Addr: "example.org:80", Way: stream.Way{Unix: path}})
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs, err := stream.Accept(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if _, err := io.WriteString(ours, "x"); err != nil {
		t.Fatal(err)
	}
	if err := ours.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(theirs); string(got) != "x" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, sure := ours.Unread(); sure {
		t.Error("nobody tells what is unread in a socket")
	}
	if err := (stream.Way{Unix: strings.Repeat("x", 108)}).Check(); err == nil {
		t.Error("a path of 108 octets is no path of a socket")
	}
}
