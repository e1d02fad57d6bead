// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// Service says how connections that come in are treated.
type Service struct {
	// Handler returns the Handler of the next connection. It may be called by several
	// goroutines at a time, and return the same one again.
	Handler func() Handler

	Agent        string   // the Server field of our answers; none if empty
	Subprotocols []string // that we speak; the first of the client's that is one of them is agreed on
	// Deflate chooses among a client's offers of permessage-deflate. Without it none is
	// taken.
	Deflate deflate.Accept

	// Limits with a MaxQueue of 0 have one that an echo of the longest message fits in.
	Limits
}

// service is a Service with its connections.
type service struct {
	Service
	set   settings
	conns sync.WaitGroup
}

// Serve accepts connections from the listener, which it takes over, until the context
// ends or accepting fails. It then ends its connections with 1001 and returns when
// they are gone; nil if the context was the cause.
func (e *Engine) Serve(ctx context.Context, l net.Listener, s Service) error {
	limits := s.Limits.withDefaults()
	if s.MaxQueue <= 0 {
		limits.MaxQueue += limits.MaxMessage
	}
	svc := &service{Service: s, set: settings{engine: e, role: ws.Server, limits: limits}}
	svc.set.service = svc
	var err error
	if tcp, ok := l.(*net.TCPListener); ok && e.loops != nil {
		err = e.loops.serve(ctx, tcp, svc)
	} else {
		err = e.net.serve(ctx, l, svc)
	}
	e.each(func(c *Conn) {
		if c.set == &svc.set {
			c.Close(ws.GoingAway, "")
		}
	})
	svc.conns.Wait()
	return err
}

// accept returns a connection that has come.
func (s *service) accept() *Conn {
	s.conns.Add(1)
	c := newConn(&s.set, s.Handler())
	now := time.Now()
	c.opening.dialed, c.opening.began, c.opening.connected, c.opening.secured = now, now, now, now
	c.phase = InUpgrade
	return c
}

// each calls f for all connections, and returns when that is done.
func (e *Engine) each(f func(c *Conn)) {
	if e.loops != nil {
		e.loops.each(f)
	}
	e.net.each(f)
}
