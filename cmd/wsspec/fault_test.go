// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzclient"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/terminal"
)

// broken is a plan of two cases, the second of which panics.
func broken(t *testing.T) []conform.Case {
	t.Helper()
	picked, err := conform.Select(cases.All(cases.Current), []string{"1.1.1", "1.1.2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	picked[1].Play = nil
	return picked
}

// A fault of ours is told as ours, has an exit status of its own, and no row in the
// report; the other cases have theirs.
func TestFaultOfOurs(t *testing.T) {
	url, stop, err := builtIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	var out, errs bytes.Buffer
	p := &process{stdout: &out, stderr: &errs, getenv: os.Getenv, width: func() int { return 0 }}
	run := &testRun{
		servers: []fuzzclient.Server{{URL: url, Agent: "it"}}, profiles: make([]profile, 1), picked: broken(t), parted: func(cs []conform.Case, _ peer.Profile) ([]conform.Case, []report.Planned) { return cs, nil }, out: t.TempDir(), repeat: new(testCmd).repeat,
		settings: runner.Settings{Deflate: deflate.NewPool()}, process: p, screen: p.screen(terminal.Detail{}),
	}
	if status := p.fail(run.run(t.Context())); status != exitFault {
		t.Errorf("status %d, want %d", status, exitFault)
	}
	for _, want := range []string{"\"it\": 1 case\n", "  OK                          1\n", "  fault in wsspec             1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, &out)
		}
	}
	for _, want := range []string{"wsspec: case 1.1.2: fault in wsspec: runtime error", "hint: this is not the peer's fault. Please report it", "runner.go"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, &errs)
		}
	}
	index, err := os.ReadFile(filepath.Join(run.out, "index.json"))
	if err != nil || !strings.Contains(string(index), "1.1.1") || strings.Contains(string(index), "1.1.2") || strings.Contains(string(index), "FAILED") {
		t.Errorf("%v: %s", err, index)
	}
}

// So does the server in which clients are tested.
func TestFaultOfOursWhileServing(t *testing.T) {
	var out, errs bytes.Buffer
	p := &process{stdout: &out, stderr: &errs, getenv: os.Getenv, width: func() int { return 0 }}
	l := newLounge(p, terminal.Detail{}, terminal.Tally{})
	l.event(fuzzserver.Event{Kind: fuzzserver.Trouble, Err: errors.New("disk full")})
	if l.status() != exitUsage {
		t.Errorf("status %d where a result is lost", l.status())
	}
	l.event(fuzzserver.Event{Kind: fuzzserver.Trouble, Err: &runner.Fault{ID: "1.1.1", Value: "boom", Stack: []byte("stack")}})
	if l.status() != exitFault || !strings.Contains(errs.String(), "wsspec: case 1.1.1: fault in wsspec: boom\nhint: ") {
		t.Errorf("status %d: %s", l.status(), &errs)
	}
}
