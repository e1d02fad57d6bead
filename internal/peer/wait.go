// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// wait handles what comes in until cond holds, the connection is closed, or the
// time has come. It also keeps our own appointments: the timeouts of the closing
// handshake and the end of patience.
func (p *Peer) wait(until time.Time, cond func() bool) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	p.flushHeld()
	patient := time.Until(until) >= shortWait
	for {
		p.drain()
		if p.state == closed || cond != nil && cond() {
			return
		}
		now := time.Now()
		if lost := p.overslept(now, until, patient); lost > 0 {
			if patient {
				until = until.Add(lost)
			}
			continue
		}
		if p.keepAppointment(now) {
			continue
		}
		if !until.IsZero() && !now.Before(until) {
			return
		}
		next := p.nextAppointment(until)
		if next.IsZero() {
			next = now.Add(p.opts.CloseTimeout)
		}
		timer.Reset(next.Sub(now))
		select {
		case <-p.in.ready:
		case <-timer.C:
		case <-p.ctx.Done():
			p.stop()
		}
	}
}

// overslept is how long we lost the processor while we waited for what is due now;
// our appointments are later by that then, and the wait itself, where it is patience
// and no mere pause.
func (p *Peer) overslept(now, until time.Time, patient bool) time.Duration {
	if !patient {
		until = time.Time{}
	}
	if next := p.nextAppointment(until); next.IsZero() || now.Before(next) {
		return 0
	}
	lost := p.lateness(now)
	if lost > 0 {
		p.postpone(lost)
	}
	return lost
}

