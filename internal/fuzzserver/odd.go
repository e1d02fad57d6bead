// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// odd is a turn of a case that is about how a connection of HTTP/2 or HTTP/3 begins. Which case a
// connection is for shows only in the request, and what begins it goes out before. So the turn
// in front of it says that the next connection from the same host is the one.
type odd struct {
	planned runner.Planned
	agent   string
	by      time.Time
}

// Bounds of what is odd.
const (
	oddSoon     = 10 * time.Second       // for the connection to come
	oddPatience = 3 * time.Second        // for the client to give up
	oddGrace    = 200 * time.Millisecond // for it to leave once it was refused
	oddRecords  = 64
)

// expectOdd has the client's next connection begin as the turn behind the one that is played wants
// it to.
func (c *conn) expectOdd(now runner.Planned) {
	if now.Number >= len(c.Plan) {
		return
	}
	next := c.Plan[now.Number]
	if next.ID == now.ID && next.Begins() != nil {
		c.ledger.expectOdd(c.remote, odd{next, c.agent, time.Now().Add(oddSoon)})
	}
}

func (l *ledger) expectOdd(from net.Addr, o odd) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.odd, func(_ string, o odd) bool { return now.After(o.by) })
	l.odd[stream.Address(from)] = o
}

// takeOdd is what the connection from there begins with, nil for nothing special.
func (l *ledger) takeOdd(from net.Addr) *odd {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, ok := l.odd[stream.Address(from)]
	delete(l.odd, stream.Address(from))
	if !ok || time.Now().After(o.by) {
		return nil
	}
	return &o
}

// witness takes note of what a client does on such a connection.
type witness struct {
	how peer.Beginning

	mu      sync.Mutex
	seen    []wirelog.Record
	allowed bool // extended CONNECT is
}

// see takes a frame.
func (w *witness) see(sent bool, f *wirelog.HTTPFrame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) >= oddRecords {
		return
	}
	if sent && f.Type == "settings" && !f.Has("ack") {
		w.allowed = !w.how.Without && w.how.Connect == 1
	}
	kind := wirelog.ReceivedHTTP
	if sent {
		kind = wirelog.SentHTTP
	}
	w.seen = append(w.seen, wirelog.Record{Kind: kind, HTTP: f})
	if !sent && f.Type == "headers" && !w.allowed && f.Fields.Get(":protocol") != "" {
		w.seen = append(w.seen, wirelog.Record{Kind: wirelog.Violation, Note: fmt.Sprintf(
			"RFC 8441, 3: an extended CONNECT for %.80q came, which our SETTINGS had not allowed", f.Fields.Get(":path"))})
	}
}

// records are what was seen.
func (w *witness) records() []wirelog.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// overHTTP2 serves a connection of HTTP/2, to its end: whatever the client asks for is refused.
func (w *witness) overHTTP2(ctx context.Context, in stream.Stream) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b := h2.Beginning{Late: w.how.Late, Seen: w.see}
	if !w.how.Without {
		b.Settings = []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: w.how.Connect}}
	}
	_ = h2.ServeWith(ctx, in, b, func(st *h2.Stream) { // how it ends does not matter
		_, _ = st.ReadHead()
		st.GoAway()
		_ = st.Reset()
		time.AfterFunc(oddGrace, cancel) // there is nothing more to see
	})
}

// overHTTP3 is overHTTP2 for a connection of HTTP/3.
func (w *witness) overHTTP3(ctx context.Context, c *h3.Conn) {
	settings := h3.Plain()
	if !w.how.Without {
		settings = append(settings, h3.Setting{ID: h3.EnableConnectProtocol, Value: uint64(w.how.Connect)})
	}
	c.Watch(func(_ time.Time, sent bool, f *wirelog.HTTPFrame) { w.see(sent, f) })
	defer c.Close(h3.NoError, "")
	if c.SendSettings(settings) != nil {
		return // it is over
	}
	st, err := c.Accept(ctx)
	if err != nil {
		return
	}
	_ = st.SetReadDeadline(time.Now().Add(oddPatience)) // a stream that cannot has ended
	if fields, err := st.ReadHead(); err == nil {
		w.see(false, &wirelog.HTTPFrame{Proto: "h3", Type: "headers", Stream: st.ID(), Fields: fields})
	}
	st.GoAway()
	_ = st.Reset()
	select {
	case <-time.After(oddGrace):
	case <-c.Done():
	}
}

// serveOdd has a connection begin in the wrong way and judges what the client does with it.
func (s *Server) serveOdd(ctx context.Context, from net.Addr, o odd, begin func(context.Context, *witness)) {
	c := &conn{Server: s, call: call{agent: o.agent, planned: o.planned}, number: s.conns.Add(1), remote: from}
	c.emit(Event{Kind: CaseBegun})
	c.expectOdd(o.planned)
	ctx, cancel := context.WithTimeout(ctx, oddPatience)
	defer cancel()
	w := &witness{how: *o.planned.Begins()}
	begin(ctx, w)
	judged := o.planned.Connection()
	judged.Survey = func(survey.Evidence) []wirelog.Record { return w.records() }
	result := s.Settings.Survey(judged, o.agent, ws.Server, survey.Evidence{})
	defer s.ledger.gathering(o.agent)()
	result = s.ledger.gather(o.planned, result)
	if err := s.Store.Put(result); err != nil {
		c.emit(Event{Kind: Trouble, Err: err})
		c.emit(Event{Kind: CaseLost})
		return
	}
	c.emit(Event{Kind: CaseDone, Result: &result})
}
