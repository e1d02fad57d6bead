// SPDX-License-Identifier: Apache-2.0

package massconnect

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
)

// output is written to by many connections.
type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// rig is a server in memory, whose handshake takes 100 ms.
func rig(t *testing.T, ctx context.Context, refuse func(n int64) error) (*wire.Engine, *wire.Dialer) {
	t.Helper()
	var dialled atomic.Int64
	e, err := wire.New(wire.Config{Dial: func(context.Context) (net.Conn, error) {
		if err := refuse(dialled.Add(1)); err != nil {
			return nil, err
		}
		ours, theirs := memnet.Pipe(0)
		go func() {
			time.Sleep(100 * time.Millisecond)
			_ = testee.Serve(ctx, theirs, testee.Config{})
		}()
		return ours, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := e.Dialer(wire.Target{Host: "example.test"})
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		e, d := rig(t, ctx, func(int64) error { return nil })
		var out output
		got, err := Run{Dial: d.Dial, Name: "it", URL: "ws://it", Connections: 25, Batch: 10, BatchDelay: time.Second, Out: &out}.Do(ctx)
		if want := (Mass{Opened: 25, Took: 2100 * time.Millisecond}); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
		if want := ".. connected 25 clients to it at ws://it in 2.100 seconds (retries 0 = failed 0 + lost 0)\n"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A connection that fails is tried again after the pause; one that is lost is not.
func TestRetriesAndLosses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		short, drop := context.WithCancel(ctx)
		e, d := rig(t, short, func(n int64) error {
			if n <= 3 {
				return syscall.ECONNREFUSED
			}
			return nil
		})
		time.AfterFunc(500*time.Millisecond, drop) // the first batch is lost, the second comes later
		var out output
		var told []string
		r := Run{
			Dial: d.Dial, Name: "it", URL: "ws://it", Connections: 4, Batch: 2, BatchDelay: 2 * time.Second, RetryDelay: 50 * time.Millisecond,
			Out: &out, Trouble: func(what string) { told = append(told, what) },
		}
		ended := make(chan error)
		go func() { _, err := r.Do(ctx); ended <- err }()
		time.Sleep(time.Second)
		if got, want := out.String(), "!!!."; got != want {
			t.Errorf("after a second: %q, want %q", got, want)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if want := " interrupted: 2 of 4 clients were connected to it at ws://it (retries 5 = failed 3 + lost 2)\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("got %q, want %q", out.String(), want)
		}
		if len(told) != 2 || !strings.HasPrefix(told[0], "refused") {
			t.Errorf("told of %q", told)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A server that answers nothing is tried for as long as the run lasts.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e, d := rig(t, ctx, func(int64) error { return syscall.ECONNREFUSED })
		var out output
		got, err := Run{Dial: d.Dial, Name: "it", URL: "ws://it", Connections: 1, Batch: 1, RetryDelay: 300 * time.Millisecond, Out: &out}.Do(ctx)
		if want := (Mass{Failed: 4}); !errors.Is(err, context.DeadlineExceeded) || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
