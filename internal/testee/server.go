// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
)

// Server is an echo server on a network.
type Server struct {
	Config

	// HTTP2 serves clients that begin with the preface of HTTP/2, too (RFC 8441).
	HTTP2 bool
	// TLS is spoken on all connections, where set.
	TLS *tls.Config

	// Ended, where set, is told how each connection ended: the result of [Serve].
	// Connections end at the same time, so it is called from many goroutines.
	Ended func(remote net.Addr, err error)
}

// Serve accepts connections until ctx ends or the listener fails. It then stops
// listening, closes the connections with 1001, and returns when all of them are
// gone: nil if ctx was the cause.
func (srv Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, stop := context.WithCancelCause(ctx)
	var conns sync.WaitGroup
	defer conns.Wait()
	srv.Pool = new(deflate.Pool)
	srv.scratch = new(scratch)
	srv.die = func() { stop(errDied) }
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	for {
		conn, err := stream.Accept(ctx, ln)
		if err != nil {
			_ = ln.Close()
			switch {
			case errors.Is(context.Cause(ctx), errDied):
				return errDied
			case ctx.Err() != nil:
				return nil
			}
			return err
		}
		srv.turn++
		one := srv
		if srv.TLS != nil {
			conn = SecureServer(conn, srv.TLS, srv.Config)
		}
		serve := func() {
			err := one.ServeStream(ctx, conn)
			if srv.Ended != nil {
				srv.Ended(conn.RemoteAddr(), err)
			}
		}
		if srv.Faults[oneAtATime] {
			serve()
			continue
		}
		conns.Go(serve)
	}
}
