// SPDX-License-Identifier: Apache-2.0

// Package drive carries out the plan of a load test, or one part of it, on the connections of
// package wire, and hands over what it measures every now and then. It knows nothing
// of flags, of terminals, or of who has the other parts. All waiting is by package time, so
// that tests can have it virtual. Start at Run.
package drive

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/ws"
)

// Config says what to carry out, and for whom.
type Config struct {
	Plan load.Plan
	// Part is which part of the plan is ours, of so many: of the connections and messages of the
	// whole plan, in the order of time, every so-maniest. Zero parts are one.
	Part, Parts int
	// Target is where to connect to; see NewTarget.
	Target wire.Target
	// Dial replaces TCP in tests.
	Dial func(context.Context) (net.Conn, error)
	// Begin is the beginning of the run, from which all times count. The zero Time is now.
	Begin time.Time
	// From is when the plan begins, after Begin, where it is not the first of a run of several.
	From time.Duration
	// Emit is called every Every, and a last time at the end, with what has been measured since the
	// call before. It may be nil.
	Emit  func(*stats.Snapshot)
	Every time.Duration
	// Gate is called once all our connections have been opened or given up, and
	// returns when those of all other parts have; or with the context. It says for how long messages have been sent by then: who
	// takes over a part in the middle sends those that are due from then on. It may be nil.
	Gate func(context.Context) (since time.Duration)
	// Precise has messages sent when they are due, to microseconds, by a thread of its own: the
	// runtime's timers are up to a millisecond late. Not for virtual time.
	Precise bool
}

// An End is how a run ended.
type End struct {
	Interrupted bool          // by the context
	Messaging   time.Duration // for which messages were to be sent and measured
}

// A run is one call of Run.
type run struct {
	Config
	plan    load.Plan
	dialer  *wire.Dialer
	tally   *tally
	message messenger // nil where connections are only held

	ctx     context.Context
	begin   time.Time
	since   time.Duration // for which messages have been sent when ours begin
	pending atomic.Int64  // connections that are neither opened nor given up
	ramped  chan struct{} // closed when there are none
	closing atomic.Bool   // we end connections ourselves
	slots   chan struct{} // one for each connection that may be opening
	ending  chan struct{} // one for each that we are closing

	mu   sync.Mutex
	open map[*conn]struct{}
	held int // of these at the end; known once closing is set
	// all are the connections that exist. It grows only with closing unset, under mu.
	all  sync.WaitGroup
	ring ring // of pings
}

// A messenger is what sends messages. All but main may be called by several goroutines.
type messenger interface {
	main()
	opened(c *conn)
	received(c *conn, opcode ws.Opcode, payload []byte)
	closed(c *conn)
}

// Run carries out the plan until it is done or the context ends. An error is a mistake
// in the target; what goes wrong on connections is counted.
func Run(ctx context.Context, cfg Config) (End, error) {
	cfg.Parts = max(cfg.Parts, 1)
	if cfg.Dial == nil && len(cfg.Plan.Sources) > 0 {
		if err := checkSources(cfg.Target.Sources); err != nil {
			return End{}, err
		}
	}
	engine, err := wire.New(wire.Config{Dial: cfg.Dial})
	if err != nil {
		return End{}, err
	}
	defer engine.Close()
	r := &run{Config: cfg, plan: cfg.Plan, ctx: ctx, begin: cfg.Begin, ramped: make(chan struct{}), open: map[*conn]struct{}{}, ending: make(chan struct{}, max(mostEnding/cfg.Parts, 8))}
	if r.begin.IsZero() {
		r.begin = time.Now()
	}
	if r.dialer, err = engine.Dialer(cfg.Target); err != nil {
		return End{}, err
	}
	r.tally = newTally(r.begin)
	switch r.plan.Kind {
	case load.Echo:
		r.message = newEcho(r)
	case load.Broadcast:
		r.message = newBroadcast(r)
	}
	stop := r.emitting()
	defer stop()

	r.ramp()
	pinging, noMore := context.WithCancel(ctx)
	defer noMore()
	if r.plan.Ping > 0 {
		go r.ping(pinging)
	}
	var end End
	if r.waitRamp() {
		messages := time.Now().Add(-r.since)
		if r.message != nil {
			r.message.main()
			end.Messaging = max(min(time.Since(messages), time.Duration(r.plan.Duration))-time.Duration(r.plan.Warmup), 0)
		}
		r.rest(time.Until(messages.Add(time.Duration(r.plan.Hold))))
	}
	end.Interrupted = ctx.Err() != nil
	noMore()
	r.close(engine)
	return end, nil
}

// waitRamp waits until the connections of all parts are opened or given up. It
// reports false where the context has ended.
func (r *run) waitRamp() bool {
	select {
	case <-r.ramped:
	case <-r.ctx.Done():
	}
	now := r.tally.now()
	r.tally.note(func(s *stats.Snapshot) { s.Ramp = now - r.From })
	if r.Gate != nil {
		r.since = r.Gate(r.ctx)
	}
	return r.ctx.Err() == nil
}

// rest waits, or until the context of the run ends.
func (r *run) rest(d time.Duration) { rest(r.ctx, d) }

func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// mostEnding is how many closing handshakes are under way at a time, in all parts together: the time that each may take is
// for the server, not for waiting in a queue with all others.
const mostEnding = 512

// hurried is how long closing handshakes may take where somebody has stopped the run and
// waits.
const hurried = time.Second

// close ends all connections, first by the closing handshake.
func (r *run) close(engine *wire.Engine) {
	r.mu.Lock()
	r.closing.Store(true)
	r.held = len(r.open)
	conns := make([]*conn, 0, r.held)
	for c := range r.open {
		conns = append(conns, c)
	}
	r.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		for _, c := range conns {
			r.ending <- struct{}{}
			r.mu.Lock()
			_, open := r.open[c]
			c.ending = open
			r.mu.Unlock()
			if !open { // it has ended meanwhile
				<-r.ending
				continue
			}
			c.wire.Load().Close(ws.NormalClosure, "")
		}
		r.all.Wait()
		close(gone)
	}()
	if r.ctx.Err() != nil {
		select {
		case <-gone:
		case <-time.After(hurried):
		}
	} else {
		<-gone // their limits of time see to it
	}
	_ = engine.Close()
	<-gone
	now := r.tally.now()
	r.mu.Lock()
	held := int64(r.held)
	r.mu.Unlock()
	r.tally.note(func(s *stats.Snapshot) { s.Held, s.End = held, now-r.From })
}

// emitting hands over what is measured until the function it returns is called, which hands
// over the rest.
func (r *run) emitting() (stop func()) {
	if r.Emit == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if r.Every <= 0 {
			<-done
			return
		}
		tick := time.NewTicker(r.Every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.Emit(r.tally.take())
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		r.Emit(r.tally.take())
	}
}
