// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Run is a test of one server.
type Run struct {
	Server   *Endpoint
	Plan     []runner.Planned
	Settings runner.Settings
	// Surveys are cases that look at all conversations of the plan. They come last, and
	// not at all where the plan was not played to its end.
	Surveys []runner.Planned
	// Conversations are played in place of the cases of the plan with their ids: see CaseOf.
	Conversations map[string]*conversation.Conversation
	// Pace is how often cases are played, and how many at a time; 0 Jobs: find out
	// how many the server bears.
	Pace runner.Pace
	// Skip reports whether a case is left out for the agent. May be nil.
	Skip func(agent, id string) bool
	// Taken reports whether the name that the server gives itself is that of another
	// already; the host of its URL is added then. May be nil.
	Taken func(agent string) bool
	// Begin is told the agent's name before the first result. May be nil.
	Begin func(agent string, cases int) error
	// Playing is told when a case begins to be played and when it has been, by several
	// goroutines. May be nil.
	Playing func(id string, begins bool)
	// Keep puts a result where it is safe, before Done is told of it. It may be called
	// by several goroutines, and be nil.
	Keep func(report.Result) error
	// Done is told each result, from one goroutine at a time.
	Done func(report.Result) error
}

// Outcome is how far a run got.
type Outcome struct {
	Agent  string
	Done   int
	Faults int // cases that have no result because we were at fault
	Left   int // cases that were not run
}

// MaxJobs is how many cases run at a time where the server bears it.
const MaxJobs = 16

// Do plays the plan. Where the server is lost on the way, the error wraps
// ErrUnreachable, and the outcome says how many cases were not run. Faults of
// ours are runner.Faults in the error.
func (r *Run) Do(ctx context.Context) (Outcome, error) {
	defer r.Server.leave()
	out := Outcome{Agent: r.Server.Agent, Left: len(r.Plan)}
	pace := r.Pace
	if pace.Jobs != 1 || out.Agent == "" || !r.Settings.Reference {
		found, err := r.Server.probe(ctx, r.Settings, pace.Jobs == 0)
		if err == nil && found.refused != nil && !r.Settings.Reference {
			err = found.refused
		}
		if err != nil {
			return out, err
		}
		if out.Agent == "" {
			out.Agent = found.agent
			if r.Server.HTTP != "" && r.Server.HTTP != ws.HTTP1 {
				out.Agent += " over " + r.Server.HTTP // results over another version are others
			}
			if r.Taken != nil && r.Taken(out.Agent) {
				out.Agent += " at " + r.Server.request.Host
			}
		}
		if pace.Jobs == 0 {
			pace.Jobs = found.jobs
		}
	}
	plan := r.Plan
	if r.Skip != nil {
		plan = nil
		for _, c := range r.Plan {
			if !r.Skip(out.Agent, c.ID) {
				plan = append(plan, c)
			}
		}
	}
	out.Left = len(plan) + len(r.surveys(out.Agent))
	if r.Begin != nil {
		if err := r.Begin(out.Agent, out.Left); err != nil {
			return out, err
		}
	}
	return r.play(ctx, plan, pace, out)
}

// play plays what is left of the plan, and judges the surveys by it.
func (r *Run) play(ctx context.Context, plan []runner.Planned, pace runner.Pace, out Outcome) (Outcome, error) {
	var shown survey.Gatherer
	settings := r.Settings
	settings.Stalls = new(runner.Stalls)
	if settings.Pulse == nil {
		settings.Pulse = peer.NewPulse()
		defer settings.Pulse.Stop()
	}
	if len(r.Surveys) > 0 {
		settings.See = func(log *wirelog.Log) { shown.See(log, 0, false) }
	}
	done := func(res report.Result) error {
		out.Done++
		out.Left--
		return r.Done(res)
	}
	kept := func() error { return nil }
	if r.Keep != nil {
		k := newKeeping(r.Keep, done)
		done, kept = k.put, k.end
	}
	var served lastServed
	err := runner.Schedule(ctx, plan, pace, func(ctx context.Context, c runner.Planned, acting runner.Acting) (report.Result, error) {
		if r.Playing != nil {
			r.Playing(c.ID, true)
			defer r.Playing(c.ID, false)
		}
		res, err := r.one(ctx, settings, c, out.Agent, acting)
		if err == nil {
			served.add(c.ID)
		}
		return res, err
	}, done)
	err = served.explain(err)
	faults, faulty := errors.AsType[runner.Faults](err)
	if err == nil || faulty {
		err = errors.Join(err, r.survey(settings, out.Agent, shown.Evidence(), done))
	}
	if lost := kept(); lost != nil && !errors.Is(err, lost) {
		err = errors.Join(err, lost)
	}
	out.Faults = len(faults)
	out.Left -= len(faults)
	return out, err
}

// one plays a case, or the conversation that stands in place of one.
func (r *Run) one(ctx context.Context, st runner.Settings, c runner.Planned, agent string, acting runner.Acting) (report.Result, error) {
	if said, ok := r.Conversations[c.ID]; ok {
		return r.Server.replay(ctx, st, c, agent, said)
	}
	return r.Server.Play(ctx, st, c, agent, acting)
}

