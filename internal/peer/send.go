// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Frame is a frame as a script wants it sent. The zero value of each field is
// what an honest endpoint would do.
type Frame struct {
	Opcode  ws.Opcode
	More    bool  // FIN off: fragments follow
	RSV     uint8 // RSV1 = 4, RSV2 = 2, RSV3 = 1
	Payload []byte
	Repeat  int           // where Repeated: octets the payload is repeated and cut to
	Chop    int           // octets a write; 0 for the whole frame in one
	Cut     [2]int        // writes end at each of these offsets of the frame, from the first to the last
	Gap     time.Duration // between the writes of a chopped frame; 0: until each has been read
	Sync    bool          // handle what has come in after the frame, before the next
	Mask    *[4]byte      // the masking key, whichever side we are; nil: as the side has to
	Plain   bool          // not masked, whichever side we are

	Form     ws.LengthForm // of the length on the wire; zero: the shortest
	Declared *uint64       // the length that the header declares; nil: that of the payload

	Repeated bool
}

// outgoing is a frame on its way: a header and the part of body from from on
// that is n octets long.
type outgoing struct {
	header  [ws.MaxHeaderLen]byte
	hlen    int
	body    ws.Pattern
	from, n int
	key     [4]byte
	masked  bool
	chop    int
	cut     [2]int
	gap     time.Duration
	hasty   bool // the frame in front of it was chopped, too
	sync    bool
}

// inParts reports whether the frame is written in several parts.
func (o outgoing) inParts() bool { return o.chop > 0 || o.cut[1] > 0 }

// blockSize is how many octets are masked and written at a time, where a frame
// is not chopped.
const blockSize = 64 << 10

// SendTogether sends frames in one write, as far as they fit into one and are not
// chopped.
func (p *Peer) SendTogether(frames ...Frame) {
	if p.halted {
		return
	}
	for _, f := range frames {
		p.enqueue(f)
	}
	p.flush()
}

// Send sends frames, in any state until TCP is closed (RFC 6455 has no say in
// what a tester sends). From the first chopped or synchronous frame on they are
// one queue: what arrives between chops and after synchronous frames is handled
// there and then, and answered behind the last of them.
func (p *Peer) Send(frames ...Frame) {
	if p.halted {
		return
	}
	queued := false
	for _, f := range frames {
		p.enqueue(f)
		if queued = queued || f.Chop > 0 || f.Cut[1] > 0 || f.Sync; !queued {
			p.flush()
		}
	}
	p.flush()
}

// pattern is the frame's payload as it goes out.
func (f Frame) pattern() ws.Pattern {
	if f.Repeated {
		return ws.Pattern{Unit: f.Payload, Len: f.Repeat}
	}
	return ws.Pattern{Unit: f.Payload, Len: len(f.Payload)}
}

// enqueue logs a frame and puts it behind those that wait.
func (p *Peer) enqueue(f Frame) {
	body := f.pattern()
	p.enqueuePart(f, body, 0, body.Len)
}

// enqueuePart is enqueue with n octets of body from from on as the payload.
func (p *Peer) enqueuePart(f Frame, body ws.Pattern, from, n int) {
	o := outgoing{body: body, from: from, n: n, chop: f.Chop, cut: f.Cut, gap: f.Gap, sync: f.Sync}
	h := ws.Header{Fin: !f.More, RSV: f.RSV, Opcode: f.Opcode, Length: uint64(n), Form: f.Form}
	if f.Declared != nil {
		h.Length = *f.Declared
	}
	switch {
	case f.Plain:
	case f.Mask != nil:
		h.Masked, h.Key = true, *f.Mask
	case p.masks():
		h.Masked, h.Key = true, p.maskKey()
	}
	if h.Masked {
		o.masked, o.key = true, h.Key
	}
	gone := p.state == closed || p.broken
	if gone || p.logs(h.Opcode) {
		head := make([]byte, min(n, wirelog.KeepPayload))
		body.Fill(head, from)
		logged := wirelog.Frame{Header: h, Payload: wirelog.Payload{Len: n, Head: head}, Chop: f.Chop, Cut: f.Cut, Gap: f.Gap, Sync: f.Sync}
		if f.Repeated {
			logged.Repeat = f.Repeat
		}
		kind := wirelog.SentFrame
		if gone {
			kind = wirelog.NotSent
		}
		p.record(wirelog.Record{Kind: kind, Frame: logged})
	}
	if gone {
		return
	}
	p.listSent(h, body, from, n)
	p.expectPong(f.Opcode, body)
	p.log.Stats.CountFrame(true, f.Opcode)
	if !f.Opcode.IsControl() {
		p.log.Traffic.Out.Frames++
	}
	o.hlen = len(h.Append(o.header[:0]))
	p.queue = append(p.queue, o)
}

// expectPong takes note of what a Pong may answer.
func (p *Peer) expectPong(op ws.Opcode, body ws.Pattern) {
	switch op {
	case ws.Ping:
		p.pings[string(body.Beginning(body.Len))]++
	case ws.Pong:
		p.ponged[string(body.Beginning(body.Len))] = true
	}
}

