// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/web"
)

// house is a site that is served on a network in memory, inside a bubble.
type house struct {
	t      *testing.T
	conns  chan net.Conn
	down   chan struct{}
	cancel context.CancelFunc
	served chan error
}

func open(t *testing.T, site http.Handler) *house {
	ctx, cancel := context.WithCancel(t.Context())
	h := &house{t: t, conns: make(chan net.Conn), down: make(chan struct{}), cancel: cancel, served: make(chan error, 1)}
	go func() { h.served <- web.Serve(ctx, h, site) }()
	return h
}

// end ends the server and fails the test where that takes more than a moment.
func (h *house) end() {
	h.t.Helper()
	begun := time.Now()
	h.cancel()
	if err := <-h.served; err != nil {
		h.t.Errorf("Serve: %v", err)
	}
	if took := time.Since(begun); took > 100*time.Millisecond {
		h.t.Errorf("Serve took %v to end", took)
	}
}

// Accept, Close and Addr make a net.Listener of it.
func (h *house) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.down:
		return nil, net.ErrClosed
	}
}

func (h *house) Close() error {
	select {
	case <-h.down:
	default:
		close(h.down)
	}
	return nil
}

func (h *house) Addr() net.Addr { return &net.TCPAddr{} }

func (h *house) dial() net.Conn {
	ours, theirs := net.Pipe()
	h.conns <- theirs
	return ours
}

// Connections that do nothing are ended, and there are only so many.
func TestStalledConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, _ := newSite(t, "1.*")
		h := open(t, site)
		begun := time.Now()
		var conns []net.Conn
		for range 256 {
			conns = append(conns, h.dial())
		}
		if _, err := h.dial().Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(begun) != 0 {
			t.Errorf("one connection too many: %v after %v", err, time.Since(begun))
		}
		if _, err := io.WriteString(conns[0], "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		for _, c := range conns {
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("ended after %v", took)
		}
		synctest.Wait()
		r := h.listen()
		r.Close()
		h.end()
	})
}

// A listener that fails ends Serve with its error.
func TestServeFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := web.Serve(t.Context(), l, http.NotFoundHandler()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}
