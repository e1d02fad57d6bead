// SPDX-License-Identifier: Apache-2.0

package tap_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/tap"
)

func write(t *testing.T, rep *report.Report, v report.View) string {
	t.Helper()
	var b bytes.Buffer
	if err := tap.Write(&b, rep, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	golden.Check(t, "mixed.tap", []byte(write(t, reporttest.Mixed(), report.View{
		Known: func(r report.Result) (string, bool) { return "issue #17", r.ID == "7.5.1" },
	})))
}

// line is what a line of TAP 14 may be, with the diagnostics below their points.
var line = regexp.MustCompile(`^(TAP version 14|1\.\.\d+|# Subtest: .*|(?:    )?(?:not )?ok \d+ - .*|    1\.\.\d+|      ---|      \.\.\.|      duration_ms: \d+|      message: \|2|        .*)$`)

func TestHostile(t *testing.T) {
	out := write(t, reporttest.Hostile(), report.View{})
	points, bad := 0, 0
	for l := range strings.Lines(out) {
		l = strings.TrimSuffix(l, "\n")
		if !line.MatchString(l) {
			t.Errorf("no line of TAP: %.80q", l)
		}
		if strings.ContainsAny(l, "\r\x00\x1b\u2028\u202e") {
			t.Errorf("control characters in %.80q", l)
		}
		if strings.HasPrefix(l, "    ok") || strings.HasPrefix(l, "    not ok") {
			points++
			if strings.Contains(strings.ReplaceAll(l, `\#`, ""), "#") {
				t.Errorf("a directive in %.80q", l)
			}
		}
		if strings.HasPrefix(l, "    not ok") {
			bad++
		}
	}
	if points != 12 || bad != 4 {
		t.Errorf("%d points, %d not ok, want 12 and 4", points, bad)
	}
}
