// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// The manual page has each command, argument and flag with its help, and each
// exit status.
func TestMan(t *testing.T) {
	manual, stderr, status := called("wsspec", "man")
	if stderr != "" || status != 0 {
		t.Fatalf("status %d, %q", status, stderr)
	}
	text := plainRoff(manual)
	want := func(s string) {
		t.Helper()
		if s = strings.Join(strings.Fields(s), " "); !strings.Contains(text, s) {
			t.Errorf("the page does not have %q", s)
		}
	}
	parser, err := kong.New(new(commandLine), kong.Name("wsspec"), kong.Description(description))
	if err != nil {
		t.Fatal(err)
	}
	want(description)
	for _, command := range parser.Model.Leaves(true) {
		want("wsspec " + command.Summary())
		want(command.Help)
		want(command.Detail)
		for _, arg := range command.Positional {
			want(arg.Summary() + " " + arg.Help)
		}
		for _, f := range command.Flags {
			want(f.Summary() + " " + f.Help)
		}
	}
	if strings.Contains(text, "__complete") {
		t.Error("the page has a hidden command")
	}
	for _, status := range []string{"0", "1", "2", "3", "4", "130"} {
		if !regexp.MustCompile(`(?m)^\.TP\n\.B "` + status + `"$`).MatchString(manual) {
			t.Errorf("the page does not have exit status %s", status)
		}
	}
}

// plainRoff undoes what the page does to text, in one line.
func plainRoff(manual string) string {
	var words []string
	for line := range strings.Lines(manual) {
		line = strings.TrimSuffix(line, "\n")
		switch name, arguments, _ := strings.Cut(line, " "); {
		case strings.HasPrefix(line, ".SH") || strings.HasPrefix(line, ".SS") || name == ".B":
			line = strings.Trim(arguments, `"`)
		case strings.HasPrefix(line, "."):
			continue
		}
		words = append(words, line)
	}
	plain := strings.NewReplacer(`\&`, "", `\-`, "-", `\(aq`, "'", `\(dq`, `"`, `\(ti`, "~", `\[u2026]`, "…", `\e`, `\`)
	return strings.Join(strings.Fields(plain.Replace(strings.Join(words, " "))), " ")
}

// What would be a request, or a typographic character, stands for itself.
func TestRoff(t *testing.T) {
	m := &page{}
	m.macro("B", `say "a-b"`)
	m.text(".TH 'twas \\ ~ ^ `x` é")
	want := ".B \"say \\(dqa\\-b\\(dq\"\n\\&.TH \\(aqtwas \\e \\(ti \\(ha \\(gax\\(ga \\[u00E9]\n"
	if m.String() != want {
		t.Errorf("%q, want %q", m, want)
	}
	m = &page{}
	m.title("2026-11-21", "1.2-rc")
	if want := ".TH \"WSSPEC\" \"1\" \"2026-11-21\" \"wsspec 1.2\\-rc\" \"User Commands\"\n"; m.String() != want {
		t.Errorf("%q, want %q", m, want)
	}
	m = &page{}
	m.text(strings.Repeat(".word ", 30))
	for line := range strings.Lines(m.String()) {
		if len(line) > 80 || !strings.HasPrefix(line, `\&.word`) {
			t.Errorf("line %q", line)
		}
	}
}
