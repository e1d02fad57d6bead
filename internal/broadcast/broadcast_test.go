// SPDX-License-Identifier: Apache-2.0

package broadcast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/ws"
)

// rig is a server, and how clients reach it.
type rig struct {
	server *Server
	engine *wire.Engine
	dialer *wire.Dialer
	room   *memnet.Listener
	stop   func() error // of the server
}

func newRig(t *testing.T, s *Server) *rig {
	t.Helper()
	r := &rig{server: s, room: memnet.Listen()}
	var err error
	if r.engine, err = wire.New(wire.Config{Dial: func(ctx context.Context) (net.Conn, error) { return r.room.Dial(ctx, 0) }}); err != nil {
		t.Fatal(err)
	}
	if r.dialer, err = r.engine.Dialer(wire.Target{Host: "example.test"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, r.engine, r.room) }()
	r.stop = func() error { cancel(); return <-ended }
	return r
}

// heard is what a client got.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) add(op ws.Opcode, p []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, fmt.Sprintf("%v %s", op, p))
}

func (h *heard) list() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

// Everybody gets everything, the sender too, and ticks are counted from the start.
func TestEverybodyGetsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Server{Tick: time.Second})
		time.Sleep(1500 * time.Millisecond) // tick 1 goes to nobody
		ctx, cancel := context.WithCancel(t.Context())
		var a, b heard
		ended := make(chan error, 2)
		go func() { ended <- Client{"a", 2 * time.Second, a.add}.Run(ctx, r.dialer.Dial) }()
		time.Sleep(100 * time.Millisecond)
		go func() { ended <- Client{"b", 2 * time.Second, b.add}.Run(ctx, r.dialer.Dial) }()
		time.Sleep(2300 * time.Millisecond) // 3.9 s after the start
		if got, want := a.list(), []string{"text a", "text b", "text tick 2", "text tick 3", "text a", "text b"}; !slices.Equal(got, want) {
			t.Errorf("a got %q, want %q", got, want)
		}
		if got, want := b.list(), []string{"text b", "text tick 2", "text tick 3", "text a", "text b"}; !slices.Equal(got, want) {
			t.Errorf("b got %q, want %q", got, want)
		}
		cancel()
		if err := errors.Join(<-ended, <-ended, r.stop(), r.engine.Close()); err != nil {
			t.Error(err)
		}
	})
}

// binary is a client that sends one binary message.
type binary struct{ visitor }

func (v *binary) Opened(c *wire.Conn, _ wire.Opening) { _ = c.Send(ws.Binary, []byte{0, 0xFF}) }

func TestTypeStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Server{})
		var got heard
		v := &binary{visitor{client: Client{Received: got.add}, closed: make(chan wire.Closing, 1)}}
		c := r.dialer.Dial(v)
		synctest.Wait()
		if got := got.list(); len(got) != 1 || got[0] != "binary \x00\xFF" {
			t.Errorf("got %q", got)
		}
		c.Close(ws.NormalClosure, "")
		if end := <-v.closed; end.Failed() {
			t.Error(end)
		}
		if err := errors.Join(r.stop(), r.engine.Close()); err != nil {
			t.Error(err)
		}
	})
}

// A server that ends says so; one that is not there is a failure to connect; one that
// drops the connection is an error.
func TestEndsOfClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Server{})
		var got heard
		ended := make(chan error, 1)
		go func() { ended <- Client{"a", time.Second, got.add}.Run(t.Context(), r.dialer.Dial) }()
		time.Sleep(1500 * time.Millisecond)
		if err := errors.Join(r.stop(), <-ended); err != nil {
			t.Errorf("after 1001: %v", err)
		}
		err := Client{"a", time.Second, got.add}.Run(t.Context(), r.dialer.Dial)
		if failure, ok := errors.AsType[*Failure](err); !ok || failure.Cause != wire.Refused || !strings.Contains(err.Error(), "refused") {
			t.Errorf("nobody there: %v", err)
		}
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A client that does not read is dropped, and the others get everything.
func TestSlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dropped := make(chan int, 1)
		r := newRig(t, &Server{Limits: wire.Limits{MaxQueue: 1 << 16}, Dropped: func(n int) { dropped <- n }})
		mute, err := r.room.Dial(t.Context(), 4096)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mute.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var got heard
		ended := make(chan error, 1)
		large := strings.Repeat("x", 1<<14)
		go func() { ended <- Client{large, time.Second, got.add}.Run(ctx, r.dialer.Dial) }()
		if n := <-dropped; n != 1 {
			t.Errorf("%d are left", n)
		}
		synctest.Wait()
		sent := len(got.list())
		time.Sleep(1500 * time.Millisecond)
		if n := len(got.list()); n != sent+1 {
			t.Errorf("%d messages, then %d", sent, n)
		}
		cancel()
		if err := errors.Join(<-ended, r.stop(), mute.Close(), r.engine.Close()); err != nil {
			t.Error(err)
		}
	})
}
