// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
)

// portable is the connections that have a goroutine each.
type portable struct {
	mu     sync.Mutex
	closed bool
	conns  map[*Conn]struct{}
	owners sync.WaitGroup
}

// add makes the connection known to close, unless that has been called.
func (p *portable) add(c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.conns[c] = struct{}{}
	p.owners.Add(1)
	return true
}

func (p *portable) remove(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *portable) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.each((*Conn).Abort)
	p.owners.Wait()
}

// each calls f for all connections.
func (p *portable) each(f func(c *Conn)) {
	p.mu.Lock()
	all := slices.Collect(maps.Keys(p.conns))
	p.mu.Unlock()
	for _, c := range all {
		f(c)
	}
}

// serve accepts connections until the context ends or that fails.
func (p *portable) serve(ctx context.Context, ln net.Listener, svc *service) error {
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	for {
		s, err := stream.Accept(ctx, ln)
		if err != nil {
			_ = ln.Close()
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		p.own(svc.accept(), func(context.Context, *link) (stream.Stream, error) { return s, nil })
	}
}

// link is the transport of a connection that has a goroutine.
type link struct {
	cancel context.CancelFunc // ends dialling
	stream stream.Stream      // nil until there is one; under Conn.mu

	writing bool // a goroutine takes what is in the output; under Conn.mu
	writer  sync.WaitGroup
	moved   chan struct{} // something was written, or the connection is over
}

func (l *link) tell() {
	select {
	case l.moved <- struct{}{}:
	default:
	}
}

// own runs the connection, from open on, which returns the stream.
func (p *portable) own(c *Conn, open func(ctx context.Context, l *link) (stream.Stream, error)) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &link{cancel: cancel, moved: make(chan struct{}, 1)}
	c.via = l
	if !p.add(c) {
		c.Abort()
		go c.finish()
		return
	}
	go func() {
		defer p.owners.Done()
		defer p.remove(c)
		defer cancel()
		c.mu.Lock()
		if !c.over.Load() {
			c.limit(c.set.limits.OpenTimeout)
		}
		c.mu.Unlock()
		if s, err := open(ctx, l); err != nil {
			c.ended(err)
		} else {
			l.run(c, s)
		}
		c.finish()
	}()
}

// dial opens a connection of a client.
func (p *portable) dial(c *Conn, d *Dialer) {
	p.own(c, func(ctx context.Context, l *link) (stream.Stream, error) {
		c.enter(InTCP)
		t := &d.target
		conn, err := d.connect(ctx)
		if err != nil {
			return nil, err
		}
		c.enter(InTLS)
		if t.TLS != nil {
			secure := tls.Client(conn, t.TLS)
			if err := secure.HandshakeContext(ctx); err != nil {
				_ = conn.Close()
				return nil, err
			}
			if err := (stream.Target{}).CheckProtocol(secure.ConnectionState().NegotiatedProtocol); err != nil {
				_ = conn.Close()
				return nil, err
			}
			conn = secure
		}
		return stream.Wrap(conn), nil
	})
}

func (d *Dialer) connect(ctx context.Context) (net.Conn, error) {
	if d.engine.cfg.Dial != nil {
		return d.engine.cfg.Dial(ctx)
	}
	if d.target.Way.Indirect() {
		return d.target.Way.Dial(ctx, d.target.Authority)
	}
	var nd net.Dialer
	if source := d.source(); source.IsValid() {
		nd.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		nd.Control = lateBind
	}
	return nd.DialContext(ctx, "tcp", d.target.Addr.String())
}

// enter notes when a part of opening begins.
func (c *Conn) enter(p Phase) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase = p
	switch p {
	case InTCP:
		c.opening.began = now
	case InTLS:
		c.opening.connected = now
	case InUpgrade:
		c.opening.secured = now
	}
}

// run reads until the end.
func (l *link) run(c *Conn, s stream.Stream) {
	c.mu.Lock()
	l.stream = s
	c.mu.Unlock()
	if c.set.dialer != nil {
		c.enter(InUpgrade)
		c.requestUpgrade()
	}
	buf := make([]byte, smallBuffer)
	for !c.over.Load() {
		n, err := s.Read(buf)
		c.feed(buf[:n])
		for c.stuck() && !c.over.Load() {
			<-l.moved
		}
		if err != nil {
			c.ended(err)
			for !c.over.Load() { // the output goes first
				<-l.moved
			}
		}
	}
	c.mu.Lock()
	tidy := c.tidy()
	c.mu.Unlock()
	if tidy {
		_ = s.SetWriteDeadline(time.Now().Add(c.set.limits.CloseTimeout)) // our Close may be on its way
	} else {
		_ = s.SetDeadline(past()) // a writer may still be at work
	}
	l.writer.Wait()
	c.mu.Lock()
	l.stream = nil // as after the end of any other connection
	c.mu.Unlock()
	if tidy {
		_ = s.Close()
	} else {
		_ = s.Reset()
	}
}

// past is a deadline that is over.
func past() time.Time { return time.Unix(1, 0) }

func (l *link) wake(*Conn) {
	l.cancel()
	l.tell()
	if l.stream != nil {
		_ = l.stream.SetDeadline(past())
	}
}

func (l *link) flush(c *Conn) {
	if l.stream == nil || l.writing {
		return
	}
	l.writing = true
	l.writer.Go(func() { l.write(c) })
}

// write sends until there is nothing more to send.
func (l *link) write(c *Conn) {
	for {
		c.mu.Lock()
		o := c.out
		if o == nil || o.waiting == 0 {
			l.writing = false
			fin := c.allSent()
			c.mu.Unlock()
			l.tell()
			if fin {
				_ = l.stream.CloseWrite() // an error shows when reading, too
			}
			return
		}
		b := o.b
		o.b = nil
		c.mu.Unlock()
		n, err := l.stream.Write(b)
		c.mu.Lock()
		o.waiting -= n
		if o.b == nil && cap(b) <= largeBuffer {
			o.b = b[:0]
		}
		c.mu.Unlock()
		if err != nil {
			l.broken(c, err)
			return
		}
	}
}

// broken handles an error of writing. One that says that the connection is gone is left
// to the owner, which may have something to read before it finds the same.
func (l *link) broken(c *Conn, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.emptied()
	l.tell()
	c.lost = errors.Is(err, syscall.ECONNRESET) // reading no longer says so, but may find what came before
	if !stream.IsReset(err) {
		c.terminate(failure(c.reached(), err))
	}
}

func (l *link) localAddr(c *Conn) net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.stream == nil {
		return nil
	}
	return l.stream.LocalAddr()
}
