// SPDX-License-Identifier: Apache-2.0

// Package machines has a load test carried out by the workers of a fleet: it says what a part of one is, and
// adds up what the parts measure. It knows nothing of flags, terminals and servers of
// NATS. Start at Run and NewRunner.
package machines

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
	"github.com/wsspec/wsspec/internal/visible"
)

// Kind is the kind of work, to the fleet.
const Kind = "load"

// spec is a load test to the fleet.
type spec struct {
	Plan   load.Plan     `json:"plan"`
	FromNS time.Duration `json:"from_ns,omitempty"` // see drive.Config.From
}

// report is what a part says: what was measured since the last time, and at the end for how
// long messages were measured.
type report struct {
	Snapshot  json.RawMessage `json:"snapshot"`
	Messaging time.Duration   `json:"messaging_ns,omitempty"`
}

// ramp is the gate behind which messages are sent.
const ramp = "ramp"

// every is how often a part reports.
const every = 500 * time.Millisecond

// NewRunner returns what carries out parts of load tests.
func NewRunner(locate drive.Locator) fleet.Runner {
	return func(ctx context.Context, p fleet.Part) error { return carryOut(ctx, locate, nil, p) }
}

// carryOut carries out a part of a load test. Where it connects to and the files that the
// plan names are looked up on this machine. dial is for tests, as in drive.Config.
func carryOut(ctx context.Context, locate drive.Locator, dial func(context.Context) (net.Conn, error), p fleet.Part) error {
	var s spec
	d := json.NewDecoder(bytes.NewReader(p.Spec))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if err := s.Plan.Check(); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	if err := Check(s.Plan); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	target, err := locate(ctx, s.Plan)
	if err != nil {
		return err
	}
	emit := func(snapshot *stats.Snapshot, messaging time.Duration) {
		b, err := json.Marshal(snapshot)
		if err != nil {
			panic(err) // numbers and text
		}
		if b, err = json.Marshal(report{b, messaging}); err != nil {
			panic(err)
		}
		p.Emit(b)
	}
	if since, begun := p.Since(ramp); p.Attempt > 1 && s.Plan.Kind == load.Echo && begun && since >= time.Duration(max(s.Plan.Duration, s.Plan.Hold)) {
		return nil // nothing is left of the time
	}
	late := time.Duration(0)
	if p.Attempt > 1 {
		late = max(time.Since(p.Begin), 0) // what should have been opened by now is not opened all at once
	}
	end, err := drive.Run(ctx, drive.Config{
		Plan: s.Plan, Part: p.Index, Parts: p.Of, Target: target, Dial: dial, Begin: p.Begin.Add(-s.FromNS), From: s.FromNS + late, Every: every, Precise: dial == nil,
		Emit: func(s *stats.Snapshot) { emit(s, 0) },
		Gate: func(ctx context.Context) time.Duration {
			since, begun := p.Since(ramp)
			if p.Attempt > 1 && begun { // we come later than all others
				return since
			}
			p.Gate(ctx, ramp)
			return 0
		},
	})
	emit(new(stats.Snapshot), end.Messaging)
	return err
}

// sum is what an attempt at a part has measured.
type sum struct {
	snapshot  stats.Snapshot
	messaging time.Duration
	last      *stats.Snapshot // what came last
}

// Add adds a report.
func (s *sum) Add(b []byte) error {
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	more, err := stats.Read(r.Snapshot)
	if err != nil {
		return err
	}
	if r.Messaging < 0 || r.Messaging > load.MaxTime {
		return fmt.Errorf("report: messages for %v", r.Messaging)
	}
	s.last = more
	s.snapshot.Merge(more)
	s.messaging = max(s.messaging, r.Messaging)
	return nil
}

// held is how many connections are open, as far as is known.
func (s *sum) held() int64 {
	if s.snapshot.End > 0 {
		return 0 // its worker had closed them
	}
	ended := int64(0)
	for _, slot := range s.snapshot.Series.Slots {
		ended += slot.Ended
	}
	return max(s.snapshot.Opened-ended, 0)
}

// Config says what to carry out, and who is told how it goes.
type Config struct {
	Bus     *fleet.Bus
	Plan    load.Plan
	From    time.Duration // see drive.Config.From
	Workers int
	Version string
	Name    string      // of this controller, for people
	Times   fleet.Times // zero are those of package fleet
	// Step says that the plan is a step of a search, which says nothing unless it is whole: nobody takes anything over.
	Step bool

	Emit func(*stats.Snapshot) // told what has been measured since the last time
	Note func(string)          // told what people should know meanwhile
}

// An End is how a test by a fleet ended.
type End struct {
	Interrupted bool
	Messaging   time.Duration
	Lost        []string // workers with what they held, where nobody has taken it over
}

// LostWorker is the cause by which connections and messages are counted that were lost with their
// worker, or were never begun because of that.
const LostWorker = "worker lost"

// Check says which plans a fleet does not carry out.
func Check(p load.Plan) error {
	if p.Kind == load.Broadcast {
		return errors.New("load broadcast compares when all receivers have a message, which takes one clock, and so one machine")
	}
	if p.Keylog != "" {
		return errors.New("--keylog: other machines write no secrets to files because somebody says so")
	}
	if p.ProxyPassword != "" {
		return errors.New("--proxy: its password is not sent to workers: leave it out, and have it in WSSPEC_PROXY_PASSWORD where they run")
	}
	return nil
}

