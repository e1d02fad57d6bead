// SPDX-License-Identifier: Apache-2.0

// Package fuzz looks for conversations that an endpoint gets wrong: it has them drawn from
// a seed, played, and judged by the model, goes on with those that show something new, and
// cuts what it finds to the shortest conversation that shows it.
//
// It knows nothing of command lines, and nothing of cases. Start at Run; the parts are
// packages below: conversation, what is said; generator, what is drawn; player, how it is
// said and heard.
package fuzz

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/generator"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/ws"
)

// Config is what to do.
type Config struct {
	Seed uint64
	Role ws.Role // ours
	Peer player.Peer

	Runs uint64        // conversations to draw; 0 is no bound
	Time time.Duration // for which they are drawn; 0 is no bound. See FinishTime
	Jobs int           // conversations at a time; 0 is DefaultJobs, and up to maxIdle more in which we only wait

	// Obeys: the endpoint does what it is told as ws.Command says.
	Obeys bool
	// Single: no conversation has more than one connection. Those with clients never have.
	Single bool
	// Enough findings end the run; 0 is DefaultEnough.
	Enough int

	// First is the patience with which conversations are played first, and Second that with
	// which findings are confirmed. Where zero, they are those of package player.
	First, Second player.Patience

	// Away is how long an endpoint that was there may not be; 0 is DefaultAway.
	Away time.Duration

	// CPU says what the process of the endpoint has had so far, where that is known; else it is
	// nil, and nobody looks whether the process rests when nobody talks to it.
	CPU func() (CPU, error)
	// Counters returns which counters of the endpoint's own are not zero, by numbers that stand
	// for them. A conversation behind which there are new ones is one to draw from. May be nil.
	Counters func(context.Context) ([]uint64, error)
	// Restart starts the endpoint again, where it is gone or does not rest any more. May be nil.
	Restart func(context.Context) error

	// Found is told each finding, one at a time. May be nil.
	Found func(Finding)
	// Agent is the name of the endpoint, for files. May be empty.
	Agent string
}

// Defaults of a Config.
const (
	DefaultJobs   = 8
	DefaultEnough = 100
	DefaultAway   = 3 * time.Second
)

// shrinkOnTime is for how long suspicions are still shrunk once the time for drawing is over.
// From then on they are confirmed as they are.
const shrinkOnTime = 2 * time.Second

// FinishTime is for how long a run goes on at most once the time for drawing is over, so that
// suspicions can be confirmed, each time by the silence of an endpoint that has said nothing
// yet and then owes something. What is left is counted. To find out what keeps a process from
// resting is not bound by it.
func FinishTime(first, second player.Patience) time.Duration {
	return shrinkOnTime + 2*first.Owed + confirmations*2*second.Owed + 500*time.Millisecond
}

// Summary is what came of a run.
type Summary struct {
	Seed        uint64
	Played      uint64 // conversations drawn, without those for shrinking
	Replayed    uint64 // for shrinking and confirming
	Took        time.Duration
	Marks       int // different (state, input, answer) seen
	Known       int // conversations that showed new ones and are drawn from
	Findings    []Finding
	Died        int                          // times the endpoint could not be reached, and could be again
	Unconfirmed int                          // findings that did not come again
	Repeated    int                          // findings whose shortest form was found before
	Behind      int                          // findings that are behind another: see Collection
	Left        int                          // suspicions that were not confirmed or cleared when the run ended
	LeftBroken  int                          // those of them that would count in Broken
	Lost        error                        // why the endpoint could not be reached any more, nil where it could
	Gone        []*conversation.Conversation // the last before that
	Coverage    Coverage                     // where there were Counters
	Restless    int                          // times the process did not rest when nobody talked to the endpoint
	Unwatched   error                        // why nobody looked whether it does, nil where somebody did or CPU is nil
}

// Broken is how many findings break a MUST, or what an endpoint that echoes has to do.
func (s *Summary) Broken() int {
	n := 0
	for i := range s.Findings {
		if s.Findings[i].Violation.Level != model.Should {
			n++
		}
	}
	return n
}

