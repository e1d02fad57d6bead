// SPDX-License-Identifier: Apache-2.0

// Package runner plays cases and judges them: one (PlayAll), or a plan of them, in
// parallel, and repeatedly if asked (Schedule). It knows nothing of how connections are
// made, which fuzzclient and fuzzserver do, nor of where results go. Start at Schedule.
package runner

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Settings are what holds for all cases of a run.
type Settings struct {
	Seed    uint64
	Options peer.Options
	// Factor stretches every patience and timeout; 0 means 1. Pauses that are part
	// of a case stay as they are.
	Factor float64
	// Reference judges as the reference does, and no stricter.
	Reference bool
	// Profile is what the peer is meant to do. Cases that need to know are UNIMPLEMENTED
	// where it does not say: who picks cases leaves them out as a rule.
	Profile peer.Profile
	// See is told the log of each connection, for surveys. May be nil.
	See func(*wirelog.Log)
	// Pulse tells how late we are ourselves; may be nil.
	Pulse *peer.Pulse
	// Stalls has what is known of the peer's patience with us; may be nil.
	Stalls *Stalls
	// Deflate keeps compressors between connections; nil: each has its own.
	Deflate *deflate.Pool
}

// Planned is a case of a run with its number among the selected. Of a case with
// several connections, a client plays one a number.
type Planned struct {
	conform.Case
	Number int // from 1
	turn   int // of the case's turns, where connections have numbers of their own: from 1

	atOnce  bool     // see AtOnce
	meeting *meeting // of the connections of a case that is played on all of them together
}

// Begins is what the client's connection begins with that a turn stands for, nil where a turn is
// played as others are.
func (c Planned) Begins() *peer.Beginning {
	if c.turn == 0 {
		return nil
	}
	return c.Turns[c.turn-1].Begins
}

// AtOnce reports whether it tells against the peer if it cannot be connected to at once.
func (c Planned) AtOnce() bool { return c.atOnce }

// Plan numbers the selected cases that the role can play. A client comes once a
// number, so where we are the server a case with several turns has as many numbers.
func Plan(cs []conform.Case, role ws.Role) []Planned {
	plan := make([]Planned, 0, len(cs))
	for _, c := range cs {
		first := len(plan)
		for i := range numbers(c, role) {
			plan = append(plan, Planned{Case: c, Number: first + i + 1})
			if role == ws.Server && len(c.Turns) > 0 {
				plan[first+i].turn = i + 1
			}
		}
	}
	return plan
}

// numbers is how many of them a case has.
func numbers(c conform.Case, role ws.Role) int {
	switch {
	case !c.Only.Has(role) || c.Survey != nil:
		return 0
	case role == ws.Server && len(c.Turns) > 0:
		return len(c.Turns)
	}
	return 1
}

// Surveys are those of the selected cases that the role has and that are not played,
// numbered behind the plan.
func Surveys(cs []conform.Case, role ws.Role) []Planned {
	n := 0
	for _, c := range cs {
		n += numbers(c, role)
	}
	var surveys []Planned
	for _, c := range cs {
		if c.Survey != nil && c.Only.Has(role) {
			n++
			surveys = append(surveys, Planned{Case: c, Number: n})
		}
	}
	return surveys
}

// Survey judges a case by what the connections of the run show.
func (st Settings) Survey(c Planned, agent string, role ws.Role, e survey.Evidence) report.Result {
	log := wirelog.New(role)
	e.Browser = st.Profile.Browser
	for _, r := range c.Survey(e) {
		log.Add(log.Start, r)
	}
	return report.Result{
		Agent: agent, ID: c.ID, Number: c.Number, Title: c.Title, Spec: c.Spec, Want: c.Want, Close: c.Close, Tags: c.Tags,
		Verdict: verdict.Judge(c.Want, c.Close, log), Started: log.Start, Seed: st.Seed, Log: log,
	}
}

// Room for what the peer may send unasked, in octets.
const (
	slack        = 2 << 20
	slackDeflate = 8 << 20  // what compressed messages may inflate to as well
	slackSlow    = 40 << 20 // cases with messages of megabytes
)