// Run shares the plan out to as many workers, and gathers what they measure. What was
// measured by workers that are lost counts, as it has happened; the connections that they held count
// as lost, and messages without an answer as missing. Others open the connections again, and send the messages that are due
// from then on; those in between are not sent. All that the plan asks for is accounted for.
func Run(ctx context.Context, cfg Config) (End, error) {
	b, err := json.Marshal(spec{cfg.Plan, cfg.From})
	if err != nil {
		return End{}, err
	}
	g := newGathering(cfg)
	c := fleet.Controller{
		Bus: cfg.Bus, Name: cfg.Name, Times: cfg.Times, New: func() fleet.Sum { return new(sum) }, Tell: g.event,
		Job: fleet.Job{
			ID: fleet.JobID(Kind, cfg.Version, cfg.Workers, b), Kind: Kind, Version: cfg.Version, Spec: b, Parts: cfg.Workers,
			Together: true, Takeover: !cfg.Step,
		},
	}
	r, err := c.Run(ctx)
	if err != nil {
		return End{}, err
	}
	end := End{Interrupted: r.Interrupted}
	for i, p := range r.Parts {
		s := p.Sum.(*sum)
		end.Messaging = max(end.Messaging, s.messaging)
		switch p.State {
		case fleet.Broken:
			return end, fmt.Errorf("worker %s: %s", p.Worker, p.Text)
		case fleet.Missing:
			g.gone(i, p.Worker, s)
			if !r.Interrupted {
				g.never(i, p.Worker, s)
			}
			end.Lost = append(end.Lost, cmp.Or(g.lost[i], p.Worker))
		}
		if !r.Interrupted {
			g.unsent(i, s)
		}
	}
	return end, nil
}

// gathering is a test that is going on.
type gathering struct {
	cfg   Config
	lost  map[int]string
	begun time.Time // about
	// did is how many messages of a part were sent, or known not to be, by those who were lost with it. It is there for parts
	// with a loss.
	did map[int]int64

	resumed bool
}

func newGathering(cfg Config) *gathering {
	return &gathering{cfg: cfg, lost: map[int]string{}, did: map[int]int64{}}
}

// event tells of what happens.
func (g *gathering) event(e fleet.Event) {
	name := clean(e.Worker)
	switch e.Kind {
	case fleet.Ready:
		if !g.begun.IsZero() {
			return // it is told as taken over
		}
		g.note("%s has part %d of %d, clock %+.1f ms ± %.1f", name, e.Part+1, g.cfg.Workers, milliseconds(e.Offset), milliseconds(e.Within))
	case fleet.Begun:
		if g.begun = time.Now(); !g.resumed {
			g.note("all %d parts are taken: it begins", g.cfg.Workers)
		}
	case fleet.Reported:
		g.cfg.Emit(e.Sum.(*sum).last)
	case fleet.Lost:
		text := fmt.Sprintf("%s with %d connections", name, e.Sum.(*sum).held())
		if e.Text != "" {
			text += ": " + clean(e.Text)
		}
		g.lost[e.Part] = text
		g.note("lost: %s", text)
	case fleet.Found:
		delete(g.lost, e.Part)
		g.note("%s is back", name)
	case fleet.Taken:
		s := e.Sum.(*sum)
		g.gone(e.Part, clean(e.Text), s)
		g.did[e.Part] += s.snapshot.Sent + s.snapshot.Unsent
		g.note("%s takes over part %d from %s", name, e.Part+1, clean(e.Text))
	case fleet.Resumed:
		g.resumed = true
		g.note("this test was begun by another process: going on with it")
	case fleet.Trouble:
		g.note("%s: %s", cmp.Or(name, "fleet"), clean(e.Text))
	}
}

// gone counts what a worker had that is lost for good: open connections, and messages on their way.
func (g *gathering) gone(part int, worker string, s *sum) {
	g.did[part] += 0 // there was a loss
	more := new(stats.Snapshot)
	slot := more.Series.At(g.now())
	if n := s.held(); n > 0 {
		more.Lost, slot.Ended = n, n
		more.Fail("lost: "+LostWorker, n, fmt.Sprintf("%s held %d connections", clean(worker), n))
	}
	if n := s.snapshot.Sent - s.snapshot.Messages - s.snapshot.Missing; n > 0 {
		more.Missing = n
		slot.Failed += n
		more.Fail("no answer: "+LostWorker, n, "")
	}
	g.cfg.Emit(more)
}

// never counts the connections of a part that nobody opens any more.
func (g *gathering) never(part int, worker string, s *sum) {
	n := int64(drive.Share(g.cfg.Plan.Connections, part, g.cfg.Workers)) - s.snapshot.Opened - s.snapshot.Failed
	if n <= 0 {
		return
	}
	more := new(stats.Snapshot)
	more.Failed, more.Series.At(g.now()).Failed = n, n
	more.Fail(LostWorker, n, fmt.Sprintf("%s was to open %d more", clean(worker), n))
	g.cfg.Emit(more)
}

// unsent counts the messages of a part with a loss that were due when nobody had it.
func (g *gathering) unsent(part int, s *sum) {
	did, loss := g.did[part]
	n := drive.ToSend(g.cfg.Plan, part, g.cfg.Workers) - did - s.snapshot.Sent - s.snapshot.Unsent
	if !loss || n <= 0 {
		return
	}
	more := new(stats.Snapshot)
	more.Unsent, more.Series.At(g.now()).Failed = n, n
	more.Fail("not sent: "+LostWorker, n, "")
	g.cfg.Emit(more)
}

// now is the time of the run.
func (g *gathering) now() time.Duration {
	if g.begun.IsZero() {
		return g.cfg.From
	}
	return time.Since(g.begun) + g.cfg.From
}

func (g *gathering) note(format string, args ...any) { g.cfg.Note(fmt.Sprintf(format, args...)) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// clean makes a text from another machine fit to be shown.
func clean(s string) string { return visible.Text(s) }
