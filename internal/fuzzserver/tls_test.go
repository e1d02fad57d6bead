// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/testee"
)

// certificate borrows that of package httptest.
func certificate() tls.Certificate {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.TLS.Certificates[0]
}

func TestServeTLS(t *testing.T) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate()}})
	if err != nil {
		t.Fatal(err)
	}
	store, st := newMemory(), settings()
	st.Factor = 60 // the network is a real one
	s := fuzzserver.New(fuzzserver.Config{Store: store, Settings: st, Plan: one(quick())})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()

	plain, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close() // a client that stalls in the TLS handshake holds up nobody
	ask := func(target string) *testee.Conn {
		st, err := stream.Dial(ctx, stream.Target{Addr: l.Addr().String(), TLS: &tls.Config{InsecureSkipVerify: true}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := testee.Dial(ctx, st, "localhost", target, testee.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if n, err := ask("/getCaseCount").ReceiveText(); n != "1" || err != nil {
		t.Errorf("count %q, %v", n, err)
	}
	if err := ask("/runCase?case=1&agent=x").Echo(); err != nil {
		t.Errorf("case: %v", err)
	}
	if status, err := ask("/getCaseStatus?case=1&agent=x").ReceiveText(); status != `{"behavior": "OK"}` || err != nil {
		t.Errorf("status %q, %v", status, err)
	}
	// On loopback, and so allowed to.
	if err := ask("/stopServer").Echo(); err != nil {
		t.Errorf("stopServer: %v", err)
	}
	if err := <-served; err != nil || ctx.Err() != nil {
		t.Errorf("Serve: %v", err)
	}
	cancel()
}
