// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/verdict"
)

// show plays the results of reporttest's poor agent on a screen.
func show(width int, env map[string]string, d terminal.Detail) (stdout, stderr string) {
	var out, errs bytes.Buffer
	s := terminal.New(terminal.Surroundings{Out: &out, Err: &errs, Width: width, Getenv: func(name string) string { return env[name] }}, d)
	poor, _ := reporttest.Mixed().Agent("poor")
	plan := terminal.Plan{Agent: "poor", URL: "ws://h", Cases: len(poor.Results), Seed: 7}
	for _, r := range poor.Results {
		plan.IDs = append(plan.IDs, r.ID)
	}
	s.Begin(plan)
	t := new(terminal.Tally)
	for _, r := range poor.Results {
		time.Sleep(1100 * time.Millisecond)
		t.Add(r)
		s.Done(r, t)
	}
	s.End("poor", t, time.Minute, terminal.Count{Name: "not run", N: 2}, terminal.Count{Name: "never shown"})
	return out.String(), errs.String()
}

// The live line is drawn on stderr alone, on a terminal alone, within its width, and
// is gone in the end.
func TestLiveLine(t *testing.T) {
	for _, tt := range []struct {
		name        string
		width       int
		env         map[string]string
		detail      terminal.Detail
		live, color bool
	}{
		{"no terminal", 0, nil, terminal.Detail{}, false, false},
		{"terminal", 60, nil, terminal.Detail{}, true, true},
		{"narrow", 20, nil, terminal.Detail{}, true, true},
		{"no colours", 60, map[string]string{"NO_COLOR": "1"}, terminal.Detail{}, true, false},
		{"dumb", 60, map[string]string{"TERM": "dumb"}, terminal.Detail{}, false, false},
		{"quiet", 60, nil, terminal.Detail{Quiet: true}, false, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			stdout, stderr := show(tt.width, tt.env, tt.detail)
			if live := strings.Contains(stderr, "\r\x1b[K1/6"); live != tt.live || strings.Contains(stdout, "\r") {
				t.Errorf("%s: a live line is %v, want %v: %q", tt.name, live, tt.live, stderr)
			}
			if tt.live && !strings.HasSuffix(stderr, "\r\x1b[K") {
				t.Errorf("%s: the live line stays: %q", tt.name, stderr)
			}
			for line := range strings.SplitSeq(stderr, "\r\x1b[K") {
				if n := len([]rune(line)); n >= max(tt.width, 1) {
					t.Errorf("%s: %d of %d columns: %q", tt.name, n, tt.width, line)
				}
			}
			if color := strings.Contains(stdout, "\x1b["); color != tt.color {
				t.Errorf("%s: colours is %v, want %v: %q", tt.name, color, tt.color, stdout)
			}
		})
	}
}

// What was not run stands in the summary; what there is none of does not.
func TestSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stdout, stderr := show(0, nil, terminal.Detail{Quiet: true})
		for _, want := range []string{"\n\"poor\": 6 cases\n", "  FAILED                      2  1.1.1, 7.5.1\n", "  flaky                       1  9.1.1\n", "  not run                     2\n", "  in 1m0s\n"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("there is no %q in\n%s", want, stdout)
			}
		}
		if strings.Contains(stdout, "never shown") || stderr != "" {
			t.Errorf("%s\n%s", stdout, stderr)
		}
	})
}

// failing is a writer to which nothing can be written.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A run goes on where nobody can read what it prints. It is told, unless the reader
// has had enough.
func TestOutput(t *testing.T) {
	full := errors.New("disk full")
	for err, want := range map[error]error{full: full, syscall.EPIPE: nil} {
		out := &terminal.Output{W: failing{err}}
		if n, err := io.WriteString(out, "text"); n != 4 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if got := out.Lost(); !errors.Is(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// A case of which not all connections were played leaves a gap, and one that needs a
// profile leaves none; both have a line of their own.
func TestGaps(t *testing.T) {
	mixed := reporttest.Mixed()
	poor, _ := mixed.Agent("poor")
	r := poor.Results[0]
	r.ID, r.Verdict.Behavior = "0.12.1", verdict.Unimplemented
	r.Turns = []report.Turn{{Verdict: verdict.Verdict{Behavior: verdict.OK}}, {}}
	for _, c := range []struct {
		partial bool
		results []report.Result
		want    terminal.Gap
		line    string
	}{
		{false, poor.Results, terminal.Complete, "\n  need a profile              1  8.3.1\n    not run: see --profile\n"},
		{false, append(poor.Results[:1:1], r), terminal.Some, "\n  run in part                 1  0.12.1\n    some of their connections were not played\n"},
		{true, append(poor.Results[:1:1], r), terminal.Complete, "\n  run in part                 1  0.12.1\n"},
	} {
		tally := &terminal.Tally{Partial: c.partial}
		planned := []report.Planned{{ID: "8.3.1", Title: "Too long", Needs: "frame-limit"}}
		for _, r := range c.results {
			tally.Add(r)
			planned = append(planned, report.Planned{ID: r.ID})
		}
		tally.Plan(planned, "")
		if got := tally.Gap(); got != c.want {
			t.Errorf("%d results, partial %v: %v, want %v", len(c.results), c.partial, got, c.want)
		}
		var out bytes.Buffer
		terminal.New(terminal.Surroundings{Out: &out, Getenv: func(string) string { return "" }}, terminal.Detail{Verbose: true}).Tally("x", tally)
		if !strings.Contains(out.String(), c.line) || !strings.Contains(out.String(), "not run 8.3.1: Too long (it needs a profile that says frame-limit)\n") {
			t.Errorf("%s", &out)
		}
	}
}
