// SPDX-License-Identifier: Apache-2.0

// Package stream is the byte stream under a WebSocket connection: TCP or TLS on
// a network, also by way of a proxy, or memory (package memnet) in tests. It adds to net.Conn what a
// test of WebSockets has to do and to see: half a close, a reset, and which of
// the two the peer did. It knows nothing of WebSocket. Start at Stream.
package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// Stream is one connection. Read returns io.EOF after the peer's FIN and an
// error for which IsReset is true after the peer's RST. Close sends FIN and lets
// go of the connection.
type Stream interface {
	net.Conn
	// CloseWrite sends FIN and keeps reading.
	CloseWrite() error
	// Reset drops the connection at once: RST where the transport has one.
	Reset() error
	// Unread returns how many octets, at least, of what was written the program at
	// the other end has not read. Where it is sure, 0 means that all of it has been
	// read; else only that nothing is known to be on its way.
	Unread() (octets int, sure bool)
}

// ErrReset is what transports without error numbers of the operating system
// return from Read and Write once the peer has reset the connection.
var ErrReset = errors.New("connection reset by peer")

// IsReset reports whether err says that the peer reset the connection.
func IsReset(err error) bool {
	for _, reset := range resets() {
		if errors.Is(err, reset) {
			return true
		}
	}
	return errors.Is(err, ErrReset)
}

// IsTimeout reports whether err says that a deadline passed.
func IsTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// Target says where and how to dial.
type Target struct {
	Addr   string      // host:port
	TLS    *tls.Config // nil for plain TCP
	Way    Way         // what stands in between; zero: nothing
	Speaks []string    // protocols by their names in ALPN that the caller speaks; nil: HTTP/1.1
}

// Dial connects to the target over TCP, with TCP_NODELAY on, or on the way that it
// names, and through TLS where the target has a configuration for it. The context
// bounds all of it. Errors of a proxy are ProxyErrors; a protocol that the caller does
// not speak is a ProtocolError.
func Dial(ctx context.Context, t Target) (Stream, error) {
	c, err := t.Way.Dial(ctx, t.Addr)
	if err != nil {
		return nil, err
	}
	if t.TLS == nil {
		return Wrap(c), nil
	}
	tc := tls.Client(c, t.TLS)
	if err := tc.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	if err := t.CheckProtocol(tc.ConnectionState().NegotiatedProtocol); err != nil {
		tc.Close()
		return nil, err
	}
	return Wrap(tc), nil
}

// Protocol is what ALPN agreed on for a stream over TLS (RFC 7301), empty for nothing.
func Protocol(s Stream) string {
	var c any = s
	if n, ok := s.(netStream); ok {
		c = n.Conn
	}
	if t, ok := c.(interface{ ConnectionState() tls.ConnectionState }); ok {
		return t.ConnectionState().NegotiatedProtocol
	}
	return ""
}

// Wrap makes a Stream of a connection of package net or crypto/tls. A
// connection that is a Stream already is returned as it is.
func Wrap(c net.Conn) Stream {
	if s, ok := c.(Stream); ok {
		return s
	}
	return netStream{c, new(inquiry)}
}

// netStream is a stream of package net or crypto/tls.
type netStream struct {
	net.Conn
	kernel *inquiry // of the kernel, about what has been read; see Unread
}

func (s netStream) CloseWrite() error {
	if c, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return s.Close()
}

// transport is the connection under TLS, where there is TLS.
func transport(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}

func (s netStream) Close() error {
	s.kernel.close()
	return s.Conn.Close()
}

func (s netStream) Reset() error {
	s.kernel.close()
	c := transport(s.Conn) // a TLS close would wait to send its alert
	if t, ok := c.(interface{ SetLinger(sec int) error }); ok {
		_ = t.SetLinger(0) // an error here only means FIN instead of RST
	}
	return c.Close()
}

// CloseGently sends FIN, reads and throws away what the peer still sends until
// its FIN, and closes, all within the patience. Closing with unread input would
// make the kernel send RST, which destroys what the peer has not read yet.
func CloseGently(s Stream, patience time.Duration) error {
	if err := s.CloseWrite(); err != nil {
		return s.Close()
	}
	if err := s.SetReadDeadline(time.Now().Add(patience)); err == nil {
		_, _ = io.Copy(io.Discard, s) // whatever ends it, we close
	}
	return s.Close()
}
