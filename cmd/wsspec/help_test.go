// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/wsspec/wsspec/internal/golden"
)

// called is what a command line prints, and its exit status.
func called(name string, args ...string) (stdout, stderr string, status int) {
	var out, errs bytes.Buffer
	p := &process{name: name, args: args, stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, width: func() int { return 0 }}
	status = p.run(context.Background())
	return out.String(), errs.String(), status
}

// The help of every command of both doors, as a reader sees it.
func TestHelp(t *testing.T) {
	parser, err := kong.New(new(commandLine), kong.Name("wsspec"))
	if err != nil {
		t.Fatal(err)
	}
	lines := [][]string{{"wsspec"}}
	for _, node := range parser.Model.Leaves(true) {
		lines = append(lines, strings.Fields("wsspec "+node.Path()))
	}
	lines = append(lines, []string{"wstest"})
	var all bytes.Buffer
	for _, line := range lines {
		stdout, stderr, status := called(line[0], append(line[1:], "--help")...)
		if status != 0 || stderr != "" || stdout == "" {
			t.Errorf("%s --help: status %d, %q", strings.Join(line, " "), status, stderr)
		}
		fmt.Fprintf(&all, "$ %s --help\n%s\n", strings.Join(line, " "), stdout)
	}
	for i, line := range strings.Split(all.String(), "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("line %d is longer than 80 characters: %s", i+1, line)
		}
	}
	golden.Check(t, "help.txt", all.Bytes())
	if bare, _, _ := called("wsspec"); !strings.HasPrefix(all.String(), "$ wsspec --help\n"+bare) {
		t.Errorf("without arguments: %s", bare)
	}
}
