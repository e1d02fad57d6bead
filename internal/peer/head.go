// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"bytes"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Head is our half of the opening handshake, as it is about to be sent. A case
// edits it; what is left alone is what an honest endpoint would send.
type Head struct {
	Line   string     // the request or status line, without its end
	Fields ws.Fields  // in order; one without a name is a line as its value says
	Asked  ws.Request // as a server: what the client asked for
	Secure bool       // as a client: the connection is one of TLS
	Before []byte     // goes out in front of the line
	Body   []byte     // goes out behind the empty line
	Raw    []byte     // goes out in place of all this, where not nil
	Fixed  ws.Fields  // in a Tunnel, the header section that goes out in place of all this, where not nil
	Last   bool       // in a Tunnel, nothing follows: our side of the stream ends with it
	LF     bool       // lines end with LF alone

	Chop    int           // octets a write, with a moment between; 0: all in one
	Cut     int           // where not 0: the head is written up to here, from its end where negative,
	Pause   time.Duration // and the rest after so long
	Behind  []Frame       // frames in the write that ends the head
	Endless int           // octets more of the last line, which stand for the end of the head

	First   []byte // a request that is sent and answered before the head goes out
	Answers int    // HTTP answers in front of the one that counts; each is an event

	Leave bool // TCP is ended behind the head, which nobody is to answer
	Abort bool // and that by a reset

	NotJudged string // why the case cannot be played with this peer

	// As a server:
	PreviousKey string        // of the client's connection before this one, where there was one
	Wait        time.Duration // before all this goes out
	Void        bool          // it opens nothing, and every frame but a Close that comes is a breach
}

// Edit changes a Head before it is sent.
type Edit func(*Head)

// Octets is the head as it goes onto the wire.
func (h *Head) Octets() []byte {
	if h.Raw != nil {
		return h.Raw
	}
	eol := "\r\n"
	if h.LF {
		eol = "\n"
	}
	b := append(slices.Clone(h.Before), h.Line...)
	b = append(b, eol...)
	for _, f := range h.Fields {
		switch {
		case f.Name == "":
			b = append(b, f.Value...)
		case f.Value == "":
			b = append(append(b, f.Name...), ':')
		default:
			b = append(append(append(b, f.Name...), ": "...), f.Value...)
		}
		b = append(b, eol...)
	}
	if h.Endless > 0 {
		return b[:len(b)-len(eol)]
	}
	b = append(b, eol...)
	return append(b, h.Body...)
}

// edited returns the head with the edits made.
func (o Opening) edited(h Head) Head {
	for _, edit := range o.Edits {
		edit(&h)
	}
	return h
}

// sendHead sends our half of the opening handshake the way it wants to be sent and
// returns what the log keeps of it.
func (p *Peer) sendHead(h Head) []byte {
	if p.tunnel != nil {
		return p.sendSection(h)
	}
	b := h.Octets()
	parts := [][]byte{b}
	switch {
	case h.Chop > 0:
		parts = slices.Collect(slices.Chunk(b, h.Chop))
	case h.Cut > 0 && h.Cut < len(b):
		parts = [][]byte{b[:h.Cut], b[h.Cut:]}
	case h.Cut < 0 && -h.Cut < len(b):
		parts = [][]byte{b[:len(b)+h.Cut], b[len(b)+h.Cut:]}
	}
	for i, part := range parts {
		switch {
		case i > 0 && h.Chop > 0:
			p.apart(apartLimit)
		case i > 0:
			p.wait(time.Now().Add(h.Pause), nil)
		}
		if p.state == closed || p.broken {
			break
		}
		if i == len(parts)-1 && len(h.Behind) > 0 {
			p.preopen(len(part))
			p.queue = append(p.queue, outgoing{body: ws.Literal(part), n: len(part)})
			for _, f := range h.Behind {
				p.enqueue(f)
			}
			p.flush()
			break
		}
		p.rawHead(part)
	}
	for n := h.Endless; n > 0 && p.head == nil && p.state != closed && !p.broken; n -= endlessBlock {
		p.rawHead(bytes.Repeat([]byte{'a'}, min(n, endlessBlock)))
		p.drain()
	}
	return keepHead(b)
}

// endlessBlock is how many octets of an endless line go out at a time.
const endlessBlock = 16 << 10

// rawHead sends octets of a head.
func (p *Peer) rawHead(b []byte) {
	p.preopen(len(b))
	p.raw(b)
}

// preopen counts octets that are about to be sent for what they are.
func (p *Peer) preopen(n int) {
	p.log.Traffic.Out.Preopen += int64(n)
	p.log.Traffic.Out.Wire -= int64(n) // raw counts them there
}

// NotJudged notes why what the case is about cannot be seen with this peer.
func (p *Peer) NotJudged(why string) { p.record(wirelog.Record{Kind: wirelog.NotJudged, Note: why}) }

// Violation, Lapse and Note put down what a script found: a MUST that was broken, a
// SHOULD that was not followed, and what was merely seen.
func (p *Peer) Violation(what string) { p.record(wirelog.Record{Kind: wirelog.Violation, Note: what}) }

// Lapse: see Violation.
func (p *Peer) Lapse(what string) { p.record(wirelog.Record{Kind: wirelog.Lapse, Note: what}) }

// Note: see Violation.
func (p *Peer) Note(what string) { p.record(wirelog.Record{Kind: wirelog.Noted, Note: what}) }

// SendOctets puts octets onto the wire that need not be frames.
func (p *Peer) SendOctets(b []byte) {
	if p.halted || p.state == closed || p.broken {
		return
	}
	p.raw(b)
}

// EndWrite ends our half of TCP. What comes in is still handled.
func (p *Peer) EndWrite() {
	p.flushHeld()
	if p.state != closed && p.s.CloseWrite() == nil {
		p.broken = true
	}
}

// Abort resets TCP: the script is over.
func (p *Peer) Abort() { p.flushHeld(); p.drop(true) }

// Leave ends TCP in order, without a Close: the script is over.
func (p *Peer) Leave() { p.flushHeld(); p.drop(false) }

// Deaf stops the reading from TCP, or with false goes on with it.
func (p *Peer) Deaf(on bool) { p.in.hold(on) }

// ReadSlowly has each read, of 64 KiB at most, followed by a pause.
func (p *Peer) ReadSlowly(pause time.Duration) { p.in.pause.Store(int64(pause)) }

// IsClosed reports whether TCP is at its end.
func (p *Peer) IsClosed() bool { return p.state == closed }
