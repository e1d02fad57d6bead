// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What docs/inspecting.md says is printed is printed.
func TestDocumentedInspections(t *testing.T) {
	text, err := os.ReadFile("../../docs/inspecting.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`(?m)^    wsspec (inspect .*)\n\nprints\n\n((?:    .*\n)+)`).FindAllStringSubmatch(string(text), -1)
	if len(shown) < 3 {
		t.Fatalf("only %d commands with their output", len(shown))
	}
	for _, s := range shown {
		var args []string
		for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(s[1], -1) {
			args = append(args, m[1]+m[2])
		}
		want := regexp.MustCompile(`(?m)^    `).ReplaceAllString(s[2], "")
		stdout, stderr, _ := called("wsspec", args...)
		if stdout != want || stderr != "" {
			t.Errorf("wsspec %s prints\n%s%s\nwant\n%s", s[1], stdout, stderr, want)
		}
	}
}

// What the help shows is a part of what is printed.
func TestHelpOfInspect(t *testing.T) {
	stdout, _, _ := called("wsspec", "inspect", "--role", "client", "--hex", "c1 07 f2 48 cd c9 c9 07 00")
	shown := 0
	for line := range strings.Lines(inspectCmd{}.Help()) {
		if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, "  @") {
			shown++
			beginning, _, _ := strings.Cut(line, " ...")
			if !strings.Contains(stdout, "\n"+beginning) {
				t.Errorf("%q is not in\n%s", line, stdout)
			}
		}
	}
	if shown < 4 {
		t.Errorf("only %d lines shown", shown)
	}
}
