// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"errors"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// sessionMemory is what a connection in direct command mode may take, in octets.
const sessionMemory = 6 * MaxSession

// obey is direct command mode: the client says which frames it wants to be sent.
// What is no command ends the connection with 1003 and says why.
func (c *conn) obey(ctx context.Context) {
	p := c.accept(ctx, MaxSession)
	for n := 0; p.IsOpen(); n++ {
		if !p.Until(CommandPatience, func() bool { return p.Events() > n || !p.IsOpen() }) {
			closeWith(p, ws.GoingAway, "no command for too long")
		} else if p.IsOpen() {
			if err := obeyOne(p, p.Event(n)); err != nil {
				closeWith(p, ws.UnsupportedData, err.Error())
			}
		}
	}
	p.Finish(partingPatience, peer.FailConnection)
}

// forbid is direct command mode for a client that may give no commands. It is
// connected all the same: probes for readiness go no further.
func (c *conn) forbid(ctx context.Context) {
	p := c.accept(ctx, controlBacklog)
	p.Until(CommandPatience, func() bool { return p.Events() > 0 || !p.IsOpen() })
	closeWith(p, ws.PolicyViolation, "command mode: "+c.controlRule())
	p.Finish(partingPatience, peer.FailConnection)
}

func obeyOne(p *peer.Peer, e wirelog.Record) error {
	switch e.Type {
	case wirelog.PongEvent:
		return nil // the client's answer to a frame it has asked for
	case wirelog.BinaryEvent:
		return errors.New("want a command in a text message")
	}
	cmd, err := parseCommand(e.Data.Head)
	if err != nil {
		return err
	}
	p.Send(cmd.frames...)
	if cmd.close {
		p.SendClose(cmd.payload)
	}
	return nil
}

func closeWith(p *peer.Peer, code ws.CloseCode, why string) {
	p.SendClose(ws.AppendClosePayload(nil, code, fit(why)))
}
