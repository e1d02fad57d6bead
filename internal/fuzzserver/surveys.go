// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"errors"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/survey"
	"github.com/wsspec/wsspec/internal/ws"
)

// shown is what the connections of an agent have shown so far, nil where the agent is
// unknown and no more are kept.
func (l *ledger) shown(agent string) *survey.Gatherer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.runs[agent]; r != nil {
		return &r.shown
	}
	if agent == "" || len(l.runs) >= l.limits.Agents {
		return nil
	}
	r := l.newRun(agent)
	l.runs[agent] = r
	return &r.shown
}

// begin forgets what there is of the agent from an earlier run, where it has not been
// forgotten yet.
func (l *ledger) begin(agent string) error {
	l.mu.Lock()
	begin := l.runs[agent].begin
	l.mu.Unlock()
	return begin.do()
}

// agents are all that are known.
func (l *ledger) agents() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.runs))
}

// port is where the client connected to, and near whether nothing on the way can have
// changed it.
func (c *conn) port() (port int, near bool) {
	local, ok := c.in.LocalAddr().(*net.TCPAddr)
	remote, also := c.remote.(*net.TCPAddr)
	if !ok || !also {
		return 0, false
	}
	return local.Port, remote.IP.IsLoopback()
}

// showPathless keeps the request of a client that connects to a URI without a path and
// says who it is: what it makes of one is for a survey.
func (c *conn) showPathless() {
	if len(c.Surveys) == 0 || c.agent == "" || len(c.agent) > MaxAgentName || c.path != "" && c.path != "/" {
		return
	}
	c.showRequest(c.agent)
}

// showRefused keeps the request of a client that would have begun a case, had its
// request been right. The report then says what is wrong with it.
func (c *conn) showRefused() {
	if len(c.Surveys) == 0 {
		return
	}
	call, _ := c.route(c.request.Target)
	if call.path != pathRunCase {
		return
	}
	c.showRequest(call.agent)
}

func (c *conn) showRequest(agent string) {
	if shown := c.ledger.shown(agent); shown != nil {
		port, near := c.port()
		shown.SeeRequest(c.in.head(), port, near)
	}
}

// survey judges the surveys for the agent by what its connections have shown.
func (s *Server) survey(agent string) error {
	shown := s.ledger.shown(agent)
	if shown == nil || len(s.Surveys) == 0 {
		return nil
	}
	e := shown.Evidence()
	if len(e.Connections) == 0 {
		return nil
	}
	errs := []error{s.ledger.begin(agent)}
	for _, c := range s.Surveys {
		if s.Skip(agent, c.ID) {
			continue
		}
		result := s.Settings.Survey(c, agent, ws.Server, e)
		err := s.Store.Put(result)
		if err == nil {
			s.tell(Event{Kind: CaseDone, At: time.Now(), Agent: agent, ID: c.ID, Result: &result})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// surveyAll does so for every agent that has shown anything.
func (s *Server) surveyAll() error {
	var errs []error
	for _, agent := range s.ledger.agents() {
		errs = append(errs, s.survey(agent))
	}
	return errors.Join(errs...)
}
