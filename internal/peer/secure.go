// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"crypto/tls"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// secureOf is the connection of TLS that a stream is, or wraps: wrappers have a method
// Unwrap. nil: there is none.
func secureOf(s stream.Stream) *secure.Conn {
	for {
		if c, ok := s.(*secure.Conn); ok {
			return c
		}
		w, ok := s.(interface{ Unwrap() stream.Stream })
		if !ok {
			return nil
		}
		s = w.Unwrap()
	}
}

// logTLS puts down what has happened in TLS since the last time.
func (p *Peer) logTLS() {
	if p.secure == nil {
		return
	}
	for _, e := range p.secure.Take() {
		r := wirelog.Record{Kind: wirelog.ReceivedTLS, TLS: e.TLS}
		if e.Sent {
			r.Kind = wirelog.SentTLS
		}
		at := e.At
		if at.Before(p.log.Start) { // the handshake of TLS, as a rule
			at = p.log.Start
		}
		p.log.Add(at, r)
		// A server may break off the handshake because of what we offer it.
		if e.What == wirelog.TLSBroken && p.cfg.Role == ws.Client {
			p.log.Add(at, wirelog.Record{Kind: wirelog.Violation, Note: "RFC 8446: " + e.Note})
		}
	}
}

// inTLS reports whether the connection is one of TLS, and notes that the case cannot be
// judged where it is not.
func (p *Peer) inTLS() bool {
	if p.secure == nil {
		p.NotJudged("the connection is not one of TLS")
	}
	return p.secure != nil && p.state != closed && !p.broken
}

// SplitRecords has records of TLS hold so many octets of what is sent from now on; 0: as
// many as are written.
func (p *Peer) SplitRecords(octets int) {
	if p.inTLS() {
		p.secure.Split(octets)
	}
}

// Truncate ends our half of TCP without a close_notify (RFC 8446, 6.1). What comes in is
// still handled.
func (p *Peer) Truncate() {
	p.flushHeld()
	if p.inTLS() {
		_ = p.secure.Truncate() // gone either way
		p.logTLS()
		p.broken = true // nothing more can be sent
	}
}

// UpdateKeys changes the keys of what we send (RFC 8446, 4.6.3). It is not judged where
// the connection cannot do that.
func (p *Peer) UpdateKeys() {
	p.flushHeld()
	if !p.inTLS() {
		return
	}
	if p.secure.Version() == tls.VersionTLS12 {
		p.NotJudged("TLS 1.2 was agreed, which does not update keys")
		return
	}
	_ = p.secure.SetWriteDeadline(time.Now().Add(p.cfg.Patience))
	if err := p.secure.KeyUpdate(); err != nil {
		p.NotJudged(err.Error())
	}
	p.logTLS()
}

// mannered does what an opening says of records.
func (p *Peer) mannered(o Opening) {
	if o.TLS != nil && o.TLS.Record > 0 && p.secure != nil {
		p.secure.Split(o.TLS.Record)
	}
}
