// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"context"
	"strings"

	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Met is what is known of a server before anything is said to it.
type Met struct {
	Agent string // what it is called, or calls itself
	Jobs  int    // how many connections it bears at a time
}

// Meet looks whether the server opens connections. Its errors are those of Probe.
func (e *Endpoint) Meet(ctx context.Context, st runner.Settings) (Met, error) {
	found, err := e.probe(ctx, st, true)
	if err != nil {
		return Met{}, err
	}
	if found.refused != nil {
		return Met{}, found.refused
	}
	if e.Agent != "" {
		found.agent = e.Agent
	}
	return Met{found.agent, found.jobs}, nil
}

// Peer is the server as one to be talked to in conversations.
func (e *Endpoint) Peer() player.Peer {
	p := player.Peer{Connect: func(ctx context.Context) (stream.Stream, error) { return e.dialOnce(ctx, nil) }, Host: e.request.Host, Target: e.request.Target}
	add := func(name, value string) {
		if value != "" {
			p.Header = append(p.Header, ws.Field{Name: name, Value: value})
		}
	}
	add("User-Agent", e.request.Agent)
	add("Origin", e.request.Origin)
	add("Sec-WebSocket-Protocol", strings.Join(e.request.Protocols, ", "))
	p.Header = append(p.Header, e.request.Header...)
	return p
}
