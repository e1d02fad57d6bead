// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/testee"
)

// certificate makes one for localhost, and a file with that of its authority in PEM.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	authority, err := secure.NewAuthority("localhost")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Certificate(secure.Flawless)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return cert, path
}

// listenTLS serves echoes on loopback until the test ends, and tells which names
// clients asked for (SNI).
func listenTLS(t *testing.T, cert tls.Certificate) (port string, names func() []string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	config := &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, h.ServerName)
		return &cert, nil
	}}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, l)
	return portOf(l), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

func serveOn(t *testing.T, l net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = testee.Server{}.Serve(ctx, l) }()
	t.Cleanup(func() { stop(); <-ended })
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String()) // of a TCP listener: always well-formed
	return port
}

func TestTLS(t *testing.T) {
	cert, file := certificate(t)
	_, otherFile := certificate(t)
	for _, tt := range []struct {
		name string
		tls  stream.ClientTLS
		sni  string
		fail string // what the error has to say; empty: none
	}{
		{"not trusted", stream.ClientTLS{}, "localhost", "certificate"},
		{"any will do", stream.ClientTLS{Insecure: true}, "localhost", ""},
		{"trusted", stream.ClientTLS{CAFile: file}, "localhost", ""},
		{"of another authority", stream.ClientTLS{CAFile: otherFile}, "localhost", "certificate"},
		{"of another name", stream.ClientTLS{CAFile: file, Name: "other.example"}, "other.example", "other.example"},
		{"of another name, which is fine", stream.ClientTLS{Insecure: true, Name: "other.example"}, "other.example", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port, names := listenTLS(t, cert)
			out, err := test(t, fuzzclient.Server{URL: "wss://localhost:" + port, Agent: "it", TLS: tt.tls})
			switch {
			case tt.fail == "" && (err != nil || out.Done != 1):
				t.Errorf("%+v, %v", out, err)
			case tt.fail != "" && (!errors.Is(err, fuzzclient.ErrUnreachable) || !strings.Contains(err.Error(), tt.fail) || out.Left != 1):
				t.Errorf("%+v, %v", out, err)
			}
			want := []string{tt.sni} // one attempt: a certificate does not get better
			if tt.fail == "" {
				want = []string{tt.sni, tt.sni} // the probe, and the case
			}
			if got := names(); !slices.Equal(got, want) {
				t.Errorf("asked for %q, want %q", got, want)
			}
		})
	}
}

// A port without TLS is no wss server, and trying again does not make it one.
func TestTLSOnAPlainPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, l)
	_, err = test(t, fuzzclient.Server{URL: "wss://localhost:" + portOf(l), TLS: stream.ClientTLS{Insecure: true}})
	if record, ok := errors.AsType[tls.RecordHeaderError](err); !errors.Is(err, fuzzclient.ErrUnreachable) || !ok {
		t.Errorf("got %v, %v", err, record)
	}
}

// test runs one case over the network.
func test(t *testing.T, s fuzzclient.Server) (fuzzclient.Outcome, error) {
	t.Helper()
	e, err := s.Resolve("wsspec/test")
	if err != nil {
		t.Fatal(err)
	}
	r := fuzzclient.Run{Server: e, Plan: plan(t, "1.1.1"), Settings: runner.Settings{Factor: 60}, Pace: runner.Pace{Jobs: 1}, Done: func(r report.Result) error {
		if !r.Passed() {
			t.Errorf("%s: %+v", r.ID, r.Verdict)
		}
		return nil
	}}
	return r.Do(t.Context())
}

// quiet is a log that nobody reads.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
