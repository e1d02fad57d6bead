// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

// onDisk is the size of the case files in a folder.
func onDisk(t *testing.T, dir string) (size int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_case_*.json"))
	do(t, err)
	for _, f := range files {
		info, err := os.Stat(f)
		do(t, err)
		size += info.Size()
	}
	return size
}

func TestSizeIsThatOfTheCaseFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	long := reporttest.Simple("ultravox", "1.1.2")
	long.Title = "A longer title than that of the others"
	for _, r := range []report.Result{reporttest.Simple("ultravox", "1.1.1"), reporttest.Simple("ultravox", "1.1.2"), long, reporttest.Simple("visage", "1.1.1")} {
		do(t, s.Put(r))
		if got, want := s.Size(), onDisk(t, dir); got != want || want == 0 {
			t.Errorf("after %s %s: size %d, on disk %d", r.Agent, r.ID, got, want)
		}
	}
	do(t, s.Begin("ultravox"))
	if got, want := s.Size(), onDisk(t, dir); got != want {
		t.Errorf("after Begin: size %d, on disk %d", got, want)
	}
	if got, want := open(t, dir, false).Size(), onDisk(t, dir); got != want {
		t.Errorf("opened again: size %d, on disk %d", got, want)
	}
	if got := open(t, dir, true).Size(); got != 0 {
		t.Errorf("opened afresh: size %d", got)
	}
}

func TestBehaviorIsThatOfTheLastResult(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	r := reporttest.Simple("\xff", "1.1.1") // a name that is no UTF-8 is another one on disk
	do(t, s.Put(r))
	r.Verdict.Behavior = verdict.NonStrict
	do(t, s.Put(r))
	for _, s := range []*archive.Store{s, open(t, dir, false)} {
		if got, known := s.Behavior(r.Agent, r.ID); got != verdict.NonStrict || !known {
			t.Errorf("behavior %q, known %v", got, known)
		}
		if got, known := s.Behavior(r.Agent, "1.1.2"); got != "" || known {
			t.Errorf("behavior of a case that was not run: %q, known %v", got, known)
		}
	}
}
