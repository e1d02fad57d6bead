// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/verdict"
)

// waiting is a lounge for clients that are to play two cases.
func waiting(like terminal.Tally) (l *lounge, out, errs *bytes.Buffer) {
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	l = newLounge(&process{stdout: out, stderr: errs, getenv: os.Getenv, width: func() int { return 0 }}, terminal.Detail{}, like)
	l.planned = []report.Planned{{ID: "1.1.1"}, {ID: "1.1.2"}}
	return l, out, errs
}

func done(agent, id string, g verdict.Grade) fuzzserver.Event {
	r := reporttest.Simple(agent, id)
	r.Verdict.Behavior = g
	return fuzzserver.Event{Kind: fuzzserver.CaseDone, Agent: agent, ID: id, Result: &r, Remote: &net.TCPAddr{}}
}

// A green is a client that was asked everything and is right, and nothing else.
func TestServeStatus(t *testing.T) {
	for name, c := range map[string]struct {
		like   terminal.Tally
		events []fuzzserver.Event
		want   int
	}{
		"nobody":         {want: exitUnreachable},
		"all":            {events: []fuzzserver.Event{done("a", "1.1.1", verdict.OK), done("a", "1.1.2", verdict.OK)}},
		"one of two":     {events: []fuzzserver.Event{done("a", "1.1.1", verdict.OK)}, want: exitVerdict},
		"let pass":       {like: terminal.Tally{Partial: true}, events: []fuzzserver.Event{done("a", "1.1.1", verdict.OK)}},
		"two clients":    {events: []fuzzserver.Event{done("a", "1.1.1", verdict.OK), done("a", "1.1.2", verdict.OK), done("b", "1.1.1", verdict.OK)}, want: exitVerdict},
		"not judged":     {events: []fuzzserver.Event{done("a", "1.1.1", verdict.OK), done("a", "1.1.2", verdict.Unimplemented)}},
		"nothing judged": {like: terminal.Tally{Partial: true}, events: []fuzzserver.Event{done("a", "1.1.1", verdict.Unimplemented)}, want: exitUnreachable},
		"failed":         {events: []fuzzserver.Event{done("a", "1.1.1", verdict.OK), done("a", "1.1.2", verdict.Failed)}, want: exitVerdict},
		"better later":   {events: []fuzzserver.Event{done("a", "1.1.1", verdict.Failed), done("a", "1.1.2", verdict.OK), done("a", "1.1.1", verdict.OK)}},
	} {
		l, _, _ := waiting(c.like)
		for _, e := range c.events {
			l.event(e)
		}
		if got := l.status(); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
}

// A case whose result comes several times, a connection at a time, counts once, and is
// told of only when it is another.
func TestServeCountsCasesOnce(t *testing.T) {
	l, out, _ := waiting(terminal.Tally{})
	for range 3 {
		l.event(done("a", "1.1.1", verdict.Failed))
	}
	l.event(done("a", "1.1.2", verdict.OK))
	l.summary()
	if text := out.String(); strings.Count(text, "FAILED 1.1.1") != 1 || !strings.Contains(text, "\"a\": 2 cases") || !strings.Contains(text, "  FAILED                      1  1.1.1\n") {
		t.Error(text)
	}
}
