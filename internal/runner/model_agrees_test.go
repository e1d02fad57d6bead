// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestModelAgrees has two judges look at the same conversations: a case with its
// expectations, and the model of package model, which is fed the octets and knows no
// cases. Where one of them says something else than the other, a line of the file says why.
func TestModelAgrees(t *testing.T) {
	explained := explanations(t)
	t.Run("roles", func(t *testing.T) {
		for _, role := range []ws.Role{ws.Server, ws.Client} {
			t.Run(role.String(), func(t *testing.T) {
				t.Parallel()
				modelAgrees(t, role, explained)
			})
		}
	})
	for _, e := range explained.all {
		if *whole && !e.used {
			t.Errorf("%s:%d explains nothing", disagreements, e.line)
		}
	}
}

func modelAgrees(t *testing.T, role ws.Role, explained *explanationList) {
	t.Helper()
	b := newBench(role)
	plan := comparable(slices.Concat(b.plan, b.beyond))
	faults := []string{""}
	for _, f := range testee.AllFaults() {
		if f.Roles.Has(role) && !f.Chance && f.Topic != testee.OverHTTP {
			faults = append(faults, f.Name)
		}
	}
	n, differ, unexplained := 0, 0, 0
	for i, fault := range faults {
		for _, o := range b.judgeTwice(t, fault, sample(plan, i)) {
			n++
			if o.agree() {
				continue
			}
			differ++
			if explained.have(o) {
				continue
			}
			if unexplained++; unexplained <= 20 || *whole {
				t.Error(o)
			}
		}
	}
	t.Logf("%d connections, %d of them judged otherwise, %d without a reason", n, differ, unexplained)
}

// sample is which cases are played with the i-th fault: all of them if asked for, and else
// a few, other ones with each, so that each is played with some.
func sample(plan []runner.Planned, i int) []runner.Planned {
	stride := 193
	if raceDetector {
		stride = 997
	}
	if *whole {
		stride = 1
	}
	var picked []runner.Planned
	for j, c := range plan {
		if (i*31+j)%stride == 0 && (!voluminous(c) || *whole && i == 0) {
			picked = append(picked, c)
		}
	}
	return picked
}

// comparable are the cases that a model can judge: in the others the endpoint is told what
// to do, or asked about several connections at once, or the handshake is not that of HTTP/1.1.
func comparable(plan []runner.Planned) []runner.Planned {
	plan = slices.DeleteFunc(slices.Clone(plan), func(c runner.Planned) bool {
		commanded := c.Command != "" || slices.ContainsFunc(c.Turns, func(t conform.Turn) bool { return t.Command != "" })
		return commanded || c.Survey != nil || c.Over != "" && c.Over != ws.HTTP1
	})
	return slices.CompactFunc(plan, func(x, y runner.Planned) bool {
		return single(x) && conform.Subcategory(x.ID) == conform.Subcategory(y.ID)
	})
}

// judgeTwice plays the cases and returns what the case and the model say of each connection.
func (b *bench) judgeTwice(t *testing.T, fault string, plan []runner.Planned) []opinion {
	t.Helper()
	cfg := testee.Config{MaxMessage: b.maxMessage, Subprotocols: b.settings.Profile.Subprotocols}
	if no := b.settings.Profile.ForbiddenOrigin; no != "" {
		cfg.ForbiddenOrigins = []string{no}
	}
	if fault != "" {
		var err error
		if cfg.Faults, err = testee.ParseFaults(fault); err != nil {
			t.Fatal(err)
		}
	}
	var all []opinion
	var mu sync.Mutex
	synctest.Test(t, func(t *testing.T) {
		for _, c := range plan {
			end := b.endpoint(t.Context(), cfg)
			_, err := runner.PlayAll(c, func(c runner.Planned) (report.Result, error) {
				r, o, err := b.conductTapped(t.Context(), end, c)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && !afterwards(c) {
					o.fault = fault
					all = append(all, o)
				}
				return r, err
			})
			end.stop()
			if err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
		}
	})
	return all
}

// An explanation is why the two judges differ, in conversations of a kind.
type explanation struct {
	theCase, theModel string // good, lesser or bad
	sentence          string // that the model has found broken, the worst; "-" for none
	cases, faults     []string
	line              int
	used              bool
}

type explanationList struct {
	mu  sync.Mutex
	all []*explanation
}

const disagreements = "testdata/model_disagreements.txt"

// explanations reads the file, whose lines are sorted.
func explanations(t *testing.T) *explanationList {
	t.Helper()
	text, err := os.ReadFile(disagreements)
	if err != nil {
		t.Fatal(err)
	}
	list := new(explanationList)
	last := ""
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, " | ")
		head := strings.Fields(parts[0])
		if len(parts) != 4 || len(head) != 3 || parts[3] == "" {
			t.Fatalf("%s:%d: want \"CASE MODEL SENTENCE | CASES | FAULTS | WHY\"", disagreements, i+1)
		}
		if line < last {
			t.Errorf("%s:%d: the lines are not sorted", disagreements, i+1)
		}
		last = line
		list.all = append(list.all, &explanation{
			theCase: head[0], theModel: head[1], sentence: head[2],
			cases: strings.Fields(parts[1]), faults: strings.Fields(parts[2]), line: i + 1,
		})
	}
	return list
}

// have reports whether an explanation fits what the judges say.
func (l *explanationList) have(o opinion) bool {
	fits := func(patterns []string, s string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			ok, _ := path.Match(p, s)
			return ok || p == "*"
		})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.all {
		if e.theCase == o.theCase && e.theModel == o.theModel && e.sentence == o.sentence() && fits(e.cases, o.id) && fits(e.faults, o.fault) {
			e.used = true
			return true
		}
	}
	return false
}

func (o opinion) agree() bool { return o.theCase == o.theModel || o.theCase == "open" }

// sentence is the worst that the model has found broken.
func (o opinion) sentence() string {
	if len(o.found) == 0 {
		return "-"
	}
	return slices.MinFunc(o.found, func(x, y model.Violation) int { return int(x.Level) - int(y.Level) }).Requirement
}

func (o opinion) String() string {
	return fmt.Sprintf("%s with %q: the case says %s (%s), the model %s %v (%s)", o.id, o.fault, o.theCase, o.reason, o.theModel, o.found, o.state)
}