// Backlog is how much the peer may send unasked in the case, in octets.
func (st Settings) Backlog(c conform.Case) int {
	backlog := slack
	switch {
	case c.Has(conform.Deflate):
		backlog = slackDeflate
	case c.Has(conform.Slow):
		backlog = slackSlow
	}
	if c.Needs == conform.MessageLimit || c.Needs == conform.FrameLimit {
		backlog += 2 * max(st.Profile.MessageLimit, st.Profile.FrameLimit)
	}
	for _, o := range c.Want.Outcomes {
		for _, e := range o.Events {
			backlog += 2 * e.Data.Len
		}
	}
	return backlog
}

// Peer begins a conversation for the case on s.
func (st Settings) Peer(ctx context.Context, s stream.Stream, role ws.Role, c conform.Case) *peer.Peer {
	cfg := peer.Config{
		Role: role, Seed: st.caseSeed(c.ID), Options: st.options(), Patience: st.stretch(c.Patience()), Backlog: st.Backlog(c), Deflate: st.Deflate,
		Pulse: st.Pulse, ReadOut: !st.Reference, HoldAnswer: true, ChopPause: true, Probe: !st.Reference,
		Profile: st.Profile,
	}
	if !st.Reference {
		cfg.Passes = func(tag string) bool { return c.Want.Passes(tag) }
		cfg.Stall = st.stretch(st.Stalls.limit())
	}
	if c.Open.Patience > 0 {
		cfg.Options.OpenTimeout = st.stretch(c.Open.Patience)
	}
	if c.Want.Whole {
		st.follow(&cfg, c)
	} else if c.Close.ByUs && len(c.Close.Codes) > 0 {
		c.Want.ByRFC = !st.Reference
		f := c.Want.Follow()
		cfg.Complete = func(events []wirelog.Record) bool {
			f.Next(events)
			// What is wrong already does not get better by waiting.
			return c.Want.Complete(events) || !st.Reference && len(c.Want.Outcomes) > 0 && f.Hopeless()
		}
		cfg.CompleteCode = c.Close.Codes[0]
	}
	return peer.New(ctx, s, cfg)
}

// Opening is what the case wants of the opening handshake as a client.
func (st Settings) Opening(c conform.Case) peer.Opening {
	o := c.Open
	if c.Told != nil && c.Needs.In(st.Profile) {
		o = c.Told(st.Profile)
	}
	o.Command = c.Command
	return o
}

// follow has the peer end a conversation that is judged as a whole once that is
// settled: with a Close where all that was hoped for has come, and at once where none
// of it can come any more. What the peer may take for the end of it is stretched to
// what RFC 6455, 7.1.1 lets a server take.
func (st Settings) follow(cfg *peer.Config, c conform.Case) {
	c.Want.ByRFC = true
	f := c.Want.Follow()
	cfg.Complete = func(events []wirelog.Record) bool { f.Next(events); return f.Complete() }
	cfg.Hopeless = func(events []wirelog.Record) bool { f.Next(events); return f.Hopeless() }
	cfg.CompleteCode, cfg.PlayOut = ws.NormalClosure, true
	cfg.Options.DropTimeout = max(cfg.Options.DropTimeout, st.stretch(max(wholeDrop, c.Limit)))
	cfg.Options.CloseTimeout = max(cfg.Options.CloseTimeout, st.stretch(max(wholeDrop, c.Limit)))
}

// wholeDrop is how long a peer may take to answer a Close, and a server to end TCP
// behind it, where the case is not more patient.
const wholeDrop = 2 * time.Second

// caseSeed gives each case masking keys of its own, whatever ran before it.
func (st Settings) caseSeed(id string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %s", st.Seed, id) // never fails
	return h.Sum64()
}

func (st Settings) stretch(d time.Duration) time.Duration {
	if st.Factor == 0 {
		return d
	}
	return time.Duration(float64(d) * st.Factor)
}

// OpenTimeout is how long the opening handshake may take.
func (st Settings) OpenTimeout() time.Duration { return st.options().OpenTimeout }

