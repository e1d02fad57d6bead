// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Whatever is written says the same, whether the conversations are in memory or are read one
// at a time, and conversations that do not matter are not read.
func TestConversationsReadOneAtATime(t *testing.T) {
	dir := t.TempDir()
	s, err := archive.Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	graded := func(id string, g verdict.Grade) report.Result {
		r := reporttest.Result("agent", 1, id)
		r.Verdict.Behavior = g
		return r
	}
	tries := report.Tries{Explain: telling.Explain}
	for _, g := range []verdict.Grade{verdict.OK, verdict.Failed, verdict.OK} {
		tries.AddWorst(graded("6.4.3", g))
	}
	for _, r := range []report.Result{graded("6.4.1", verdict.OK), graded("6.4.2", verdict.Failed), tries.Result(), graded("6.4.4", verdict.NonStrict)} {
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := archive.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	light, err := archive.LoadLight(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	from, v := source{light, dir}, view()
	v.Link = "index.html"
	reads := map[string]int64{"badge": 0, "csv": 0, "github": 2, "html": 5, "json": 4, "junit": 3, "markdown": 2, "tap": 2}
	for _, kind := range slices.Sorted(maps.Keys(writers())) {
		var want, got bytes.Buffer
		if err := writers()[kind](&want, whole, v); err != nil {
			t.Fatal(err)
		}
		var read atomic.Int64
		one := v
		one.Whole = func(r report.Result) (report.Result, error) {
			read.Add(1)
			return from.whole(r)
		}
		if err := writers()[kind](&got, light, one); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s says something else:\n%.2000s\nand with all in memory:\n%.2000s", kind, got.Bytes(), want.Bytes())
		}
		if n, known := reads[kind]; !known || read.Load() != n {
			t.Errorf("%s reads %d conversations, want %d", kind, read.Load(), n)
		}
	}
}
