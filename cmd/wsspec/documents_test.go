// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/testee"
)

// Failures in the documents are printed so, to the letter, but for the port.
func TestDocumentedFailures(t *testing.T) {
	for _, d := range []struct {
		file    string
		fault   string
		args    []string
		patient string // with a busy machine
	}{
		{"README.md", "keeps-only-last-fragment", []string{"--cases", "5.*,11.*"}, "30"},
		{"docs/testing-a-server.md", "keeps-only-last-fragment", []string{"--cases", "1.*,5.*"}, "30"},
		{"docs/reading-a-failure.md", "accepts-nested-fragments", []string{"--cases", "5.18", "-v"}, "5"}, // which is waited out
	} {
		t.Run(d.file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("../..", d.file))
			if err != nil {
				t.Fatal(err)
			}
			block := regexp.MustCompile(`(?m)^    (FAILED|  1\.) .*\n(    .+\n)+`).FindString(string(text))
			if block == "" {
				t.Fatal("there is no failure in it")
			}
			want := regexp.MustCompile(`(?m)^    `).ReplaceAllString(block, "")
			seed := regexp.MustCompile(`--seed (\d+) `).FindStringSubmatch(want)
			if seed == nil {
				t.Fatal("the failure does not say how to repeat it")
			}
			addr := faultyEcho(t, d.fault)
			dir := t.TempDir()
			args := append([]string{"test", "ws://" + addr, "--out", dir, "--seed", seed[1], "--timeout-factor", d.patient}, d.args...)
			stdout, stderr, status := called("wsspec", args...)
			if status != exitVerdict || stderr != "" {
				t.Errorf("status %d, %q", status, stderr)
			}
			// A busy machine may say so.
			stdout = regexp.MustCompile(`(?m)^  caveat    we were late ourselves .*\n(            .*\n)*`).ReplaceAllString(stdout, "")
			if got := strings.NewReplacer(addr, "localhost:9001", " --out "+dir+" ", " ", " --timeout-factor "+d.patient, "").Replace(stdout); !strings.Contains(got, want) {
				t.Errorf("%s has\n%s\nbut this is printed:\n%s", d.file, want, got)
			}
		})
	}
}

// Each exit status is in the tables.
func TestExitStatusesAreDocumented(t *testing.T) {
	for _, file := range []string{"README.md", "docs/ci.md"} {
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range exitStatuses() {
			if !strings.Contains(string(text), "\n| "+s.tag+" | ") {
				t.Errorf("%s has no exit status %s", file, s.tag)
			}
		}
	}
}

// faultyEcho runs an echo server for as long as the test.
func faultyEcho(t *testing.T, fault string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = testee.Server{Config: testee.Config{Faults: testee.Faults{fault: true}}}.Serve(ctx, l) // until the cleanup
	}()
	t.Cleanup(func() { stop(); <-ended })
	return l.Addr().String()
}
