// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Apart is the port of a case in which TLS is special from the beginning, before a client
// can say what it has come for (see secure.Manner). The client learns of it from
// /getCaseInfo.
type Apart struct {
	ID       string       // of the case
	Listener net.Listener // that speaks TLS as the case wants
}

// Port is that of its listener, as text.
func (a Apart) Port() string {
	_, port, _ := net.SplitHostPort(a.Listener.Addr().String()) // of a TCP listener: always well-formed
	return port
}

// serveApart serves the clients of a port.
func (s *Server) serveApart(ctx context.Context, a Apart) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		st, err := stream.Accept(ctx, a.Listener)
		if err != nil {
			return // the port has been closed
		}
		conns.Go(func() { s.playApart(ctx, st, a.ID) })
	}
}

// apartURL is where the client finds the case, empty for one that has no port of its own.
func (c *conn) apartURL() string {
	for _, a := range c.Apart {
		if a.ID != c.planned.ID {
			continue
		}
		host := c.request.Fields.Get("Host")
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = net.JoinHostPort(name, a.Port())
		} else {
			host += ":" + a.Port()
		}
		return fmt.Sprintf("wss://%s%s?case=%d", host, pathRunCase, c.planned.Number)
	}
	return ""
}

// atItsPort is the case for a client that has come to the usual port for it, where it
// cannot be played.
func (c *conn) atItsPort(planned runner.Planned) runner.Planned {
	if !planned.Open.TLS.Apart() {
		return planned
	}
	why := "the case needs " + conform.Authority.Wanted()
	if url := c.apartURL(); url != "" {
		why = "the client has to connect to " + url + " for this case, as /getCaseInfo tells it"
	}
	planned.Play = func(p *peer.Peer) {
		p.NotJudged(why)
		p.Close(ws.NormalClosure)
	}
	return planned
}

// playApart plays a case with a client of which nothing is known but its address: who it
// is, it has said before, on another connection.
func (s *Server) playApart(ctx context.Context, st stream.Stream, id string) {
	c := &conn{Server: s, number: s.conns.Add(1), remote: st.RemoteAddr(), seat: s.ledger.arrive(st)}
	defer s.ledger.leave(c.seat)
	defer st.Close()
	i, known := s.ids[id]
	agent := s.ledger.caller(stream.Address(c.remote), id)
	if !known || agent == "" {
		c.emit(Event{Kind: Unheard, Err: fmt.Errorf("a client came to the port of case %s that has not asked for anything else, so that nobody knows who it is", id)})
		return
	}
	c.call = call{path: pathRunCase, planned: s.Plan[i], agent: agent}
	if s.Skip(agent, id) || !s.ledger.admit(c.seat, c.who()) {
		return
	}
	c.emit(Event{Kind: Connected})
	defer c.emit(Event{Kind: Disconnected})
	if refusal := s.ledger.fly(c.seat, agent, id); refusal != nil {
		c.emit(Event{Kind: Refused, Status: refusal.Status, Err: errors.New(refusal.Why)})
		return
	}
	defer s.ledger.land(agent, id)
	c.emit(Event{Kind: CaseBegun})
	p := s.Settings.Peer(ctx, st, ws.Server, c.planned.Case)
	if _, came := p.AwaitRequest(); came {
		p.Refuse(403, "case "+id+": a client does not get this far, if all is well", nil)
	}
	result, err := s.Settings.Conduct(p, c.planned, agent, false)
	switch {
	case ctx.Err() != nil:
		c.emit(Event{Kind: CaseLost}) // cut short, it proves nothing
	case err == nil:
		err = s.Store.Put(result)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.emit(Event{Kind: Trouble, Err: err})
		c.emit(Event{Kind: CaseLost})
	default:
		c.emit(Event{Kind: CaseDone, Result: &result})
	}
}

// maxCallers bounds the clients whose addresses are remembered.
const maxCallers = 10_000

// called notes who calls from an address, and for which case, where one is meant.
func (l *ledger) called(address string, c call) {
	if c.agent == "" || c.path == pathCaseStatus {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.callers == nil || len(l.callers) > maxCallers {
		l.callers = map[string]string{}
	}
	l.callers[address] = c.agent
	if c.path == pathCaseInfo {
		l.callers[address+" "+c.planned.ID] = c.agent
	}
}

// caller is the agent that asked last from an address, best for the case.
func (l *ledger) caller(address, id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if agent := l.callers[address+" "+id]; agent != "" {
		return agent
	}
	return l.callers[address]
}

// info is the answer to /getCaseInfo, in JSON.
func (c *conn) info(title string) string {
	text := `{"id": ` + quote(c.planned.ID) + `, "description": ` + quote(title)
	if url := c.apartURL(); url != "" {
		text += `, "url": ` + quote(url)
	}
	return text + "}"
}
