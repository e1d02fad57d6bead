// SPDX-License-Identifier: Apache-2.0

package peer

import "time"

// Patience with echoes goes by the pace: with Config.Stall, a peer that is slow and
// steady has more time than the script gives it, and one that stalls less.

// slower is how many times the patience of the script a steady peer may take.
const slower = 5

// perOctet is how much longer a peer may say nothing for each octet that it has to
// read and send back, as a part of Config.Stall: half of that a MiB.
const perOctet = 1.0 / (2 << 20)

// pacing watches the wait for echoes.
type pacing struct {
	octets  int64     // in either direction, at the last look
	since   time.Time // when they moved
	matched int       // echoes, at the last look
	came    time.Time // when the last of them did

	meant time.Time // when patience ends that the script has set
	last  time.Time // and when that with a steady peer does
	asked time.Time // the message was out
	had   int64     // octets that had come in by then
}

// paced reports whether patience goes by the pace.
func (p *Peer) paced() bool { return p.cfg.Stall > 0 && p.hasEnd && p.echo != nil }

// stallLimit is how long nothing may move.
func (p *Peer) stallLimit() time.Duration {
	octets := 0
	for _, m := range p.echo.want {
		octets += m.Data.Len
	}
	return p.cfg.Stall + time.Duration(float64(p.cfg.Stall)*perOctet*float64(octets))
}

// keepPace begins to watch with a message that goes out.
func (p *Peer) keepPace() {
	now, w := time.Now(), &p.pace
	if w.meant.IsZero() {
		w.came, w.meant = now, p.endBy
		w.last = now.Add(slower * p.endBy.Sub(now))
	}
	w.since = now
}

// awaitSteady waits for echoes as long as something moves.
func (p *Peer) awaitSteady() {
	limit := p.stallLimit()
	p.pace.asked, p.pace.had = time.Now(), p.log.Traffic.In.Wire
	over := func() bool { p.look(limit); return !p.echoes() }
	for !over() {
		until := p.pace.since.Add(limit)
		if now := time.Now(); !now.Before(until) {
			p.stalled(limit)
			return
		}
		p.wait(until, over)
	}
	p.log.Echo.Overtime = 0
	if late := time.Since(p.pace.meant); late > 0 && p.allBack() {
		p.log.Echo.Overtime = late
	}
}

// look takes note of what has moved, and stretches patience where the peer is steady.
func (p *Peer) look(limit time.Duration) {
	now, w := time.Now(), &p.pace
	if octets := p.log.Traffic.In.Wire + p.log.Traffic.Out.Wire; octets != w.octets {
		w.octets, w.since = octets, now
	}
	if n := p.log.Echo.Matched; n != w.matched {
		w.matched, w.came = n, now
	}
	// The end of patience stays behind that of the next look.
	if by := w.since.Add(2 * limit); p.endBy.Before(by) && !p.endBy.IsZero() && p.steady(now, limit) {
		p.endBy = by
		if by.After(w.last) {
			p.endBy = w.last
		}
	}
}

// steady reports whether echoes keep coming, or the octets of one do so that it will
// be there in time.
func (p *Peer) steady(now time.Time, limit time.Duration) bool {
	w := &p.pace
	if now.Sub(w.came) < limit && w.matched > 0 {
		return true
	}
	size := 0
	for _, m := range p.echo.want {
		size += m.Data.Len
	}
	came := p.log.Traffic.In.Wire - w.had
	return float64(came)*float64(w.last.Sub(w.asked)) >= float64(size)*float64(now.Sub(w.asked))
}

// stalled ends the wait for a peer that neither sends nor reads.
func (p *Peer) stalled(limit time.Duration) {
	p.log.Echo.Stalled = limit
	if p.state == open {
		p.endBy = time.Time{}
		p.endNow()
	}
}

// writeBy is when a write has to be done: when patience ends, or, where that goes by
// the pace, when none of it has been read for too long.
func (p *Peer) writeBy() time.Time {
	now := time.Now()
	if p.paced() {
		return now.Add(p.stallLimit())
	}
	if p.endBy.After(now) {
		return p.endBy
	}
	return now.Add(p.cfg.Patience) // there is none, or we are late, which is not the peer's doing
}
