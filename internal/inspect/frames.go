// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// side is what one endpoint sends.
type side struct {
	c      *Connection
	role   ws.Role
	offset int64 // octets taken
	ended  bool
	frames bool   // the opening handshake is over
	asked  bool   // its own half of it is
	blind  string // why nothing more can be read, empty while it can
	early  []byte // sent before the answer to the handshake

	pending  []byte // of a head or a frame header that is not all there
	frame    frame
	message  message
	closed   bool // it has sent a Close
	inflater *deflate.Inflater
	lost     bool // the inflater has not got all messages
}

// frame is the one that is coming in.
type frame struct {
	inside bool
	header ws.Header
	entry  int    // of it, or -1
	at     int64  // of its header
	start  int64  // of its payload
	left   uint64 // octets of payload to come
	gone   int64  // octets of it that are missing
	head   []byte // the beginning of the payload, all of it where this is a control frame
}

// keep is how much of a payload is needed: what is shown of it, and all of that of a
// control frame.
func (s *side) keep() int { return max(s.c.opts.Payload, ws.MaxControlPayload) }

func (s *side) feed(p []byte) {
	for len(p) > 0 && s.c.Refused == "" && s.blind == "" && !s.ended {
		switch {
		case s.frames && s.frame.inside:
			p = s.payload(p)
		case s.frames:
			p = s.header(p)
		case s.asked:
			s.wait(p)
			p = nil
		default:
			p = s.takeHead(p)
		}
	}
	s.offset += int64(len(p))
}

// wait keeps what a client sends before it has an answer.
func (s *side) wait(p []byte) {
	var fits bool
	if s.early, fits = s.c.store(s.early, p, maxEarly); !fits {
		s.giveUp(fmt.Sprintf("more than %d octets before the answer to the opening handshake", maxEarly))
	}
}

// giveUp stops looking at what the side sends.
func (s *side) giveUp(why string) {
	s.blind = why
	s.early = s.c.free(s.early)
	s.c.Unjudged++
	s.c.remark(s.role, s.offset, "%s: the rest of what the %v sends is not looked at", why, s.role)
}

// header reads a frame header and returns what follows it.
func (s *side) header(p []byte) []byte {
	had := len(s.pending)
	s.pending = append(s.pending, p[:min(len(p), ws.MaxHeaderLen-had)]...)
	h, n := ws.ParseHeader(s.pending)
	if n == 0 {
		s.offset += int64(len(p))
		return nil
	}
	s.pending = s.pending[:0]
	s.offset += int64(n - had)
	s.begin(h, n)
	return p[n-had:]
}

// begin takes a frame of which the header is there.
func (s *side) begin(h ws.Header, size int) {
	c, at := s.c, s.offset-int64(size)
	c.Frames++
	s.frame = frame{inside: true, header: h, at: at, start: s.offset, left: h.Length, head: s.frame.head[:0]}
	s.frame.entry = c.add(Entry{Kind: Frame, From: s.role, Offset: at, Frame: wirelog.Frame{Header: h}, HeaderLen: size})
	if c.guess && h.RSV == rules.RSV1 && (h.Opcode == ws.Text || h.Opcode == ws.Binary) {
		c.guess = false
		c.agree(deflate.Answer{})
		c.remark(s.role, at, "RSV1 is set: permessage-deflate without parameters is assumed")
	}
	if c.foreign != "" {
		h.RSV = 0
	}
	for _, v := range s.sender().Broken(h) {
		c.violation(s.role, at, v.Rule)
	}
	if h.Opcode == ws.Text || h.Opcode == ws.Binary {
		s.message.begin(h, at)
	}
	if s.frame.left == 0 {
		s.complete()
	}
}

// maxPiece is how many octets of a payload are dealt with at a time.
const maxPiece = 64 << 10

// payload reads octets of the frame and returns what follows it.
func (s *side) payload(p []byte) []byte {
	f := &s.frame
	n := int(min(uint64(min(len(p), maxPiece)), f.left))
	octets := p[:n]
	pos := f.header.Length - f.left
	if f.header.Masked {
		octets = append(s.c.opts.Memory.unmasked[:0], octets...)
		s.c.opts.Memory.unmasked = octets
		ws.Mask(f.header.Key, int(pos&3), octets)
	}
	if room := s.keep() - len(f.head); room > 0 && f.gone == 0 {
		f.head = append(f.head, octets[:min(len(octets), room)]...)
	}
	if !f.header.Opcode.IsControl() && !f.header.Opcode.IsReserved() {
		s.data(octets)
	}
	s.offset += int64(n)
	f.left -= uint64(n)
	s.show()
	if f.left == 0 {
		s.complete()
	}
	return p[n:]
}

// show keeps the entry of the frame true.
func (s *side) show() {
	if f := &s.frame; f.entry >= 0 {
		shown := min(len(f.head), s.c.opts.Payload)
		s.c.Entries[f.entry].Frame.Payload = wirelog.Payload{Len: int(f.header.Length - f.left), Head: append([]byte(nil), f.head[:shown]...)}
	}
}

// complete takes the end of a frame.
func (s *side) complete() {
	f := &s.frame
	f.inside = false
	s.show()
	s.tellGap()
	switch op := f.header.Opcode; {
	case op == ws.Close:
		s.closed = true
		if f.gone > 0 {
			s.c.Unjudged++
			return
		}
		if v, broken := rules.ClosePayload(f.head); broken {
			s.c.violation(s.role, f.start, v.Rule)
		}
		s.c.add(Entry{Kind: Message, From: s.role, Offset: f.at, Opcode: op, Data: wirelog.Whole(append([]byte(nil), f.head...))})
	case !op.IsControl() && !op.IsReserved() && f.header.Fin:
		s.finish()
	}
}

// tellGap says how much of the frame is missing.
func (s *side) tellGap() {
	if n := s.frame.gone; n > 0 {
		s.c.remark(s.role, s.frame.at, "%s of the payload missing", count(int(n), "octet"))
	}
}

// missing takes note of a gap of n octets: where it lies within the payload of a frame,
// what follows can still be read.
func (s *side) missing(n int64) {
	if s.ended || s.blind != "" || s.c.Refused != "" {
		s.offset += n
		return
	}
	if f := &s.frame; s.frames && f.inside && uint64(n) <= f.left {
		f.gone += n
		s.message.gap = s.message.gap || !f.header.Opcode.IsControl()
		s.message.size += n
		s.offset += n
		if f.left -= uint64(n); f.left == 0 {
			s.complete()
		}
		return
	}
	s.giveUp(fmt.Sprintf("%d octets are missing", n))
	s.offset += n
}

// end takes the end of what the side sends.
func (s *side) end() {
	if s.ended {
		return
	}
	s.ended = true
	if s.blind != "" || s.c.Refused != "" {
		return
	}
	switch f := &s.frame; {
	case s.frames && f.inside:
		s.tellGap()
		s.c.Unjudged++
		s.c.remark(s.role, s.offset, "the octets end %d octets before the end of a frame", f.left)
	case s.frames && len(s.pending) > 0:
		s.c.Unjudged++
		s.c.remark(s.role, s.offset, "the octets end within the header of a frame")
	case len(s.pending) > 0:
		s.c.refuse("the %v's octets end within the HTTP head", s.role)
	case s.message.inside:
		s.c.Unjudged++
		s.c.remark(s.role, s.offset, "the octets end before the last frame of a message")
	}
}
