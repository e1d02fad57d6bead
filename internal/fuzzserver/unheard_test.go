// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
)

// refusals lists what was refused or not heard: "400 no Host", "0 no whole …".
func (r *rig) refusals() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Kind == fuzzserver.Refused || e.Kind == fuzzserver.Unheard {
			list = append(list, fmt.Sprint(e.Status, " ", e.Err))
		}
	}
	return list
}

// Whatever is no opening handshake is told of with its reason, but for connections on
// which nothing came.
func TestRefusalsAreTold(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, tt := range []struct{ name, sent, want string }{
		{"plain HTTP", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426 no Upgrade to websocket"},
		{"an old version", strings.Replace(request("/getCaseCount"), "Version: 13", "Version: 8", 1), `400 Sec-WebSocket-Version "8": want 13`},
		{"a short nonce", strings.Replace(request("/getCaseCount"), key, "c2hvcnQ=", 1), "400 Sec-WebSocket-Key: want one, the base64 of 16 octets"},
		{"a wrong number", request("/runCase?agent=x&case=0"), `500 /runCase: case="0": want a number from 1 to 1`},
		{"no HTTP", "hello\x1b\r\n\r\n", "400 request line \"hello"},
		{"half a request", "GET / HTTP/1.1\r\nHo", `0 no whole HTTP request came, only "GET / HTTP/1.1"`},
		{"a long word", long, `0 no whole HTTP request came, only "` + long[:60] + `"`},
		{"TLS", "\x16\x03\x01\x02\x00\x01", "0 " + fuzzserver.ErrTLS.Error()},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, fuzzserver.Config{Plan: one(quick())})
				defer r.finish()
				s := r.connect()
				_, _ = io.WriteString(s, tt.sent)
				begun := time.Now()
				_ = s.CloseWrite()
				_, _ = io.Copy(io.Discard, s)
				_ = s.Close()
				synctest.Wait()
				got := r.refusals()
				if tt.want == "" && len(got) != 0 || tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)) {
					t.Errorf("told %q, want %q", got, tt.want)
				}
				if took := time.Since(begun); took > time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A client that waits for our half of a TLS handshake is not kept waiting.
func TestTLSAtPlainPortEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Plan: one(quick())})
		defer r.finish()
		begun := time.Now()
		c := tls.Client(r.connect(), &tls.Config{InsecureSkipVerify: true})
		if err := c.HandshakeContext(t.Context()); err == nil || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		synctest.Wait()
		if got := r.refusals(); !slices.Equal(got, []string{"0 " + fuzzserver.ErrTLS.Error()}) {
			t.Errorf("told %q", got)
		}
	})
}

// On a port with TLS, clients that do not speak it, or do not trust us, are told of.
func TestTLSThatFails(t *testing.T) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate()}})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan fuzzserver.Event, 10)
	s := fuzzserver.New(fuzzserver.Config{Store: newMemory(), Settings: settings(), Plan: one(quick()), Events: func(e fuzzserver.Event) { told <- e }})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	for _, tt := range []struct {
		client func(net.Conn)
		want   string
	}{
		{func(c net.Conn) { _, _ = io.WriteString(c, request("/getCaseCount")) }, fuzzserver.ErrNoTLS.Error()},
		{func(c net.Conn) { _ = tls.Client(c, &tls.Config{ServerName: "other"}).Handshake() }, "the client ended the TLS handshake: tls: bad certificate"},
		{func(c net.Conn) {
			_ = tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}).Handshake()
		}, "the TLS handshake failed: tls: client offered only unsupported versions"},
	} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		tt.client(c)
		if e := <-told; e.Kind != fuzzserver.Unheard || !strings.HasPrefix(e.Err.Error(), tt.want) {
			t.Errorf("told %v, want %s", e.Err, tt.want)
		}
		_ = c.Close()
	}
	cancel()
	if err := errors.Join(<-served); err != nil {
		t.Error(err)
	}
}
