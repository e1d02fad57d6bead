// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"errors"
	"fmt"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// message is the one that is coming in, in frames.
type message struct {
	inside     bool
	opcode     ws.Opcode
	compressed bool
	at         int64  // of its first frame
	gap        bool   // octets of it are missing
	size       int64  // octets until now
	data       []byte // all where it is compressed and there was room, else the beginning
	text       utf8Place
}

func (m *message) begin(h ws.Header, at int64) {
	*m = message{inside: true, opcode: h.Opcode, compressed: h.RSV&rules.RSV1 != 0, at: at, data: m.data[:0]}
}

// data takes octets of a message.
func (s *side) data(p []byte) {
	m := &s.message
	if !m.inside {
		return // a continuation of nothing
	}
	m.size += int64(len(p))
	most := s.c.opts.Payload
	if m.compressed && s.c.deflate {
		most = MaxCompressed
	} else if m.opcode == ws.Text && !m.gap && !m.compressed && s.c.foreign == "" && m.text.write(p) {
		s.c.violation(s.role, s.offset+m.text.at-m.size+int64(len(p)), m.text.rule())
	}
	m.data, _ = s.c.store(m.data, p, most) // what is not kept is not shown, or not inflated
}

// finish takes the end of a message.
func (s *side) finish() {
	m, c := &s.message, s.c
	if !m.inside {
		return
	}
	m.inside = false
	c.Messages++
	defer func() {
		if cap(m.data) > keepData {
			m.data = c.free(m.data)
		}
	}()
	shown := wirelog.Payload{Len: int(m.size), Head: append([]byte(nil), m.data[:min(len(m.data), c.opts.Payload)]...)}
	switch {
	case m.gap:
		s.lost = s.lost || m.compressed
		c.Unjudged++
		c.remark(s.role, m.at, "a message with octets missing is not judged")
		return
	case c.foreign != "":
	case m.compressed && c.deflate:
		s.inflate()
		return
	case m.opcode == ws.Text && !m.text.broken && m.text.rule() != "":
		c.violation(s.role, s.offset, m.text.rule())
	}
	c.add(Entry{Kind: Message, From: s.role, Offset: m.at, Opcode: m.opcode, Data: shown})
}

// inflate lists the blocks of a compressed message and judges what is in it.
func (s *side) inflate() {
	m, c := &s.message, s.c
	switch {
	case m.size > int64(len(m.data)):
		s.lost = true
		c.Unjudged++
		c.remark(s.role, m.at, "a compressed message of %d octets is not inflated: that is more than there is room for", m.size)
		return
	case s.lost:
		c.Unjudged++
		c.remark(s.role, m.at, "this message is not inflated, as one before it could not be")
		return
	}
	out, _, l := s.inflater.List(c.opts.Memory.plain[:0], m.data, MaxInflated, c.opts.Symbols)
	c.opts.Memory.plain = out[:0]
	c.add(Entry{Kind: Blocks, From: s.role, Offset: m.at, Note: l.String()})
	if broken, ok := errors.AsType[*deflate.DataError](l.Err); ok {
		c.violation(s.role, m.at, broken.Section+": "+l.Err.Error())
	} else if l.Err != nil {
		c.Unjudged++
		c.remark(s.role, m.at, "%v", l.Err)
	}
	if l.Err != nil && !errors.Is(l.Err, deflate.ErrTail) {
		s.lost = true
		return
	}
	if m.opcode == ws.Text {
		var text utf8Place
		text.write(out)
		if rule := text.rule(); rule != "" {
			c.violation(s.role, m.at, rule)
		}
	}
	c.add(Entry{Kind: Message, From: s.role, Offset: m.at, Opcode: m.opcode, Data: wirelog.Beginning(out, c.opts.Payload)})
}

// keepData is how much memory is kept for the next message, in octets.
const keepData = 64 << 10

// utf8Place finds where text is no UTF-8.
type utf8Place struct {
	ws.UTF8
	n      int64 // octets written
	broken bool
	at     int64 // of the octet that nothing can repair
}

// write takes the next octets and reports whether they are the ones that broke it.
func (u *utf8Place) write(p []byte) bool {
	before := u.UTF8
	switch {
	case u.broken:
		return false
	case u.Write(p):
		u.n += int64(len(p))
		return false
	}
	u.broken, u.at = true, u.n
	for before.Write(p[:1]) {
		p = p[1:]
		u.at++
	}
	return true
}

// rule says what is wrong, or nothing.
func (u *utf8Place) rule() string {
	switch {
	case u.broken:
		return fmt.Sprintf("RFC 6455, 8.1: text that is not UTF-8, from octet %d of the message on", u.at)
	case !u.Complete():
		return "RFC 6455, 8.1: text that ends inside a character"
	}
	return ""
}
