// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/ws"
)

// serveHTTP2 serves a connection of HTTP/2, whose preface has been read. Each request on it
// counts as a connection.
func (s *Server) serveHTTP2(ctx context.Context, c *conn) {
	s.ledger.keep(c.seat)
	if o := s.ledger.takeOdd(c.remote); o != nil {
		s.serveOdd(ctx, c.remote, *o, func(ctx context.Context, w *witness) { w.overHTTP2(ctx, c.in) })
		return
	}
	_ = h2.Serve(ctx, c.in, func(st *h2.Stream) { s.serveTunnel(ctx, c.seat.table, st) }) // how it ends shows on the streams
}

// tunnel is a stream whose opening handshake is a header section beside it.
type tunnel interface {
	stream.Stream
	peer.Tunnel
}

// serveTunnel serves one request of HTTP/2 or HTTP/3 to its end and leaves the stream
// closed.
func (s *Server) serveTunnel(ctx context.Context, t *table, st tunnel) {
	c := &conn{Server: s, number: s.conns.Add(1), remote: st.RemoteAddr(), seat: s.ledger.join(t, st)}
	defer s.ledger.leave(c.seat)
	defer st.Close()
	_ = st.SetReadDeadline(time.Now().Add(s.Settings.OpenTimeout())) // a stream that cannot has ended
	section, err := st.ReadHead()
	if err != nil {
		return // it was reset, or there was none in time
	}
	_ = st.SetReadDeadline(time.Time{})
	c.in = &incoming{Stream: &replayed{tunnel: st, section: section}}
	c.in.buf = section.Head(st.Version())
	c.in.end = len(c.in.buf)
	c.request, err = ws.ParseRequest(c.in.head())
	if err != nil {
		c.refuse(&peer.Refusal{Status: 400, Why: err.Error()})
		return
	}
	c.conduct(ctx, peer.CheckConnect(c.request))
}

// replayed is a tunnel whose first header section has been read, and is there once more.
type replayed struct {
	tunnel
	section ws.Fields
}

// Unwrap is the tunnel.
func (r *replayed) Unwrap() stream.Stream { return r.tunnel }

// ReadHead returns the first section again, and then those that follow.
func (r *replayed) ReadHead() (ws.Fields, error) {
	if s := r.section; s != nil {
		r.section = nil
		return s, nil
	}
	return r.tunnel.ReadHead()
}

// refuseIn answers a request with an HTTP error. One that is malformed has its stream
// reset (RFC 9113, 8.1.1).
func (c *conn) refuseIn(t peer.Tunnel, r *peer.Refusal) {
	if r.Status == 0 {
		_ = c.in.Reset() // gone either way
		return
	}
	section, content := r.Section()
	if t.WriteHead(section) != nil {
		return
	}
	if _, err := c.in.Write(content); err == nil {
		_ = stream.CloseGently(c.in, refusalPatience) // it is closed either way
	}
}
