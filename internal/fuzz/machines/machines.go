// SPDX-License-Identifier: Apache-2.0

package machines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/wsspec/wsspec/internal/fleet"
	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/visible"
)

// sum is what an attempt at a part has come to.
type sum struct {
	played, replayed uint64
	pursued          int
	findings         []fuzz.Finding
	end              ending
	agent            string
	last             report       // what came last
	found            fuzz.Finding // where that is a finding
}

// Add adds a report, in which nothing is to be trusted.
func (s *sum) Add(b []byte) error {
	s.last = report{}
	if err := json.Unmarshal(b, &s.last); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	r := &s.last
	const most = 1 << 50 // conversations
	if r.Played > most || r.Replayed > most || r.Pursued < 0 {
		return errors.New("report: numbers that make no sense")
	}
	switch {
	case r.Found != nil:
		f, err := r.Found.finding()
		if err != nil {
			return err
		}
		if len(s.findings) < maxFindings {
			s.findings = append(s.findings, f)
		}
		s.found = f
	case r.End != nil:
		if _, err := readAll(r.End.Gone); err != nil {
			return err
		}
		if e := r.End; min(e.Died, e.Unconfirmed, e.Repeated, e.Behind, e.Left, e.LeftBroken) < 0 {
			return errors.New("report: numbers that make no sense")
		}
		s.end, s.pursued = *r.End, 0
	default:
		s.played, s.replayed, s.pursued = max(s.played, r.Played), max(s.replayed, r.Replayed), r.Pursued
		s.agent = cmp.Or(s.agent, r.Agent)
	}
	return nil
}

// Bounds of what one part can find, and of what is unusual about one finding.
const (
	maxFindings = 100_000
	maxUnusual  = 1000
)

