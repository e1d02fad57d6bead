// SPDX-License-Identifier: Apache-2.0

package secure_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/stream/secure"
)

// pair is two ends of a connection, one of them crypto/tls alone.
func pair(t *testing.T, weAreClient bool, server *tls.Config, m secure.Manner) (*secure.Conn, *tls.Conn) {
	t.Helper()
	if server == nil {
		server = &tls.Config{NextProtos: []string{"http/1.1"}}
	}
	server.Certificates = memnet.ServerTLS().Certificates
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", NextProtos: []string{"http/1.1"}}
	ours, theirs := memnet.Pipe(0)
	if weAreClient {
		return secure.Client(ours, client, &m), tls.Server(theirs, server)
	}
	if m.Max != 0 {
		client.MaxVersion = m.Max
	}
	return secure.Server(ours, server), tls.Client(theirs, client)
}

// told is what happened, a line each.
func told(c *secure.Conn) string {
	var lines []string
	for _, e := range c.Take() {
		sign := "< "
		if e.Sent {
			sign = "> "
		}
		lines = append(lines, sign+e.TLS.String())
	}
	return strings.Join(lines, "\n")
}

// echo sends back what comes until it ends, and then calls end.
func echo(c net.Conn, end func() error) chan error {
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(c, c)
		done <- errors.Join(err, end())
	}()
	return done
}

