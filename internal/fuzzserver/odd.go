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

	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/h2"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// odd is a turn of a case that is about how a connection of HTTP/2 begins. Which case a
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

// serveOdd begins a connection in the wrong way and judges what the client does with it: whatever
// it asks for is refused.
func (s *Server) serveOdd(ctx context.Context, in stream.Stream, o odd) {
	c := &conn{Server: s, call: call{agent: o.agent, planned: o.planned}, number: s.conns.Add(1), remote: in.RemoteAddr()}
	c.emit(Event{Kind: CaseBegun})
	c.expectOdd(o.planned)
	ctx, cancel := context.WithTimeout(ctx, oddPatience)
	defer cancel()
	how := o.planned.Begins()
	b := h2.Beginning{Late: how.Late}
	if !how.Without {
		b.Settings = []http2.Setting{{ID: http2.SettingEnableConnectProtocol, Val: how.Connect}}
	}
	var mu sync.Mutex
	var seen []wirelog.Record
	allowed := false // extended CONNECT is
	b.Seen = func(sent bool, f *wirelog.HTTPFrame) {
		mu.Lock()
		defer mu.Unlock()
		if len(seen) >= oddRecords {
			return
		}
		if sent && f.Type == "settings" && !f.Has("ack") {
			allowed = !how.Without && how.Connect == 1
		}
		seen = append(seen, wirelog.Record{Kind: wirelog.ReceivedHTTP, HTTP: f})
		if sent {
			seen[len(seen)-1].Kind = wirelog.SentHTTP
		}
		if !sent && f.Type == "headers" && !allowed && f.Fields.Get(":protocol") != "" {
			seen = append(seen, wirelog.Record{Kind: wirelog.Violation, Note: fmt.Sprintf(
				"RFC 8441, 3: an extended CONNECT for %.80q came, which our SETTINGS had not allowed", f.Fields.Get(":path"))})
		}
	}
	_ = h2.ServeWith(ctx, in, b, func(st *h2.Stream) { // how it ends does not matter
		_, _ = st.ReadHead()
		st.GoAway()
		_ = st.Reset()
		time.AfterFunc(oddGrace, cancel) // there is nothing more to see
	})
	mu.Lock()
	judged := o.planned.Connection()
	judged.Survey = func(survey.Evidence) []wirelog.Record { return slices.Clone(seen) }
	mu.Unlock()
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
