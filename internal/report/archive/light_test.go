// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/score"
	"github.com/wsspec/wsspec/internal/verdict"
)

// Light results say all that summaries say, whether they are read from the case files or
// from the notes that the reading before has left; and files that have changed since
// count, as do those that are new or gone.
func TestLoadLight(t *testing.T) {
	dir := t.TempDir()
	s, err := archive.Open(dir, false)
	do(t, err)
	for i := range 200 {
		r := reporttest.Result("a", 1, fmt.Sprintf("1.1.%d", i+1))
		if i == 7 {
			r.Others = []report.Attempt{{Number: 2, Loaded: true, Wrong: true, Verdict: verdict.Verdict{Behavior: verdict.Failed}}}
			r.Attempt = 1
		}
		do(t, s.Put(r))
	}
	do(t, s.Finish())
	cards := func() (fromFiles, light score.Card) {
		whole, err := archive.Load(dir)
		do(t, err)
		rep, err := archive.LoadLight(dir, nil)
		do(t, err)
		return score.Of(whole.Agents[0]), score.Of(rep.Agents[0])
	}
	for range 2 {
		if whole, light := cards(); !reflect.DeepEqual(whole, light) || whole.Total != 200 {
			t.Errorf("light %+v\nwhole %+v", light, whole)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".wsspec.light")); err != nil {
		t.Fatal("there are no notes")
	}
	bad := reporttest.Result("a", 1, "1.1.9")
	bad.Verdict.Behavior = verdict.Failed
	do(t, s.Put(bad))
	do(t, s.Put(reporttest.Result("b", 1, "1.1.1")))
	later := time.Now().Add(time.Hour)
	do(t, os.Chtimes(filepath.Join(dir, "a_case_1_1_9.json"), later, later))
	do(t, os.Remove(filepath.Join(dir, "a_case_1_1_10.json")))
	do(t, os.Remove(filepath.Join(dir, "index.json")))
	rep, err := archive.LoadLight(dir, nil)
	do(t, err)
	if len(rep.Agents) != 2 || len(rep.Agents[0].Results) != 199 || rep.Agents[0].Results[8].Verdict.Behavior != verdict.Failed {
		t.Errorf("%d agents, %d results", len(rep.Agents), len(rep.Agents[0].Results))
	}
	// Notes that are none are no notes.
	do(t, os.WriteFile(filepath.Join(dir, ".wsspec.light"), []byte("wsspec light results 1\n\xff\x00garbage"), 0o600))
	if rep, err = archive.LoadLight(dir, nil); err != nil || len(rep.Agents[0].Results) != 199 {
		t.Errorf("%v, %d results", err, len(rep.Agents[0].Results))
	}
}

// With notes a report of many results is read without its conversations: what is
// allocated does not grow with them.
func TestLightAllocations(t *testing.T) {
	dir := t.TempDir()
	s, err := archive.Open(dir, false)
	do(t, err)
	const n = 300
	for i := range n {
		do(t, s.Put(reporttest.Result("a", 1, fmt.Sprintf("1.1.%d", i+1))))
	}
	_, err = archive.LoadLight(dir, nil)
	do(t, err)
	each := testing.AllocsPerRun(3, func() {
		if _, err := archive.LoadLight(dir, nil); err != nil {
			t.Error(err)
		}
	}) / n
	if each > 12 {
		t.Errorf("%.0f allocations a result", each)
	}
}
