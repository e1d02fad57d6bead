// SPDX-License-Identifier: Apache-2.0

package model

import (
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// opening is the opening handshake.
type opening struct {
	sent, received []byte // as far as they are heads
	early          []byte // what stands behind the head that came second
}

func (o *opening) reset() opening { return opening{sent: o.sent[:0], received: o.received[:0]} }

// sentHead takes octets of our half and returns what stands behind it.
func (m *Model) sentHead(b []byte) []byte {
	o := &m.opening
	n := len(o.sent)
	o.sent = append(o.sent, b...)
	end := ws.HeadEnd(o.sent)
	if end == 0 {
		return nil
	}
	o.sent = o.sent[:end]
	if m.endpoint.Role == ws.Client {
		m.agree(o.received, o.sent)
	}
	return b[end-n:]
}

// receivedHead takes octets of the endpoint's half and returns what stands behind it.
func (m *Model) receivedHead(b []byte) []byte {
	o := &m.opening
	n := len(o.received)
	o.received = append(o.received, b...)
	end := ws.HeadEnd(o.received)
	if end == 0 {
		return nil
	}
	o.received = o.received[:end]
	if m.endpoint.Role == ws.Server {
		m.agree(o.sent, o.received)
	}
	return b[end-n:]
}

// agree opens the connection where the response does.
func (m *Model) agree(request, response []byte) {
	r, err := ws.ParseResponse(response)
	if err != nil || r.Status != 101 {
		m.phase = over
		return
	}
	var agreed *deflate.Answer
	if xs, err := ws.ParseExtensions(r.Fields.Values("Sec-WebSocket-Extensions")); err == nil {
		if a, found, err := deflate.FindAnswer(xs); found && err == nil {
			agreed = &a
		}
	}
	m.open(agreed)
}

func (m *Model) endedHandshake() {}

func (m *Model) dueHandshake() (due, bool) { return due{}, false }
