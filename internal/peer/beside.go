// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A branching is a Tunnel on whose connection more streams can be opened.
type branching interface {
	Branch(context.Context) (stream.Stream, error)
}

// within is the first of a stream and those that it wraps which can do something: see TunnelOf.
func within[T any](s stream.Stream) (able T, ok bool) {
	for {
		if able, ok = s.(T); ok {
			return able, true
		}
		w, wraps := s.(interface{ Unwrap() stream.Stream })
		if !wraps {
			return able, false
		}
		s = w.Unwrap()
	}
}

// Beside is one more request on the HTTP connection that a Peer is a stream of. A script
// talks on it in plain octets, and nothing of it is judged by itself: what it finds is for the
// script to put down. Once something has gone wrong all methods fail.
type Beside struct {
	p    *Peer
	s    stream.Stream
	t    Tunnel
	err  error
	cut  parser
	more []item // what has come and was not asked for yet
}

// What a Beside has patience with.
const (
	besidePatience = 5 * time.Second // with what has to come
	besideInterim  = 10              // with answers in front of the final one
)

// Beside sends a request beside ours, for the same resource, changed by the edit where that is not
// nil. It ends with the script.
func (p *Peer) Beside(edit func(ws.Fields) ws.Fields) *Beside {
	b := &Beside{p: p, cut: parser{role: ws.Client, limit: 1 << 20, opened: true}}
	branch, ok := within[branching](p.s)
	if !ok {
		b.err = errNoStreams
		return b
	}
	ctx, cancel := context.WithTimeout(p.ctx, besidePatience)
	defer cancel()
	if b.s, b.err = branch.Branch(ctx); b.err != nil {
		return b
	}
	p.besides = append(p.besides, b)
	b.t = TunnelOf(b.s)
	b.t.Watch(p.in.below)
	section := slices.Clone(p.section).Without("sec-websocket-extensions")
	if edit != nil {
		section = edit(section)
	}
	b.err = b.t.WriteHead(section)
	return b
}

// Err is what has gone wrong so far: nil where nothing has.
func (b *Beside) Err() error { return b.err }

// Status waits for the answer and returns its status, 0 where there is none.
func (b *Beside) Status() int {
	if b.err != nil {
		return 0
	}
	_ = b.s.SetReadDeadline(time.Now().Add(besidePatience)) // one that cannot has ended
	var answer ws.Fields
	for range besideInterim {
		if answer, b.err = b.t.ReadHead(); b.err != nil {
			return 0
		}
		if answer.StatusOf()/100 != 1 {
			break
		}
	}
	return answer.StatusOf()
}

// Send sends frames, masked as a client has to.
func (b *Beside) Send(frames ...Frame) {
	var octets []byte
	for _, f := range frames {
		body := f.pattern()
		h := ws.Header{Fin: !f.More, RSV: f.RSV, Opcode: f.Opcode, Length: uint64(body.Len), Masked: true, Key: b.p.maskKey()}
		octets = h.Append(octets)
		at := len(octets)
		octets = append(octets, body.Beginning(body.Len)...)
		ws.Mask(h.Key, 0, octets[at:])
	}
	b.SendOctets(octets)
}

// SendOctets sends octets that need not be frames.
func (b *Beside) SendOctets(octets []byte) {
	if b.err == nil {
		_ = b.s.SetWriteDeadline(time.Now().Add(besidePatience)) // one that cannot has ended
		_, b.err = b.s.Write(octets)
	}
}

// Echoes sends a message and reports whether it comes back. Control frames are passed over.
func (b *Beside) Echoes(message string) bool {
	b.Send(Frame{Opcode: ws.Text, Payload: []byte(message)})
	var got []byte
	for b.err == nil {
		it, ok := b.frame()
		switch {
		case !ok:
		case it.header.Opcode == ws.Close:
			b.err = errors.New("a Close came")
		case it.header.Opcode == ws.Text || it.header.Opcode == ws.Continuation:
			if got = append(got, it.data...); it.header.Fin {
				return bytes.Equal(got, []byte(message))
			}
		}
	}
	return false
}

// frame reads the next frame.
func (b *Beside) frame() (item, bool) {
	for len(b.more) == 0 && b.err == nil {
		buf := make([]byte, readLow)
		_ = b.s.SetReadDeadline(time.Now().Add(besidePatience)) // one that cannot has ended
		n, err := b.s.Read(buf)
		b.more = b.cut.feed(b.more, time.Now(), buf[:n])
		b.err = err
	}
	if len(b.more) == 0 {
		return item{}, false
	}
	it := b.more[0]
	b.more = b.more[1:]
	return it, true
}

// Ends reads to the end of the stream and reports whether there is one: in order, or a reset of the
// stream or of the connection.
func (b *Beside) Ends() bool {
	for b.err == nil {
		b.frame()
	}
	return errors.Is(b.err, io.EOF) || stream.IsReset(b.err)
}

// Finish ends our side in order.
func (b *Beside) Finish() {
	if b.err == nil {
		b.err = b.s.CloseWrite()
	}
}

// Cut resets our side of the stream, and goes on reading.
func (b *Beside) Cut() {
	if c, ok := within[interface{ CutSending() }](b.s); ok && b.err == nil {
		c.CutSending()
	}
}

// Deafen tells the other side that we read no more, which ends its side, and reports whether it
// has.
func (b *Beside) Deafen() bool {
	s, ok := within[interface{ StopSending() <-chan struct{} }](b.s)
	if b.err != nil || !ok {
		return false
	}
	b.err = net.ErrClosed
	select {
	case <-s.StopSending():
		return true
	case <-time.After(besidePatience):
		return false
	}
}

// close lets go of the stream.
func (b *Beside) close() {
	b.t.Watch(nil)
	_ = b.s.Close()
}

// CutSending resets our side of the stream that the connection is, and goes on reading.
func (p *Peer) CutSending() {
	p.flushHeld()
	if c, ok := within[interface{ CutSending() }](p.s); ok && p.state != closed {
		c.CutSending()
		p.broken = true
	}
}

// SendUnknown sends a frame of HTTP/3 on the stream whose type nobody knows: the n-th of
// those that exist for that (RFC 9114, 7.2.8).
func (p *Peer) SendUnknown(n uint64, payload []byte) {
	if u, ok := within[interface {
		SendUnknown(n uint64, payload []byte) error
	}](p.s); ok && !p.halted && p.state != closed && !p.broken {
		p.broken = u.SendUnknown(n, payload) != nil
	}
}

// SendUnknownStream opens a unidirectional stream of HTTP/3 of a type that nobody knows
// (RFC 9114, 6.2.3).
func (p *Peer) SendUnknownStream(n uint64, octets []byte) {
	if u, ok := within[interface {
		SendUnknownStream(n uint64, octets []byte) error
	}](p.s); ok && !p.halted && p.state != closed && !p.broken {
		p.broken = u.SendUnknownStream(n, octets) != nil
	}
}

// HTTPFrames are the frames of HTTP/2 or HTTP/3 in the log so far that came from the other side, of the
// type.
func (p *Peer) HTTPFrames(frameType string) []*wirelog.HTTPFrame {
	p.drain()
	var all []*wirelog.HTTPFrame
	for _, r := range p.log.Records {
		if r.Kind == wirelog.ReceivedHTTP && r.HTTP.Type == frameType {
			all = append(all, r.HTTP)
		}
	}
	return all
}