// surveys are those that are not left out for the agent.
func (r *Run) surveys(agent string) []runner.Planned {
	return slices.DeleteFunc(slices.Clone(r.Surveys), func(c runner.Planned) bool { return r.Skip != nil && r.Skip(agent, c.ID) })
}

// survey judges the surveys by what the connections of the plan have shown.
func (r *Run) survey(st runner.Settings, agent string, e survey.Evidence, done func(report.Result) error) error {
	for _, c := range r.surveys(agent) {
		if err := done(st.Survey(c, agent, ws.Client, e)); err != nil {
			return err
		}
	}
	return nil
}

// Play conducts one case, on a connection of its own or as many as it wants. The
// error is ErrUnreachable, that of the context, or a *runner.Fault. For acting see
// runner.PlayFunc.
func (e *Endpoint) Play(ctx context.Context, st runner.Settings, c runner.Planned, agent string, acting runner.Acting) (report.Result, error) {
	return runner.PlayAll(c, func(c runner.Planned) (report.Result, error) { return e.converse(ctx, st, c, agent, acting) })
}

// converse conducts a case on one connection.
func (e *Endpoint) converse(ctx context.Context, st runner.Settings, c runner.Planned, agent string, acting runner.Acting) (report.Result, error) {
	dial := e.dial
	if c.AtOnce() {
		dial = e.dialOnce
	}
	if c.Opens == ws.HTTP1 {
		dial = e.dialHTTP1
	}
	if acting != nil {
		acting.Resume()
	}
	s, err := dial(ctx, c.Open.TLS)
	if err != nil {
		return report.Result{}, err
	}
	if acting != nil {
		s = watch(s, acting)
	}
	p := st.Peer(ctx, s, ws.Client, c.Case)
	open := p.Dial(e.request, st.Opening(c.Case))
	r, err := st.Conduct(p, c, agent, open)
	r.URL = e.URL
	return r, err
}

const (
	// probePatience is how long a server may take to answer a second connection
	// before we conclude that it serves one at a time.
	probePatience = 2 * time.Second
	// probeClosing is how long it may take for each step of the closing handshake.
	probeClosing = 250 * time.Millisecond
)

// probed is what a probe has found.
type probed struct {
	agent   string        // what the server calls itself
	jobs    int           // how many cases it bears at a time
	refused *RefusedError // nil where it opened a connection
}

// Probe opens a connection and closes it. The error is a *RefusedError, another
// ErrUnreachable, or that of the context.
func (e *Endpoint) Probe(ctx context.Context, st runner.Settings) error {
	found, err := e.probe(ctx, st, false)
	if err == nil && found.refused != nil {
		return found.refused
	}
	return err
}

// probe opens a connection, and with twice another beside it. A refusal that may
// pass is waited out for as long as a port at which nobody listens.
func (e *Endpoint) probe(ctx context.Context, st runner.Settings, twice bool) (probed, error) {
	giveUp := time.Now().Add(retryFor)
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		found, err := e.knock(ctx, st, twice)
		if err != nil || found.refused == nil || st.Reference || !found.refused.mayPass() || time.Now().Add(pause).After(giveUp) {
			return found, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return probed{}, context.Cause(ctx)
		}
	}
}

func (e *Endpoint) knock(ctx context.Context, st runner.Settings, twice bool) (probed, error) {
	var second probed
	var opened bool
	first, err := e.hold(ctx, st, func() {
		if !twice {
			return
		}
		st.Options.OpenTimeout = probePatience
		second, _ = e.hold(ctx, st, func() { opened = true }) // a server that takes one connection only is fine
	})
	if err != nil {
		return probed{}, err
	}
	first.jobs = 1
	if opened {
		first.jobs = MaxJobs
	}
	first.agent = cmp.Or(first.agent, second.agent, UnknownAgent)
	return first, nil
}

// hold opens a connection, calls meanwhile while it is open, and closes it.
func (e *Endpoint) hold(ctx context.Context, st runner.Settings, meanwhile func()) (probed, error) {
	s, err := e.dial(ctx, nil)
	if err != nil {
		return probed{}, err
	}
	// Nothing is judged here: a server that closes badly gets little time for it.
	st.Options.CloseTimeout, st.Options.DropTimeout = probeClosing, probeClosing
	o := &overheard{Stream: s, beside: peer.TunnelOf(s) != nil}
	begun := time.Now()
	p := st.Peer(ctx, o, ws.Client, conform.Case{})
	opened := p.Dial(e.request, peer.Opening{})
	waited := time.Since(begun)
	if opened {
		meanwhile()
		p.Close(ws.NormalClosure)
		p.Finish(probeClosing, peer.FailConnection)
	} else {
		p.Hangup()
		_ = s.Reset() // gone either way
	}
	if ctx.Err() != nil {
		return probed{}, context.Cause(ctx)
	}
	var found probed
	resp, err := ws.ParseResponse(p.Log().Response)
	if err == nil {
		name := resp.Fields.Get("Server")
		found.agent = name[:min(len(name), maxAgent)]
	}
	if !opened && (err != nil || resp.Status != 101) {
		found.refused = e.refusal(o, p.Log(), waited)
	}
	return found, nil
}

// maxAgent bounds what a server may call itself, in octets.
const maxAgent = 200
