// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/wsspec/wsspec/internal/jsonfault"
	"github.com/wsspec/wsspec/internal/report"
)

// runsFile says what was to be played of whom, so that a report tells what it lacks,
// also after the end of the process that was to play it.
const runsFile = "wsspec-runs.json"

const runsVersion = 1

// runs is the content of the file.
type runs struct {
	Version int               `json:"version"`
	Titles  map[string]string `json:"titles"` // of cases by id
	Agents  map[string]run    `json:"agents"`
}

// run is what was to be played of one agent, and why not all of it was, if it was not.
// Needs are the cases beside that which were left out, with what they need to be told.
type run struct {
	Planned []string          `json:"planned"`
	Suites  []string          `json:"suites,omitempty"`
	Why     string            `json:"why,omitempty"`
	Needs   map[string]string `json:"needs,omitempty"`
}

// Plan is what runs that begin from now on are to play of each agent.
type Plan struct {
	// Of are the cases for the agent. Nil: nobody says, and nothing is missing.
	Of func(agent string) []report.Planned
	// Suites are the names of what the cases for the agent were picked from. Nil: nobody
	// says.
	Suites func(agent string) []string
	// Part keeps what there is of an agent beside these cases: they are picked from a
	// whole that was played earlier.
	Part bool
	// Why is what is said of cases that have no result, unless Ended says better.
	Why string
}

// Expect takes the plan of the runs that begin from now on.
func (s *Store) Expect(p Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = p
}

// Planned notes what was to be played of the agents of a report, and why not all of it
// was: what Expect, Begin and Ended do for one after the other.
func (s *Store) Planned(rep *report.Report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range rep.Agents {
		if len(a.Planned) == 0 || s.plain {
			continue
		}
		r := run{Suites: a.Suites, Why: a.Why}
		for _, c := range a.Planned {
			s.runs.Titles[c.ID] = c.Title
			r.Planned = append(r.Planned, c.ID)
		}
		s.runs.Agents[a.Name] = r
	}
	if len(s.runs.Agents) == 0 {
		return nil
	}
	return s.writeRuns()
}

// Ended notes why cases of the agent have no result.
func (s *Store) Ended(agent, why string) error {
	agent = report.Stored(agent)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, planned := s.runs.Agents[agent]
	if !planned {
		return nil
	}
	r.Why = why
	s.runs.Agents[agent] = r
	return s.writeRuns()
}

// expect notes the plan for an agent whose run begins.
func (s *Store) expect(agent string) error {
	if s.plain {
		return nil
	}
	var planned []report.Planned
	if s.plan.Of != nil {
		planned = s.plan.Of(agent)
	}
	if len(planned) == 0 {
		if _, had := s.runs.Agents[agent]; !had {
			return nil
		}
		delete(s.runs.Agents, agent)
		return s.writeRuns()
	}
	var ids, suites []string
	needs := map[string]string{}
	if s.plan.Part {
		had := s.runs.Agents[agent]
		ids, suites = slices.Clone(had.Planned), slices.Clone(had.Suites)
		maps.Copy(needs, had.Needs)
	}
	if s.plan.Suites != nil {
		suites = append(suites, s.plan.Suites(agent)...)
		slices.Sort(suites)
		suites = slices.Compact(suites)
	}
	for _, c := range planned {
		s.runs.Titles[c.ID] = c.Title
		had := slices.Contains(ids, c.ID)
		switch {
		case c.Needs != "" && !had:
			needs[c.ID] = c.Needs
		case c.Needs == "":
			delete(needs, c.ID)
			if !had {
				ids = append(ids, c.ID)
			}
		}
	}
	s.runs.Agents[agent] = run{Planned: ids, Suites: suites, Why: s.plan.Why, Needs: needs}
	return s.writeRuns()
}

func (s *Store) writeRuns() error {
	b, err := encode(s.runs)
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(s.dir, runsFile), b)
}

// loadRuns reads the file; a folder without one has none.
func loadRuns(dir string) (runs, error) {
	rs := runs{Version: runsVersion, Titles: map[string]string{}, Agents: map[string]run{}}
	b, err := readFile(filepath.Join(dir, runsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return rs, nil
	case err != nil:
		return rs, err
	}
	var stored runs
	if err := json.Unmarshal(b, &stored); err != nil {
		return rs, fmt.Errorf("%s: %w", filepath.Join(dir, runsFile), jsonfault.Of(b, err))
	}
	if stored.Version != runsVersion {
		return rs, fmt.Errorf("%s: version %d, this program reads %d", filepath.Join(dir, runsFile), stored.Version, runsVersion)
	}
	if stored.Titles != nil {
		rs.Titles = stored.Titles
	}
	if stored.Agents != nil {
		rs.Agents = stored.Agents
	}
	return rs, nil
}

// addRuns tells the report what was to be played.
func addRuns(rep *report.Report, rs runs) {
	for agent, r := range rs.Agents {
		planned := make([]report.Planned, len(r.Planned))
		for i, id := range r.Planned {
			planned[i] = report.Planned{ID: id, Title: rs.Titles[id]}
		}
		for id, needs := range r.Needs {
			planned = append(planned, report.Planned{ID: id, Title: rs.Titles[id], Needs: needs})
		}
		rep.Plan(agent, planned, r.Why)
		rep.From(agent, r.Suites...)
	}
}
