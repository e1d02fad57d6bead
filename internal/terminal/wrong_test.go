// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/diagnosis"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// suffering is what a server with the faults comes to, and 34 failures that no known
// fault explains.
func suffering(faults ...string) []report.Result {
	byID := map[string]report.Result{}
	add := func(id string, o diagnosis.Outcome) {
		r := reporttest.Simple("poor", id)
		r.Title, r.Spec = "Something that takes more words than there are columns in a narrow terminal, and then some more", "RFC 6455, 5.4"
		r.Verdict = verdict.Verdict{Behavior: o.Behavior, Close: o.Close, Result: strings.Repeat("It went wrong. ", 9)}
		byID[id] = r
	}
	for _, f := range diagnosis.Load(ws.Server) {
		for id := range f.Shows {
			if _, had := byID[id]; !had {
				add(id, diagnosis.Outcome{Behavior: verdict.OK, Close: verdict.OK})
			}
		}
	}
	for _, f := range diagnosis.Load(ws.Server) {
		if slices.Contains(faults, f.Name) {
			for id, o := range f.Shows {
				add(id, o)
			}
		}
	}
	for i := range 34 {
		add(fmt.Sprintf("99.1.%d", 2*i+1), diagnosis.Outcome{Behavior: verdict.Failed, Close: verdict.OK})
	}
	var rs []report.Result
	for _, r := range byID {
		rs = append(rs, r)
	}
	slices.SortFunc(rs, func(a, b report.Result) int { return conform.CompareIDs(a.ID, b.ID) })
	return rs
}

// Hundreds of failures with a few causes are told by cause, with one example each, and
// of those that nothing explains by a few, in any width.
func TestWhatIsWrong(t *testing.T) {
	rs := suffering("no-utf8-check", "ignores-rsv", "accepts-nested-fragments")
	whole := 0
	for _, width := range []int{0, 60, 80, 120} {
		for _, detail := range []terminal.Detail{{}, {Quiet: true}} {
			var out bytes.Buffer
			s := terminal.New(terminal.Surroundings{Out: &out, Err: new(bytes.Buffer), Width: width, Getenv: func(string) string { return "" }}, detail)
			tally := &terminal.Tally{Whole: func(r report.Result) (report.Result, error) { whole++; return r, nil }}
			for _, r := range rs {
				tally.Add(r)
				s.Done(r, tally)
			}
			s.End("poor", tally, 0)
			text := regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(out.String(), "")
			if (width > 0) != (text != out.String()) {
				t.Errorf("%d: colours are for terminals: %q", width, out.String())
			}
			examples := strings.Count(text, "\n     FAILED ")
			if want := 3; !detail.Quiet && examples != want || detail.Quiet && examples != 0 {
				t.Errorf("%d %+v: %d causes have examples, want %d:\n%s", width, detail, examples, want, text)
			}
			for _, want := range []string{"\n  1. Does not check that text is UTF-8\n", "\n  2. Takes frames with any reserved bits", "\n  3. A new message inside", "no-utf8-check: explains"} {
				if !strings.Contains(text, want) {
					t.Errorf("%d %+v: there is no %q in\n%s", width, detail, want, text)
				}
			}
			if rest := "\nNot explained by these causes: 34 cases\n"; strings.Contains(text, rest) == detail.Quiet || strings.Contains(text, "\nand 31 more: ") == detail.Quiet || strings.Count(text, "\nFAILED 99.") != 3 && !detail.Quiet {
				t.Errorf("%d %+v: three of 34 that nothing explains:\n%s", width, detail, text)
			}
			columns := width
			if width == 0 {
				columns = 80
			}
			lines := strings.Split(text, "\n")
			if len(lines) > 110 {
				t.Errorf("%d %+v: %d lines:\n%s", width, detail, len(lines), text)
			}
			for _, line := range lines {
				if n := len([]rune(line)); n > columns && !strings.Contains(line, "repeat ") {
					t.Errorf("%d columns: %d: %s", columns, n, line)
				}
			}
		}
	}
	if want := 4 * 6; whole != want {
		t.Errorf("%d conversations were read, want %d: the others are not shown", whole, want)
	}
}

// Rates that were measured beside other cases are said to be (W31).
func TestFlowsSayWhereTheyAreFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if stdout, _ := show(0, nil, terminal.Detail{Quiet: true}); !strings.Contains(stdout, telling.FlowNote) {
			t.Errorf("%s", stdout)
		}
	})
}

// With -v each is told as it comes.
func TestVerbose(t *testing.T) {
	rs := suffering("no-utf8-check")
	var out bytes.Buffer
	s := terminal.New(terminal.Surroundings{Out: &out, Err: new(bytes.Buffer), Getenv: func(string) string { return "" }}, terminal.Detail{Verbose: true})
	tally := new(terminal.Tally)
	for _, r := range rs {
		tally.Add(r)
		s.Done(r, tally)
		if want := fmt.Sprintf(" %s: Something", r.ID); !strings.Contains(out.String(), want) {
			t.Fatalf("there is no %q in\n%s", want, out.String())
		}
	}
}

// What is wrong beside others only comes first: it is worse than any failure of a case.
func TestWrongBesideOthers(t *testing.T) {
	rs := suffering("no-utf8-check")
	mixed := reporttest.Simple("poor", "5.3")
	mixed.Attempt = 2
	mixed.Others = []report.Attempt{{Number: 1, Verdict: verdict.Verdict{Behavior: verdict.Failed, Close: verdict.OK}, Loaded: true, Wrong: true, Why: "it ran beside other cases"}}
	var out bytes.Buffer
	s := terminal.New(terminal.Surroundings{Out: &out, Err: new(bytes.Buffer), Getenv: func(string) string { return "" }}, terminal.Detail{})
	tally := new(terminal.Tally)
	for _, r := range append(rs, mixed) {
		tally.Add(r)
	}
	s.End("poor", tally, 0)
	for _, want := range []string{"\n  1. Answers are wrong or connections end, but only beside others", "\n     OK 5.3: ", "\n       attempt   1: FAILED, closing OK; repeated: it ran beside other cases\n", "\n  2. Does not check"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}
