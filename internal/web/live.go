// SPDX-License-Identifier: Apache-2.0

package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
)

// How much of what happens is kept for those who look later. Names of agents are
// as long as the fuzzing server lets them be. With 512 octets that is less than
// 8 KiB an event and 1 KiB a result, of which an agent has at most one a case: 60 MiB
// in all.
const (
	maxAgents = 100  // with results; more push out the one idle for the longest
	maxVisits = 1024 // connections shown
	ringSize  = 1024 // latest events
	maxRecent = 200  // latest results in a snapshot
	maxText   = 300  // octets of a path or of a verdict's reason
)

// Visit is a connection of a client under test.
type Visit struct {
	Conn   uint64    `json:"conn"` // its number
	Remote string    `json:"remote"`
	Path   string    `json:"path"`
	Agent  string    `json:"agent,omitempty"`
	Case   string    `json:"case,omitempty"`
	Since  time.Time `json:"since"`
}

// result is one as the pages show it.
type result struct {
	Agent    string        `json:"agent"`
	Case     string        `json:"case"`
	Behavior verdict.Grade `json:"behavior"`
	Closing  verdict.Grade `json:"closing"`
	Code     *int          `json:"code"` // of the peer's Close, if it had one
	Millis   int64         `json:"ms"`
	Standing string        `json:"standing"` // see report.View.Standing
	Why      string        `json:"why,omitempty"`
	At       time.Time     `json:"at"`
}

// tally is what an agent came to so far.
type tally struct {
	Name  string `json:"name"`
	Pass  int    `json:"pass"`
	Soft  int    `json:"soft"`
	Known int    `json:"known"`
	Fail  int    `json:"fail"`
	None  int    `json:"none"` // not judged
}

// agent is one client under test by its name.
type agent struct {
	results map[string]result // by case
	last    time.Time
}

// live is what is going on, and what has just happened: a ring of events that
// readers follow at their own pace. One that falls behind by more than the ring
// is shown the whole state anew instead, so no reader has a buffer of its own.
type live struct {
	planned int
	epoch   string // tells the ids of this process from those of an earlier one

	mu      sync.Mutex
	visits  map[uint64]Visit
	agents  map[string]*agent
	recent  []result // oldest first
	updated time.Time
	ring    [ringSize][]byte // event n is at n % ringSize
	last    uint64           // number of the latest event, from 1
	grown   chan struct{}    // closed and replaced when an event comes
}

func newLive(planned int) *live {
	return &live{
		planned: planned, epoch: strconv.FormatInt(time.Now().UnixNano(), 36),
		visits: map[uint64]Visit{}, agents: map[string]*agent{}, recent: []result{}, grown: make(chan struct{}),
	}
}

// Connected is told of each connection whose request has been understood.
func (s *Site) Connected(v Visit) {
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.visits) >= maxVisits {
		return
	}
	v.Path, v.Since = shorten(v.Path), v.Since.UTC()
	l.visits[v.Conn] = v
	l.tell("connected", v)
}

// Disconnected is told when a connection is closed.
func (s *Site) Disconnected(conn uint64) {
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.visits[conn]; ok {
		delete(l.visits, conn)
		l.tell("disconnected", struct {
			Conn uint64 `json:"conn"`
		}{conn})
	}
}

// Done is told of each result once it is on disk.
func (s *Site) Done(r report.Result) {
	row := s.result(r)
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.agents[r.Agent]
	if a == nil {
		l.makeRoom()
		a = &agent{results: map[string]result{}}
		l.agents[r.Agent] = a
	}
	a.results[r.ID], a.last = row, row.At
	if len(l.recent) == maxRecent {
		l.recent = slices.Delete(l.recent, 0, 1)
	}
	l.recent = append(l.recent, row)
	l.tell("result", struct {
		result
		Tally tally `json:"tally"`
	}{row, a.tally(r.Agent)})
}

// Updated is told when the report on disk is complete.
func (s *Site) Updated() {
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	l.updated = time.Now().UTC()
	l.tell("updated", struct {
		At time.Time `json:"at"`
	}{l.updated})
}

// Trouble is told when something failed on our side, such as a full disk.
func (s *Site) Trouble(err error) {
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell("trouble", struct {
		Why string `json:"why"`
	}{shorten(err.Error())})
}

// result makes a result of a case ready to be shown.
func (s *Site) result(r report.Result) result {
	row := result{
		Agent: r.Agent, Case: r.ID, Behavior: r.Verdict.Behavior, Closing: r.Verdict.Close,
		Millis: r.Took.Milliseconds(), Standing: s.View.Standing(r), At: time.Now().UTC(),
	}
	if !r.Passed() {
		row.Why = shorten(strings.Join(reasons(r), " "))
	}
	if c := r.Log.Facts.Remote; c.Coded {
		row.Code = new(int(c.Code))
	}
	return row
}

// reasons are the sentences of a verdict that say what is wrong.
func reasons(r report.Result) []string {
	var list []string
	if report.Severity(r.Verdict.Behavior) > 0 {
		list = append(list, r.Verdict.Result)
	}
	if report.Severity(r.Verdict.Close) > 0 && !slices.Contains(list, r.Verdict.CloseResult) {
		list = append(list, r.Verdict.CloseResult)
	}
	return list
}

// shorten cuts a text to what is kept of it.
func shorten(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

func (a *agent) tally(name string) tally {
	t := tally{Name: name}
	for _, r := range a.results {
		switch r.Standing {
		case "pass":
			t.Pass++
		case "soft":
			t.Soft++
		case "known":
			t.Known++
		case "fail":
			t.Fail++
		case "none":
			t.None++
		}
	}
	return t
}

// makeRoom drops the agent that has been idle for the longest where there are as
// many as are kept. The caller holds the lock.
func (l *live) makeRoom() {
	if len(l.agents) < maxAgents {
		return
	}
	idle := slices.MinFunc(slices.Collect(maps.Keys(l.agents)), func(a, b string) int {
		return cmp.Or(l.agents[a].last.Compare(l.agents[b].last), strings.Compare(a, b))
	})
	delete(l.agents, idle)
	l.tell("forgotten", struct {
		Agent string `json:"agent"`
	}{idle})
}

// tell appends an event to the ring. The caller holds the lock.
func (l *live) tell(kind string, data any) {
	l.last++
	l.ring[l.last%ringSize] = l.event(kind, l.last, data)
	close(l.grown)
	l.grown = make(chan struct{})
}

// snapshot is everything as one event, which has the number of the last one it
// takes account of.
func (l *live) snapshot() (event []byte, last uint64, grown <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := struct {
		Planned int        `json:"planned"`
		Visits  []Visit    `json:"visits"`
		Agents  []tally    `json:"agents"`
		Recent  []result   `json:"recent"`
		Updated *time.Time `json:"updated"`
	}{l.planned, []Visit{}, []tally{}, l.recent, nil}
	for _, conn := range slices.Sorted(maps.Keys(l.visits)) {
		state.Visits = append(state.Visits, l.visits[conn])
	}
	for _, name := range slices.Sorted(maps.Keys(l.agents)) {
		state.Agents = append(state.Agents, l.agents[name].tally(name))
	}
	if !l.updated.IsZero() {
		state.Updated = &l.updated
	}
	return l.event("snapshot", l.last, state), l.last, l.grown
}
