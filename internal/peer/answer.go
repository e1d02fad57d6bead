// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// sendAnswer sends a server's half of the opening handshake and returns what the log
// keeps of it.
func (p *Peer) sendAnswer(h Head) []byte {
	p.void = h.Void
	if h.Wait > 0 {
		p.withhold(h.Wait)
	}
	if p.tunnel != nil || !p.cfg.HoldAnswer || h.Chop > 0 || h.Cut != 0 || len(h.Behind) > 0 || p.state == closed {
		return p.sendHead(h)
	}
	b := h.Octets()
	if len(b) > 0 {
		p.log.Traffic.Out.Preopen += int64(len(b))
		p.log.Traffic.Out.Wire -= int64(len(b)) // counted there when it is written
		p.queue = append(p.queue, outgoing{body: ws.Literal(b), n: len(b)})
	}
	return keepHead(b)
}

// flushHeld writes an answer that waits for frames to go out with.
func (p *Peer) flushHeld() {
	if len(p.queue) > 0 {
		p.flush()
	}
}

// withhold waits before the answer goes out. A client must send nothing until it has
// come (RFC 6455, 4.1); what it sends all the same ends the wait.
func (p *Peer) withhold(d time.Duration) {
	// What comes behind the request is not handled yet: it is the next item, or it came
	// in one read with the request.
	came := func() bool { return p.log.Traffic.In.Wire > 0 || p.next < len(p.items) }
	p.wait(time.Now().Add(d), came)
	if p.log.Traffic.In.Wire > 0 || p.next < len(p.items) && p.items[p.next].kind != gotEnd {
		p.Violation("RFC 6455, 4.1: the client sent something behind its request before it had an answer")
	}
}

// decline opens the connection as it should be, and closes it: the case cannot be
// played with this client, for whom that is the least trouble.
func (p *Peer) decline(h Head, why string) {
	p.NotJudged(why)
	p.log.Response = p.sendAnswer(h)
	p.opened()
	p.SendClose(nil)
	p.halted = true
}

// IsVoid reports whether the answer to the client's opening handshake opened nothing.
func (p *Peer) IsVoid() bool { return p.void }

// misplaced reports whether a frame came though our answer opened nothing, and ends the
// conversation then. A Close may still be meant well.
func (p *Peer) misplaced(h ws.Header) bool {
	if !p.void || h.Opcode == ws.Close {
		return false
	}
	p.record(wirelog.Record{Kind: wirelog.Violation, Note: fmt.Sprintf("RFC 6455, 4.1: a %v frame came, though the answer to the opening handshake opened nothing", h.Opcode)})
	p.drop(true)
	return true
}
