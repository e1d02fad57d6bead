// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A lease is an attempt at a part, from taking it to handing it over.
type lease struct {
	w   *Worker
	msg jetstream.Msg

	ticket   ticket
	attempt  int
	job      status // as it was when we took the part
	done     bool   // all of it
	together bool   // counted as one that has begun together
	post     *post
	ahead    time.Duration // of the controller's clock

	mu      sync.Mutex
	now     status        // what the controller said last
	changed chan struct{} // closed and replaced when it says something
}

// Reasons why an attempt ends early.
var (
	errStopped   = errors.New("the job was stopped")
	errCutOff    = errors.New("cut off for so long that somebody else may have the part")
	errAbandoned = errors.New("no controller was heard of")
)

// carryOut does all of it.
func (l *lease) carryOut(ctx context.Context) {
	if !l.accept(ctx) {
		return
	}
	// What has been found is handed over even when the worker is told to end.
	held, drop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer drop(nil)
	working, stop := context.WithCancelCause(held)
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { stop(context.Cause(ctx)) })()
	l.changed = make(chan struct{})
	l.now = l.job
	go l.renew(held, drop)
	go l.watch(held, stop)
	l.post = newPost(held, l.w.Bus, l.ticket.Job, news{Part: l.ticket.Part, Attempt: l.attempt, Worker: l.w.id, Name: l.w.Name})

	var ahead time.Duration
	if l.job.Together {
		var within time.Duration
		var err error
		if ahead, within, err = l.w.Bus.offset(working, l.ticket.Job); err != nil {
			_ = l.msg.NakWithDelay(l.w.Times.Beat) // the controller is away: somebody, perhaps we, takes the part again
			return
		}
		l.post.from.Offset, l.post.from.Within = ahead, within
	}
	l.say(newsReady, nil)
	l.ahead = ahead
	begin, err := l.awaitBegin(working, ahead)
	if err != nil {
		l.giveBack(held, err)
		return
	}
	if l.job.Together {
		l.together = true
		l.w.begunTogether()
	}
	l.w.Tell("part %d of %d of job %s begins", l.ticket.Part+1, l.job.Parts, l.ticket.Job)
	err = l.run(working, begin)
	l.handOver(held, err, context.Cause(working))
}

// accept reads the ticket and decides whether the part may be carried out.
func (l *lease) accept(ctx context.Context) bool {
	t, err := parseTicket(l.msg.Data())
	if err != nil {
		l.w.Tell("%v", err)
		_ = l.msg.Term()
		return false
	}
	meta, err := l.msg.Metadata()
	if err != nil {
		return false // it comes again
	}
	l.ticket, l.attempt = t, int(meta.NumDelivered)
	s, err := l.shared(ctx)
	switch {
	case err != nil:
		l.w.Tell("job %s: %v", t.Job, err)
		_ = l.msg.NakWithDelay(l.w.Times.Beat)
		return false
	case s == nil || s.Phase == phaseStopping || t.Part >= s.Parts:
		_ = l.msg.Term()
		return false
	case s.Phase == phaseRunning && !s.Takeover && (s.Together || l.attempt > 1):
		_ = l.msg.Term() // whoever had it is lost, and what it did cannot be done again
		return false
	}
	l.job = *s
	return true
}

