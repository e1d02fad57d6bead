// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/wsspec/wsspec/internal/stream"
)

// ErrNotAllowed is that a server does not let clients ask for a WebSocket over HTTP/3.
var ErrNotAllowed = errors.New("the server does not allow WebSocket over HTTP/3: its SETTINGS do not have SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 9220, 3)")

// ErrNoQUIC is that nothing answers over QUIC.
var ErrNoQUIC = errors.New("nothing answers there over QUIC (UDP)")

// Timeouts of connections.
const (
	handshakeTimeout = 5 * time.Second
	idleTimeout      = time.Minute
	keepAlive        = 15 * time.Second
	staggered        = 250 * time.Millisecond // between attempts at different addresses
)

// IdlePatience is how long a client may keep a connection on which there is no request.
const IdlePatience = time.Minute

// transportConfig is what we ask of QUIC.
func transportConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout: handshakeTimeout, MaxIdleTimeout: idleTimeout, KeepAlivePeriod: keepAlive,
		MaxIncomingStreams: openAtOnce, MaxIncomingUniStreams: uniAtOnce, RequireStreamCreditRelease: true,
		MaxStreamReceiveWindow: streamWindow, MaxConnectionReceiveWindow: connWindow,
	}
}

// newTransport is a transport on a socket.
func newTransport(packets net.PacketConn) *quic.Transport {
	stream.QuietQUIC()
	return &quic.Transport{Conn: packets}
}

// withALPN is a configuration of TLS for HTTP/3 (RFC 9114, 3.1).
func withALPN(config *tls.Config) *tls.Config {
	if config == nil {
		config = &tls.Config{}
	}
	config = config.Clone()
	config.NextProtos = []string{"h3"}
	config.MinVersion = tls.VersionTLS13
	return config
}

// Dialer opens connections from one UDP socket. The zero value is ready for use.
type Dialer struct {
	TLS *tls.Config // what is special about it; ALPN and version are set
	Config
	Packets net.PacketConn // to use in place of a socket of its own; Close leaves it open

	mu        sync.Mutex
	transport *quic.Transport
	socket    net.PacketConn // our own
	conns     open
}

// open returns the transport, made at the first call.
func (d *Dialer) open() (*quic.Transport, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.transport != nil {
		return d.transport, nil
	}
	packets := d.Packets
	if packets == nil {
		socket, err := net.ListenUDP("udp", nil)
		if err != nil {
			return nil, err
		}
		d.socket, packets = socket, socket
	}
	d.transport = newTransport(packets)
	return d.transport, nil
}

// Close ends all connections and lets go of the socket. Those whose stream has just been
// closed get the moment that they need to end in order.
func (d *Dialer) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.transport == nil {
		return nil
	}
	d.conns.end()
	err := d.transport.Close()
	if d.socket != nil {
		err = errors.Join(err, d.socket.Close())
	}
	d.transport, d.socket = nil, nil
	return err
}

// Dial opens a connection to host:port and sends our SETTINGS. Where the host has several
// addresses they are tried a moment apart, and the first that answers is taken.
func (d *Dialer) Dial(ctx context.Context, addr string) (*Conn, error) {
	t, err := d.open()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	number, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return nil, err
	}
	config := withALPN(d.TLS)
	if config.ServerName == "" {
		config.ServerName = host
	}
	q, err := first(ctx, ips, func(ctx context.Context, ip net.IPAddr) (*quic.Conn, error) {
		return t.Dial(ctx, &net.UDPAddr{IP: ip.IP, Zone: ip.Zone, Port: number}, config, transportConfig())
	})
	if err != nil {
		if _, ok := errors.AsType[*quic.IdleTimeoutError](err); ok {
			err = ErrNoQUIC
		} else if _, ok := errors.AsType[*quic.HandshakeTimeoutError](err); ok {
			err = ErrNoQUIC
		}
		return nil, fmt.Errorf("%s: %w", addr, translated(err))
	}
	c, err := newConn(q, false, d.Config)
	if err != nil {
		return nil, err
	}
	d.conns.add(c)
	return c, nil
}

// first dials one address after the other, each a moment later, and returns the first
// connection, or the error of the first address.
func first(ctx context.Context, ips []net.IPAddr, dial func(context.Context, net.IPAddr) (*quic.Conn, error)) (*quic.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	type outcome struct {
		i    int
		conn *quic.Conn
		err  error
	}
	results := make(chan outcome, len(ips))
	for i, ip := range ips {
		go func() {
			select {
			case <-time.After(time.Duration(i) * staggered):
			case <-ctx.Done():
				results <- outcome{i, nil, context.Cause(ctx)}
				return
			}
			q, err := dial(ctx, ip)
			results <- outcome{i, q, err}
		}()
	}
	var failed error
	for n := range ips {
		r := <-results
		if r.err == nil {
			cancel()
			go func() { // those that come too late
				for range len(ips) - n - 1 {
					if late := <-results; late.conn != nil {
						_ = late.conn.CloseWithError(quic.ApplicationErrorCode(NoError), "")
					}
				}
			}()
			return r.conn, nil
		}
		if failed == nil || r.i == 0 {
			failed = r.err
		}
	}
	cancel()
	return nil, failed
}

// DialStream opens a connection for one WebSocket: it waits for the server to allow extended
// CONNECT and begins the stream. The connection ends with it, or the last that was branched off.
func (d *Dialer) DialStream(ctx context.Context, addr string) (*Stream, error) {
	c, err := d.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	c.alone = true
	s, err := c.Begin(ctx)
	if err != nil {
		c.Close(NoError, "")
		return nil, err
	}
	return s, nil
}

// Branch opens one more stream on the connection of a stream.
func (s *Stream) Branch(ctx context.Context) (stream.Stream, error) {
	b, err := s.c.Open(ctx)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Begin opens a stream for an extended CONNECT, as soon as the server has said that it
// may be sent (RFC 9220, 3; RFC 8441, 3).
func (c *Conn) Begin(ctx context.Context) (*Stream, error) {
	settings, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if !Allows(settings) {
		return nil, ErrNotAllowed
	}
	return c.Open(ctx)
}
