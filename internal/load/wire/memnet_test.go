// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// recorder is a Handler that keeps what it is told.
type recorder struct {
	opened   chan Opening
	messages chan string // "text Hello"
	pongs    chan string
	closed   chan Closing
}

func newRecorder() *recorder {
	return &recorder{make(chan Opening, 1), make(chan string, 1000), make(chan string, 1000), make(chan Closing, 1)}
}

func (r *recorder) Opened(_ *Conn, o Opening) { r.opened <- o }
func (r *recorder) Message(_ *Conn, op ws.Opcode, p []byte) {
	r.messages <- op.String() + " " + string(p)
}
func (r *recorder) Pong(_ *Conn, p []byte)      { r.pongs <- string(p) }
func (r *recorder) Closed(_ *Conn, end Closing) { r.closed <- end }

// Over package memnet the engine runs in virtual time, and phases have exact lengths.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		e, err := New(Config{Dial: func(context.Context) (net.Conn, error) {
			time.Sleep(30 * time.Millisecond)
			ours, theirs := memnet.Pipe(0)
			go func() {
				time.Sleep(70 * time.Millisecond)
				_ = testee.Serve(ctx, theirs, testee.Config{})
			}()
			return ours, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := e.Dialer(Target{Host: "example.test", Deflate: []deflate.Offer{{}}})
		if err != nil {
			t.Fatal(err)
		}
		r := newRecorder()
		c := d.Dial(r)
		if got, want := <-r.opened, (Opening{TCP: 30 * time.Millisecond, Upgrade: 70 * time.Millisecond, Deflate: true}); got != want {
			t.Errorf("opened: %+v, want %+v", got, want)
		}
		for _, m := range []string{"Hello", "Hello again", "Hello"} {
			if err := c.Send(ws.Text, []byte(m)); err != nil {
				t.Fatal(err)
			}
			if got := <-r.messages; got != "text "+m {
				t.Errorf("got %q", got)
			}
		}
		if err := c.Ping([]byte("!")); err != nil {
			t.Fatal(err)
		}
		if got := <-r.pongs; got != "!" {
			t.Errorf("pong %q", got)
		}
		c.Close(ws.NormalClosure, "")
		if got := <-r.closed; got.Cause != Closed || got.Code != ws.NormalClosure || got.Err != nil {
			t.Errorf("closed: %+v", got)
		}
		if err := c.Send(ws.Text, nil); err != ErrNotOpen {
			t.Errorf("send after the end: %v", err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
