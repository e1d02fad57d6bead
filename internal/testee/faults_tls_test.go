// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"context"
	"crypto/tls"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

func authority(t *testing.T) *secure.Authority {
	t.Helper()
	a, err := secure.NewAuthority("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func withFault(t *testing.T, name string) testee.Config {
	t.Helper()
	if name == "" {
		return testee.Config{}
	}
	faults, err := testee.ParseFaults(name)
	if err != nil {
		t.Fatal(err)
	}
	return testee.Config{Faults: faults}
}

// meets has a client shake hands with a server that speaks in a manner.
func meets(t *testing.T, a *secure.Authority, fault, host string, m *secure.Manner) (hello tls.ClientHelloInfo, err error) {
	t.Helper()
	config, err := a.Config(m)
	if err != nil {
		t.Fatal(err)
	}
	config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello = *h; return nil, nil }
	ours, theirs := memnet.Pipe(0)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = tls.Server(ours, config).Handshake() }()
	s, err := testee.SecureClient(t.Context(), theirs, &tls.Config{ServerName: host, RootCAs: a.Pool(), NextProtos: []string{"http/1.1"}}, withFault(t, fault))
	<-ended
	if err == nil {
		_ = s.Reset()
	}
	return hello, err
}

func TestTLSFaultsOfClients(t *testing.T) {
	a := authority(t)
	for fault, taken := range map[string][]secure.Flaw{
		"":                                    {secure.Flawless},
		"accepts-any-certificate":             {secure.Flawless, secure.SelfSigned, secure.OtherName, secure.Expired},
		"accepts-certificates-of-other-hosts": {secure.Flawless, secure.OtherName},
		"accepts-expired-certificates":        {secure.Flawless, secure.Expired},
		"sends-no-sni":                        {secure.Flawless},
		"sends-address-as-sni":                {secure.Flawless},
	} {
		for flaw := secure.Flawless; flaw <= secure.Expired; flaw++ {
			if _, err := meets(t, a, fault, "127.0.0.1", &secure.Manner{Flaw: flaw}); (err == nil) != slices.Contains(taken, flaw) {
				t.Errorf("%s with flaw %d: %v", fault, flaw, err)
			}
		}
	}
	for _, tt := range []struct{ fault, host, name, protocols string }{
		{"", "localhost", "localhost", "http/1.1"}, {"", "127.0.0.1", "", "http/1.1"}, {"sends-no-sni", "localhost", "", "http/1.1"},
		{"sends-address-as-sni", "127.0.0.1", "127.0.0.1", "http/1.1"}, {"offers-h2-alone", "localhost", "localhost", "h2"},
	} {
		if h, _ := meets(t, a, tt.fault, tt.host, nil); h.ServerName != tt.name || strings.Join(h.SupportedProtos, ",") != tt.protocols {
			t.Errorf("%s: %q, %q", tt.fault, h.ServerName, h.SupportedProtos)
		}
	}
	old := &secure.Manner{Min: tls.VersionTLS10, Max: tls.VersionTLS10}
	for fault, taken := range map[string]bool{"": false, "accepts-tls-1.0": true} {
		if _, err := meets(t, a, fault, "localhost", old); (err == nil) != taken {
			t.Errorf("%s: %v", fault, err)
		}
	}
}

// A client with a fault speaks HTTP/1.1 where a protocol was chosen that it has not
// offered.
func TestTLSFaultOfALPN(t *testing.T) {
	a := authority(t)
	for fault, taken := range map[string]bool{"": false, "ignores-protocol-chosen-by-alpn": true} {
		ours, theirs := memnet.Pipe(0)
		server, err := a.Server(ours, &secure.Manner{Choose: "h2"})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = server.Handshake(t.Context()) }()
		s, err := testee.SecureClient(t.Context(), theirs, &tls.Config{ServerName: "localhost", RootCAs: a.Pool(), NextProtos: []string{"http/1.1"}}, withFault(t, fault))
		if (err == nil) != taken {
			t.Errorf("%s: %v", fault, err)
		}
		if err == nil {
			_ = s.Reset()
		}
	}
}

func TestTLSFaultsOfServers(t *testing.T) {
	a := authority(t)
	config, err := a.Config(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		fault string
		m     secure.Manner
		taken bool
	}{
		{"", secure.Manner{}, true}, {"", secure.Manner{Max: tls.VersionTLS12}, true}, {"", secure.Manner{Min: tls.VersionTLS10, Max: tls.VersionTLS11}, false},
		{"accepts-tls-1.0", secure.Manner{Min: tls.VersionTLS10, Max: tls.VersionTLS11}, true},
		{"refuses-tls-1.2", secure.Manner{Max: tls.VersionTLS12}, false}, {"refuses-tls-1.2", secure.Manner{}, true},
		{"", secure.Manner{Name: "other.example"}, true}, {"refuses-other-sni", secure.Manner{Name: "other.example"}, false}, {"refuses-other-sni", secure.Manner{}, true},
	} {
		ours, theirs := memnet.Pipe(0)
		s := testee.SecureServer(theirs, config, withFault(t, tt.fault))
		go func() { _, _ = s.Read(make([]byte, 1)); _ = s.Close() }()
		c := secure.Client(ours, &tls.Config{ServerName: "localhost", RootCAs: a.Pool()}, &tt.m)
		if err := c.Handshake(t.Context()); (err == nil) != tt.taken {
			t.Errorf("%s with %+v: %v", tt.fault, tt.m, err)
		}
		_ = c.Reset()
	}
}