// Unsettled reports whether nobody knows if the endpoint is right: there are suspicions of a
// level that were not looked at, or nothing was played, or the endpoint was away for a moment
// and it was not found out why. With strict, SHOULD is such a level, too.
func (s *Summary) Unsettled(strict bool) bool {
	return s.Played == 0 || s.LeftBroken > 0 || strict && s.Left > 0 || s.Died > 0 && !s.explained()
}

// explained reports whether a finding says why the endpoint was away.
func (s *Summary) explained() bool {
	return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Violation.Requirement == goneRule })
}

// run is a run that is going on.
type run struct {
	Config
	ctx      context.Context
	hunting  context.Context // ends FinishTime behind the drawing
	shrinkOn time.Time       // until when suspects are shrunk; zero is no bound
	draw     *generator.Generator
	guide    *guide
	began    time.Time
	pursuit  pursuit
	replayed atomic.Uint64
	died     atomic.Int64
	alone    *gate         // locked by who must be the only one to talk to the endpoint
	talking  chan struct{} // has one of each conversation that does not only wait
	rest     rest
	covered  covered

	recent recent

	mu     sync.Mutex
	lost   error
	gone   []*conversation.Conversation
	cancel context.CancelFunc // of the drawing
}

// Progress is how far a run has come.
type Progress struct {
	Played       uint64
	Replayed     uint64
	Took         time.Duration
	Marks, Known int
	Findings     int
	Pursued      int // findings that are being shrunk, or wait for it
}

// A Fuzzer is a run. Start begins it.
type Fuzzer struct {
	*run
	done chan struct{}
	sum  Summary
}

// Run fuzzes until one of the bounds is reached or ctx ends.
func Run(ctx context.Context, c Config) Summary {
	f := Start(ctx, c)
	return f.Wait()
}

// Start begins a run.
func Start(ctx context.Context, c Config) *Fuzzer {
	talking := c.Jobs
	if c.Jobs <= 0 {
		talking, c.Jobs = DefaultJobs, DefaultJobs+maxIdle
	}
	if c.Enough <= 0 {
		c.Enough = DefaultEnough
	}
	if c.Away == 0 {
		c.Away = DefaultAway
	}
	if c.First == (player.Patience{}) {
		c.First = player.Quick()
	}
	if c.Second == (player.Patience{}) {
		c.Second = player.Sure()
	}
	r := &run{Config: c, ctx: ctx, guide: newGuide(c.Runs), began: time.Now(), alone: newGate(), talking: make(chan struct{}, talking)}
	r.draw = generator.New(generator.Base{Seed: c.Seed, Role: c.Role, Single: c.Single || c.Role == ws.Server, Obeys: c.Obeys})
	r.hunting = ctx
	r.pursuit.init()
	f := &Fuzzer{run: r, done: make(chan struct{})}
	go f.do()
	return f
}

// Wait waits for the end of the run.
func (f *Fuzzer) Wait() Summary {
	<-f.done
	return f.sum
}

// Done is closed at the end of the run.
func (f *Fuzzer) Done() <-chan struct{} { return f.done }

// Progress is how far the run is.
func (f *Fuzzer) Progress() Progress {
	p := Progress{Replayed: f.replayed.Load(), Took: time.Since(f.began)}
	p.Played, p.Marks, p.Known = f.guide.counts()
	p.Findings, p.Pursued = f.pursuit.counts()
	return p
}

// Marks are those seen so far, but for the first so many.
func (f *Fuzzer) Marks(from int) []player.Mark { return f.guide.marks(from) }

func (f *Fuzzer) do() {
	defer close(f.done)
	drawing, stop := context.WithCancel(f.ctx)
	if f.Time > 0 {
		drawing, stop = context.WithTimeout(f.ctx, f.Time)
		var late context.CancelFunc
		f.hunting, late = context.WithTimeout(f.ctx, f.Time+FinishTime(f.First, f.Second))
		defer late()
		f.shrinkOn = f.began.Add(f.Time + shrinkOnTime)
	}
	defer stop()
	f.mu.Lock()
	f.cancel = stop
	f.mu.Unlock()
	defer f.guide.stopWith(drawing)()

	if f.CPU != nil {
		f.lookFirst(drawing)
	}
	f.countFirst(drawing)
	var workers, hunters, lookers sync.WaitGroup
	for range f.Jobs {
		workers.Go(func() { f.work(drawing) })
	}
	for range min(f.Jobs, 2) {
		hunters.Go(f.hunt)
	}
	looking, enough := context.WithCancel(drawing)
	if f.CPU != nil {
		lookers.Go(func() { f.lookForRest(looking) })
	}
	workers.Wait()
	enough()
	lookers.Wait()
	if f.CPU != nil {
		f.lookNow(f.ctx)
	}
	f.pursuit.close()
	for range min(f.Jobs, DefaultJobs) - 2 { // there is room for them now
		hunters.Go(f.hunt)
	}
	hunters.Wait()
	f.lookLast()
	f.sum = f.summary()
}