func (st Settings) options() peer.Options {
	o, d := st.Options, peer.DefaultOptions()
	for _, t := range []struct {
		have *time.Duration
		def  time.Duration
	}{{&o.OpenTimeout, d.OpenTimeout}, {&o.CloseTimeout, d.CloseTimeout}, {&o.DropTimeout, d.DropTimeout}} {
		if *t.have == 0 {
			*t.have = t.def
		}
		*t.have = st.stretch(*t.have)
	}
	return o
}

// A Fault is a panic of ours while a case was played. It proves nothing about the
// peer: the case has no result then.
type Fault struct {
	ID    string // of the case
	Value any    // what the panic was about
	Stack []byte
}

func (f *Fault) Error() string { return fmt.Sprintf("case %s: fault in wsspec: %v", f.ID, f.Value) }

// Conduct plays the case on p, whose opening handshake is done if open is true,
// to the end, and judges it. The error is a *Fault.
func (st Settings) Conduct(p *peer.Peer, c Planned, agent string, open bool) (r report.Result, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			p.Hangup()
			err = &Fault{ID: c.ID, Value: fault, Stack: debug.Stack()}
		}
	}()
	c.meeting.attend(st.OpenTimeout())
	switch {
	case open && c.Over != "" && c.Over != p.HTTPVersion() && c.Opens != p.HTTPVersion():
		p.NotJudged(fmt.Sprintf("the case is about %s, and the connection was opened over %s", c.Over, p.HTTPVersion()))
		p.Close(ws.NormalClosure)
		p.Finish(st.stretch(c.Patience()), c.End)
	case !open && c.Needs.OfTLS() && !c.Needs.In(st.Profile):
		p.NotJudged("the case needs " + c.Needs.Wanted())
		p.Hangup()
	case open && !c.Needs.In(st.Profile):
		p.NotJudged("the case needs " + c.Needs.Wanted())
		p.Close(ws.NormalClosure)
		p.Finish(st.stretch(c.Patience()), c.End)
	case open:
		c.Play(p)
		p.Finish(st.stretch(c.Patience()), c.End)
	default:
		p.Hangup()
	}
	if st.See != nil {
		st.See(p.Log())
	}
	st.Stalls.see(p.Log())
	return st.judge(c, agent, p.Log()), nil
}

// judge makes a result of a conversation, and its log small.
func (st Settings) judge(c Planned, agent string, log *wirelog.Log) report.Result {
	c.Want.ByRFC = !st.Reference
	if c.Want.Echoes == 0 {
		log.Contrast = c.Want.Contrast(log)
	}
	r := report.Result{
		Agent: agent, ID: c.ID, Number: c.Number, Title: c.Title, Spec: c.Spec, Want: c.Want, Close: c.Close,
		Verdict: verdict.Judge(c.Want, c.Close, log), Started: log.Start, Took: time.Since(log.Start), Seed: st.Seed, Log: log,
		Timed: c.Has(conform.Slow) || c.Has(conform.Deflate), Ratio: c.Has(conform.Deflate), Tags: c.Tags,
	}
	// Patience is stretched by as much, so that little of it says nothing.
	const noticeable = 100 * time.Millisecond
	if log.Late >= noticeable && !r.Passed() && waited(log) {
		caution(&r, fmt.Sprintf("we were late ourselves by %v while we waited, as this machine was busy, and the peer may have been too", log.Late.Round(10*time.Millisecond)))
	}
	log.Compact()
	return r
}

// caution adds to what stands against the attempt that counts.
func caution(r *report.Result, why string) {
	if r.Caveat != "" {
		why = r.Caveat + "; " + why
	}
	r.Caveat = why
}

// SoFar is what a conversation comes to in which we are a server and Close frames have
// been exchanged, if the client has nothing more to say. It is to be called by the
// goroutine that plays the case.
func (st Settings) SoFar(p *peer.Peer, c Planned, agent string) report.Result {
	log := *p.Log()
	log.Records = slices.Clone(log.Records)
	log.Facts.DroppedByMe = true
	log.Add(time.Now(), wirelog.Record{Kind: wirelog.DroppedByMe})
	r := st.judge(c, agent, &log)
	caution(&r, "it was not seen whether the client ends TCP, or sends more, after the Close frames")
	return r
}
