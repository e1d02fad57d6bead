// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// conn is one connection.
type conn struct {
	*Server
	call
	number  uint64
	remote  net.Addr
	seat    *seat
	in      *incoming
	request ws.Request

	previousKey string // Sec-WebSocket-Key of the agent's case before this one
}

// serve does what the client wants.
func (c *conn) serve(ctx context.Context) {
	switch c.path {
	case pathRunCase:
		c.runCase(ctx)
	case pathCaseCount:
		c.answer(ctx, fmt.Sprint(len(c.Plan)))
	case pathCaseInfo:
		title := ws.CommandedText(strings.Join(strings.Fields(c.planned.Title), " "), c.planned.Connection().Command)
		c.answer(ctx, c.info(title))
	case pathCaseStatus:
		c.caseStatus(ctx)
	case pathFuzz:
		c.playFuzz(ctx)
	case pathUpdateReports:
		c.updateReports(ctx)
	case pathStopServer:
		c.answer(ctx)
		c.stop()
	default:
		if !c.mayControl() {
			c.forbid(ctx)
			return
		}
		c.holding(ctx, sessionMemory, c.obey)
	}
}

// quote is a string in JSON.
func quote(s string) string {
	b, _ := json.Marshal(s) // a string always has a form in JSON
	return string(b)
}

// mayControl reports whether the client is allowed to stop the server and to
// command it.
func (c *conn) mayControl() bool {
	switch {
	case c.AnyoneControls:
		return true
	case c.Token != "":
		return subtle.ConstantTimeCompare([]byte(c.token), []byte(c.Token)) == 1
	}
	a, ok := c.remote.(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// authorise refuses to stop the server for those who may not. Direct command mode
// is not refused here: probes for readiness need its 101 and send no command.
func (c *conn) authorise() *peer.Refusal {
	if c.path != pathStopServer && !(c.path == pathUpdateReports && c.shutdown) || c.mayControl() {
		return nil
	}
	return &peer.Refusal{Status: 403, Why: c.path + ": " + c.controlRule()}
}

func (c *conn) controlRule() string {
	if c.Token != "" {
		return "this needs the server's token"
	}
	return "without a token, this is for clients on the same machine"
}

// refuse answers the handshake with an HTTP error.
func (c *conn) refuse(r *peer.Refusal) {
	c.ledger.refuse(c.seat)
	c.emit(Event{Kind: Refused, Status: r.Status, Err: errors.New(r.Why)})
	if err := c.in.SetDeadline(time.Now().Add(refusalPatience)); err != nil {
		return
	}
	if t := peer.TunnelOf(c.in); t != nil {
		c.refuseIn(t, r)
		return
	}
	if _, err := c.in.Write(r.Append(nil)); err == nil {
		_ = stream.CloseGently(c.in, refusalPatience) // it is closed either way
	}
}

// controlBacklog is how much a client may send, in octets, that has nothing to say.
const controlBacklog = 8 << 10

// accept answers the handshake with 101, for a connection on which no case is played.
func (c *conn) accept(ctx context.Context, backlog int) *peer.Peer {
	p := peer.New(ctx, c.in, peer.Config{Role: ws.Server, Backlog: backlog, Patience: partingPatience})
	p.Mute(true)
	p.AwaitRequest() // there is one: we have read it
	p.Accept(c.request, c.identity(), peer.Opening{})
	return p
}

// identity are the fields of our response that come first: who we are, and the
// subprotocol where one is agreed (RFC 6455, 4.2.2).
func (c *conn) identity() ws.Fields {
	for _, list := range c.request.Fields.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); slices.Contains(c.Protocols, name) {
				return append(slices.Clone(c.Identity), ws.Field{Name: "Sec-WebSocket-Protocol", Value: name})
			}
		}
	}
	return c.Identity
}

// answer opens the connection, sends the messages and closes.
func (c *conn) answer(ctx context.Context, messages ...string) {
	p := c.accept(ctx, controlBacklog)
	part(p, messages...)
}

// part sends the messages and a Close without a code, and ends the connection.
func part(p *peer.Peer, messages ...string) {
	for _, m := range messages {
		p.Send(peer.Frame{Opcode: ws.Text, Payload: []byte(m)})
	}
	p.SendClose(nil)
	p.Finish(partingPatience, peer.FailConnection)
}

// runCase plays a case and keeps its result.
func (c *conn) runCase(ctx context.Context) {
	id := c.planned.ID
	if c.Skip(c.agent, id) || c.moved {
		c.answer(ctx) // where a case redirects clients to, nothing is left to be seen
		return
	}
	if refusal := c.ledger.fly(c.seat, c.agent, id); refusal != nil {
		c.refuse(refusal)
		return
	}
	defer c.ledger.land(c.agent, id)
	if c.planned.Begins() != nil {
		c.answer(ctx) // what there is to see was to be seen before a request
		return
	}
	c.expectOdd(c.planned)
	c.previousKey = c.ledger.swapKey(c.agent, c.request.Fields.Get("Sec-WebSocket-Key"))
	// Twice, as a message that is copied while it grows.
	c.holding(ctx, 2*int64(c.Settings.Backlog(c.planned.Connection().Case))+CaseMemory, c.play)
}