func wants(t *testing.T, c *secure.Conn, want ...string) {
	t.Helper()
	if got := told(c); got != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestClientTells(t *testing.T) {
	ours, theirs := pair(t, true, nil, secure.Manner{})
	done := echo(theirs, theirs.Close)
	if _, err := io.WriteString(ours, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ours.CloseWrite(), ours.CloseWrite()); err != nil { // the second has nothing to do
		t.Fatal(err)
	}
	if got, err := io.ReadAll(ours); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := errors.Join(ours.Close(), <-done); err != nil {
		t.Error(err)
	}
	wants(t, ours,
		`> tls hello 1.3,1.2 sni="localhost" alpn="http/1.1"`,
		`< tls certificate "for localhost 127.0.0.1, until 2199-01-01, signed by itself, not verified"`,
		`< tls agreed 1.3 TLS_AES_128_GCM_SHA256 alpn="http/1.1"`, `> tls close_notify`, `< tls close_notify`)
}

func TestServerTells(t *testing.T) {
	ours, theirs := pair(t, false, nil, secure.Manner{Max: tls.VersionTLS12})
	done := echo(theirs, func() error { return theirs.NetConn().Close() }) // no close_notify
	if _, err := io.WriteString(ours, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := ours.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(ours); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	<-done
	wants(t, ours,
		`< tls hello 1.2 sni="localhost" alpn="http/1.1"`,
		`> tls agreed 1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 alpn="http/1.1"`, `> tls close_notify`, `< tls truncated`)
}

func TestAlerts(t *testing.T) {
	ours, theirs := pair(t, true, &tls.Config{MinVersion: tls.VersionTLS13}, secure.Manner{Min: tls.VersionTLS10, Max: tls.VersionTLS11, ALPN: []string{}, Name: "other"})
	go func() { _ = theirs.Handshake(); theirs.Close() }()
	if err := ours.Handshake(t.Context()); err == nil {
		t.Error("no error")
	}
	if _, err := ours.Read(make([]byte, 1)); err == nil {
		t.Error("no error")
	}
	wants(t, ours, `> tls hello 1.1,1.0 sni="other"`, `< tls alert 70 protocol_version_not_supported`)

	ours, plain := pair(t, true, nil, secure.Manner{})
	if _, err := io.WriteString(plain.NetConn(), "HTTP/1.1 400 Bad Request\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := ours.Handshake(t.Context()); err == nil {
		t.Error("no error")
	}
	if got := told(ours); !strings.Contains(got, `< tls broken "tls: first record does not look like a TLS handshake"`) {
		t.Error(got)
	}

	ours, _ = pair(t, true, nil, secure.Manner{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ours.Handshake(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	wants(t, ours, `> tls hello 1.3,1.2 sni="localhost" alpn="http/1.1"`)
}

// Records of one octet: each comes out of one Read, and all went out in one Write.
func TestSplit(t *testing.T) {
	ours, theirs := pair(t, true, nil, secure.Manner{})
	ours.Split(1)
	sizes := make(chan []int)
	go func() {
		var got []int
		for b := make([]byte, 100); ; {
			n, err := theirs.Read(b)
			if err != nil {
				sizes <- got
				return
			}
			got = append(got, n)
		}
	}()
	if n, err := io.WriteString(ours, "hello"); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	ours.Split(0)
	if _, err := io.WriteString(ours, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := ours.Truncate(); err != nil {
		t.Fatal(err)
	}
	if got := <-sizes; !slices.Equal(got, []int{1, 1, 1, 1, 1, 5}) {
		t.Errorf("records of %v octets", got)
	}
}

func TestKeyUpdate(t *testing.T) {
	for _, weAreClient := range []bool{true, false} {
		ours, theirs := pair(t, weAreClient, nil, secure.Manner{})
		done := echo(theirs, theirs.Close)
		want := []byte("before, ")
		if _, err := ours.Write(want); err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{[]byte("behind, "), bytes.Repeat([]byte("long"), 10_000)} {
			if err := ours.KeyUpdate(); err != nil {
				t.Fatal(err)
			}
			if _, err := ours.Write(part); err != nil {
				t.Fatal(err)
			}
			want = append(want, part...)
		}
		ours.Split(1)
		if _, err := io.WriteString(ours, "end"); err != nil {
			t.Fatal(err)
		}
		if err := ours.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(ours)
		if err = errors.Join(err, <-done); err != nil || string(got) != string(want)+"end" {
			t.Errorf("client %v: %d octets of %d, %v", weAreClient, len(got), len(want)+3, err)
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
		if got := told(ours); !strings.HasSuffix(got, "> tls key_update\n> tls key_update\n> tls close_notify\n< tls close_notify") {
			t.Error(got)
		}
	}
	old, theirs := pair(t, true, &tls.Config{MaxVersion: tls.VersionTLS12}, secure.Manner{})
	go func() { _, _ = theirs.Read(make([]byte, 1)) }()
	if err := old.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := old.KeyUpdate(); err == nil {
		t.Error("TLS 1.2 has no key_update")
	}
	old.Reset()
}

func TestNewListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	secured := secure.NewListener(l, memnet.ServerTLS())
	go func() {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			_, _ = io.WriteString(c, "x")
			c.Close()
		}
	}()
	s, err := stream.Accept(t.Context(), secured)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := io.ReadAll(s); string(got) != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A protocol that was not offered, chosen all the same: crypto/tls notices.
func TestForged(t *testing.T) {
	a, err := secure.NewAuthority("localhost")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		offer []string
		want  string
	}{
		{[]string{"http/1.1"}, "< tls alert 120 no_application_protocol"}, // the alert of crypto/tls
		{nil, "< tls alert 120 no_application_protocol"},
		{[]string{"http/1.1", "h2"}, ""},
	} {
		raw, theirs := memnet.Pipe(0)
		ours, err := a.Server(raw, &secure.Manner{Choose: "h2"})
		if err != nil {
			t.Fatal(err)
		}
		client := tls.Client(theirs, &tls.Config{RootCAs: a.Pool(), ServerName: "localhost", NextProtos: tt.offer})
		answered := make(chan string, 1)
		go func() {
			defer client.Close()
			_, _ = io.WriteString(client, "request")
			b := make([]byte, 6)
			n, _ := io.ReadFull(client, b)
			answered <- string(b[:n])
		}()
		b := make([]byte, 100)
		n, err := ours.Read(b)
		if refused := tt.want != ""; refused != (err != nil) || !refused && string(b[:n]) != "request" {
			t.Errorf("%q offered: %q, %v", tt.offer, b[:n], err)
		}
		if _, err := io.WriteString(ours, "answer"); err != nil && tt.want == "" {
			t.Error(err)
		}
		if got := <-answered; (got == "answer") != (tt.want == "") {
			t.Errorf("%q offered: answered %q", tt.offer, got)
		}
		if got := told(ours); !strings.HasPrefix(got, `< tls hello 1.3,1.2 sni="localhost"`) || !strings.Contains(got, "> tls agreed 1.3 TLS_AES_128_GCM_SHA256 alpn=\"h2\"") || !strings.HasSuffix(got, tt.want) {
			t.Errorf("%q offered:\n%s", tt.offer, got)
		}
		ours.Close()
	}

	raw, theirs := memnet.Pipe(0)
	ours, err := a.Server(raw, &secure.Manner{Choose: "h2"})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = tls.Client(theirs, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}).Handshake()
	}()
	if _, err := ours.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "does not offer TLS 1.3") {
		t.Error(err)
	}
	ours.Close()
}

func FuzzHello(f *testing.F) {
	raw, theirs := memnet.Pipe(0)
	go func() {
		_ = tls.Client(theirs, &tls.Config{ServerName: "localhost", NextProtos: []string{"h2"}}).Handshake()
	}()
	b := make([]byte, 4096)
	n, err := raw.Read(b)
	if err != nil {
		f.Fatal(err)
	}
	_ = raw.Reset()
	body := b[9:n] // behind the headers of record and message
	if name, err := secure.ParseHello(body); name != "localhost" || err != nil {
		f.Fatal(name, err)
	}
	for cut := range len(body) {
		if _, err := secure.ParseHello(body[:cut]); err == nil {
			f.Errorf("%d octets of %d are taken for a whole ClientHello", cut, len(body))
		}
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		if name, err := secure.ParseHello(body); err == nil && len(name) > len(body) {
			t.Error("more came out than went in")
		}
	})
}
