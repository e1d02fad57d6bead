// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

// What is not implemented was not judged: it is a pass nowhere, and no failure.
func TestUnimplementedIsNoPass(t *testing.T) {
	rep := new(report.Report)
	for id, g := range map[string]verdict.Grade{"1.1.1": verdict.OK, "12.1.1": verdict.Unimplemented, "12.1.2": verdict.Unimplemented} {
		r := reporttest.Simple("agent", id)
		r.Verdict.Behavior = g
		rep.Add(r)
	}
	for kind, want := range map[string]map[string]int{
		"badge":    {">1/3<": 1},
		"csv":      {",pass,": 1, ",none,": 2},
		"github":   {"::error": 0, "::warning": 0, "not judged": 1},
		"html":     {"1 result passed. 2 results not judged.": 1, `class="count ok" data-status="pass" data-agent=0><b>1</b>`: 1, `class="count none" data-status="unimplemented" data-agent=0><b>2</b>`: 1},
		"json":     {"\n   \"failed\": 0,\n   \"notJudged\": 2,": 1},
		"junit":    {`failures="0" errors="0" skipped="2"`: 1},
		"markdown": {"| 0 | 0 | 1 | 2 | 0 |": 1},
		"tap":      {"    ok 1 - 1.1.1": 1, "# SKIP": 2},
	} {
		var b bytes.Buffer
		if err := writers()[kind](&b, rep, view()); err != nil {
			t.Fatal(err)
		}
		for text, n := range want {
			if got := strings.Count(b.String(), text); got != n {
				t.Errorf("%s has %q %d times, want %d", kind, text, got, n)
			}
		}
	}
	if kinds := slices.Sorted(maps.Keys(writers())); len(kinds) != 8 {
		t.Errorf("this looks at 8 of %q", kinds)
	}
}
