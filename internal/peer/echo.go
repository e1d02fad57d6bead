// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Message is a message as a script wants it sent.
type Message struct {
	Binary   bool
	Data     ws.Pattern
	Fragment int // octets of payload a frame; 0 for one frame, or what the options say
}

// echoing compares what comes back with what was sent.
type echoing struct {
	log  *wirelog.Log
	want []Message // that are awaited, in order
}

// SendMessage sends a message, while the connection is open. A message longer
// than a fragment is cut into frames of that size; the last frame holds the rest,
// which is nothing where the size divides the length.
func (p *Peer) SendMessage(m Message) {
	if !p.IsOpen() {
		return
	}
	op := ws.Text
	if m.Binary {
		op = ws.Binary
	}
	t := &p.log.Traffic.Out
	t.Messages++
	t.App += int64(m.Data.Len)
	var rsv uint8
	data := m.Data
	if p.codec != nil {
		data, rsv = ws.Literal(p.codec.deflate(data)), rules.RSV1
		t.Deflated++
	}
	t.WebSocket += int64(data.Len)
	size := m.Fragment
	if size == 0 {
		size = p.opts.AutoFragment
	}
	if size == 0 || data.Len <= size {
		p.Send(Frame{Opcode: op, RSV: rsv, Payload: data.Unit, Repeat: data.Len, Repeated: data.Len != len(data.Unit)})
		return
	}
	for off := 0; ; off += size {
		n := min(size, data.Len-off)
		last := off+size > data.Len
		p.enqueuePart(Frame{Opcode: op, RSV: rsv, More: !last}, data, off, n)
		if last || len(p.queue) == maxQueue {
			p.flush()
		}
		if last {
			return
		}
		op, rsv = ws.Continuation, 0
	}
}

// maxQueue bounds how many frames of a message wait to be written together.
const maxQueue = 1024

// Echo sends a message and waits until it has come back, the connection is no
// longer open, or patience ends: what EndAfter set, with a look at the pace (see
// Config.Stall), or else Config.Patience. It
// reports whether the very same octets came back, with the same type; the log
// keeps count and the first difference.
func (p *Peer) Echo(m Message) bool {
	if !p.expect(m) {
		return false
	}
	p.SendMessage(m)
	return p.awaitEcho()
}

// EchoFrame is Echo for a message that goes out as one given frame.
func (p *Peer) EchoFrame(f Frame) bool {
	if !p.expectFrame(f) {
		return false
	}
	p.Send(f)
	return p.awaitEcho()
}

// mostPatience is how long EchoAll waits at most, however much comes back meanwhile.
const mostPatience = 2 * time.Minute

// EchoAll is Echo for several messages, each in one frame or in fragments, that go out
// one behind the other before any of them has to be back. Patience is for each of them,
// from when the one before has come.
func (p *Peer) EchoAll(patience time.Duration, fs ...Frame) bool {
	if !p.expectAll(fs) {
		return false
	}
	p.SendTogether(fs...)
	return p.awaitAll(patience)
}

// EchoAllOf is EchoAll for frames that say what messages are, without having their
// octets: what is to come back is given beside them.
func (p *Peer) EchoAllOf(patience time.Duration, messages []Message, fs ...Frame) bool {
	for _, m := range messages {
		if !p.expect(m) {
			return false
		}
	}
	p.SendTogether(fs...)
	return p.awaitAll(patience)
}

// expectAll expects the messages that the frames are.
func (p *Peer) expectAll(fs []Frame) bool {
	var whole []byte // of a message in fragments
	var first Frame
	for _, f := range fs {
		switch {
		case f.Opcode.IsControl():
			continue
		case f.Opcode != ws.Continuation:
			whole, first = nil, f
		}
		if !f.More && f.Opcode != ws.Continuation {
			if !p.expectFrame(f) {
				return false
			}
			continue
		}
		whole = append(whole, f.pattern().Beginning(f.pattern().Len)...)
		if !f.More && !p.expectFrame(Frame{Opcode: first.Opcode, Payload: whole}) {
			return false
		}
	}
	return true
}

// awaitAll waits until all that is expected is back, as long as each message comes
// within the patience behind the one before.
func (p *Peer) awaitAll(patience time.Duration) bool {
	for last := time.Now().Add(mostPatience); p.echoes() && time.Now().Before(last); {
		n := p.log.Echo.Matched
		p.wait(time.Now().Add(patience), func() bool { return p.log.Echo.Matched > n || !p.echoes() })
		if p.log.Echo.Matched == n {
			break
		}
	}
	return p.allBack()
}

