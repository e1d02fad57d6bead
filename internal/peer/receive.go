// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// assembly is the message that is coming in, in fragments.
type assembly struct {
	inside     bool
	binary     bool
	compressed bool
	data       []byte
	text       ws.UTF8
}

// drain handles what has come in, without waiting. What came right behind the
// other side's half of the opening handshake is left until we have judged that,
// and the end of input until what we were sending is out: the other side may have
// closed right behind its Close, and that is still to be answered.
func (p *Peer) drain() {
	if p.next == len(p.items) {
		p.items, p.next = p.in.take(p.items), 0
	}
	for p.next < len(p.items) && p.state != closed && (p.state != connecting || p.head == nil) {
		if p.flushing && p.items[p.next].kind == gotEnd {
			return
		}
		p.next++
		p.handle(p.items[p.next-1])
	}
}

func (p *Peer) handle(it item) {
	switch it.kind {
	case gotChunk:
		p.log.Stats.CountOctets(false, it.size)
		if p.state == connecting {
			p.log.Traffic.In.Preopen += int64(it.size)
		} else {
			p.log.Traffic.In.Wire += int64(it.size)
		}
		p.log.Add(it.at, wirelog.Record{Kind: wirelog.ReceivedOctets, Data: wirelog.Payload{Len: it.size, Head: it.data}})
	case gotHead:
		p.head = &it
		t := &p.log.Traffic.In
		if p.tunnel != nil {
			break // it is no octets of the stream
		}
		t.Wire += t.Preopen - int64(len(it.data)) // frames in the same read
		t.Preopen = int64(len(it.data))
	case gotAnswer:
		p.answers++
		p.event(it.at, wirelog.Record{Type: wirelog.AnswerEvent, Status: it.size})
	case gotFrame:
		p.frame(it)
	case gotHTTP:
		p.log.AddHTTP(it.at, it.sent, it.http)
	case gotTooMuch:
		if !p.stopped(it) {
			p.violate(ws.MessageTooBig, it.err.Error())
		}
	case gotEnd:
		p.ended(it)
	}
}

// ended takes note of the end of input.
func (p *Peer) ended(it item) {
	if p.ctx.Err() != nil {
		p.stop()
		return
	}
	if broken, ok := it.err.(interface{ Rule() string }); ok {
		p.record(wirelog.Record{Kind: wirelog.Violation, Note: broken.Rule()})
	}
	p.logTLS()
	kind, how := wirelog.DroppedByPeer, "peer dropped the TCP connection without previous WebSocket closing handshake"
	if stream.IsReset(it.err) {
		kind = wirelog.ResetByPeer
	}
	p.log.Add(it.at, wirelog.Record{Kind: kind})
	if !p.log.Facts.WasClean {
		p.notClean(how)
	}
	p.state = closed
	_ = p.s.Close() // the peer has gone: there is nobody to tell
}

// endOurs ends TCP as a server does once Close frames have been exchanged (RFC 6455,
// 7.1.1): at once, or, where all is to be read that the client may still send, first
// our half of it.
func (p *Peer) endOurs() {
	if !p.cfg.ReadOut || p.s.CloseWrite() != nil {
		p.drop(false)
		return
	}
	p.logTLS()
	p.broken = true // nothing more can be sent
	p.lingerBy = p.limit(p.opts.DropTimeout)
}

// frame judges one frame by RFC 6455, 5 and hands on what is in it. After a
// violation it is handed on all the same: what matters then is the peer's Close.
func (p *Peer) frame(it item) {
	h := it.header
	if p.logs(h.Opcode) {
		p.log.Add(it.at, wirelog.Record{Kind: wirelog.ReceivedFrame, Frame: wirelog.Frame{Header: h, Payload: wirelog.Beginning(it.data, wirelog.KeepPayload)}})
	}
	p.log.Stats.CountFrame(false, h.Opcode)
	if p.misplaced(h) {
		return
	}
	if broken := rules.MisplacedRSV1(h); broken != "" && p.codec != nil {
		p.log.Compression.Break(broken)
	}
	if broken := p.sender().Broken(h); len(broken) > 0 {
		p.violate(broken[0].Code, broken[0].Rule)
	} else if p.log.Facts.Remote.Sent && p.cfg.ReadOut {
		p.behindClose(h)
	}
	if p.state == closed {
		return
	}
	switch {
	case h.Opcode == ws.Ping:
		p.theirs++
		if p.state == open && !p.noPongs {
			p.enqueue(Frame{Opcode: ws.Pong, Payload: it.data})
			p.flush()
		}
	case h.Opcode == ws.Pong && p.probe != "" && string(it.data) == p.probe:
		p.probe = ""
	case h.Opcode == ws.Pong:
		p.event(it.at, wirelog.Record{Type: wirelog.PongEvent, Data: wirelog.Whole(it.data), Unasked: !p.askedFor(it.data)})
	case h.Opcode == ws.Close:
		p.closeFrame(it)
	case h.Opcode <= ws.Binary:
		p.data(it)
	}
}

