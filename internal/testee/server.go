// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
)

// Server is an echo server on a network.
type Server struct {
	Config

	// Ended, where set, is told how each connection ended: the result of [Serve].
	// Connections end at the same time, so it is called from many goroutines.
	Ended func(remote net.Addr, err error)
}

// Serve accepts connections until ctx ends or the listener fails. It then stops
// listening, closes the connections with 1001, and returns when all of them are
// gone: nil if ctx was the cause.
func (srv Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	var conns sync.WaitGroup
	defer conns.Wait()
	srv.pool = new(deflate.Pool)
	defer stop()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	for {
		nc, err := accept(ctx, ln)
		if err != nil {
			_ = ln.Close()
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		conns.Go(func() {
			err := Serve(ctx, stream.Wrap(nc), srv.Config)
			if srv.Ended != nil {
				srv.Ended(nc.RemoteAddr(), err)
			}
		})
	}
}

// accept waits for a connection. Errors that pass, such as having no more file
// descriptors, are waited for with growing pauses.
func accept(ctx context.Context, ln net.Listener) (net.Conn, error) {
	const longest = time.Second
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, longest) {
		nc, err := ln.Accept()
		if err == nil || ctx.Err() != nil || !passes(err) {
			return nc, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// passes reports whether accepting may succeed again.
func passes(err error) bool {
	var timeout interface{ Temporary() bool }
	return errors.As(err, &timeout) && timeout.Temporary()
}
