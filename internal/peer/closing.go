// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// BeginClose sends frames as SendTogether does, and takes the first Close among them, legal
// or not, for the beginning of our closing handshake. It does nothing unless the
// connection is open.
func (p *Peer) BeginClose(frames ...Frame) {
	i := slices.IndexFunc(frames, func(f Frame) bool { return f.Opcode == ws.Close })
	if i < 0 || !p.IsOpen() {
		return
	}
	p.closingWith(frames[i].Payload, false)
	p.SendTogether(frames...)
}

// closingWith takes note of the Close that we are about to send.
func (p *Peer) closingWith(payload []byte, reply bool) {
	p.state = closing
	f := &p.log.Facts
	f.ClosedByMe = !reply
	f.Local.Sent = true
	code, reason, has := ws.ParseClosePayload(payload)
	f.Local.Coded, f.Local.Code, f.Local.Reason = has, code, string(reason)
	if reply {
		p.repliedT = time.Now()
	} else {
		p.closeBy = p.limit(p.opts.CloseTimeout)
	}
}

// GotClose reports whether the other side's Close has come.
func (p *Peer) GotClose() bool { return p.log.Facts.Remote.Sent }

// Withhold keeps back what the closing handshake asks of us: the Close in answer to
// the other side's and, as a server, the end of TCP. With false we make up for it.
func (p *Peer) Withhold(on bool) {
	p.withheld = on
	switch {
	case on || !p.GotClose() || p.halted:
	case p.state == open:
		p.answerClose(nil)
	case p.state == closing && p.cfg.Role == ws.Server:
		p.endOurs()
	}
}

// WithholdPongs leaves the other side's Pings unanswered, or with false answers those that
// come from now on.
func (p *Peer) WithholdPongs(on bool) { p.noPongs = on }

// Pings counts the Pings that have come.
func (p *Peer) Pings() int { return p.theirs }

// DeafFor stops the reading from TCP for so long, whatever the script does meanwhile.
func (p *Peer) DeafFor(d time.Duration) {
	p.in.hold(true)
	time.AfterFunc(d, func() { p.in.hold(false) })
}

// closeFrame takes the peer's Close: the answer to ours, or one to answer
// (RFC 6455, 5.5.1 and 7.1.1).
func (p *Peer) closeFrame(it item) {
	f := &p.log.Facts
	code, reason, has := ws.ParseClosePayload(it.data)
	if !f.Remote.Sent {
		f.Remote = wirelog.CloseFacts{Sent: true, Coded: has, Code: code, Reason: string(reason[:min(len(reason), ws.MaxControlPayload-2)])}
	}
	if has && p.returned(code) {
		p.Lapse(fmt.Sprintf("RFC 6455, 7.4.2: close code %d, which lies in no range, was returned", code))
	} else if v, broken := rules.ClosePayload(it.data); broken {
		p.violate(v.Code, v.Rule)
	}
	switch p.state {
	case closing:
		p.closeBy = time.Time{}
		f.WasClean = true
		switch {
		case p.withheld:
		case p.cfg.Role == ws.Server:
			p.endOurs()
		case p.repliedT.IsZero() && p.dropBy.IsZero():
			p.dropBy = p.limit(p.opts.DropTimeout)
		}
	case open:
		if !p.withheld {
			p.answerClose(it.data)
		}
	}
}

// returned reports whether the code of a Close in answer to ours is our own, from
// beyond all ranges (RFC 6455, 7.4.2): no sentence with a MUST forbids that.
func (p *Peer) returned(code ws.CloseCode) bool {
	f := p.log.Facts
	const last = 4999 // of the ranges
	return p.cfg.ReadOut && f.ClosedByMe && code == f.Local.Code && code > last
}

// answerClose answers a Close, for which its payload is given.
func (p *Peer) answerClose(theirs []byte) {
	p.log.Facts.WasClean = true
	reply := ws.AppendClosePayload(nil, ws.NormalClosure, "")
	if p.opts.EchoClose {
		reply = theirs
	}
	p.dropWhenSent = p.cfg.Role == ws.Server // RFC 6455, 7.1.1
	p.sendClose(reply, true)
}