// sender is what the rules for frames have to know of the peer.
func (p *Peer) sender() rules.Sender {
	whatever := p.opts.AcceptUnmasked
	if p.cfg.Role == ws.Client {
		whatever = p.opts.AcceptMasked
	}
	return rules.Sender{Role: p.cfg.Role.Other(), AnyMasking: whatever, Deflate: p.codec != nil, Inside: p.message.inside}
}

// data adds a data frame to the message it belongs to.
func (p *Peer) data(it item) {
	if p.log.Facts.FailedByMe || p.stopped(it) {
		return
	}
	m, h := &p.message, it.header
	if h.Opcode != ws.Continuation {
		*m = assembly{inside: true, binary: h.Opcode == ws.Binary, compressed: h.RSV&rules.RSV1 != 0}
	}
	p.log.Traffic.In.Frames++
	p.log.Traffic.In.WebSocket += int64(len(it.data))
	if limit := p.messageLimit(); len(m.data)+len(it.data) > limit {
		p.violate(ws.MessageTooBig, fmt.Sprintf("a message of more than %d octets", limit))
		return
	}
	if !m.binary && !m.compressed && !p.opts.SkipUTF8 && !m.text.Write(it.data) {
		p.violate(ws.InvalidPayload, "RFC 6455, 8.1: text that is not UTF-8")
		return
	}
	if m.data == nil {
		m.data = it.data // the frame's own memory: nobody else keeps it
	} else {
		m.data = append(m.data, it.data...)
	}
	if h.Fin {
		p.complete(it.at)
	}
}

// StopAtMessage has the next data frame, as soon as it shows, be an event and the end
// of the connection: what comes is of no interest, and may be more than anybody would
// want to hold.
func (p *Peer) StopAtMessage() { p.enough = true }

// stopped ends the connection where a data frame that came has to.
func (p *Peer) stopped(it item) bool {
	if p.enough && p.state != closed {
		p.event(it.at, wirelog.Record{Type: wirelog.BegunEvent})
		p.drop(true)
	}
	return p.enough
}

func (p *Peer) messageLimit() int {
	if p.opts.MaxMessage > 0 {
		return min(p.opts.MaxMessage, p.cfg.Backlog)
	}
	return p.cfg.Backlog
}

// complete hands on a message whose last frame has come.
func (p *Peer) complete(at time.Time) {
	m := p.message
	p.message = assembly{}
	switch {
	case m.compressed:
		data, blocks, err := p.codec.inflate(m.data, p.messageLimit(), !p.log.IsMuted())
		if blocks != "" {
			p.log.Add(at, wirelog.Record{Kind: wirelog.ReceivedBlocks, Note: blocks})
		}
		if errors.Is(err, deflate.ErrLimit) {
			p.violate(ws.MessageTooBig, err.Error())
			return
		}
		if err != nil {
			p.violate(ws.InvalidPayload, err.Error())
			return
		}
		p.log.Traffic.In.Deflated++
		m.data = data
		if !m.binary && !p.opts.SkipUTF8 && !utf8.Valid(m.data) {
			p.violate(ws.InvalidPayload, "RFC 6455, 8.1: text that is not UTF-8")
			return
		}
	case !m.binary && !p.opts.SkipUTF8 && !m.text.Complete():
		p.violate(ws.InvalidPayload, "RFC 6455, 8.1: text that ends inside a character")
		return
	}
	p.log.Traffic.In.Messages++
	p.log.Traffic.In.App += int64(len(m.data))
	if p.echo != nil {
		p.echo.compare(m.binary, m.data)
		return
	}
	typ := wirelog.TextEvent
	if m.binary {
		typ = wirelog.BinaryEvent
	}
	p.event(at, wirelog.Record{Type: typ, Data: wirelog.Whole(m.data)})
}

