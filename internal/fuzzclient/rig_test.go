// SPDX-License-Identifier: Apache-2.0

package fuzzclient_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// server has the other end of a connection until it returns. The context ends
// when the test is over.
type server func(ctx context.Context, s stream.Stream)

// network is where a server in memory is reached.
type network struct {
	serve server
	// fail, where set, is asked before the n-th connection, from 0, is made.
	fail     func(n int) error
	capacity int // octets in flight, each way; 0 is any number

	mu    sync.Mutex
	dials []time.Duration // when somebody tried to connect
	open  int
	most  int // connections that were open at once
	start time.Time
	ended sync.WaitGroup
	ctx   context.Context
	stop  func()
}

func newNetwork(serve server) *network {
	n := &network{serve: serve, start: time.Now()}
	n.ctx, n.stop = context.WithCancel(context.Background())
	return n
}

// echoing serves as a correct endpoint does.
func echoing(cfg testee.Config) server {
	return func(ctx context.Context, s stream.Stream) { _ = testee.Serve(ctx, s, cfg) } // judged at our end
}

func (n *network) dial(context.Context) (stream.Stream, error) {
	n.mu.Lock()
	i := len(n.dials)
	n.dials = append(n.dials, time.Since(n.start))
	n.mu.Unlock()
	if n.fail != nil {
		if err := n.fail(i); err != nil {
			return nil, err
		}
	}
	ours, theirs := memnet.Pipe(n.capacity)
	n.mu.Lock()
	n.open++
	n.most = max(n.most, n.open)
	n.mu.Unlock()
	n.ended.Go(func() { n.serve(n.ctx, theirs) })
	return &counted{Stream: ours, left: sync.OnceFunc(func() {
		n.mu.Lock()
		n.open--
		n.mu.Unlock()
	})}, nil
}

// counted is a connection that tells when it is let go.
type counted struct {
	stream.Stream
	left func()
}

func (c *counted) Close() error { c.left(); return c.Stream.Close() }
func (c *counted) Reset() error { c.left(); return c.Stream.Reset() }

// plan is the selected cases.
func plan(t *testing.T, ids ...string) []runner.Planned {
	t.Helper()
	picked, err := conform.Select(cases.All(cases.Current), ids, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runner.Plan(picked, ws.Client)
}

// resolved is the endpoint of a server in memory.
func (n *network) resolved(t *testing.T, agent string) *fuzzclient.Endpoint {
	t.Helper()
	e, err := fuzzclient.Server{URL: "ws://server.example/", Agent: agent, Dial: n.dial}.Resolve("wsspec/test")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// outcome is what a run came to.
type outcome struct {
	fuzzclient.Outcome
	results []report.Result // by number
	took    time.Duration
	err     error
}

// run tests the server and waits until all that serves it has ended.
func (n *network) run(t *testing.T, ctx context.Context, r fuzzclient.Run) outcome {
	t.Helper()
	if r.Server == nil {
		r.Server = n.resolved(t, "")
	}
	var o outcome
	r.Done = func(res report.Result) error { o.results = append(o.results, res); return nil }
	begun := time.Now()
	o.Outcome, o.err = r.Do(ctx)
	o.took = time.Since(begun)
	n.stop()
	n.ended.Wait()
	slices.SortFunc(o.results, func(a, b report.Result) int { return a.Number - b.Number })
	return o
}
