// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/stream"
)

// secured is a connection of TLS, by crypto/tls alone.
type secured struct {
	*tls.Conn
	below *below
	cfg   Config
}

// SecureServer is the server's end of TLS on a stream. Nothing happens before the first
// Read or Write.
func SecureServer(raw stream.Stream, config *tls.Config, cfg Config) stream.Stream {
	b := &below{Stream: raw, faults: cfg.Faults}
	if cfg.Faults != nil {
		config = wrongServerTLS(config, cfg.Faults)
	}
	if cfg.Faults[servesPlainOnTLS] {
		return &twoFaced{Stream: b, secure: secured{tls.Server(b, config), b, cfg}}
	}
	return secured{tls.Server(b, config), b, cfg}
}

// SecureClient conducts the client's handshake of TLS on a stream, which is closed where
// that fails. The configuration names the host, by name or address.
func SecureClient(ctx context.Context, raw stream.Stream, config *tls.Config, cfg Config) (stream.Stream, error) {
	b := &below{Stream: raw, faults: cfg.Faults}
	if cfg.Faults != nil {
		config = wrongClientTLS(config, cfg.Faults)
	}
	c := tls.Client(b, config)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // nothing has been said on it
		return nil, err
	}
	return secured{c, b, cfg}, nil
}

// CloseWrite sends a close_notify and ends nothing else (RFC 8446, 6.1).
func (s secured) CloseWrite() error {
	if s.cfg.Faults[sendsNoCloseNotify] {
		return s.below.CloseWrite()
	}
	return s.Conn.CloseWrite()
}

// Close sends a close_notify, where there was none, and lets go of the connection.
func (s secured) Close() error {
	if s.cfg.Faults[sendsNoCloseNotify] {
		return s.below.Close()
	}
	return s.Conn.Close()
}

// Reset drops the connection at once.
func (s secured) Reset() error { return s.below.Reset() }

// Unread is that of the stream below.
func (s secured) Unread() (octets int, sure bool) { return s.below.Unread() }

// truncated reports whether TCP has ended without a close_notify.
func (s secured) truncated() bool { return s.below.ended.Load() }

// below is the stream under TLS.
type below struct {
	stream.Stream
	faults Faults
	ended  atomic.Bool // TCP has, by FIN
	follow records
}

func (b *below) Read(p []byte) (int, error) {
	n, err := b.Stream.Read(p)
	if errors.Is(err, io.EOF) {
		b.ended.Store(true)
	}
	if b.faults[diesOfKeyUpdate] && b.follow.keyUpdate(p[:n]) {
		return 0, net.ErrClosed
	}
	return n, err
}

// verifyChain checks a chain of certificates as crypto/tls does, but for what a fault
// leaves out.
func verifyChain(config *tls.Config, name string, opts x509.VerifyOptions) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		opts.Roots, opts.DNSName, opts.Intermediates = config.RootCAs, name, x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(opts)
		return err
	}
}
