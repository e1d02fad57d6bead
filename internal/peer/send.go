// SPDX-License-Identifier: Apache-2.0

package peer

import (
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
	Repeat  int  // where Repeated: octets the payload is repeated and cut to
	Chop    int  // octets a write; 0 for the whole frame in one
	Sync    bool // handle what has come in after the frame, before the next

	Repeated bool
}

// outgoing is a frame on its way.
type outgoing struct {
	header []byte
	body   ws.Pattern
	key    [4]byte
	masked bool
	chop   int
	sync   bool
}

// blockSize is how many octets are masked and written at a time, where a frame
// is not chopped.
const blockSize = 64 << 10

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
		if queued = queued || f.Chop > 0 || f.Sync; !queued {
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
	h := ws.Header{Fin: !f.More, RSV: f.RSV, Opcode: f.Opcode, Length: uint64(body.Len)}
	if p.masks() {
		h.Masked, h.Key = true, p.maskKey()
	}
	logged := wirelog.Frame{Header: h, Payload: wirelog.Payload{Len: body.Len, Head: body.Beginning(wirelog.KeepPayload)}, Chop: f.Chop, Sync: f.Sync}
	if f.Repeated {
		logged.Repeat = f.Repeat
	}
	if p.state == closed || p.broken {
		p.record(wirelog.Record{Kind: wirelog.NotSent, Frame: logged})
		return
	}
	p.record(wirelog.Record{Kind: wirelog.SentFrame, Frame: logged})
	p.log.Stats.CountFrame(true, f.Opcode)
	if !f.Opcode.IsControl() {
		p.log.Traffic.Out.Frames++
	}
	p.queue = append(p.queue, &outgoing{header: h.Append(nil), body: body, key: h.Key, masked: h.Masked, chop: f.Chop, sync: f.Sync})
}

// flush writes the queue. Replies to what arrives between chops join its end, so
// that nothing is ever written into the middle of a frame.
func (p *Peer) flush() {
	if p.flushing {
		return
	}
	p.flushing = true
	defer func() { p.flushing = false }()
	for len(p.queue) > 0 {
		o := p.queue[0]
		p.queue = p.queue[1:]
		if p.state == closed || p.broken {
			continue
		}
		p.write(o)
		if o.sync {
			p.drain()
		}
	}
	p.queue = nil
	if p.dropWhenSent {
		p.drop(false)
	}
}

// write puts one frame onto the wire.
func (p *Peer) write(o *outgoing) {
	total := len(o.header) + o.body.Len
	step := blockSize
	if o.chop > 0 {
		step = o.chop
	}
	var first []byte
	for off := 0; off < total && p.state != closed; {
		block := p.block(o, off, min(total-off, max(step, blockSize/step*step)))
		if off == 0 {
			first = append(first, block[:min(len(block), wirelog.KeepOctets)]...)
		}
		for len(block) > 0 && p.state != closed {
			n := min(step, len(block))
			if !p.put(block[:n]) {
				return
			}
			if o.chop > 0 {
				p.wrote(block[:n], n)
				p.drain()
			}
			block = block[n:]
			off += n
		}
	}
	if o.chop == 0 && p.state != closed {
		p.wrote(first, total)
	}
}

// block returns n octets of the frame from off on, masked.
func (p *Peer) block(o *outgoing, off, n int) []byte {
	if cap(p.scratch) < n {
		p.scratch = make([]byte, n)
	}
	b := p.scratch[:n]
	var head int
	if off < len(o.header) {
		head = copy(b, o.header[off:])
	}
	pos := off + head - len(o.header)
	o.body.Fill(b[head:], pos)
	if o.masked {
		ws.Mask(o.key, pos, b[head:])
	}
	return b
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
	deadline := p.endBy
	if deadline.IsZero() {
		deadline = time.Now().Add(p.cfg.Patience)
	}
	_ = p.s.SetWriteDeadline(deadline) // a stream that cannot has ended
	_, err := p.s.Write(b)
	if err == nil {
		return true
	}
	p.broken = true
	if stream.IsTimeout(err) {
		p.notClean("peer did not read what we sent")
		p.log.Facts.FailedByMe = true
		p.drop(true)
	}
	return false
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
	p.state = closing
	p.enqueue(Frame{Opcode: ws.Close, Payload: payload})
	f := &p.log.Facts
	f.ClosedByMe = !reply
	f.Local.Sent = true
	code, reason, has := ws.ParseClosePayload(payload)
	f.Local.Coded, f.Local.Code, f.Local.Reason = has, code, string(reason)
	if reply {
		p.repliedT = time.Now()
	} else {
		p.closeBy = time.Now().Add(p.opts.CloseTimeout)
	}
	p.flush()
}
