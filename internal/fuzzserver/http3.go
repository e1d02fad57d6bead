// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"sync"

	"github.com/wsspec/wsspec/internal/stream/h3"
)

// serveHTTP3 serves clients of HTTP/3 until ctx ends, and closes the listener. Each request counts
// as a connection; connections of QUIC are bounded by the listener.
func (s *Server) serveHTTP3(ctx context.Context, l *h3.Listener) {
	var streams sync.WaitGroup
	defer func() {
		streams.Wait()
		_ = l.Close() // nobody can be told
	}()
	for {
		st, err := l.AcceptStream(ctx)
		if err != nil {
			return
		}
		streams.Go(func() { s.serveTunnel(ctx, st) })
	}
}