func (p *Peer) expectFrame(f Frame) bool {
	m := Message{Binary: f.Opcode == ws.Binary, Data: f.pattern()}
	if !p.expect(m) {
		return false
	}
	p.log.Traffic.Out.Messages++
	p.log.Traffic.Out.App += int64(m.Data.Len)
	p.log.Traffic.Out.WebSocket += int64(m.Data.Len)
	return true
}

func (p *Peer) expect(m Message) bool {
	if !p.IsOpen() {
		return false
	}
	if p.echo == nil {
		p.echo = &echoing{log: p.log}
	}
	if p.codec != nil {
		p.codec.reuse = true
	}
	p.echo.want = append(p.echo.want, m)
	p.log.Echo.Sent++
	if p.paced() {
		p.keepPace()
	}
	return true
}

func (p *Peer) awaitEcho() bool {
	if p.paced() {
		p.awaitSteady()
		return p.allBack()
	}
	var until time.Time
	if !p.hasEnd {
		until = time.Now().Add(p.cfg.Patience)
	}
	p.wait(until, func() bool { return !p.echoes() })
	return p.allBack()
}

// StopComparing has messages be events again, after an Echo.
func (p *Peer) StopComparing() { p.echo = nil }

// echoes reports whether there are echoes to wait for.
func (p *Peer) echoes() bool {
	return len(p.echo.want) > 0 && p.log.Echo.Difference == "" && p.state == open
}

// allBack reports whether every message has come back as it was.
func (p *Peer) allBack() bool { return len(p.echo.want) == 0 && p.log.Echo.Difference == "" }

// compare takes a message that came while echoes are counted.
func (e *echoing) compare(binary bool, data []byte) {
	tally := &e.log.Echo
	if tally.Difference != "" {
		return
	}
	if len(e.want) == 0 {
		tally.Difference = fmt.Sprintf("a message of %d octets that was no answer to ours", len(data))
		return
	}
	want := e.want[0]
	e.want = e.want[1:]
	if tally.Difference = want.difference(binary, data); tally.Difference == "" {
		tally.Matched++
	} else if c, differs := want.Data.Contrast(data); differs && binary == want.Binary {
		e.log.Contrast = c.String()
	}
}

// difference says how an echo differs from m, or nothing.
func (m Message) difference(binary bool, data []byte) string {
	name := func(binary bool) string {
		if binary {
			return "binary"
		}
		return "text"
	}
	if binary != m.Binary {
		return fmt.Sprintf("expected a %s message of %d octets, received a %s message of %d octets", name(m.Binary), m.Data.Len, name(binary), len(data))
	}
	at := m.Data.Differ(data)
	switch {
	case at < 0:
		return ""
	case len(data) != m.Data.Len:
		return fmt.Sprintf("expected a %s message of %d octets, received %d octets; the first difference is at offset %d", name(binary), m.Data.Len, len(data), at)
	}
	want := make([]byte, 1)
	m.Data.Fill(want, at)
	return fmt.Sprintf("octet %d of %d of the echo is 0x%02x and should be 0x%02x", at, len(data), data[at], want[0])
}

// streaming is a message that is sent in pieces of frames.
type streaming struct {
	begun  bool // a frame has been written in pieces: where it ends is the script's business
	key    [4]byte
	masked bool
	pos    int
}

// BeginFrame sends the header of a text frame that declares n octets and is not
// the last of its message. Its payload follows with FrameData.
func (p *Peer) BeginFrame(n int) {
	if !p.IsOpen() {
		return
	}
	h := ws.Header{Opcode: ws.Text, Length: uint64(n)}
	if p.masks() {
		h.Masked, h.Key = true, p.maskKey()
	}
	p.streamed = streaming{begun: true, key: h.Key, masked: h.Masked}
	p.record(wirelog.Record{Kind: wirelog.SentFrame, Frame: wirelog.Frame{Header: h}})
	p.log.Stats.CountFrame(true, ws.Text)
	p.raw(h.Append(nil))
}

// FrameData sends a part of the payload that BeginFrame announced.
func (p *Peer) FrameData(b []byte) {
	if !p.IsOpen() {
		return
	}
	part := append([]byte(nil), b...)
	if p.streamed.masked {
		ws.Mask(p.streamed.key, p.streamed.pos, part)
	}
	p.streamed.pos += len(b)
	p.raw(part)
}

// raw writes octets as they are.
func (p *Peer) raw(b []byte) {
	p.queue = append(p.queue, outgoing{body: ws.Literal(b), n: len(b)})
	p.flush()
}
