// SPDX-License-Identifier: Apache-2.0

// Package fuzzserver tests clients: we are the WebSocket server that they
// connect to. The path of the opening handshake says what a client wants: to run
// a case (/runCase), or one of the questions and commands around it, each a
// connection of its own. It knows nothing of pages or commands. Start at Server.
//
// A connection first is one goroutine that reads the HTTP head into a small
// buffer. A Peer with its own buffers exists only once it is known what for.
package fuzzserver

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// ResultStore keeps results: see archive.Store. It is used by several goroutines.
type ResultStore interface {
	Begin(agent string) error // forgets the agent's results
	Put(r report.Result) error
	Finish() error // completes the report on disk
	Agents() []string
	Behavior(agent, id string) (verdict.Grade, bool)
	Size() int64 // octets on disk
}

// Config is what a Server has to know before it begins.
type Config struct {
	Plan     []runner.Planned
	Settings runner.Settings
	// Surveys are cases that look at all conversations of a client. They are judged
	// when it has the report updated, and when the server ends.
	Surveys []runner.Planned
	Store   ResultStore
	// Skip reports whether a case is left out for the agent. May be nil.
	Skip func(agent, id string) bool
	// Identity are the fields of our responses that say who we are.
	Identity ws.Fields
	// Protocols are the subprotocols we speak: the first that a client requests and
	// that is among them is agreed.
	Protocols []string
	// Limits bound what clients can make us hold. Zero fields: DefaultLimits.
	Limits Limits
	// Token, where not empty, is what a client has to show to stop the server or to
	// command it directly. Without one, those at a loopback address may.
	Token string
	// AnyoneControls lets everyone do that, as the reference does.
	AnyoneControls bool
	// HTTP2 serves clients that begin with the preface of HTTP/2 too (RFC 9113, 3.4).
	HTTP2 bool
	// Fuzz, where not nil, talks to clients that ask for /fuzz, one connection a call, and
	// leaves the stream closed, or says with what they are refused.
	Fuzz func(context.Context, FuzzCall) *peer.Refusal
	// HTTP3, where not nil, is where clients of HTTP/3 come, beside those of the listener that
	// Serve is given. It leaves SETTINGS to us (see h3.Config). Serve closes it.
	HTTP3 *h3.Listener
	// Apart are the ports of cases that need one of their own.
	Apart []Apart
	// Events is told what happens, by one goroutine at a time, and must not block.
	// May be nil.
	Events func(Event)
}

// Server is the suite in the role of a server. New makes one.
//
// The first case that an agent runs on a Server begins a new run: what there is
// of the agent from earlier is forgotten as a whole. From then on results are
// replaced one by one, so a client can repeat one case of a run, and one that
// repeats its whole run, which is the same plan again, replaces them all.
type Server struct {
	Config
	ids    map[string]int // place in Plan by id
	ledger *ledger
	conns  atomic.Uint64
	events sync.Mutex

	stopping chan struct{} // closed once a client has told the server to exit
	stop     func()        // closes it
}

// New returns a server that has not begun.
func New(cfg Config) *Server {
	s := &Server{Config: cfg, ids: map[string]int{}, stopping: make(chan struct{})}
	s.Limits = s.Limits.withDefaults()
	s.stop = sync.OnceFunc(func() { close(s.stopping) })
	s.ledger = newLedger(s.Limits, cfg.Store)
	for i, c := range cfg.Plan {
		if _, known := s.ids[c.ID]; !known { // of a case with several connections, the first
			s.ids[c.ID] = i
		}
	}
	if s.Skip == nil {
		s.Skip = func(agent, id string) bool { return false }
	}
	if s.Events == nil {
		s.Events = func(Event) {}
	}
	return s
}

// Serve accepts connections, which may be those of a TLS listener, until ctx
// ends, a client stops the server, or the listener fails. Cases that are being
// played then are broken off and leave no result; those that have ended are on
// disk, with the index, when Serve returns. The error is that of the listener or
// of the store.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.Settings.Pulse == nil {
		s.Settings.Pulse = peer.NewPulse()
		defer s.Settings.Pulse.Stop()
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
		_ = l.Close() // nobody can be told
		for _, a := range s.Apart {
			_ = a.Listener.Close()
		}
	})
	if s.HTTP3 != nil {
		conns.Go(func() { s.serveHTTP3(ctx, s.HTTP3) })
	}
	for _, a := range s.Apart {
		conns.Go(func() { s.serveApart(ctx, a) })
	}
	var err error
	for {
		var st stream.Stream
		if st, err = stream.Accept(ctx, l); err != nil {
			break
		}
		c := s.arrive(st) // by one at a time: where we are slow, those to come wait in front of the door
		conns.Go(func() { s.serveConn(ctx, c) })
		runtime.Gosched() // to look at it before the next one, which may cost it its place
	}
	if ctx.Err() != nil {
		err = nil
	}
	cancel()
	conns.Wait()
	return errors.Join(err, s.surveyAll(), s.Store.Finish())
}

// ServeStream serves one connection to its end and leaves the stream closed.
func (s *Server) ServeStream(ctx context.Context, st stream.Stream) { s.serveConn(ctx, s.arrive(st)) }

// arrive takes a connection in.
func (s *Server) arrive(st stream.Stream) *conn {
	return &conn{Server: s, number: s.conns.Add(1), remote: st.RemoteAddr(), seat: s.ledger.arrive(st)}
}

// serveConn serves a connection to its end.
func (s *Server) serveConn(ctx context.Context, c *conn) {
	st := c.seat.s
	defer s.ledger.leave(c.seat)
	defer st.Close()
	unhook := context.AfterFunc(ctx, func() { _ = st.Reset() })
	in, err := readHead(st, s.Settings.OpenTimeout())
	unhook()
	c.in = in
	if s.HTTP2 && in.end > 0 && strings.HasPrefix(h2.Preface, string(in.head())) {
		s.serveHTTP2(ctx, c)
		return
	}
	if err != nil {
		var tooLong *headTooLongError
		switch {
		case errors.As(err, &tooLong):
			c.refuse(&peer.Refusal{Status: 431, Why: err.Error()})
		case ctx.Err() == nil:
			if why := noRequest(in.buf, err); why != nil {
				c.emit(Event{Kind: Unheard, Err: why})
			}
		}
		return
	}
	c.request, err = ws.ParseRequest(in.head())
	if err != nil {
		c.refuse(&peer.Refusal{Status: 400, Why: err.Error()})
		return
	}
	c.conduct(ctx, peer.CheckRequest(c.request))
}

// conduct does what a request asks for, unless there is a reason to refuse it.
func (c *conn) conduct(ctx context.Context, refusal *peer.Refusal) {
	s := c.Server
	if refusal != nil {
		c.showRefused()
	} else {
		if c.call, refusal = s.route(c.request.Target); refusal == nil {
			s.ledger.called(stream.Address(c.remote), c.call)
		}
		c.showPathless()
	}
	if refusal == nil {
		refusal = c.authorise()
	}
	if refusal == nil && !s.ledger.admit(c.seat, c.who()) {
		refusal = &peer.Refusal{Status: 503, Why: "too many connections"}
	}
	if refusal != nil {
		c.refuse(refusal)
		return
	}
	c.emit(Event{Kind: Connected})
	defer c.emit(Event{Kind: Disconnected})
	c.serve(ctx)
}
