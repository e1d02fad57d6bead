// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestClient tests a client. For each case it calls dial with the URL of a server
// on loopback; dial connects with the client under test, echoes each message it
// receives, and returns when the connection has ended. Its error does not count:
// many cases end a connection on purpose. Several calls run at a time.
func TestClient(t *testing.T, dial func(ctx context.Context, url string) error, opts ...Option) {
	t.Helper()
	c, plan := plan(t, ws.Server, opts)
	results := newResults()
	server := fuzzserver.New(fuzzserver.Config{Plan: plan, Settings: c.settings, Store: results})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("wsspec: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(ctx, l) // until the cleanup
	}()
	t.Cleanup(func() { stop(); <-ended })
	c.each(t, plan, func(ctx context.Context, k runner.Planned, _ runner.Acting) (report.Result, error) {
		u := "ws://" + l.Addr().String() + "/runCase?agent=client&casetuple=" + url.QueryEscape(k.ID)
		_ = dial(ctx, u) // how the connection ended is in the result
		return results.take(ctx, k.ID)
	})
}

// errNoResult says that the client never opened the connection.
var errNoResult = errors.New("dial returned, and no WebSocket connection was opened to the URL it was given")

// results keeps the results of a client's cases in memory until they are taken.
type results struct {
	mu      sync.Mutex
	kept    map[string]report.Result
	changed chan struct{} // closed and replaced with each result
}

func newResults() *results {
	return &results{kept: map[string]report.Result{}, changed: make(chan struct{})}
}

// take waits for the result of a case, which comes a moment after the client's
// end of the connection has closed.
func (s *results) take(ctx context.Context, id string) (report.Result, error) {
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		s.mu.Lock()
		r, ok := s.kept[id]
		delete(s.kept, id)
		changed := s.changed
		s.mu.Unlock()
		if ok {
			return r, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return r, errNoResult
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
	}
}

// Put keeps a result.
func (s *results) Put(r report.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[r.ID] = r
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// Begin does nothing: there are no results from earlier.
func (s *results) Begin(string) error { return nil }

// Finish does nothing: there is no disk.
func (s *results) Finish() error { return nil }

// Agents returns nobody: results are taken, not kept.
func (s *results) Agents() []string { return nil }

// Behavior knows of no result: they are taken, not kept.
func (s *results) Behavior(string, string) (verdict.Grade, bool) { return "", false }

// Size is none.
func (s *results) Size() int64 { return 0 }
