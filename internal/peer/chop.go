// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// writeChopped puts one frame onto the wire a few octets at a time.
func (p *Peer) writeChopped(o outgoing) {
	block := append([]byte(nil), o.header[:o.hlen]...)
	written := 0
	for pos := 0; len(block) > 0 || pos < o.n; {
		if n := min(o.n-pos, blockSize); n > 0 {
			p.appendBody(&o, pos, n)
			block = append(block, p.unwritten...)
			p.unwritten = p.unwritten[:0]
			pos += n
		}
		for len(block) > 0 {
			n := min(o.part(written), len(block))
			if n == len(block) && n < o.part(written) && pos < o.n {
				break // the rest of the part comes with the next block
			}
			if p.state == closed || !p.put(block[:n]) {
				return
			}
			p.wrote(block[:n], n)
			block = block[n:]
			written += n
			p.betweenParts(o, written)
		}
	}
}

// part is how many octets of the frame the write has that begins behind the first
// written ones.
func (o outgoing) part(written int) int {
	switch from, to := o.cut[0], o.cut[1]; {
	case o.chop > 0:
		return o.chop
	case written < from:
		return from - written
	case written < to:
		return 1
	}
	return o.hlen + o.n - written
}

// betweenParts leaves a frame's next part until it is time for it. Of chopped frames
// only as much comes apart for certain as a header may have: they can be megabytes.
func (p *Peer) betweenParts(o outgoing, written int) {
	switch {
	case written == o.hlen+o.n && o.chop == 0:
		p.drain()
	case o.gap > 0:
		p.wait(time.Now().Add(o.gap), nil)
	case o.chop == 0 || written <= ws.MaxHeaderLen:
		p.apart(o.patience())
	default:
		p.drain()
	}
}

// patience is how long the peer is waited for behind a part of the frame. Behind the first
// of several chopped frames, which the cases of the reference have, it is no longer than
// there: how much of that one the peer has echoed before the next fails the connection is a
// part of their verdicts.
func (o outgoing) patience() time.Duration {
	if o.chop > 0 && o.hasty {
		return apartHaste
	}
	return apartLimit
}

// How long a peer gets to read what was written before the next octets follow.
const (
	apartStep  = 50 * time.Microsecond  // between two looks, at most; the first are as soon as others have had their turn
	apartHaste = 150 * time.Microsecond // where the reference leaves a moment, however long reading takes
	apartPause = time.Millisecond       // where the look does not tell all
	apartLimit = 500 * time.Millisecond // for a peer that does not read
)

// AwaitRead waits until the other side has read what was sent, as far as that can be
// seen, so that what the script does next does not come before it.
func (p *Peer) AwaitRead() {
	if !p.halted {
		p.apart(apartLimit)
	}
}

// apart waits until the peer has read what was written, so that it gets what
// follows in a read of its own. Where that cannot be seen, it waits until nothing is
// on its way and a moment longer. A peer that reads nothing is waited for once.
func (p *Peer) apart(limit time.Duration) {
	p.drain()
	if !p.cfg.ChopPause {
		return
	}
	step := time.Nanosecond
	for until := time.Now().Add(limit); p.state != closed; step = min(2*step, apartStep) {
		octets, sure := p.s.Unread()
		switch {
		case octets == 0 && !sure:
			p.wait(time.Now().Add(apartPause), nil)
			return
		case octets == 0:
			return
		case time.Now().After(until):
			p.cfg.ChopPause = limit < apartLimit
			return
		}
		p.wait(time.Now().Add(step), nil)
	}
}
