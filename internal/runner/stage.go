// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// Acting is told by a case when it only waits, so that another may act meanwhile.
type Acting interface {
	// Rest says that nothing has moved between us and the peer for so long that the case
	// only waits. It may be called by any goroutine.
	Rest()
	// Resume is to be called before the case connects or sends something, and returns
	// once it may.
	Resume()
}

// stage lets either many cases act at a time, or one.
type stage struct {
	play   PlayFunc
	acting turnstile
	seats  chan struct{} // of all that are on the stage
	solo   chan struct{} // holds one that waits for all seats
}

func newStage(play PlayFunc, seats int) *stage {
	return &stage{play: play, seats: make(chan struct{}, seats), solo: make(chan struct{}, 1)}
}

// beside plays a case while others act.
func (st *stage) beside(ctx context.Context, c Planned, _ Acting) (report.Result, error) {
	r, _, err := st.share(ctx, c, false)
	return r, err
}

// errHeard says that something came from the peer while a case only waited and others
// acted, and that it is not as it should be.
var errHeard = errors.New("something came while others acted")

// singly plays a case so that no other acts unless it only waits.
func (st *stage) singly(ctx context.Context, c Planned, _ Acting) (report.Result, error) {
	r, rests, err := st.share(ctx, c, true)
	if err == nil && ctx.Err() == nil && !r.Passed() && heardIn(rests, r.Log) {
		err = errHeard
	}
	return r, err
}

// share plays a case, with no other that acts if it is to act singly. It returns when the
// case only waited.
func (st *stage) share(ctx context.Context, c Planned, singly bool) (report.Result, []rest, error) {
	if err := take(ctx, st.seats); err != nil {
		return report.Result{}, nil, err
	}
	defer func() { <-st.seats }()
	a := &act{on: &st.acting, singly: singly}
	a.Resume()
	defer a.Rest()
	var told Acting = a
	if c.Together || c.Want.Echoes > 0 {
		told = nil // it has many connections, or many messages, and hardly ever only waits
	}
	r, err := st.play(ctx, c, told)
	return r, a.all(), err
}

// alone plays a case with no other on the stage.
func (st *stage) alone(ctx context.Context, c Planned, _ Acting) (report.Result, error) {
	if err := take(ctx, st.solo); err != nil {
		return report.Result{}, err
	}
	defer func() { <-st.solo }()
	for range cap(st.seats) {
		if err := take(ctx, st.seats); err != nil {
			return report.Result{}, err
		}
		defer func() { <-st.seats }()
	}
	return st.play(ctx, c, nil)
}

// take puts something into a channel that bounds how many do something.
func take(ctx context.Context, bound chan struct{}) error {
	select {
	case bound <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// act is one go of a case at acting.
type act struct {
	on     *turnstile
	singly bool

	mu     sync.Mutex
	acting bool
	rests  []rest
}

// rest is a while in which a case only waited, and others may have acted.
type rest struct{ from, to time.Time } // to is zero where it goes on

func (a *act) Rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.acting {
		a.acting = false
		a.rests = append(a.rests, rest{from: time.Now()})
		a.on.leave(a.singly)
	}
}

// Resume is not for several goroutines at a time.
func (a *act) Resume() {
	a.mu.Lock()
	acting := a.acting
	a.mu.Unlock()
	if acting {
		return
	}
	a.on.enter(a.singly)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acting = true
	if n := len(a.rests); n > 0 {
		a.rests[n-1].to = time.Now()
	}
}

func (a *act) all() []rest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.rests)
}

// heardIn reports whether something came from the peer in one of the rests. That the
// log has the end of TCP by us, or a timeout, says nothing of the peer.
func heardIn(rests []rest, log *wirelog.Log) bool {
	for _, r := range log.Records {
		switch r.Kind {
		case wirelog.ReceivedFrame, wirelog.Violation, wirelog.DroppedByPeer, wirelog.ResetByPeer:
		case wirelog.Event:
			if r.Type == wirelog.TimeoutEvent {
				continue
			}
		default:
			continue
		}
		at := log.Start.Add(r.At)
		if slices.ContainsFunc(rests, func(w rest) bool { return !at.Before(w.from) && (w.to.IsZero() || at.Before(w.to)) }) {
			return true
		}
	}
	return false
}

// turnstile lets in many, or one singly, in the order in which they come.
type turnstile struct {
	mu     sync.Mutex
	many   int
	singly bool
	queue  []*entrant
}

type entrant struct {
	singly bool
	in     chan struct{} // closed when it is
}

// enter returns once it is the caller's turn. Whoever is in does not stay for long.
func (t *turnstile) enter(singly bool) {
	t.mu.Lock()
	e := &entrant{singly: singly, in: make(chan struct{})}
	t.queue = append(t.queue, e)
	t.admit()
	t.mu.Unlock()
	<-e.in
}

func (t *turnstile) leave(singly bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if singly {
		t.singly = false
	} else {
		t.many--
	}
	t.admit()
}

// admit lets in whom it can.
func (t *turnstile) admit() {
	for len(t.queue) > 0 && !t.singly {
		e := t.queue[0]
		switch {
		case !e.singly:
			t.many++
		case t.many > 0:
			return
		default:
			t.singly = true
		}
		t.queue = t.queue[1:]
		close(e.in)
	}
}
