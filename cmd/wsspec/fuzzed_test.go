// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/fuzz"
	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/ws"
)

// What is printed of findings fits a terminal, counts in the singular too, and has what the
// server says escaped once.
func TestFindingsAsPrinted(t *testing.T) {
	var out strings.Builder
	p := &process{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, width: func() int { return 0 }}
	s := &fuzzScreen{process: p, url: "ws://localhost", out: "findings", status: terminal.NewStatus(p.surroundings(), true)}
	c := &conversation.Conversation{Role: ws.Client, Openings: []conversation.Opening{{}}}
	c.Steps = []conversation.Step{{Frame: conversation.NewFrame(ws.Client, ws.Text, strings.Repeat("x", 300))}}
	c.Note.Rule = strings.Repeat("One word and the next. ", 8)
	c.Note.Received = "text \"" + strings.Repeat("y", 300) + "\": " + strings.Repeat("what is wrong with it, ", 8)
	f := fuzz.Finding{Name: "6455-5.6-4-000000", Conversation: c, Violation: model.Violation{Level: model.Must, Requirement: "6455-5.6-4", What: c.Note.Received}}
	s.status.Print(s.lines(f, "findings/x.wsspec")...)
	if err := s.end("a\x1b[31m", &fuzz.Summary{Seed: 1, Played: 1, Findings: []fuzz.Finding{f}, Repeated: 1, Left: 1}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{
		`"a\x1b[31m": 1 conversation and 0`, "     1  finding that breaks a MUST\n", "     1  finding that came to", "     1  suspicion that was not looked at",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// What was not looked at is no success, and the summary says what to do.
func TestUnsettledIsNoSuccess(t *testing.T) {
	for want, s := range map[string]fuzz.Summary{
		"draw the same again, with --seed 7 --runs 9 and a longer --time": {Seed: 7, Played: 9, Left: 1, LeftBroken: 1},
		"no conversation was played":                                      {},
		"why the server could not be reached":                             {Played: 9, Died: 1},
	} {
		var out strings.Builder
		p := &process{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, width: func() int { return 0 }}
		screen := &fuzzScreen{process: p, url: "ws://localhost", status: terminal.NewStatus(p.surroundings(), true)}
		if err := screen.end("it", &s); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(out.String()), " ")
		if !strings.Contains(text, want) || strings.Contains(text, "nothing found") {
			t.Errorf("no %q in\n%s", want, text)
		}
		if err := new(fuzzCmd).earned(t.Context(), &s); err != statusError(exitVerdict) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := new(fuzzCmd).earned(t.Context(), &fuzz.Summary{Played: 9, Left: 1}); err != nil {
		t.Errorf("a SHOULD that is not settled: %v", err)
	}
}

// A finding in which all of another is said, and more, is listed with it.
func TestFindingsInOthers(t *testing.T) {
	var all []fuzz.Finding
	for name, script := range map[string]string{
		"a": "> ping times=1100 \"\"\n", "b": "> ping times=1100 \"\"\n> close \"\"\n", "c": "> text \"\"\n> ping times=1100 \"\"\n", "d": "> close \"\"\n> opcode3 \"\"\n",
	} {
		c, err := conversation.Parse(name, "conversation 1\nrole: client\n\n"+script)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fuzz.Finding{Name: "name-" + name, Conversation: c})
	}
	fuzz.SortFindings(all)
	var out strings.Builder
	p := &process{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, width: func() int { return 0 }}
	s := &fuzzScreen{process: p, status: terminal.NewStatus(p.surroundings(), true)}
	s.table(&fuzz.Summary{Findings: all})
	text := strings.Join(strings.Fields(out.String()), " ")
	if want := "MUST name-a perhaps the same, with more said: name-b, name-c MUST name-d"; text != want {
		t.Errorf("%s, want %s", text, want)
	}
}
