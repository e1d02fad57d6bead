// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// listener is where a server in memory accepts connections.
type listener struct {
	conns  chan net.Conn
	closed context.Context
	close  context.CancelFunc
}

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed.Done():
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error   { l.close(); return nil }
func (l listener) Addr() net.Addr { return nil }

// What shows only among several connections, or when the process is gone, is found
// where the whole server has the fault.
func TestFaultsOfServers(t *testing.T) {
	for _, c := range []struct {
		fault, id string
		want      verdict.Grade
	}{
		{"", "23.1.1", verdict.OK},
		{"serves-one-connection-at-a-time", "23.1.1", verdict.Failed},
		{"shares-buffer-between-connections", "23.1.1", verdict.Failed},
		{"", "23.1.6", verdict.OK},
		{"dies-of-reset-in-frame", "23.1.6", verdict.Failed},
		{"", "8.2.12", verdict.OK},
		{"allocates-declared-length", "8.2.12", verdict.Failed},
		{"", "8.2.14", verdict.OK},
		{"allocates-declared-length", "8.2.14", verdict.Failed},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := listener{conns: make(chan net.Conn, 200)}
			l.closed, l.close = context.WithCancel(t.Context())
			faults, err := testee.ParseFaults()
			if c.fault != "" {
				faults, err = testee.ParseFaults(c.fault)
			}
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = testee.Server{Config: testee.Config{Faults: faults}}.Serve(ctx, l) // how it ends is told by the cases
			}()
			gone := 0
			dial := func(context.Context) (stream.Stream, error) {
				if l.closed.Err() != nil {
					gone++
					return nil, net.ErrClosed
				}
				ours, theirs := memnet.Pipe(0)
				l.conns <- theirs
				return ours, nil
			}
			e, err := fuzzclient.Server{URL: "ws://server.example/", Agent: "server", Dial: dial}.Resolve("wsspec/test")
			if err != nil {
				t.Fatal(err)
			}
			picked, err := conform.Select(cases.Beyond(), []string{c.id}, nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Play(t.Context(), runner.Settings{Seed: 1}, runner.Plan(picked, ws.Client)[0], "server", nil)
			if r.Verdict.Behavior != c.want {
				t.Errorf("%s with %q: %+v, %v, want %s", c.id, c.fault, r.Verdict, err, c.want)
			}
			if gone > 1 && c.id == "8.2.12" { // one connection, and one to see whether it is there
				t.Errorf("%s with %q: tried %d times to reach a server that is dead", c.id, c.fault, gone)
			}
			cancel()
			<-ended
		})
	}
}