func (f *found) finding() (g fuzz.Finding, err error) {
	c, err := read(f.Text)
	if err != nil {
		return g, err
	}
	if named := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,60}$`); !named.MatchString(f.Requirement) || len(f.What) > 4096 {
		return g, fmt.Errorf("report: a finding of requirement %.60q", f.Requirement)
	}
	if len(f.Unusual) > maxUnusual {
		return g, fmt.Errorf("report: a finding with %d unusual things", len(f.Unusual))
	}
	v := model.Violation{Requirement: f.Requirement, Level: model.Level(f.Level), What: f.What}
	if f.Level < int(model.Must) || f.Level > int(model.Should) {
		return g, fmt.Errorf("report: a finding of level %d", f.Level)
	}
	return fuzz.Finding{
		Name: fuzz.Name(v, c), Conversation: c, Violation: v, Number: f.Number, At: f.At, Confirmed: f.Confirmed, Plays: f.Plays, Whole: f.Whole, Unusual: f.Unusual,
	}, nil
}

// Config says what to carry out, and who is told how it goes.
type Config struct {
	Bus     *fleet.Bus
	Plan    Plan
	Workers int
	Version string
	Name    string // of this controller, for people

	Found    func(fuzz.Finding)  // told each finding that is like no other, one at a time
	Progress func(fuzz.Progress) // told how far all are
	Note     func(string)        // told what people should know meanwhile
}

// A Summary is what came of it.
type Summary struct {
	fuzz.Summary
	Agent       string
	Interrupted bool
	// Missing are the parts that were not played to their end, and why.
	Missing []string
	// Again is how many conversations were played twice, as somebody else has begun a part again.
	Again uint64
}

// Run shares the plan out to as many workers, and gathers what they find. The part of a worker
// that is lost is begun again by another.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	b, err := json.Marshal(cfg.Plan)
	if err != nil {
		return Summary{}, err
	}
	working, enough := context.WithCancel(ctx)
	defer enough()
	g := &gathering{
		cfg: cfg, enough: enough, began: time.Now(), parts: make([]*sum, cfg.Workers),
		attempts: map[*sum]bool{}, marks: map[player.Mark]bool{},
	}
	c := fleet.Controller{
		Bus: cfg.Bus, Name: cfg.Name, New: func() fleet.Sum { return new(sum) }, Tell: g.event,
		Job: fleet.Job{ID: fleet.JobID(Kind, cfg.Version, cfg.Workers, b), Kind: Kind, Version: cfg.Version, Spec: b, Parts: cfg.Workers, Together: true, Takeover: true},
	}
	r, err := c.Run(working)
	if err != nil {
		return Summary{}, err
	}
	s, err := g.summary(r)
	s.Interrupted = ctx.Err() != nil
	return s, err
}

// gathering is a run that is going on.
type gathering struct {
	cfg    Config
	enough func() // ends it
	began  time.Time

	begun    bool
	parts    []*sum // of the attempts that came farthest
	attempts map[*sum]bool
	all      fuzz.Collection
	marks    map[player.Mark]bool
}

// maxMarks bounds the marks that are told apart.
const maxMarks = 1 << 20

// event tells of what happens.
func (g *gathering) event(e fleet.Event) {
	name := clean(e.Worker)
	switch e.Kind {
	case fleet.Ready:
		if !g.begun { // else it is told as taken over
			g.note("%s has part %d of %d, seed %d", name, e.Part+1, g.cfg.Workers, g.cfg.Plan.Seed+uint64(e.Part))
		}
	case fleet.Begun:
		g.begun, g.began = true, time.Now()
		g.note("all %d parts are taken: it begins", g.cfg.Workers)
	case fleet.Reported:
		g.reported(e.Part, e.Sum.(*sum))
	case fleet.Lost:
		text := fmt.Sprintf("%s after %d conversations", name, e.Sum.(*sum).played)
		if e.Text != "" {
			text += ": " + clean(e.Text)
		}
		g.note("lost: %s", text)
	case fleet.Found:
		g.note("%s is back", name)
	case fleet.Taken:
		g.note("%s takes over part %d from %s, from its beginning", name, e.Part+1, clean(e.Text))
	case fleet.Resumed:
		g.note("this run was begun by another process: going on with it")
	case fleet.Trouble:
		g.note("%s: %s", cmp.Or(name, "fleet"), clean(e.Text))
	}
}

// reported takes what a part has said last. The conversations of a part are the same ones
// whoever plays it, so what counts is who came farthest.
func (g *gathering) reported(part int, s *sum) {
	g.attempts[s] = true
	if before := g.parts[part]; before == nil || s.played >= before.played {
		g.parts[part] = s
	}
	for _, m := range s.last.Marks {
		if len(g.marks) < maxMarks {
			g.marks[m] = true
		}
	}
	if s.last.Found != nil {
		g.found(s.found, g.parts[part] == s)
	}
	p := fuzz.Progress{Took: time.Since(g.began), Marks: len(g.marks), Findings: len(g.all.Findings)}
	for _, s := range g.parts {
		if s != nil {
			p.Played, p.Replayed, p.Pursued = p.Played+s.played, p.Replayed+s.replayed, p.Pursued+s.pursued
		}
	}
	g.cfg.Progress(p)
}

// found takes a finding, unless it says nothing new. Where the part has been that far, it does
// not count again.
func (g *gathering) found(f fuzz.Finding, isNew bool) {
	was := g.all
	switch {
	case g.all.Add(f):
		g.cfg.Found(f)
		if len(g.all.Findings) >= g.cfg.Plan.Enough {
			g.enough()
		}
	case !isNew:
		g.all.Repeated, g.all.Behind = was.Repeated, was.Behind
	}
}

// summary is what all have come to.
func (g *gathering) summary(r *fleet.Result) (Summary, error) {
	var s Summary
	for one := range g.attempts {
		s.Again += one.played
	}
	s.Seed, s.Took, s.Marks, s.Findings = g.cfg.Plan.Seed, time.Since(g.began), len(g.marks), g.all.Findings
	s.Repeated, s.Behind = g.all.Repeated, g.all.Behind
	fuzz.SortFindings(s.Findings)
	var failed error
	for i, p := range r.Parts {
		name := fmt.Sprintf("part %d of %d, seed %d", i+1, len(r.Parts), s.Seed+uint64(i))
		if one := g.parts[i]; one != nil {
			s.Agent = cmp.Or(s.Agent, one.agent)
			s.Played, s.Replayed, s.Again = s.Played+one.played, s.Replayed+one.replayed, s.Again-one.played
			e := &one.end
			s.Died, s.Unconfirmed, s.Repeated, s.Behind = s.Died+e.Died, s.Unconfirmed+e.Unconfirmed, s.Repeated+e.Repeated, s.Behind+e.Behind
			s.Left, s.LeftBroken = s.Left+e.Left, s.LeftBroken+e.LeftBroken
			if e.Lost != "" && s.Lost == nil {
				s.Lost = fmt.Errorf("worker %s: %s", clean(p.Worker), clean(e.Lost))
				s.Gone, _ = readAll(e.Gone) // it was read before
			}
			name += fmt.Sprintf(": %d conversations were played", one.played)
		} else {
			name += ": nothing was played"
		}
		switch p.State {
		case fleet.Broken:
			failed = fmt.Errorf("worker %s: %s", clean(p.Worker), clean(p.Text))
			s.Missing = append(s.Missing, fmt.Sprintf("%s, then worker %s: %s", name, clean(p.Worker), clean(p.Text)))
		case fleet.Missing:
			s.Missing = append(s.Missing, fmt.Sprintf("%s, then worker %s was lost", name, clean(p.Worker)))
		case fleet.Complete, fleet.Stopped:
		default:
			if !r.Interrupted {
				s.Missing = append(s.Missing, name)
			}
		}
	}
	if s.Played == 0 && failed != nil {
		return s, failed
	}
	return s, nil
}

func (g *gathering) note(format string, args ...any) { g.cfg.Note(fmt.Sprintf(format, args...)) }

// clean makes a text from another machine fit to be shown.
func clean(s string) string { return visible.Text(s) }
