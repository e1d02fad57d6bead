// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/requirements"
	"github.com/wsspec/wsspec/internal/requirements/coverage"
	"github.com/wsspec/wsspec/internal/terminal"
	"github.com/wsspec/wsspec/internal/verdict"
)

// covered prints the coverage of a small table.
func covered(t *testing.T, width int, env map[string]string, short bool) string {
	t.Helper()
	table, err := requirements.Parse(`
spec RFC 1: One
1-1 both MUST: A sentence that takes more than one line on a narrow terminal.
section 2.1: Two and something more that is long, longer than there is room for
1-2.1-1 server MAY: Permitted.
    how: patience
1-2.1-2 client SHOULD NOT: Excepted.
1-2.1-3 both MUST: Looked at.
spec RFC 3: Three
3-1 other MUST: Nobody.
    no: nobody can
spec RFC 4: Nothing
`)
	if err != nil {
		t.Fatal(err)
	}
	c := coverage.Of(table, []conform.Case{
		{ID: "1.1", Only: conform.AsClient, Requirements: []string{"1-1", "1-2.1-1"}},
		{ID: "1.2", Only: conform.AsClient, Requirements: []string{"1-1"}},
		{ID: "1.3", Only: conform.AsClient, Requirements: []string{"1-1"}},
		{ID: "2.1", Want: verdict.Want{Informational: true}, Requirements: []string{"1-2.1-3"}},
	}, map[string]string{"1-2.1-2": "it is too much work"})
	var out bytes.Buffer
	terminal.Coverage(terminal.Surroundings{Out: &out, Width: width, Getenv: func(name string) string { return env[name] }}, table, c, short)
	return out.String()
}

func TestCoverage(t *testing.T) {
	for _, tt := range []struct {
		short bool
		want  string
	}{
		{false, `
RFC 1  One                                        2 of 4

  ✓ 1-1                 A sentence that takes more than
    MUST, both          one line on a narrow terminal.
                        1.1–1.3 (on servers only)

2.1  Two and something more that is long, longe…  1 of 3

  ✓ 1-2.1-1             Permitted.
    MAY, server         how: patience
                        1.1
  – 1-2.1-2             Excepted.
    SHOULD NOT, client  no case: it is too much work
  ✗ 1-2.1-3             Looked at.
    MUST, both          no case; cannot fail by it: 2.1

RFC 3  Three

  – 3-1                 Nobody.
    MUST, other         cannot be tested: nobody can

4 requirements can be tested: 2 with a case, 1 without
for a reason that is given, 1 without.
`}, {true, `
RFC 1  One                                        2 of 4
  2.1       Two and something more that is long…  1 of 3

RFC 3  Three

4 requirements can be tested: 2 with a case, 1 without
for a reason that is given, 1 without.
`},
	} {
		if got := covered(t, 56, map[string]string{"NO_COLOR": "1"}, tt.short); got != tt.want[1:] {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want[1:])
		}
	}
}

// The page is as wide as the terminal, within reason, and has colours on one alone.
func TestCoverageFits(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9]*m")
	for _, tt := range []struct {
		terminal, page int
		env            map[string]string
		color          bool
	}{
		{0, 80, nil, false}, {60, 60, nil, true}, {80, 80, nil, true}, {120, 120, nil, true}, {3000, 120, nil, true}, {1, 40, nil, true},
		{80, 80, map[string]string{"NO_COLOR": "1"}, false}, {80, 80, map[string]string{"TERM": "dumb"}, false},
	} {
		got := covered(t, tt.terminal, tt.env, false)
		if escapes.MatchString(got) != tt.color {
			t.Errorf("%+v: coloured %v", tt, !tt.color)
		}
		plain, widest := escapes.ReplaceAllString(got, ""), 0
		for line := range strings.Lines(plain) {
			widest = max(widest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
			if strings.TrimRight(line, " \n")+"\n" != line {
				t.Errorf("%+v: blanks at the end of %q", tt, line)
			}
		}
		if widest != tt.page {
			t.Errorf("%+v: the page has %d columns", tt, widest)
		}
	}
}
