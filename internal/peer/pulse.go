// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"slices"
	"sync"
	"time"
)

const (
	beat    = 10 * time.Millisecond // how often a Pulse wants to run
	tardy   = 20 * time.Millisecond // how late it may be without being late
	lapses  = 1000                  // that are remembered
	longest = 30 * time.Second      // that a conversation is stretched by, in all

	shortWait = 100 * time.Millisecond // what is shorter is a pause, and no patience
)

// Pulse measures how late this process runs, as a whole: where it got no processor
// for a while, others on the same machine will have got none either. Its methods may
// be called from several goroutines, and on nil.
type Pulse struct {
	stop chan struct{}

	mu   sync.Mutex
	last time.Time // when it last ran
	late []lapse   // oldest first
}

// lapse is a time in which nothing ran that should have.
type lapse struct{ from, to time.Time }

// NewPulse starts a pulse, which runs until Stop.
func NewPulse() *Pulse {
	p := &Pulse{stop: make(chan struct{}), last: time.Now()}
	go p.run()
	return p
}

func (p *Pulse) run() {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.beat(time.Now())
		case <-p.stop:
			return
		}
	}
}

// Stop ends the pulse. What it has measured stays.
func (p *Pulse) Stop() { close(p.stop) }

func (p *Pulse) beat(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.last.Add(beat)
	p.last = now
	if now.Sub(due) < tardy {
		return
	}
	if len(p.late) == lapses {
		p.late = slices.Delete(p.late, 0, lapses/2)
	}
	p.late = append(p.late, lapse{due, now})
}

// Lost is how much of the time from one moment to another nothing ran that should
// have.
func (p *Pulse) Lost(from, to time.Time) time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var lost time.Duration
	if due := p.last.Add(beat); to.Sub(due) >= tardy { // it is late right now
		lost = lapse{due, to}.within(from, to)
	}
	for _, l := range slices.Backward(p.late) {
		if l.to.Before(from) {
			break
		}
		lost += l.within(from, to)
	}
	return lost
}

func (l lapse) within(from, to time.Time) time.Duration {
	if l.from.After(from) {
		from = l.from
	}
	if l.to.Before(to) {
		to = l.to
	}
	return max(0, to.Sub(from))
}

// lateness is the time that this process has lost since the last call, as far as the
// conversation is stretched by it.
func (p *Peer) lateness(now time.Time) time.Duration {
	lost := min(p.cfg.Pulse.Lost(p.looked, now), longest-p.log.Late)
	p.looked = now
	p.log.Late += lost
	return lost
}

// postpone moves all our appointments: time in which we lost the processor is no
// patience.
func (p *Peer) postpone(d time.Duration) {
	for _, t := range []*time.Time{
		&p.closeBy, &p.dropBy, &p.lingerBy, &p.endBy, &p.repliedT,
		&p.pace.since, &p.pace.came, &p.pace.asked, &p.pace.meant, &p.pace.last,
	} {
		if !t.IsZero() {
			*t = t.Add(d)
		}
	}
}
