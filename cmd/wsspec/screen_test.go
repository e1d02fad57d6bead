// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

// onTerminal runs a test of a server with the fault on a terminal of 80 columns.
func onTerminal(t *testing.T, env map[string]string, fault string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &process{
		name: "wsspec", args: append([]string{"test", "--out", t.TempDir(), "--cases", "1.1.*,3.1", "it=ws://" + faultyEcho(t, fault)}, args...),
		stdout: &out, stderr: &errs, getenv: func(name string) string { return env[name] }, width: func() int { return 80 },
	}
	if status := p.run(context.Background()); status != exitVerdict {
		t.Errorf("status %d: %s", status, &errs)
	}
	return out.String(), errs.String()
}

var escape = regexp.MustCompile("\x1b\\[[0-9]*m")

// On a terminal there is a line that says how far we are, which is taken away
// before anything else is printed, and verdicts have colours.
func TestTerminal(t *testing.T) {
	for _, tt := range []struct {
		name        string
		env         map[string]string
		args        []string
		live, color bool
	}{
		{"terminal", nil, nil, true, true},
		{"no colours", map[string]string{"NO_COLOR": "1"}, nil, true, false},
		{"dumb", map[string]string{"TERM": "dumb"}, nil, false, false},
		{"quiet", nil, []string{"-q"}, false, true},
	} {
		stdout, stderr := onTerminal(t, tt.env, "drops-on-open", tt.args...)
		if live := strings.Contains(stderr, "\r\x1b[K1/9"); live != tt.live {
			t.Errorf("%s: a status line is %v, want %v: %q", tt.name, live, tt.live, stderr)
		}
		if tt.live && !strings.HasSuffix(stderr, "\r\x1b[K") {
			t.Errorf("%s: the status line stays: %q", tt.name, stderr)
		}
		if color := escape.MatchString(stdout); color != tt.color {
			t.Errorf("%s: colours is %v, want %v: %q", tt.name, color, tt.color, stdout)
		}
		for line := range strings.SplitSeq(escape.ReplaceAllString(stdout, ""), "\n") {
			if len([]rune(line)) > 80 && !strings.Contains(line, "  repeat ") { // that is to be copied
				t.Errorf("%s: a line of more than 80 columns: %s", tt.name, line)
			}
		}
	}
}
