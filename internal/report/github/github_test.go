// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/github"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

func write(t *testing.T, rep *report.Report, v report.View) string {
	t.Helper()
	var b bytes.Buffer
	if err := github.Write(&b, rep, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	golden.Check(t, "mixed.txt", []byte(write(t, reporttest.Mixed(), report.View{
		Known: func(r report.Result) (string, bool) { return "issue 17", r.ID == "7.5.1" },
	})))
}

// Each line is one command, whatever peers wrote.
func TestHostile(t *testing.T) {
	out := write(t, reporttest.Hostile(), report.View{})
	for line := range strings.Lines(out) {
		title, _, ok := strings.Cut(strings.TrimPrefix(line, "::error title="), "::")
		if !strings.HasPrefix(line, "::error title=") || !ok || strings.ContainsAny(title, ":,\r") || strings.Contains(line, "\r") {
			t.Errorf("a line that is no command of ours: %.100q", line)
		}
	}
	if n := strings.Count(out, "\n"); n != 4 {
		t.Errorf("%d lines, want 4", n)
	}
}

func TestMost(t *testing.T) {
	rep := new(report.Report)
	for i := range 25 {
		r := reporttest.Result("a", i, fmt.Sprintf("1.1.%d", i))
		r.Verdict.Behavior = verdict.Failed
		rep.Add(r)
	}
	out := write(t, rep, report.View{})
	if n := strings.Count(out, "::error"); n != github.Most || !strings.HasSuffix(out, "::error title=wsspec::16 more failed\n") {
		t.Errorf("%d errors, the last %q", n, out[max(0, len(out)-60):])
	}
}