// shared is what is known of the job once all of it is shared out.
func (l *lease) shared(ctx context.Context) (*status, error) {
	for begun := time.Now(); ; {
		s, err := l.w.Bus.status(ctx, l.ticket.Job)
		if err != nil || s == nil || s.Phase != phaseSharing {
			return s, err
		}
		if time.Since(begun) > l.w.Times.Idle {
			return nil, errAbandoned
		}
		_ = l.msg.InProgress() // else it goes to another worker
		select {
		case <-time.After(l.w.Times.Beat / 4):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// renew keeps the part ours. Where that has not been possible for as long as a lease
// lasts, and others take parts over, somebody else has it.
func (l *lease) renew(ctx context.Context, drop context.CancelCauseFunc) {
	t := time.NewTicker(l.w.Times.Beat)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		if time.Since(last) > l.w.Times.Lease && l.job.Takeover {
			drop(errCutOff)
			return
		}
		if l.w.Bus.nc.IsConnected() && l.msg.InProgress() == nil {
			last = time.Now()
		}
	}
}

// watch follows what the controller says of the job. An attempt ends when the job does.
func (l *lease) watch(ctx context.Context, stop context.CancelCauseFunc) {
	for ctx.Err() == nil {
		seen, err := l.w.Bus.jobs.Watch(ctx, jobKey(l.ticket.Job))
		if err == nil {
			l.follow(seen, stop)
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
		}
	}
}

// follow reads updates until there are no more.
func (l *lease) follow(seen jetstream.KeyWatcher, stop context.CancelCauseFunc) {
	for e := range seen.Updates() {
		if e == nil {
			continue // all that there was has come
		}
		if e.Operation() != jetstream.KeyValuePut {
			stop(errStopped)
			continue
		}
		s, err := parseStatus(e.Value())
		if err != nil {
			continue
		}
		if s.Phase == phaseStopping {
			stop(errStopped)
		}
		l.mu.Lock()
		l.now = s
		close(l.changed)
		l.changed = make(chan struct{})
		l.mu.Unlock()
	}
}

// until waits until the controller has said what is asked for, or the context ends.
func (l *lease) until(ctx context.Context, said func(status) bool) bool {
	for {
		l.mu.Lock()
		s, changed := l.now, l.changed
		l.mu.Unlock()
		if said(s) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// awaitBegin waits for the moment to begin and returns it by our clock. A part whose
// controller has gone is not kept from others for ever.
func (l *lease) awaitBegin(ctx context.Context, ahead time.Duration) (time.Time, error) {
	waiting, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	go l.listen(waiting, enough)
	if !l.until(waiting, func(s status) bool { return s.Phase == phaseRunning }) {
		return time.Time{}, context.Cause(waiting)
	}
	l.mu.Lock()
	ns := l.now.BeginNS
	l.mu.Unlock()
	now := time.Now()
	begin := now.Add(time.Unix(0, ns).Add(ahead).Sub(now)) // with a monotonic reading
	if !l.job.Together {
		begin = now
	}
	t := time.NewTimer(time.Until(begin))
	defer t.Stop()
	select {
	case <-t.C:
		return begin, nil
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	}
}

// listen asks the controller for the time until it has not answered for too long.
func (l *lease) listen(ctx context.Context, enough context.CancelCauseFunc) {
	heard := time.Now()
	for {
		select {
		case <-time.After(l.w.Times.Idle / 10):
		case <-ctx.Done():
			return
		}
		try, cancel := context.WithTimeout(ctx, l.w.Times.Idle/10)
		_, err := l.w.Bus.nc.RequestWithContext(try, clockSubject(l.ticket.Job), nil)
		cancel()
		if err == nil {
			heard = time.Now()
		} else if time.Since(heard) > l.w.Times.Idle {
			enough(errAbandoned)
			return
		}
	}
}

// run has the Runner carry out the part. One that panics is an error, not the end of the
// worker.
func (l *lease) run(ctx context.Context, begin time.Time) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("fault in wsspec: %v", r)
		}
	}()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	err = l.w.Runners[l.job.Kind](ctx, Part{
		Spec: l.job.Spec, Index: l.ticket.Part, Of: l.job.Parts, Attempt: l.attempt, Begin: begin,
		Emit: func(report []byte) {
			if err := l.post.put(newsReport, report); err != nil {
				abort(err)
			}
		},
		Gate: func(ctx context.Context, name string) {
			l.say(newsGate, []byte(name))
			l.until(ctx, func(s status) bool { _, open := s.gate(name); return open })
		},
		Since: l.since,
	})
	if err == nil && errors.Is(context.Cause(ctx), errFull) {
		err = errFull
	}
	return err
}

// since is how long ago a gate was opened.
func (l *lease) since(name string) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, open := l.now.gate(name)
	if !open {
		return 0, false
	}
	return max(time.Since(time.Unix(0, g.NS).Add(l.ahead)), 0), true
}

// say puts news that are small.
func (l *lease) say(kind newsKind, data []byte) {
	if err := l.post.put(kind, data); err != nil {
		l.w.Tell("part %d of job %s: %v", l.ticket.Part+1, l.ticket.Job, err)
	}
}

// giveBack lets go of a part that has not begun.
func (l *lease) giveBack(ctx context.Context, why error) {
	if ctx.Err() != nil {
		return
	}
	stopped := errors.Is(why, errStopped)
	if stopped {
		l.say(newsStopped, nil)
	} else {
		l.w.Tell("part %d of job %s goes back: %v", l.ticket.Part+1, l.ticket.Job, why)
		l.say(newsLeft, nil)
	}
	patience, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	_ = l.post.finish(patience) // the controller sees it in time anyway
	if stopped {
		_ = l.msg.Term()
		return
	}
	_ = l.msg.NakWithDelay(l.w.Times.Beat)
}

// handOver sends what is left, and takes the part from the queue for good, or puts it back
// where the worker was told to end before it was done.
func (l *lease) handOver(ctx context.Context, failed, early error) {
	name := fmt.Sprintf("part %d of job %s", l.ticket.Part+1, l.ticket.Job)
	if ctx.Err() != nil {
		l.w.Tell("%s is given up: %v", name, context.Cause(ctx))
		return
	}
	left := false
	switch {
	case failed != nil:
		text := failed.Error()
		l.say(newsFailed, []byte(text[:min(len(text), mostText)]))
		l.w.Tell("%s: %v", name, failed)
	case errors.Is(early, errStopped):
		l.say(newsStopped, nil)
		l.w.Tell("%s was stopped", name)
	case early != nil:
		left = true
		l.say(newsLeft, nil)
		l.w.Tell("%s goes back", name)
	default:
		l.say(newsDone, nil)
		l.w.Tell("%s is done", name)
	}
	patience, cancel := context.WithTimeout(ctx, handOverPatience)
	defer cancel()
	if err := l.post.finish(patience); err != nil {
		l.w.Tell("%s is given up: %v", name, err)
		return
	}
	if left {
		_ = l.msg.Nak() // it comes back by itself, too
		return
	}
	l.done = failed == nil && early == nil
	short, over := context.WithTimeout(ctx, publishPatience)
	defer over()
	_ = l.msg.DoubleAck(short) // if it comes again, the job has ended or its controller knows
}

// handOverPatience is for a server that is away when all is done.
const handOverPatience = time.Minute