// nextAppointment is the earliest of our own appointments and until, zero where
// there is none.
func (p *Peer) nextAppointment(until time.Time) time.Time {
	next := until
	for _, t := range []time.Time{p.closeBy, p.dropBy, p.lingerBy, p.endBy, p.backstop()} {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// backstop is when we give up on a peer that began the closing handshake, got
// our answer and leaves TCP open, where no appointment of the script ends it. The
// reference would wait for ever.
func (p *Peer) backstop() time.Time {
	if p.repliedT.IsZero() || !p.endBy.IsZero() || !p.lingerBy.IsZero() {
		return time.Time{}
	}
	return p.repliedT.Add(p.opts.DropTimeout)
}

// sameTime is how far apart times may be of which machine and network decide which
// comes first.
const sameTime = 250 * time.Millisecond

// limit returns when a part of the closing handshake has to be over that may take
// d. Patience of the script that ends at about the same time or later gives way: most
// cases have a second of both, and verdicts must not hang on which is over first.
func (p *Peer) limit(d time.Duration) time.Time {
	by := time.Now().Add(d)
	if by.Sub(p.endBy) < sameTime {
		p.endBy = time.Time{}
	}
	return by
}

// keepAppointment does the first thing that is due and reports whether there was
// one. The earliest goes first, however late we are: the verdict is not to depend
// on the load of this machine.
func (p *Peer) keepAppointment(now time.Time) bool {
	next := p.nextAppointment(time.Time{})
	due := func(t time.Time) bool { return !t.IsZero() && t.Equal(next) && !now.Before(t) }
	f := &p.log.Facts
	switch {
	case due(p.closeBy):
		f.WasCloseHandshakeTimeout = true
		p.notClean("peer did not respond (in time) in closing handshake")
		p.drop(true)
	case due(p.dropBy):
		f.WasServerConnectionDropTimeout = true
		p.notClean("server did not drop TCP connection (in time)")
		p.drop(true)
	case due(p.lingerBy):
		p.drop(false) // it may keep its half as long as it likes
	case due(p.backstop()):
		f.WasServerConnectionDropTimeout = p.cfg.Role == ws.Client
		p.notClean("peer did not drop TCP connection (in time)")
		p.drop(true)
	case due(p.endBy):
		p.endBy = time.Time{}
		p.endNow()
	default:
		return false
	}
	return true
}

// endNow does what the script wants done when patience ends.
func (p *Peer) endNow() {
	switch p.endWith {
	case FailConnection:
		p.record(wirelog.Record{Kind: wirelog.FailFired})
		p.fail(ws.GoingAway, "Going Away")
	case CloseConnection:
		p.record(wirelog.Record{Kind: wirelog.CloseFired})
		p.sendClose(nil, false)
	case GiveUp:
		p.record(wirelog.Record{Kind: wirelog.StillOpen})
		p.drop(p.mayReset())
	}
}

// Until waits, at most d, until cond holds or the connection is closed. It
// reports whether cond held.
func (p *Peer) Until(d time.Duration, cond func() bool) bool {
	if p.halted {
		return false
	}
	p.wait(time.Now().Add(d), cond)
	return cond()
}

// Pause waits d. With a tag it goes on only while the connection is open, and
// then records the event that the peer has let the time pass; otherwise the
// script is over. Without a tag it goes on until TCP is closed. With Config.Probe
// it is over once a Pong says that the other side has read all there was: for a Ping
// of its own, or, without a tag, for those the script has sent. Inside a frame, where
// no Ping may stand, a wait that has to pass in any case (Config.Passes) is shortened.
func (p *Peer) Pause(d time.Duration, tag string) {
	if p.halted {
		return
	}
	p.record(wirelog.Record{Kind: wirelog.WaitSet, Wait: d, Tag: tag})
	var ended func() bool
	if tag != "" {
		// With a Close in either direction the outcome is certain: no need to sit it out.
		ended = func() bool { return p.state != open }
	}
	if tag != "" && p.cfg.Probe && p.state == open && !p.streamed.begun {
		p.probe = "wait " + tag
		p.Send(Frame{Opcode: ws.Ping, Payload: []byte(p.probe)})
		ended = func() bool { return p.state != open || p.probe == "" }
	} else if answer := p.log.FirstAnswer(); tag != "" && answer > 0 && p.cfg.Passes != nil && p.cfg.Passes(tag) {
		d = min(d, max(briefWait, briefTimes*answer))
	}
	if tag == "" && p.cfg.Probe && len(p.pings) > 0 {
		ended = p.allAnswered
	}
	p.wait(time.Now().Add(d), ended)
	p.probe = ""
	if p.state == closed {
		p.halted = true
		return
	}
	p.record(wirelog.Record{Kind: wirelog.WaitOver, Tag: tag})
	if tag == "" {
		return
	}
	if p.state != open {
		p.halted = true
		return
	}
	p.event(time.Now(), wirelog.Record{Type: wirelog.TimeoutEvent, Tag: tag})
}

// A wait that has to pass in any case takes so long, or as many times longer than the
// answer to the opening handshake did: what would come in it comes soon.
const (
	briefWait  = 50 * time.Millisecond
	briefTimes = 20
)

// allAnswered reports whether each of our Pings has its Pong.
func (p *Peer) allAnswered() bool {
	for _, n := range p.pings {
		if n > 0 {
			return false
		}
	}
	return true
}

// EndAfter starts our patience: in d from now, if TCP is not closed yet, the
// connection ends in the given way. Finish does it for scripts that have not.
func (p *Peer) EndAfter(d time.Duration, e Ending) {
	if p.halted || p.state == closed {
		return
	}
	switch e {
	case FailConnection:
		p.record(wirelog.Record{Kind: wirelog.FailSet, Wait: d})
	case CloseConnection:
		p.record(wirelog.Record{Kind: wirelog.CloseSet, Wait: d})
	}
	p.endBy, p.endWith, p.hasEnd = time.Now().Add(d), e, true
}

// Finish plays the conversation to its end, with patience d where the script has
// not set its own, and returns once TCP is closed and the reader has stopped.
func (p *Peer) Finish(d time.Duration, e Ending) {
	if !p.hasEnd {
		p.EndAfter(d, e)
	}
	p.over = true
	if p.cfg.PlayOut {
		p.closeIfComplete()
	}
	p.wait(time.Time{}, nil)
	p.release()
}

// takeLate puts into the log what was seen of the HTTP connection behind the end of the
// conversation.
func (p *Peer) takeLate() {
	if p.tunnel == nil {
		return
	}
	p.tunnel.Watch(nil)
	p.sweep()
}

// release lets go of the connection and waits for the reader.
func (p *Peer) release() {
	p.unhook()
	for _, b := range p.besides {
		b.close()
	}
	for _, t := range p.traps {
		_ = t.ln.Close()
	}
	_ = p.s.Close() // closed already, or to be: either way we are done with it
	p.in.hold(false)
	<-p.in.done
	p.takeLate()
	if p.codec != nil {
		p.codec.release()
		p.codec = nil
	}
}