// flush writes the queue. Frames that are neither chopped nor synchronous share
// writes, as they would in the reference's transport. Replies to what arrives
// between chops join the end, so that nothing is ever written into the middle of a
// frame.
func (p *Peer) flush() {
	if p.flushing {
		return
	}
	p.flushing = true
	defer func() { p.flushing = false }()
	for i := 0; i < len(p.queue) && p.state != closed && !p.broken; i++ {
		o := p.queue[i]
		if o.inParts() {
			p.writeOut()
			o.hasty = i > 0 && p.queue[i-1].chop > 0
			p.writeChopped(o)
			if i+1 < len(p.queue) && p.queue[i+1].inParts() {
				o.hasty = p.queue[i+1].chop > 0
				p.apart(o.patience())
			}
			continue
		}
		p.gather(o)
		if o.sync {
			p.writeOut()
			p.drain()
		}
	}
	p.queue = p.queue[:0]
	p.writeOut()
	if p.dropWhenSent {
		p.dropWhenSent = false
		p.endOurs()
	}
}

// gather adds a frame to what is about to be written.
func (p *Peer) gather(o outgoing) {
	if len(p.unwritten)+o.hlen+min(o.n, wirelog.KeepOctets) > blockSize {
		p.writeOut()
	}
	start := len(p.unwritten)
	p.unwritten = append(p.unwritten, o.header[:o.hlen]...)
	pos := min(o.n, blockSize-len(p.unwritten))
	p.appendBody(&o, 0, pos)
	first := slices.Clone(p.unwritten[start:][:min(len(p.unwritten)-start, wirelog.KeepOctets)])
	for pos < o.n {
		p.writeOut()
		n := min(o.n-pos, blockSize)
		p.appendBody(&o, pos, n)
		pos += n
	}
	if p.state != closed {
		p.wrote(first, o.hlen+o.n)
	}
}

// appendBody appends n octets of the frame's payload from pos on, masked.
func (p *Peer) appendBody(o *outgoing, pos, n int) {
	if n == 0 {
		return
	}
	at := len(p.unwritten)
	p.unwritten = slices.Grow(p.unwritten, n)[:at+n]
	o.body.Fill(p.unwritten[at:], o.from+pos)
	if o.masked {
		ws.Mask(o.key, pos, p.unwritten[at:])
	}
}

// writeOut writes what was gathered.
func (p *Peer) writeOut() {
	if len(p.unwritten) > 0 && p.state != closed && !p.broken {
		p.put(p.unwritten)
	}
	p.unwritten = p.unwritten[:0]
}

// wrote counts and logs one write as the script meant it.
func (p *Peer) wrote(first []byte, n int) {
	p.log.Stats.CountOctets(true, n)
	p.log.Traffic.Out.Wire += int64(n)
	if !p.log.IsMuted() {
		data := wirelog.Beginning(first, wirelog.KeepOctets)
		data.Len = n
		p.record(wirelog.Record{Kind: wirelog.SentOctets, Data: data})
	}
}

// put writes octets. It reports false where the connection is of no more use:
// the peer is gone, or has not read for longer than our patience.
func (p *Peer) put(b []byte) bool {
	p.awaitTurn()
	err := p.writeInTime(b)
	if err == nil {
		return true
	}
	p.broken = true
	if stream.IsTimeout(err) {
		if p.paced() {
			p.log.Echo.Stalled = p.stallLimit()
		}
		p.drain() // it may have said why: a stream of HTTP/3 that nobody reads ends our writes no sooner
		if p.state == closed {
			return false
		}
		p.notClean("peer did not read what we sent")
		p.log.Facts.FailedByMe = true
		p.drop(true)
	}
	return false
}

// awaitTurn waits until the stream lets us write, where it does so only by turns. That
// is no time of the other side's.
func (p *Peer) awaitTurn() {
	if t, ok := p.s.(interface{ AwaitTurn() }); ok {
		from := time.Now()
		t.AwaitTurn()
		p.postpone(time.Since(from))
	}
}

// writeInTime writes octets for as long as our patience lasts. Time in which we lost the processor is
// none: the deadline may be over before we got to writing at all.
func (p *Peer) writeInTime(b []byte) error {
	by := p.writeBy()
	for paced := p.paced(); ; {
		_ = p.s.SetWriteDeadline(by) // a stream that cannot has ended
		n, err := p.s.Write(b)
		if !stream.IsTimeout(err) {
			return err
		}
		b = b[n:]
		now := time.Now()
		lost := p.lateness(now)
		p.postpone(lost)
		switch {
		case lost > 0:
			by = now.Add(lost)
		case paced && n > 0 && now.Before(p.pace.last): // it reads, however slowly
			by = p.writeBy()
		default:
			return err
		}
	}
}

// SendClose sends a Close frame with any payload, legal or not, and begins the
// closing handshake. It does nothing unless the connection is open.
func (p *Peer) SendClose(payload []byte) {
	if !p.IsOpen() {
		return
	}
	p.sendClose(payload, false)
}

// Close begins the closing handshake with a code and no reason.
func (p *Peer) Close(code ws.CloseCode) { p.SendClose(ws.AppendClosePayload(nil, code, "")) }

func (p *Peer) sendClose(payload []byte, reply bool) {
	if p.state != open {
		return
	}
	p.enqueue(Frame{Opcode: ws.Close, Payload: payload})
	p.closingWith(payload, reply)
	p.flush()
}
