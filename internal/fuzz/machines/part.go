// SPDX-License-Identifier: Apache-2.0

// Package machines has fuzzing carried out by the workers of a fleet, each with a seed of its
// own: it says what a part of it is, and adds up what the parts find. It knows nothing of
// flags, terminals and servers of NATS. Start at Run and Runner.
package machines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/ws"
)

// Kind is the kind of work, to the fleet.
const Kind = "fuzz"

// A Plan is what all do together.
type Plan struct {
	Server json.RawMessage `json:"server"` // what Open understands

	Seed   uint64        `json:"seed"` // of the first part; the others have the next ones
	Runs   uint64        `json:"runs,omitempty"`
	Time   time.Duration `json:"time_ns"`
	Jobs   int           `json:"jobs,omitempty"` // of each; 0: as many as the server bears
	Enough int           `json:"enough"`
	Obeys  bool          `json:"obeys,omitempty"`
	Factor float64       `json:"factor"` // of all timeouts

	Limit    int  `json:"limit,omitempty"`
	TextOnly bool `json:"text_only,omitempty"`
}

// A Server is what a worker is to fuzz, as it sees it.
type Server struct {
	Peer  player.Peer
	Agent string
	Jobs  int // how many conversations it bears at a time
}

// Open has a worker find the server that a plan names.
type Open func(ctx context.Context, server json.RawMessage, factor float64) (Server, error)

// share is how many of the conversations a part draws: the first have one more than others.
func share(runs uint64, part, parts int) uint64 {
	n := runs / uint64(parts)
	if uint64(part) < runs%uint64(parts) {
		n++
	}
	return n
}

// config is what a part does. Where another worker has begun with it, it has the time that
// is left.
func (p Plan) config(s Server, part fleet.Part) fuzz.Config {
	c := fuzz.Config{
		Seed: p.Seed + uint64(part.Index), Role: ws.Client, Peer: s.Peer, Runs: share(p.Runs, part.Index, part.Of),
		Time: p.Time - max(time.Since(part.Begin), 0), Jobs: p.Jobs, Enough: p.Enough, Obeys: p.Obeys, Agent: s.Agent,
		First: player.Quick().Scaled(p.Factor), Second: player.Sure().Scaled(p.Factor),
	}
	c.Peer.Limit, c.Peer.TextOnly = p.Limit, p.TextOnly
	if s.Jobs == 1 {
		c.Jobs, c.Single = 1, true
	}
	return c
}

// every is how often a part reports.
const every = 500 * time.Millisecond

// Runner carries out parts.
func Runner(open Open) fleet.Runner {
	return func(ctx context.Context, p fleet.Part) error {
		var plan Plan
		d := json.NewDecoder(bytes.NewReader(p.Spec))
		d.DisallowUnknownFields()
		if err := d.Decode(&plan); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		if plan.Time <= 0 || !(plan.Factor > 0) || plan.Runs > 0 && plan.Runs < uint64(p.Of) {
			return errors.New("plan: its numbers make no sense")
		}
		s, err := open(ctx, plan.Server, plan.Factor)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		c := plan.config(s, p)
		if c.Time <= 0 {
			return nil // whoever had the part has played for as long
		}
		carryOut(ctx, c, p.Emit)
		return nil
	}
}

// carryOut fuzzes, and reports.
func carryOut(ctx context.Context, c fuzz.Config, emit func([]byte)) {
	say := func(r report) {
		b, err := json.Marshal(r)
		if err != nil {
			panic(err) // numbers and text
		}
		emit(b)
	}
	c.Found = func(g fuzz.Finding) { say(report{Found: newFound(g, c.Seed)}) }
	f := fuzz.Start(ctx, c)
	told := 0 // marks
	progress := func() {
		p, marks := f.Progress(), f.Marks(told)
		told += len(marks)
		say(report{Agent: c.Agent, Played: p.Played, Replayed: p.Replayed, Pursued: p.Pursued, Marks: marks})
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for going := true; going; {
		select {
		case <-tick.C:
		case <-f.Done():
			going = false
		}
		progress()
	}
	s := f.Wait()
	e := &ending{Died: s.Died, Unconfirmed: s.Unconfirmed, Repeated: s.Repeated, Behind: s.Behind, Left: s.Left, LeftBroken: s.LeftBroken}
	if s.Lost != nil {
		e.Lost = s.Lost.Error()
		for _, c := range s.Gone {
			e.Gone = append(e.Gone, c.String())
		}
	}
	say(report{End: e})
}

// report is what a part says: how far it is, with the marks that are new to it; or what it
// has found; or at the end what else there is to say.
type report struct {
	Agent    string        `json:"agent,omitempty"`
	Played   uint64        `json:"played,omitempty"`
	Replayed uint64        `json:"replayed,omitempty"`
	Pursued  int           `json:"pursued,omitempty"`
	Marks    []player.Mark `json:"marks,omitempty"`
	Found    *found        `json:"found,omitempty"`
	End      *ending       `json:"end,omitempty"`
}

// found is a finding.
type found struct {
	Text        string        `json:"text"` // of the conversation
	Requirement string        `json:"requirement"`
	Level       int           `json:"level"`
	What        string        `json:"what"`
	Seed        uint64        `json:"seed"`
	Number      uint64        `json:"number"`
	At          time.Duration `json:"at_ns"`
	Confirmed   int           `json:"confirmed"`
	Plays       int           `json:"plays"`
	Whole       bool          `json:"whole,omitempty"`
	Unusual     []string      `json:"unusual,omitempty"`
}

func newFound(f fuzz.Finding, seed uint64) *found {
	return &found{
		Text: f.Conversation.String(), Requirement: f.Violation.Requirement, Level: int(f.Violation.Level), What: f.Violation.What,
		Seed: seed, Number: f.Number, At: f.At, Confirmed: f.Confirmed, Plays: f.Plays, Whole: f.Whole, Unusual: f.Unusual,
	}
}

// ending is what a part says at its end.
type ending struct {
	Died        int      `json:"died,omitempty"`
	Unconfirmed int      `json:"unconfirmed,omitempty"`
	Repeated    int      `json:"repeated,omitempty"`
	Behind      int      `json:"behind,omitempty"` // others
	Left        int      `json:"left,omitempty"`
	LeftBroken  int      `json:"left_broken,omitempty"`
	Lost        string   `json:"lost,omitempty"` // why the server could not be reached any more
	Gone        []string `json:"gone,omitempty"` // the last conversations before that
}

// readAll parses conversations from another machine.
func readAll(texts []string) (all []*conversation.Conversation, err error) {
	const most = 64
	for _, text := range texts[:min(len(texts), most)] {
		c, err := read(text)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return slices.Clip(all), nil
}

func read(text string) (*conversation.Conversation, error) {
	if len(text) > conversation.MaxText {
		return nil, fmt.Errorf("report: a conversation of %d octets", len(text))
	}
	c, err := conversation.Parse("report", text)
	if err != nil {
		return nil, err
	}
	if c.Role != ws.Client {
		return nil, errors.New("report: a conversation with a client")
	}
	return c, nil
}
