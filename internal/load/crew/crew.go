// SPDX-License-Identifier: Apache-2.0

// Package crew carries out the plan of a load test in several processes of this program, each
// with a part of it, and merges what they measure. They talk over pipes, a line of JSON for each
// message. It knows nothing of how processes are started, and of flags. Start at Run, which is
// the parent's side; Work is the child's.
package crew

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/drive"
	"github.com/wsspec/wsspec/internal/load/stats"
)

// A Child is a process that runs Work.
type Child struct {
	In   io.WriteCloser // what it reads; its end has the child stop
	Out  io.Reader      // what it writes
	Kill func()
	Wait func() error // until it has ended; called once, after Out has
}

// Config says what to carry out.
type Config struct {
	Plan      load.Plan
	Processes int
	Start     func(part int) (*Child, error)
	Begin     time.Time // of the run, from which times count
	Every     time.Duration
	Emit      func(*stats.Snapshot)                 // as in drive.Config; one call at a time
	Died      func(part int, lost int64, why error) // a child ended too early, and so many connections with it
}

// order is what a parent says. One at a time is set.
type order struct {
	Job   *job   `json:"job,omitempty"`
	Begin *begin `json:"begin,omitempty"`
	Go    bool   `json:"go,omitempty"` // the connections of all are opened or given up
	Stop  bool   `json:"stop,omitempty"`
}

type job struct {
	Plan  load.Plan     `json:"plan"`
	Part  int           `json:"part"`
	Parts int           `json:"parts"`
	Every time.Duration `json:"every_ns"`

	ProxyPassword string `json:"proxy_password,omitempty"` // see load.Plan
}

// begin is when the run has begun and, after that, the plan.
type begin struct {
	At   time.Time     `json:"at"`
	From time.Duration `json:"from_ns"`
}

// report is what a child says.
type report struct {
	Ready  bool            `json:"ready,omitempty"`
	Stats  json.RawMessage `json:"stats,omitempty"`
	Ramped bool            `json:"ramped,omitempty"`
	End    *drive.End      `json:"end,omitempty"`
	Error  string          `json:"error,omitempty"` // nothing was begun
}

// A member is a child as the parent knows it.
type member struct {
	part  int
	child *Child
	known *stats.Snapshot // what it has counted, without what it has measured

	ready, ramped bool
	end           *drive.End
	err           error // what it says
	wrote         error // why it could not be told something
}

func (m *member) tell(o order) {
	b, err := json.Marshal(o)
	if err == nil {
		_, err = m.child.In.Write(append(b, '\n'))
	}
	m.wrote = errors.Join(m.wrote, err)
}

// patience is how long a child may take to end once it was told to stop.
const patience = 30 * time.Second

// gang is one call of Run.
type gang struct {
	Config
	mu      sync.Mutex
	members []*member
	begun   bool // all were told to begin
	went    bool // all were told that connections are open
	from    time.Duration
}

// Run carries out the plan. What a child that dies has not handed over is counted as lost: its
// connections, the messages it was to send, and those without an answer. The error is that no
// child could be started, or what all say of the plan.
func Run(ctx context.Context, cfg Config) (drive.End, error) {
	g := &gang{Config: cfg}
	for part := range cfg.Processes {
		c, err := cfg.Start(part)
		if err != nil {
			g.dismiss()
			return drive.End{}, fmt.Errorf("process %d of %d: %w", part+1, cfg.Processes, err)
		}
		g.members = append(g.members, &member{part: part, child: c, known: new(stats.Snapshot)})
	}
	for _, m := range g.members {
		m.tell(order{Job: &job{cfg.Plan, m.part, cfg.Processes, cfg.Every, cfg.Plan.ProxyPassword}})
	}
	stop := context.AfterFunc(ctx, g.stop)
	defer stop()
	var all sync.WaitGroup
	for _, m := range g.members {
		all.Go(func() { g.listen(m) })
	}
	all.Wait()
	return g.result(ctx)
}

// dismiss ends those that are there.
func (g *gang) dismiss() {
	for _, m := range g.members {
		m.child.Kill()
		_, _ = io.Copy(io.Discard, m.child.Out)
		_ = m.child.Wait()
	}
}

// stop has all children stop, and ends those that do not.
func (g *gang) stop() {
	g.mu.Lock()
	for _, m := range g.members {
		m.tell(order{Stop: true})
	}
	g.mu.Unlock()
	time.AfterFunc(patience, func() {
		for _, m := range g.members {
			m.child.Kill() // most are gone
		}
	})
}

// listen takes what a child says until it ends.
func (g *gang) listen(m *member) {
	lines := bufio.NewReaderSize(m.child.Out, 1<<16)
	var broken error
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		if broken = g.heard(m, line); broken != nil {
			m.child.Kill()
			break
		}
	}
	_, _ = io.Copy(io.Discard, lines)
	_ = m.child.In.Close()
	died := m.child.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	m.ready, m.ramped = true, true // nobody waits for it
	if m.end == nil && m.err == nil {
		why := errors.Join(broken, died)
		if why == nil {
			why = errors.New("it ended without a word")
		}
		g.lose(m, why)
	}
	g.proceed()
}

// heard is one line of a child.
func (g *gang) heard(m *member, line []byte) error {
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("what it says cannot be read: %w", err)
	}
	var s *stats.Snapshot
	if r.Stats != nil {
		var err error
		if s, err = stats.Read(r.Stats); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s != nil {
		m.known.Merge(&stats.Snapshot{Counts: s.Counts})
		g.Emit(s)
	}
	m.ready, m.ramped = m.ready || r.Ready, m.ramped || r.Ramped
	if r.End != nil {
		m.end = r.End
	}
	if r.Error != "" {
		m.err = errors.New(r.Error)
	}
	g.proceed()
	return nil
}

// proceed tells all to go on once all are where they have to be.
func (g *gang) proceed() {
	ready, ramped := true, true
	for _, m := range g.members {
		ready, ramped = ready && m.ready, ramped && m.ramped
	}
	if ready && !g.begun {
		g.begun, g.from = true, time.Since(g.Begin)
		for _, m := range g.members {
			m.tell(order{Begin: &begin{g.Begin, g.from}})
		}
	}
	if ramped && !g.went {
		g.went = true
		for _, m := range g.members {
			m.tell(order{Go: true})
		}
	}
}

// result is what came of it.
func (g *gang) result(ctx context.Context) (end drive.End, err error) {
	for _, m := range g.members {
		if m.end != nil {
			end.Messaging = max(end.Messaging, m.end.Messaging)
			end.Interrupted = end.Interrupted || m.end.Interrupted
		}
		if m.err != nil {
			err = m.err
		}
	}
	end.Interrupted = end.Interrupted || ctx.Err() != nil
	return end, err
}
