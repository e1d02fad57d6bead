// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// overQUIC is a configuration of TLS for HTTP/3.
func overQUIC(config *tls.Config) *tls.Config {
	config = config.Clone()
	config.NextProtos = []string{"h3"}
	return config
}

// quicConfig keeps connections open on which nothing happens, and counts a stream until we have let
// go of it, whatever has become of it.
func quicConfig() *quic.Config {
	return &quic.Config{KeepAlivePeriod: 10 * time.Second, RequireStreamCreditRelease: true}
}

// quicAcceptors wait for connections: of those that nobody waits for quic-go keeps 32, and refuses
// more that come at once.
const quicAcceptors = 100

// ServeQUIC is Serve for WebSocket over HTTP/3 (RFC 9220), on a socket that stays open. The
// configuration has a certificate.
func (srv Server) ServeQUIC(ctx context.Context, packets net.PacketConn, config *tls.Config) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stream.QuietQUIC()
	t := &quic.Transport{Conn: packets}
	defer func() { _ = t.Close() }()
	ln, err := t.Listen(overQUIC(config), quicConfig())
	if err != nil {
		return err
	}
	srv.Pool, srv.scratch = new(deflate.Pool), new(scratch)
	srv.die = func() { stop(errDied) }
	var conns sync.WaitGroup
	defer conns.Wait()
	failed := make(chan error, quicAcceptors)
	for range quicAcceptors {
		conns.Go(func() {
			for {
				conn, err := ln.Accept(ctx)
				if err != nil {
					failed <- err
					return
				}
				conns.Go(func() { srv.serveQUIC(ctx, conn) })
			}
		})
	}
	err = <-failed
	switch {
	case errors.Is(context.Cause(ctx), errDied):
		return errDied
	case ctx.Err() != nil:
		return nil
	}
	_ = ln.Close() // the others end, too
	return err
}

// serveQUIC serves the requests of a connection until it or ctx ends.
func (srv Server) serveQUIC(ctx context.Context, conn *quic.Conn) {
	var streams sync.WaitGroup
	defer func() {
		streams.Wait()
		_ = conn.CloseWithError(h3NoError, "")
	}()
	value := uint64(1)
	if srv.Faults[allowsConnectTwice] {
		value = 2
	}
	if h3Begin(conn, value, !srv.Faults[forbidsConnect]) != nil {
		return
	}
	go func() { _ = h3Listen(conn, func(uint64) {}) }() // it ends with the connection
	for {
		s, err := conn.AcceptStream(ctx)
		if err != nil {
			return
		}
		srv.turn++
		cfg := srv.Config
		serve := func() {
			defer s.ReleaseStreamCredit()
			g := &gateway{sections: newH3Stream(conn, s, cfg.Faults), role: ws.Server, faults: cfg.Faults}
			err := Serve(ctx, g, cfg)
			if srv.Ended != nil {
				srv.Ended(conn.RemoteAddr(), err)
			}
		}
		if srv.Faults[oneAtATime] {
			serve()
			continue
		}
		streams.Go(serve)
	}
}

// h3Begin opens our control stream with our SETTINGS, which have the value for extended
// CONNECT or nothing.
func h3Begin(conn *quic.Conn, value uint64, allow bool) error {
	control, err := conn.OpenUniStream()
	if err != nil {
		return err
	}
	var settings []byte
	if allow {
		settings = quicvarint.Append(quicvarint.Append(nil, h3AllowsIt), value)
	}
	b := quicvarint.Append(quicvarint.Append([]byte{0}, h3Settings), uint64(len(settings)))
	_, err = control.Write(append(b, settings...))
	return err
}

// h3Listen reads the unidirectional streams of the peer until the connection ends, and tells
// what its SETTINGS say of extended CONNECT.
func h3Listen(conn *quic.Conn, tell func(value uint64)) error {
	for {
		s, err := conn.AcceptUniStream(conn.Context())
		if err != nil {
			return err
		}
		go func() {
			defer s.ReleaseStreamCredit()
			in := bufio.NewReader(s)
			if kind, err := quicvarint.Read(in); err == nil && kind == 0 {
				if h3ReadSettings(in, tell) != nil {
					_ = conn.CloseWithError(h3Missing, "")
				}
			}
			_, _ = io.Copy(io.Discard, in) // it ends with the connection
		}()
	}
}

// h3ReadSettings reads the SETTINGS that a control stream begins with.
func h3ReadSettings(in *bufio.Reader, tell func(value uint64)) error {
	kind, err := quicvarint.Read(in)
	if err != nil {
		return err
	}
	length, err := quicvarint.Read(in)
	if err != nil || kind != h3Settings || length > maxHead {
		return errors.New("no SETTINGS")
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(in, b); err != nil {
		return err
	}
	said := uint64(0)
	for len(b) > 0 {
		id, n, err := quicvarint.Parse(b)
		if err != nil {
			return err
		}
		value, m, err := quicvarint.Parse(b[n:])
		if err != nil {
			return err
		}
		if id == h3AllowsIt {
			said = value
		}
		b = b[n+m:]
	}
	tell(said)
	return nil
}

// DialQUIC connects to a server of HTTP/3 and returns a stream for [Dial], once the server
// has allowed the request that will be sent on it (RFC 9220, 3). The connection ends with it.
func DialQUIC(ctx context.Context, packets net.PacketConn, addr net.Addr, config *tls.Config, cfg Config) (stream.Stream, error) {
	conn, err := quic.Dial(ctx, packets, addr, overQUIC(config), quicConfig())
	if err != nil {
		return nil, err
	}
	return beginQUIC(ctx, conn, cfg)
}

// DialHTTP3 is DialQUIC to host:port, from a socket of its own.
func DialHTTP3(ctx context.Context, addr string, config *tls.Config, cfg Config) (stream.Stream, error) {
	stream.QuietQUIC()
	conn, err := quic.DialAddr(ctx, addr, overQUIC(config), quicConfig())
	if err != nil {
		return nil, err
	}
	return beginQUIC(ctx, conn, cfg)
}

func beginQUIC(ctx context.Context, conn *quic.Conn, cfg Config) (stream.Stream, error) {
	s, err := openQUIC(ctx, conn, cfg)
	if err != nil {
		_ = conn.CloseWithError(h3NoError, "")
		return nil, err
	}
	return s, nil
}

func openQUIC(ctx context.Context, conn *quic.Conn, cfg Config) (stream.Stream, error) {
	if err := h3Begin(conn, 0, false); err != nil {
		return nil, err
	}
	said := make(chan uint64, 1)
	go func() { _ = h3Listen(conn, func(value uint64) { said <- value }) }() // it ends with the connection
	select {
	case value := <-said:
		if value != 1 && !cfg.Faults[asksUnallowed] {
			return nil, errors.New("the server does not allow extended CONNECT")
		}
	case <-conn.Context().Done():
		return nil, context.Cause(conn.Context())
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	s, err := conn.OpenStreamSync(ctx)
	if err != nil {
		return nil, err
	}
	h := newH3Stream(conn, s, cfg.Faults)
	h.alone = true
	return &gateway{sections: h, role: ws.Client, scheme: "https", faults: cfg.Faults}, nil
}
