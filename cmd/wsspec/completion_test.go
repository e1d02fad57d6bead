// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// completions are the words that fit in place of the last, without what they mean.
func completions(t *testing.T, words ...string) []string {
	t.Helper()
	stdout, stderr, status := called("wsspec", append([]string{"__complete", "--"}, words...)...)
	if stderr != "" || status != 0 {
		t.Fatalf("%q: status %d, %q", words, status, stderr)
	}
	var fits []string
	for line := range strings.Lines(stdout) {
		text, help, tab := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !tab {
			t.Errorf("%q: no tab in %q", words, line)
		}
		if strings.HasPrefix(text, ":") {
			text += " " + help
		}
		fits = append(fits, text)
	}
	return fits
}

func TestCompletion(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"te", "test"},
		{"report re", "rejudge"},
		{"report sh", "show"},
		{"__", ""},
		{"test --fail", "--fail-by-drop"},
		{"test --strict --st", "--strict-baseline"},
		{"test --cases 1.* --case", "--cases"},
		{"test --cases 6.4.", "6.4.* 6.4.1 6.4.2 6.4.3 6.4.4"},
		{"test --cases '6.4.", "6.4.* 6.4.1 6.4.2 6.4.3 6.4.4"},
		{"test --cases=3,6.4.", "--cases=3,6.4.* --cases=3,6.4.1 --cases=3,6.4.2 --cases=3,6.4.3 --cases=3,6.4.4"},
		{"test --cases 10", "10.* 10.1.*"},
		{"serve --exclude 2.1", "2.1 2.10 2.11"},
		{"test --edition ", "25.10 0.7"},
		{"test --only-section 5.5.", "5.5.1 5.5.2 5.5.3"},
		{"test --report j", "json= json junit= junit"},
		{"test --report=html=here/x", ":files --report=html="},
		{"test --spec x", ":files "},
		{"test --out=", ":dirs --out="},
		{"test --header X", ""},
		{"test -q ws://", ""},
		{"serve --tls-cert ", ":files "},
		{"echo --impl go", "gorilla gobwas"},
		{"client --impl=go", "--impl=gorilla --impl=gobwas"},
		{"echo --fault no-pong,pong-e", "no-pong,pong-empty"},
		{"echo -- --fault", ""},
		{"cases sh", "show"},
		{"cases 10.", "10.* 10.1.*"},
		{"cases show 6.4.", "6.4.1 6.4.2 6.4.3 6.4.4"},
		{"cases list --js", "--json"},
		{"cases --js", "--json"},
		{"report show ", ":files "},
		{"report show x 10.", "10.1.1"},
		{"report write -o - j", "json junit"},
		{"report merge a b ", ":files "},
		{"completion ", "bash zsh fish"},
		{"completion bash ", "--help"},
		{"nonsense ", "--help"},
	} {
		if got := strings.Join(completions(t, strings.Split(tt.line, " ")...), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.line, got, tt.want)
		}
	}
	if got := completions(t); !slices.Contains(got, "serve") {
		t.Errorf("nothing typed: %q", got)
	}
	if got := completions(t, "test", "--cases", ""); len(got) > 30 || !slices.Contains(got, "13.*") {
		t.Errorf("--cases: %q", got)
	}
}

// Completion knows each command and flag, in both ways of giving a value.
func TestCompletionIsComplete(t *testing.T) {
	parser, err := kong.New(new(commandLine), kong.Name("wsspec"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(true) {
		path := strings.Fields(command.Path())
		if got := completions(t, path...); !slices.Contains(got, command.Name) {
			t.Errorf("%s: not offered", command.Path())
		}
		for _, f := range command.Flags {
			if got := completions(t, append(path, "--"+f.Name)...); !slices.Contains(got, "--"+f.Name) {
				t.Errorf("%s: --%s is not offered", command.Path(), f.Name)
			}
			if f.IsBool() {
				continue
			}
			apart, joined := completions(t, append(path, "--"+f.Name, "")...), completions(t, append(path, "--"+f.Name+"=")...)
			if len(apart) != len(joined) {
				t.Errorf("%s: --%s: %d values, behind an equals sign %d", command.Path(), f.Name, len(apart), len(joined))
			}
			names := slices.Contains([]string{"FILE", "DIR", "PATH"}, f.PlaceHolder)
			if names && (len(apart) != 1 || !strings.HasPrefix(apart[0], ":")) {
				t.Errorf("%s: --%s: %q, want file names", command.Path(), f.Name, apart)
			}
		}
	}
}
