// SPDX-License-Identifier: Apache-2.0

package player

import (
	"context"
	"testing"

	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// hearing is a line to which octets come in two parts.
func hearing(role ws.Role, octets []byte, cut int) *Player {
	p := &Player{Keep: true, ctx: context.Background(), shown: 1}
	l := &line{p: p, m: model.New(model.Endpoint{Role: role.Other()}), role: role, number: 1}
	l.take(octets[:cut])
	l.take(octets[cut:])
	return p
}

// Interim responses are passed over, wherever reads end.
func TestInterimResponses(t *testing.T) {
	const text = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi\x88\x00"
	for cut := range len(text) {
		p := hearing(ws.Client, []byte(text), cut)
		var kinds []ws.Opcode
		for _, r := range p.out.Records {
			if r.Kind == wirelog.ReceivedFrame {
				kinds = append(kinds, r.Frame.Opcode)
			}
		}
		if len(kinds) != 2 || kinds[0] != ws.Text || kinds[1] != ws.Close || p.out.Closed != ws.NoStatus {
			t.Fatalf("cut at %d: %v", cut, kinds)
		}
	}
}

// Nothing that comes breaks us.
func FuzzHear(f *testing.F) {
	f.Add([]byte("HTTP/1.1 101 x\r\n\r\n\x81\x02hi\x88\x02\x03\xe8"), uint16(3), true)
	f.Add([]byte("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 101 y\r\n\r\n\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint16(20), true)
	f.Add([]byte("GET / HTTP/1.1\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n\x88\x80\x01\x02\x03\x04"), uint16(9), false)
	f.Fuzz(func(t *testing.T, octets []byte, cut uint16, client bool) {
		role := ws.Server
		if client {
			role = ws.Client
		}
		hearing(role, octets, min(int(cut), len(octets)))
	})
}
