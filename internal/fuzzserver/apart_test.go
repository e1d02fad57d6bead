// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestApart plays a case at a port of its own, with a client that has said who it is on
// another connection.
func TestApart(t *testing.T) {
	authority, err := secure.NewAuthority("localhost")
	if err != nil {
		t.Fatal(err)
	}
	picked, err := conform.Select(cases.Full(cases.Current), []string{"22.1.4"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	planned := runner.Plan(picked, ws.Server)
	listen := func(m *secure.Manner) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			l, err = authority.NewListener(l, m)
		}
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	usual := listen(nil)
	apart := fuzzserver.Apart{ID: "22.1.4", Listener: listen(planned[0].Open.TLS)}
	store, unheard := newMemory(), make(chan error, 10)
	st := settings()
	st.Profile.TLS, st.Profile.Authority, st.Factor = true, true, 60 // the network is a real one
	s := fuzzserver.New(fuzzserver.Config{
		Store: store, Settings: st, Plan: planned, Apart: []fuzzserver.Apart{apart},
		Events: func(e fuzzserver.Event) {
			if e.Kind == fuzzserver.Unheard {
				unheard <- e.Err
			}
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, usual) }()
	trusting := &tls.Config{ServerName: "localhost", RootCAs: authority.Pool()}

	connect := func() error {
		_, err := stream.Dial(ctx, stream.Target{Addr: apart.Listener.Addr().String(), TLS: trusting})
		return err
	}
	if err := connect(); err == nil {
		t.Error("the certificate is trusted")
	}
	if err := <-unheard; !strings.Contains(err.Error(), "nobody knows who it is") {
		t.Error(err)
	}
	ask := func(host, target string) string {
		t.Helper()
		c, err := stream.Dial(ctx, stream.Target{Addr: usual.Addr().String(), TLS: trusting})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := testee.Dial(ctx, c, host, target, testee.Config{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := conn.ReceiveText()
		if err != nil {
			return err.Error()
		}
		_ = conn.Echo() // until the server has closed
		return text
	}
	for host, want := range map[string]string{"localhost:1": "localhost", "localhost": "localhost", "[::1]:1": "[::1]", "[::1]": "[::1]"} {
		want = `"url": "wss://` + want + ":" + apart.Port() + `/runCase?case=1"}`
		if got := ask(host, "/getCaseInfo?case=1&agent=a"); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	behavior := func(agent string, want verdict.Grade) {
		t.Helper()
		if got := ask("localhost", "/getCaseStatus?case=1&agent="+agent); got != `{"behavior": "`+string(want)+`"}` {
			t.Errorf("%s: %s, want %s", agent, got, want)
		}
	}
	if err := connect(); err == nil {
		t.Error("the certificate is trusted")
	}
	behavior("a", verdict.OK)
	ask("localhost", "/runCase?case=1&agent=b")
	behavior("b", verdict.Unimplemented)

	ask("localhost", "/getCaseInfo?case=1&agent=c")
	if c, err := stream.Dial(ctx, stream.Target{Addr: apart.Listener.Addr().String(), TLS: &tls.Config{InsecureSkipVerify: true}}); err != nil {
		t.Error(err)
	} else if _, err := testee.Dial(ctx, c, "localhost", "/runCase?case=1&agent=c", testee.Config{HandshakeTimeout: time.Minute}); err == nil {
		t.Error("it was opened")
	}
	behavior("c", verdict.Failed)
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