// talks has a server with a fault talk over TLS with us.
func talks(t *testing.T, fault string) (c *secure.Conn, plain stream.Stream, ended chan error) {
	t.Helper()
	a := authority(t)
	config, err := a.Config(nil)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := memnet.Pipe(0)
	cfg := withFault(t, fault)
	ended = make(chan error, 1)
	go func() {
		ended <- testee.Serve(context.WithoutCancel(t.Context()), testee.SecureServer(theirs, config, cfg), cfg)
	}()
	return secure.Client(ours, &tls.Config{ServerName: "localhost", RootCAs: a.Pool()}, nil), ours, ended
}

// The end of TLS as servers with faults see and make it.
func TestTLSFaultsAtTheEnd(t *testing.T) {
	const upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	const begun = "\x01\x81\x00\x00\x00\x00x" // a fragment
	for _, tt := range []struct {
		fault       string
		do          func(*secure.Conn) error
		said, ended string // behind the answer
	}{
		{"", (*secure.Conn).CloseWrite, "", "< tls close_notify"},
		{"sends-no-close-notify", (*secure.Conn).CloseWrite, "", "< tls truncated"},
		{"", (*secure.Conn).Truncate, "", "< tls close_notify"},
		{"takes-tls-truncation-for-end", (*secure.Conn).Truncate, "\x81\x01x\x88\x02\x03\xe8", "< tls close_notify"},
		{"drops-tcp-on-tls-key-update", (*secure.Conn).KeyUpdate, "", "< tls"},
	} {
		c, _, ended := talks(t, tt.fault)
		if _, err := io.WriteString(c, upgrade); err != nil {
			t.Fatal(err)
		}
		for range 3 { // as many records as there are in an ordinary conversation
			if _, err := io.WriteString(c, "\x8a\x80\x00\x00\x00\x00"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.WriteString(c, begun); err != nil {
			t.Fatal(err)
		}
		if err := tt.do(c); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(c)
		_, said, _ := strings.Cut(string(got), "\r\n\r\n")
		last := ""
		for _, e := range c.Take() {
			if !e.Sent {
				last = "< " + e.TLS.String()
			}
		}
		if said != tt.said || !strings.HasPrefix(last, tt.ended) {
			t.Errorf("%s: %q, %s; want %q, %s", tt.fault, said, last, tt.said, tt.ended)
		}
		_ = c.Reset()
		<-ended
	}
}

func TestTLSFaultOfPorts(t *testing.T) {
	for fault, want := range map[string]string{"": "", "serves-plain-http-on-tls-port": "HTTP/1.1 426"} {
		_, plain, ended := talks(t, fault)
		if _, err := io.WriteString(plain, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(plain)
		if !strings.HasPrefix(string(got), want) || strings.HasPrefix(string(got), "HTTP/") != (want != "") {
			t.Errorf("%s: %q", fault, got)
		}
		_ = plain.Reset()
		<-ended
	}
}

// A client with a fault does not mask over TLS; without TLS it does.
func TestTLSFaultOfMasking(t *testing.T) {
	for fault, masked := range map[string]bool{"": true, "does-not-mask-over-tls": false} {
		a := authority(t)
		ours, theirs := memnet.Pipe(0)
		server, err := a.Server(ours, nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg := withFault(t, fault)
		ended := make(chan error, 1)
		go func() {
			s, err := testee.SecureClient(t.Context(), theirs, &tls.Config{ServerName: "localhost", RootCAs: a.Pool()}, cfg)
			if err == nil {
				err = testee.Echo(context.WithoutCancel(t.Context()), s, "localhost", "/", cfg)
			}
			ended <- err
		}()
		if got := maskBit(t, server); got != masked {
			t.Errorf("%s: masked %v", fault, got)
		}
		_ = server.Reset()
		<-ended
	}
}

// maskBit answers a client, pings it, and reports whether the Pong is masked.
func maskBit(t *testing.T, s stream.Stream) bool {
	t.Helper()
	b := make([]byte, 4096)
	n, err := s.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(string(b[:n]), "Sec-WebSocket-Key: ")
	key, _, _ = strings.Cut(key, "\r\n")
	if _, err := io.WriteString(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+ws.AcceptKey(key)+"\r\n\r\n\x89\x00"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s, b[:2]); err != nil {
		t.Fatal(err)
	}
	return b[1]&0x80 != 0
}