// event records what a case sees and begins the closing handshake where that
// was the last thing hoped for.
func (p *Peer) event(at time.Time, r wirelog.Record) {
	if p.kept += r.Data.Len + eventCost; p.kept > p.cfg.Backlog {
		p.violate(ws.MessageTooBig, fmt.Sprintf("more than %d octets in messages and pongs nobody asked for", p.cfg.Backlog))
		return
	}
	r.Kind = wirelog.Event
	p.log.Add(at, r)
	p.events = append(p.events, r)
	if p.over || !p.cfg.PlayOut {
		p.closeIfComplete()
	}
	if p.cfg.Hopeless != nil && p.state != closed && p.cfg.Hopeless(p.events) {
		p.record(wirelog.Record{Kind: wirelog.Settled})
		p.drop(true)
	}
}

func (p *Peer) closeIfComplete() {
	if p.cfg.Complete != nil && p.state == open && p.cfg.Complete(p.events) {
		p.sendClose(ws.AppendClosePayload(nil, p.cfg.CompleteCode, ""), false)
	}
}

// behindClose takes note of a frame that comes behind the peer's own Close: data and a
// second Close must not, and a Ping or Pong is of no use there (RFC 6455, 5.5.1).
func (p *Peer) behindClose(h ws.Header) {
	kind := wirelog.Violation
	if h.Opcode == ws.Ping || h.Opcode == ws.Pong {
		kind = wirelog.Lapse
	}
	p.record(wirelog.Record{Kind: kind, Note: fmt.Sprintf("RFC 6455, 5.5.1: a %v frame behind the peer's own Close", h.Opcode)})
}

// askedFor reports whether a Pong answers a Ping of ours, or a Pong of ours, which
// it should not (RFC 6455, 5.5.3), and takes the Ping off the list.
func (p *Peer) askedFor(payload []byte) bool {
	if n := p.pings[string(payload)]; n > 0 {
		p.pings[string(payload)] = n - 1
		return true
	}
	return p.ponged[string(payload)]
}

// violate fails the connection because the peer broke a rule (RFC 6455, 7.1.7).
func (p *Peer) violate(code ws.CloseCode, rule string) {
	p.record(wirelog.Record{Kind: wirelog.Violation, Note: rule})
	p.fail(code, rule)
}

// fail fails the connection: Close with the code, or, where one has been sent
// already or the options say so, the end of TCP.
func (p *Peer) fail(code ws.CloseCode, reason string) {
	if p.state == closed {
		return
	}
	p.log.Facts.FailedByMe = true
	switch {
	case p.opts.FailByDrop || p.state == connecting:
		p.notClean("we dropped the TCP connection: " + reason)
		p.drop(p.mayReset())
	case p.state == open:
		p.sendClose(ws.AppendClosePayload(nil, code, reason[:min(len(reason), ws.MaxControlPayload-2)]), false)
	default:
		p.drop(false)
	}
}

// stop ends the connection because the run is over.
func (p *Peer) stop() {
	p.notClean("the run was stopped")
	p.drop(true)
}

func (p *Peer) notClean(why string) {
	p.log.Facts.WasClean = false
	p.log.Facts.WasNotCleanReason = why
}

// mayReset reports whether a connection that has come to nothing is to be reset. A server is
// not sent a reset before the connection is open: in the usual set-up of several libraries
// nobody listens yet for errors on the socket of a handshake that was refused or not
// answered, and the whole server dies of one, with all cases that were still to come.
func (p *Peer) mayReset() bool { return p.log.Facts.Opened || p.cfg.Role == ws.Server }

// drop ends the TCP connection from our side.
func (p *Peer) drop(abort bool) {
	if p.state == closed {
		return
	}
	p.state = closed
	p.log.Facts.DroppedByMe = true
	p.logTLS()
	p.record(wirelog.Record{Kind: wirelog.DroppedByMe})
	if abort {
		_ = p.s.Reset() // gone either way
	} else {
		_ = p.s.Close() // gone either way
	}
	p.logTLS()
}
