// SPDX-License-Identifier: Apache-2.0

package h3_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// asks is an extended CONNECT as RFC 9220 has it.
func asks() ws.Fields {
	return ws.Fields{
		{Name: ":method", Value: "CONNECT"}, {Name: ":protocol", Value: "websocket"}, {Name: ":scheme", Value: "https"},
		{Name: ":path", Value: "/chat?x=1"}, {Name: ":authority", Value: "memory"}, {Name: "sec-websocket-version", Value: "13"},
	}
}

func accepts() ws.Fields { return ws.Fields{{Name: ":status", Value: "200"}} }

// rig is a client and a server of ours with a network in memory between them.
type rig struct {
	*testing.T
	dialer   *h3.Dialer
	listener *h3.Listener
}

// virtual runs a test over a network in memory in virtual time.
func virtual(t *testing.T, client, server h3.Config, test func(r rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Packets()
		l, err := h3.ListenOn(b, memnet.ServerTLS(), server)
		if err != nil {
			t.Fatal(err)
		}
		d := &h3.Dialer{TLS: memnet.ClientTLS(), Config: client, Packets: a}
		test(rig{t, d, l})
		for _, c := range []interface{ Close() error }{d, l, a, b} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// stream dials and returns both ends of a stream whose request has been answered.
func (r rig) stream() (client, server *h3.Stream) {
	r.Helper()
	client, server = r.request(asks())
	if err := server.WriteHead(accepts()); err != nil {
		r.Fatal(err)
	}
	if answer, err := client.ReadHead(); err != nil || !slices.Equal(answer, accepts()) {
		r.Fatalf("answer %v, %v", answer, err)
	}
	return client, server
}

// request dials and returns both ends of a stream whose request has come.
func (r rig) request(fields ws.Fields) (client, server *h3.Stream) {
	r.Helper()
	client, err := r.dialer.DialStream(r.Context(), "127.0.0.1:2")
	if err != nil {
		r.Fatal(err)
	}
	if err := client.WriteHead(fields); err != nil {
		r.Fatal(err)
	}
	conn, err := r.listener.Accept()
	if err != nil {
		r.Fatal(err)
	}
	server = conn.(*h3.Stream)
	if _, err := server.Conn().Settings(r.Context()); err != nil { // streams may overtake each other
		r.Fatal(err)
	}
	if got, err := server.ReadHead(); err != nil || !slices.Equal(got, fields) {
		r.Fatalf("request %v, %v", got, err)
	}
	return client, server
}

// story gathers events in the notation of logs.
type story struct {
	mu    sync.Mutex
	lines []string
}

func (s *story) see(_ time.Time, sent bool, f *wirelog.HTTPFrame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sign := "< "
	if sent {
		sign = "> "
	}
	s.lines = append(s.lines, sign+f.String())
}

func (s *story) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n") + "\n"
}

// within is a context that ends after a while, of virtual time or of ours.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
