// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"sync"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h3"
)

// serveHTTP3 serves clients of HTTP/3 until ctx ends, and closes the listener. Each request counts
// as a connection; connections of QUIC are bounded by the listener.
func (s *Server) serveHTTP3(ctx context.Context, l *h3.Listener) {
	var going sync.WaitGroup
	defer func() {
		going.Wait()
		_ = l.Close() // nobody can be told
	}()
	for {
		c, err := l.AcceptConn(ctx)
		if err != nil {
			return
		}
		going.Go(func() {
			if o := s.ledger.takeOdd(c.RemoteAddr()); o != nil {
				s.serveOdd(ctx, c.RemoteAddr(), *o, func(ctx context.Context, w *witness) { w.overHTTP3(ctx, c) })
				return
			}
			if c.SendSettings(h3.Allowing()) != nil {
				return // it is over
			}
			t := &table{host: stream.Source(c.RemoteAddr())}
			for {
				st, err := c.Accept(ctx)
				if err != nil {
					return
				}
				going.Go(func() { s.serveTunnel(ctx, t, st) })
			}
		})
	}
}
