// SPDX-License-Identifier: Apache-2.0

package player

import (
	"io"
	"runtime"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// line is one connection of a conversation.
type line struct {
	p *Player
	s stream.Stream
	m *model.Model

	release func() bool // the stream from the context

	role   ws.Role // ours
	number int     // of the connection, from 1

	out    []byte // waits to be written
	behind int    // octets of it that are a head, which the first frames go out with
	spoke  spoken // what of frames has been sent
	heard  heard  // what of frames has come
	keys   keys   // of a client
	nonce  string // its Sec-WebSocket-Key

	told      bool // the other side is asked to do something of its own accord
	got       int  // octets that have come
	ended     bool // by the other side
	finished  bool // by us: FIN or RST is out
	deaf      bool // writing is of no use any more
	closeSent bool
	status    int // of the answer to our request
	last      Last
	lastInput uint32 // kind of what we sent last
	piece     int    // writes that waited to be read
}

func (l *line) reset() {
	l.s = nil
	l.out = l.out[:0]
	l.keys, l.nonce = keys{}, ""
	l.spoke, l.got, l.ended, l.finished, l.deaf, l.closeSent = spoken{}, 0, false, false, false, false
	l.status, l.last, l.lastInput, l.piece, l.behind = 0, ByUs, 0, 0, 0
	l.heard.reset()
}

func (l *line) begin(s stream.Stream, role ws.Role, i int, o *conversation.Opening) {
	l.s, l.role, l.number = s, role, i+1
	l.told = o.Command != ""
	l.m.Reset(model.Endpoint{Role: role.Other(), Limit: l.p.Limit, TextOnly: l.p.TextOnly})
}

// done reports whether nothing more is to be done on the connection.
func (l *line) done() bool { return l.ended || l.s == nil || l.p.over() }

// step does one thing.
func (l *line) step(s *conversation.Step) {
	if l.done() || !l.m.Opened() && l.behind == 0 || l.finished {
		return
	}
	switch s.Kind {
	case conversation.SendFrame:
		l.mark(frameKind(&s.Frame, l.role))
		l.sent(&s.Frame)
		if f := &s.Frame; f.Chop > 0 || f.Cut != [2]int{} {
			l.chopped(f)
		} else {
			l.out = f.Append(l.out)
			for n := 1; n < f.Times && !l.deaf && !l.done(); n++ {
				if len(l.out) > carefree {
					l.flush()
				}
				l.out = f.Append(l.out)
			}
		}
		if s.Frame.Opcode == ws.Close {
			l.closeSent = true
		}
	case conversation.SendOctets:
		l.mark(octetsKind)
		l.out = append(l.out, s.Octets...)
	case conversation.Pause:
		l.flush()
		l.listen(s.Wait)
	case conversation.Await:
		l.flush()
		l.await(l.p.Owed, true)
	case conversation.EndWriting:
		l.flush()
		l.endWriting()
	case conversation.Reset:
		l.flush()
		l.abort()
	}
}

// sent keeps a record of a frame of ours.
func (l *line) sent(f *conversation.Frame) {
	if l.p.Keep {
		whole := f.Whole()
		w := wirelog.Frame{Header: f.Header, Payload: wirelog.Beginning(whole, keep), Chop: f.Chop, Cut: f.Cut}
		l.record(wirelog.Record{Kind: wirelog.SentFrame, Frame: w})
	}
}

// flush writes what waits.
func (l *line) flush() {
	if len(l.out) == 0 {
		return
	}
	head := l.behind
	l.behind = 0
	l.write(l.out, head)
	l.out = l.out[:0]
	if head > 0 {
		l.opened()
	}
}

// Writes of up to so much need no care: the other side may be blocked in one of its own
// when ours is longer, and goes on only if we read.
const carefree = 16 << 10

// write writes octets, the first of which are a head and no frames.
func (l *line) write(b []byte, head int) {
	for len(b) > 0 && !l.deaf && !l.done() && !l.finished {
		n := min(len(b), carefree)
		part := b[:n]
		b = b[n:]
		l.m.Sent(part)
		l.spoke.take(part[min(head, n):])
		head -= min(head, n)
		for len(part) > 0 && !l.deaf && !l.done() {
			part = l.writeSome(part)
		}
	}
}

// writeSome writes as long as the other side reads, and reads when it does not.
func (l *line) writeSome(b []byte) []byte {
	const stuck = 20 * time.Millisecond
	_ = l.s.SetWriteDeadline(time.Now().Add(stuck)) // an error comes again with the write
	n, err := l.s.Write(b)
	switch {
	case err == nil:
	case stream.IsTimeout(err):
		if !l.listen(stuck) && time.Since(l.p.began) > l.p.Whole {
			l.deaf = true
		}
	default:
		l.deaf = true // what has come before is still to be read
	}
	return b[n:]
}

// Pieces of a frame are written when those before have been read, so that the other side
// gets them in different reads. It is not waited for longer than this, nor more often.
const (
	readWithin = 5 * time.Millisecond
	maxPieces  = 64
)

func (l *line) chopped(f *conversation.Frame) {
	all := f.Append(nil)
	l.flush()
	for from := 0; from < len(all) && !l.done() && !l.deaf; {
		to := len(all)
		if f.Chop > 0 {
			to = min(to, from+f.Chop)
		}
		if cut := max(from+1, f.Cut[0]); f.Cut[1] > 0 && cut <= f.Cut[1] {
			to = min(to, cut)
		}
		l.write(all[from:to], 0)
		if from = to; from < len(all) && l.piece < maxPieces {
			l.piece++
			l.untilRead()
		}
	}
}

// untilRead waits until the other side has read what we wrote, with growing naps: whoever
// looks all the time keeps it from reading where processors are few.
func (l *line) untilRead() {
	end := time.Now().Add(readWithin)
	runtime.Gosched()
	for nap := readWithin / 100; ; nap *= 2 {
		octets, sure := l.s.Unread()
		switch {
		case !sure:
			time.Sleep(time.Millisecond)
			return
		case octets == 0 || !time.Now().Before(end):
			return
		}
		time.Sleep(min(nap, time.Until(end)))
	}
}

func (l *line) endWriting() {
	if l.finished || l.deaf || l.done() {
		return
	}
	l.finished = true
	l.m.SentEnd(model.FIN)
	l.mark(endKind)
	_ = l.s.CloseWrite() // what is wrong shows when we read
}

func (l *line) abort() {
	l.m.SentEnd(model.RST)
	l.mark(resetKind)
	_ = l.s.Reset()
	l.finished, l.ended = true, true
}

// read reads once, until the deadline that is set, and reports whether anything came.
func (l *line) read() bool {
	n, err := l.s.Read(l.p.scrap)
	if n > 0 {
		if l.got += n; l.got > maxReceived {
			l.ended = true
			return true
		}
		l.take(l.p.scrap[:n])
		return true
	}
	switch {
	case err == nil || stream.IsTimeout(err):
		return false
	case stream.IsReset(err):
		l.end(ByRST, model.RST)
	case err == io.EOF:
		l.end(ByFIN, model.FIN)
	default: // a TLS alert, say
		l.end(ByFIN, model.FIN)
	}
	return true
}

func (l *line) end(last Last, how model.How) {
	if l.ended {
		return
	}
	l.ended, l.last = true, last
	l.answer(finAnswer + uint32(how))
	kind := wirelog.DroppedByPeer
	if how == model.RST {
		kind = wirelog.ResetByPeer
	}
	l.record(wirelog.Record{Kind: kind})
	l.violated(l.m.Ended(how))
}

// take hands octets to the model, and notes of what kind they are.
func (l *line) take(b []byte) {
	l.heard.take(l, b)
	l.violated(l.m.Received(b))
}

// listen reads for a while, whatever comes, and reports whether anything did.
func (l *line) listen(long time.Duration) (came bool) {
	if l.done() {
		return false
	}
	defer l.idle(long)()
	_ = l.s.SetReadDeadline(time.Now().Add(long))
	for !l.done() && l.read() {
		came = true
	}
	return came
}

// moment is for how long nobody is told that there is nothing to do.
const moment = 2 * time.Millisecond

// idle tells that a wait of so long begins, unless it is short. The caller says when it is
// over.
func (l *line) idle(long time.Duration) (over func()) {
	if l.p.Idle == nil || long <= moment {
		return func() {}
	}
	l.p.Idle(true)
	return func() { l.p.Idle(false) }
}

// readUntil reads once, and reports whether anything came before the deadline.
func (l *line) readUntil(deadline time.Time) bool {
	if l.p.Idle != nil && time.Until(deadline) > moment {
		_ = l.s.SetReadDeadline(time.Now().Add(moment))
		if l.read() {
			return true
		}
		defer l.idle(time.Until(deadline))()
	}
	_ = l.s.SetReadDeadline(deadline)
	return l.read()
}

// await reads until the other side owes nothing, or waits for our Close, and reports whether
// that has come to be.
// Where it is silent for too long, it complains if that is asked for.
func (l *line) await(patience time.Duration, complain bool) bool {
	var until time.Time
	for !l.done() && l.m.Owes() {
		if _, closed := l.m.Closed(); closed && !l.closeSent && !l.finished {
			return true // TCP may stay open until they have our Close, too
		}
		now := time.Now()
		if now.Sub(l.p.began) > l.p.Whole {
			return false
		}
		if now.Add(patience / 2).After(until) {
			until = now.Add(patience)
		}
		if l.readUntil(until) {
			continue
		}
		if complain && !l.done() {
			l.answer(silence)
			l.record(wirelog.Record{Kind: wirelog.WaitOver})
			v := l.m.Quiet()
			if l.violated(v); v != nil {
				l.last = Silence
			}
		}
		return false
	}
	return true
}

// hangUp lets go of the stream. An end that both sides agreed on is one in order.
func (l *line) hangUp() {
	if l.s == nil {
		return
	}
	l.release()
	if l.ended || l.finished && l.m.Owes() {
		_ = l.s.Close()
	} else {
		_ = l.s.Reset()
	}
	l.s = nil
}
