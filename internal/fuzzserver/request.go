// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
)

// Paths with a meaning. Any other one is direct command mode.
const (
	pathCaseCount     = "/getCaseCount"
	pathRunCase       = "/runCase"
	pathCaseInfo      = "/getCaseInfo"
	pathCaseStatus    = "/getCaseStatus"
	pathUpdateReports = "/updateReports"
	pathStopServer    = "/stopServer"
	pathFuzz          = "/fuzz"
)

// call is what a client wants.
type call struct {
	path     string
	planned  runner.Planned // of pathRunCase, pathCaseInfo and pathCaseStatus
	agent    string
	shutdown bool // after pathUpdateReports
	moved    bool // the client follows a redirect of pathRunCase
	token    string
	fuzz     FuzzCall // of pathFuzz
}

// who is the agent, or for what names none, what it is for.
func (c call) who() string {
	if c.agent != "" {
		return c.agent
	}
	if _, _, known := needs(c.path); known {
		return c.path
	}
	return "direct"
}

// needs says whether a path means something, and which parameters it cannot do
// without.
func needs(path string) (planned, agent, known bool) {
	switch path {
	case pathRunCase, pathCaseStatus:
		return true, true, true
	case pathCaseInfo:
		return true, false, true
	case pathUpdateReports, pathFuzz:
		return false, true, true
	case pathCaseCount, pathStopServer:
		return false, false, true
	}
	return false, false, false
}

// route understands a request target. Wrong ones get the status 500 on which
// clients written for the reference rely, but for pathFuzz, which it does not have: there
// they get 400.
func (s *Server) route(target string) (call, *peer.Refusal) {
	path, query := splitTarget(target)
	q, err := parseQuery(query)
	c := call{path: path, agent: cleanName(q.agent), token: q.token, shutdown: strings.EqualFold(q.shutdown, "true"), moved: q.moved != ""}
	planned, agent, known := needs(path)
	switch {
	case !known:
		return c, nil // its parameters, but for the token, are none of ours
	case err != nil:
		return c, c.wrong(err)
	case agent && c.agent == "":
		return c, c.wrong(errors.New("the parameter agent is missing"))
	case len(c.agent) > MaxAgentName:
		return c, &peer.Refusal{Status: 414, Why: fmt.Sprintf("%s: agent longer than %d octets", path, MaxAgentName)}
	}
	if path == pathFuzz {
		if err := c.parseFuzz(q); err != nil {
			return c, c.wrong(err)
		}
	}
	if planned {
		if c.planned, err = s.find(q); err != nil {
			return c, c.wrong(err)
		}
	}
	return c, nil
}

// wrong refuses a call.
func (c *call) wrong(why error) *peer.Refusal {
	status := 500
	if c.path == pathFuzz {
		status = 400
	}
	return &peer.Refusal{Status: status, Why: fmt.Sprintf("%s: %v", c.path, why)}
}

// find returns the case that a query asks for, by its number among those selected
// or by its id.
func (s *Server) find(q query) (runner.Planned, error) {
	switch {
	case q.number != "" && q.id != "":
		return runner.Planned{}, fmt.Errorf("both case and casetuple are given")
	case q.id != "":
		i, ok := s.ids[q.id]
		if !ok {
			return runner.Planned{}, fmt.Errorf("casetuple=%.40q: no case with this id is selected", q.id)
		}
		return s.Plan[i], nil
	case q.number != "":
		n, err := strconv.Atoi(q.number)
		if err != nil || n < 1 || n > len(s.Plan) {
			return runner.Planned{}, fmt.Errorf("case=%.40q: want a number from 1 to %d", q.number, len(s.Plan))
		}
		return s.Plan[n-1], nil
	}
	return runner.Planned{}, fmt.Errorf("the parameter case or casetuple is missing")
}

// splitTarget cuts a request target, in origin-form or absolute-form (RFC 9112,
// 3.2), into path and query. The host plays no part.
func splitTarget(target string) (path, query string) {
	target, _, _ = strings.Cut(target, "#")
	if scheme, rest, ok := strings.Cut(target, "://"); ok && !strings.ContainsAny(scheme, "/?") {
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			target = rest[i:]
		} else {
			target = ""
		}
	}
	path, query, _ = strings.Cut(target, "?")
	return path, query
}

// query are the parameters that mean something, empty where not given.
type query struct {
	number, id, agent, shutdown, token, moved, seed, runs, replay string
}

// parseQuery reads parameters in any order. Unknown ones are passed over; one of
// ours that is there twice is an error.
func parseQuery(raw string) (query, error) {
	var q query
	places := map[string]*string{
		"case": &q.number, "casetuple": &q.id, "agent": &q.agent, "shutdownOnComplete": &q.shutdown, "token": &q.token,
		"moved": &q.moved, "seed": &q.seed, "runs": &q.runs, "replay": &q.replay,
	}
	seen := map[string]bool{}
	for parameter := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		name = unescape(name)
		place, ok := places[name]
		if !ok {
			continue
		}
		if seen[name] {
			return q, fmt.Errorf("the parameter %s is there twice", name)
		}
		seen[name] = true
		*place = strings.TrimSpace(unescape(value))
	}
	return q, nil
}

// unescape decodes a part of a query. What is no escape stands for itself: agents
// are sent with a bare "%" too, which net/url takes for an error.
func unescape(s string) string {
	if !strings.ContainsAny(s, "+%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
			continue
		case s[i] == '%' && i+2 < len(s):
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// cleanName makes text of what a client calls itself: it goes into files and onto
// terminals, so that octets that are no UTF-8 and control characters become U+FFFD.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(name, string(utf8.RuneError)))
}
