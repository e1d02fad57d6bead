// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"errors"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what is listed of compressed messages in the log.
const (
	listed       = 24      // blocks, copies and runs of literals of a message
	sentListed   = 1 << 18 // octets of a message that we send
	sentInflated = 1 << 20 // and that it may inflate to
)

// sentBlocks lists what the compressed messages that we send are made of, legal or
// not. It needs all of them, one after the other: after one that it has not got, or
// could not read, what is sent with a context is not listed.
type sentBlocks struct {
	params   deflate.Params
	inflater *deflate.Inflater // nil until there is something to list
	data     []byte            // of the message that is being sent
	inside   bool              // it is compressed
	lost     bool
}

// listSent follows a frame that goes out, with n octets of body from from on.
func (p *Peer) listSent(h ws.Header, body ws.Pattern, from, n int) {
	c := p.codec
	if c == nil || h.Opcode.IsControl() {
		return
	}
	s := &c.sent
	if h.Opcode != ws.Continuation {
		s.inside, s.data = h.RSV == rules.RSV1, s.data[:0]
	}
	switch {
	case !s.inside:
		return
	case p.log.IsMuted() || len(s.data)+n > sentListed:
		s.inside, s.lost = false, true
		return
	}
	at := len(s.data)
	s.data = append(s.data, make([]byte, n)...)
	body.Fill(s.data[at:], from)
	if !h.Fin {
		return
	}
	s.inside = false
	if s.lost && !s.params.NoContextTakeover {
		return
	}
	if s.inflater == nil {
		s.inflater = c.pool.Inflater(s.params)
	} else if s.lost {
		s.inflater.Reset(s.params)
	}
	_, _, l := s.inflater.List(nil, s.data, sentInflated, listed)
	s.lost = l.Err != nil && !errors.Is(l.Err, deflate.ErrTail)
	p.record(wirelog.Record{Kind: wirelog.SentBlocks, Note: l.String()})
}
