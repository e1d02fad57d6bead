// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"github.com/quic-go/quic-go"
)

// acceptors wait for connections: of those that nobody waits for quic-go keeps 32, and refuses more
// that come at once.
const acceptors = 100

// Listener is the server's end: connections come, and on each streams of requests. As a
// net.Listener it returns the streams, each a *Stream of which nothing has been read.
type Listener struct {
	cfg    Config
	l      *quic.Listener
	t      *quic.Transport
	socket net.PacketConn // our own

	stop    context.CancelFunc
	ctx     context.Context
	come    chan *Conn
	streams chan *Stream
	once    sync.Once
	conns   open
	crowd   crowd
	running sync.WaitGroup
}

// Listen opens a UDP port. The configuration of TLS has to have a certificate.
func Listen(addr string, config *tls.Config, cfg Config) (*Listener, error) {
	socket, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, err
	}
	l, err := ListenOn(socket, config, cfg)
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	l.socket = socket
	return l, nil
}

// ListenOn is Listen with a socket that is there already and stays open.
func ListenOn(packets net.PacketConn, config *tls.Config, cfg Config) (*Listener, error) {
	ctx, stop := context.WithCancel(context.Background())
	l := &Listener{cfg: cfg, ctx: ctx, stop: stop, come: make(chan *Conn), streams: make(chan *Stream)}
	l.crowd.most = cmp.Or(cfg.MaxConns, MaxConns)
	l.t = newTransport(packets)
	l.t.VerifySourceAddress = func(net.Addr) bool { return l.crowd.isLarge() }
	l.t.ConnContext = l.enter
	var err error
	if l.l, err = l.t.Listen(withALPN(config), transportConfig()); err != nil {
		stop()
		return nil, err
	}
	for range acceptors {
		l.running.Go(l.accept)
	}
	return l, nil
}

// accept hands on the connections that come.
func (l *Listener) accept() {
	for {
		q, err := l.l.Accept(l.ctx)
		if err != nil {
			l.stop() // whoever waits has nothing to wait for
			return
		}
		l.running.Go(func() {
			c, err := newConn(q, true, l.cfg)
			if err != nil {
				_ = q.CloseWithError(quic.ApplicationErrorCode(NoError), "")
				return
			}
			l.conns.add(c)
			select {
			case l.come <- c:
			case <-l.ctx.Done():
			}
		})
	}
}

// AcceptConn waits for the next connection. Nobody may call Accept then.
func (l *Listener) AcceptConn(ctx context.Context) (*Conn, error) {
	select {
	case c := <-l.come:
		return c, nil
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept waits for the next stream that a client begins, on any connection.
func (l *Listener) Accept() (net.Conn, error) {
	s, err := l.AcceptStream(context.Background())
	if err != nil {
		return nil, err
	}
	return s, nil
}

// AcceptStream is Accept for those who know what they get.
func (l *Listener) AcceptStream(ctx context.Context) (*Stream, error) {
	l.once.Do(func() { l.running.Go(l.spread) })
	select {
	case s := <-l.streams:
		return s, nil
	case <-l.ctx.Done():
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// spread takes the streams of all connections.
func (l *Listener) spread() {
	for {
		c, err := l.AcceptConn(l.ctx)
		if err != nil {
			return
		}
		l.running.Go(func() {
			for {
				s, err := c.Accept(l.ctx)
				if err != nil {
					return
				}
				select {
				case l.streams <- s:
				case <-l.ctx.Done():
					return
				}
			}
		})
	}
}

// Close stops listening and ends all connections.
func (l *Listener) Close() error {
	l.stop()
	err := l.l.Close()
	l.running.Wait()
	l.conns.end()
	if cerr := l.t.Close(); !errors.Is(cerr, quic.ErrTransportClosed) {
		err = errors.Join(err, cerr)
	}
	if l.socket != nil {
		err = errors.Join(err, l.socket.Close())
	}
	return err
}

// Addr is the address that is listened on.
func (l *Listener) Addr() net.Addr { return l.l.Addr() }
