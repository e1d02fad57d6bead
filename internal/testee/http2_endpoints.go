// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// sniffed is a connection whose first octets have been read.
type sniffed struct {
	stream.Stream
	first []byte
}

func (s *sniffed) Read(p []byte) (int, error) {
	if len(s.first) > 0 {
		n := copy(p, s.first)
		s.first = s.first[n:]
		return n, nil
	}
	return s.Stream.Read(p)
}

// sniff reads as much as tells whether the client speaks HTTP/2: its preface is not how a
// request of HTTP/1.1 begins (RFC 9113, 3.4).
func sniff(s stream.Stream, patience time.Duration) (same stream.Stream, isHTTP2 bool) {
	_ = s.SetReadDeadline(time.Now().Add(patience)) // a stream that cannot has ended
	first := make([]byte, 0, len(http2.ClientPreface))
	for len(first) < cap(first) && strings.HasPrefix(http2.ClientPreface, string(first)) {
		n, err := s.Read(first[len(first):cap(first)])
		if first = first[:len(first)+n]; err != nil {
			break // which the next read finds, too
		}
	}
	_ = s.SetReadDeadline(time.Time{})
	return &sniffed{s, first}, string(first) == http2.ClientPreface
}

// ServeStream serves a connection as the server would, to its end: with [Server.HTTP2] also
// that of a client that speaks HTTP/2 on it.
func (srv Server) ServeStream(ctx context.Context, s stream.Stream) error {
	if !srv.HTTP2 {
		return Serve(ctx, s, srv.Config)
	}
	s, isHTTP2 := sniff(s, srv.withDefaults().HandshakeTimeout)
	if !isHTTP2 {
		return Serve(ctx, s, srv.Config)
	}
	return srv.serveHTTP2(ctx, s)
}

// serveHTTP2 serves the requests of a connection until it or ctx ends.
func (srv Server) serveHTTP2(ctx context.Context, s stream.Stream) error {
	if _, err := io.ReadFull(s, make([]byte, len(http2.ClientPreface))); err != nil {
		_ = s.Close()
		return err
	}
	c := newH2Conn(s, ws.Server, srv.Faults)
	detach := context.AfterFunc(ctx, func() { c.stop() })
	defer detach()
	settings := []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: h2Streams}}
	switch {
	case srv.Faults[allowsConnectTwice]:
		settings = append(settings, http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 2})
	case !srv.Faults[forbidsConnect]:
		settings = append(settings, http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	}
	c.mu.Lock()
	c.send(func(f *http2.Framer) error { return f.WriteSettings(settings...) })
	c.mu.Unlock()
	var going sync.WaitGroup
	requests := make(chan *h2Stream, h2Streams)
	c.serve = func(st *h2Stream) { requests <- st } // there are never more
	going.Go(func() {
		for st := range requests {
			srv.turn++
			cfg := srv.Config
			serve := func() { srv.serveRequest(ctx, st, cfg) }
			if srv.Faults[oneAtATime] {
				serve()
				continue
			}
			going.Go(serve)
		}
	})
	going.Go(c.write)
	c.run()
	close(requests)
	going.Wait()
	return nil
}

// stop ends the connection once its streams have.
func (c *h2Conn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(func(f *http2.Framer) error { return f.WriteGoAway(c.last, http2.ErrCodeNo, nil) })
	if len(c.streams) == 0 {
		c.leaving = true
		return
	}
	c.draining = true
}

// serveRequest serves one request.
func (srv Server) serveRequest(ctx context.Context, st *h2Stream, cfg Config) {
	if cfg.Faults[takesSettingBack] {
		st.c.mu.Lock()
		st.send(func(f *http2.Framer) error {
			return f.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol})
		})
		st.c.mu.Unlock()
	}
	err := Serve(ctx, &gateway{sections: st, role: ws.Server, faults: cfg.Faults}, cfg)
	if srv.Ended != nil {
		srv.Ended(st.RemoteAddr(), err)
	}
}

// DialHTTP2 begins a connection of HTTP/2 over a stream that is connected already, and returns a
// stream for [Dial], once the server has allowed the request that will be sent on it
// (RFC 8441, 3). The connection ends with it. The scheme is that of the URI as RFC 8441 has
// it: http or https.
func DialHTTP2(ctx context.Context, s stream.Stream, scheme string, cfg Config) (stream.Stream, error) {
	c := newH2Conn(s, ws.Client, cfg.Faults)
	c.mu.Lock()
	c.out.WriteString(http2.ClientPreface)
	c.send(func(f *http2.Framer) error {
		return f.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0})
	})
	c.mu.Unlock()
	go c.write() // both end with the connection
	go c.run()
	detach := context.AfterFunc(ctx, func() { c.fail(context.Cause(ctx)) })
	defer detach()
	c.mu.Lock()
	for c.allowed < 0 && c.err == nil && !c.faults[asksUnallowed] {
		c.news.Wait()
	}
	err := c.err
	allowed := c.allowed == 1 || c.allowed > 1 && c.faults[takesAnySetting] || c.faults[asksUnallowed]
	if err == nil && !allowed {
		err = errors.New("the server does not allow extended CONNECT")
	}
	if err != nil {
		c.mu.Unlock()
		c.leave(http2.ErrCodeNo)
		_ = stream.CloseGently(s, h2Settle) // it is of no use
		return nil, err
	}
	defer c.mu.Unlock()
	c.last = 1
	st := c.open(c.last)
	st.alone = true
	return &gateway{sections: st, role: ws.Client, scheme: scheme, faults: cfg.Faults}, nil
}