// lookLast looks whether the last conversations were too much for a server: those that have
// no time to end do not notice.
func (f *Fuzzer) lookLast() {
	if f.Role != ws.Client || f.isLost() || f.ctx.Err() != nil {
		return
	}
	s, err := f.Peer.Connect(f.ctx)
	if err == nil {
		_ = s.Close()
	} else {
		f.comesBack(f.ctx, err)
	}
}

func (r *run) summary() Summary {
	s := Summary{Seed: r.Seed, Replayed: r.replayed.Load(), Took: time.Since(r.began), Lost: r.lost, Gone: r.gone, Died: int(r.died.Load())}
	s.Played, s.Marks, s.Known = r.guide.counts()
	s.Coverage = r.coverage()
	s.Restless, s.Unwatched = r.rest.times, r.rest.blind
	r.pursuit.summary(&s)
	return s
}

// player returns one of our own for a goroutine.
func (r *run) player(patience player.Patience, keep bool) *player.Player {
	return &player.Player{Peer: r.Peer, Patience: patience, Keep: keep}
}

// work plays what is drawn.
func (r *run) work(ctx context.Context) {
	p := r.player(r.First, false)
	p.Idle = r.idle
	for {
		n, known, ok := r.guide.take()
		if !ok {
			return
		}
		c := r.draw.Draw(n, known)
		r.recent.add(c)
		r.alone.RLock()
		r.idle(false)
		r.speak(n, c)
		out := p.Play(ctx, c)
		r.idle(true)
		r.alone.RUnlock()
		if out.Unreached != nil && !isOver(ctx) {
			if !r.comesBack(ctx, out.Unreached) {
				r.guide.stop()
				return
			}
			for _, d := range r.recent.all() { // it may have been any of those
				r.pursuit.add(suspect{c: d, n: n, gone: true, at: time.Since(r.began)})
			}
		}
		r.guide.played(n, c, out.Marks, r.counted(ctx))
		if ctx.Err() == nil { // cut short, it proves nothing
			for _, v := range out.Violations {
				r.pursuit.add(suspect{c: c, n: n, violation: v, at: time.Since(r.began)})
			}
		}
	}
}

// isOver reports whether a context has ended or is about to: what opens connections looks at
// the time itself, and may be earlier.
func isOver(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(end)
}

// idle takes it that a conversation only waits from now on, or has something to do again. Who
// waits long for an endpoint that is silent does not keep others from talking.
func (r *run) idle(is bool) {
	if is {
		<-r.talking
	} else {
		r.talking <- struct{}{}
	}
}

// maxIdle is how many conversations may wait for the endpoint beside those that talk.
const maxIdle = 24

// keptRecent is how many of the last conversations are told of when the endpoint is gone.
const keptRecent = 16

// recent are the conversations that were begun last.
type recent struct {
	mu   sync.Mutex
	last []*conversation.Conversation
}

func (r *recent) add(c *conversation.Conversation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) == keptRecent {
		r.last = append(r.last[:0], r.last[1:]...)
	}
	r.last = append(r.last, c)
}

func (r *recent) all() []*conversation.Conversation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.last)
}

// comesBack waits for an endpoint that could not be reached.
func (r *run) comesBack(ctx context.Context, why error) bool {
	r.mu.Lock()
	defer r.mu.Unlock() // one asks for all
	if r.lost != nil {
		return false
	}
	if r.comesOrIsStarted(ctx) {
		r.died.Add(1)
		return true
	}
	if ctx.Err() != nil {
		return false
	}
	r.lost = fmt.Errorf("the endpoint cannot be reached any more: %w", why)
	r.gone = r.recent.all()
	r.cancel()
	return false
}