// holding calls do once there is memory for it. A client that leaves before is not waited with.
func (c *conn) holding(ctx context.Context, octets int64, do func(context.Context)) {
	w := c.ledger.ask(c.seat, octets)
	patience, cancel := context.WithTimeout(ctx, MemoryPatience)
	defer cancel()
	granted := c.ledger.granted(w)
	if !granted {
		stop := c.in.lookAhead(cancel)
		granted = c.ledger.wait(patience, w)
		if stop() != nil {
			c.emit(Event{Kind: Refused, Err: errGone})
			if granted {
				c.ledger.restore(w)
			}
			return
		}
	}
	if !granted {
		c.refuse(&peer.Refusal{Status: 503, Why: "too many cases at once"})
		return
	}
	defer c.ledger.restore(w)
	do(ctx)
}

func (c *conn) play(ctx context.Context) {
	c.emit(Event{Kind: CaseBegun})
	planned := c.atItsPort(c.planned.Connection())
	settings := c.Settings
	if shown := c.ledger.shown(c.agent); shown != nil && len(c.Surveys) > 0 {
		port, near := c.port()
		settings.See = func(log *wirelog.Log) { shown.See(log, port, near) }
	}
	var p *peer.Peer
	var soFar *report.Result // on disk, in case there will be no more
	in := &held{Stream: c.in, half: func() {
		if r := settings.SoFar(p, planned, c.agent); len(c.planned.Turns) == 0 && p.Log().Facts.WasClean && c.Store.Put(r) == nil {
			soFar = &r
		}
	}}
	defer in.letGo()
	p = settings.Peer(ctx, in, ws.Server, planned.Case)
	p.AwaitRequest() // there is one: we have read it
	p.Accept(c.request, c.identity(), c.opening(planned))
	result, err := settings.Conduct(p, planned, c.agent, true)
	if len(c.planned.Turns) > 0 {
		// What a case has come to so far must not be kept after what it has come to since.
		defer c.ledger.gathering(c.agent)()
	}
	switch {
	case ctx.Err() != nil && soFar != nil:
		c.emit(Event{Kind: CaseDone, Result: soFar})
		return
	case ctx.Err() != nil:
		c.emit(Event{Kind: CaseLost}) // cut short, it proves nothing
		return
	case err == nil:
		result = c.ledger.gather(c.planned, result)
		err = c.Store.Put(result)
	}
	if err != nil {
		c.emit(Event{Kind: Trouble, Err: err})
		c.emit(Event{Kind: CaseLost})
		return
	}
	c.emit(Event{Kind: CaseDone, Result: &result})
}

// opening is that of the case, for a client of which we know what it sent before.
func (c *conn) opening(planned runner.Planned) peer.Opening {
	open := planned.Open
	if len(open.Edits) == 0 {
		return open
	}
	key := c.previousKey
	open.Edits = append([]peer.Edit{func(h *peer.Head) { h.PreviousKey = key }}, open.Edits...)
	return open
}

// caseStatus tells the behavior in a case once there is a result. Where there is
// none in time, nothing but the Close comes.
func (c *conn) caseStatus(ctx context.Context) {
	p := c.accept(ctx, controlBacklog)
	grade, known := c.behavior(ctx)
	if !known {
		part(p)
		return
	}
	part(p, fmt.Sprintf(`{"behavior": %s}`, quote(string(grade))))
}

// behavior waits for the result of a case that is in flight, which ends by its own
// limits, or begins in time.
func (c *conn) behavior(ctx context.Context) (grade verdict.Grade, known bool) {
	l, id := c.ledger, c.planned.ID
	if c.Skip(c.agent, id) {
		return "", false
	}
	patience, cancel := context.WithTimeout(ctx, StatusPatience)
	defer cancel()
	for {
		var landings int
		l.await(ctx, func() bool { landings = l.landings(c.agent); return !l.isFlying(c.agent, id) })
		if grade, known = c.Store.Behavior(c.agent, id); known {
			return grade, true
		}
		if !l.await(patience, func() bool { return l.landings(c.agent) != landings || l.isFlying(c.agent, id) }) {
			return "", false
		}
	}
}

// updateReports completes the report on disk before it answers: some clients quit
// as soon as they see the 101.
func (c *conn) updateReports(ctx context.Context) {
	patience, cancel := context.WithTimeout(ctx, SettlePatience)
	defer cancel()
	c.ledger.await(patience, func() bool { return !c.ledger.isFlying(c.agent, "") })
	if err := errors.Join(c.survey(c.agent), c.Store.Finish()); err != nil {
		c.emit(Event{Kind: Trouble, Err: err})
		c.refuse(&peer.Refusal{Status: 500, Why: err.Error()})
		return
	}
	c.emit(Event{Kind: Updated})
	c.answer(ctx)
	if c.shutdown {
		c.stop()
	}
}
