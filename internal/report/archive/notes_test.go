// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
)

const notesFile = ".wsspec.light"

// noted is a folder of results of all kinds, 100 at least, that were written an hour ago,
// with notes on them, and what there is in it.
func noted(t *testing.T) (dir string, rep *report.Report) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, false)
	for i := range 100 {
		do(t, s.Put(reporttest.Result("a", i+1, fmt.Sprintf("1.1.%d", i+1))))
	}
	for _, rep := range []*report.Report{reporttest.Mixed(), reporttest.Hostile()} {
		for _, a := range rep.Agents {
			for i, r := range a.Results {
				r.ID, r.Want, r.Log.Records, r.Others = fmt.Sprintf("2.%d", i), verdict.Want{}, nil, nil // these have words of ours
				do(t, s.Put(r))
			}
		}
	}
	do(t, s.Finish())
	entries, err := os.ReadDir(dir)
	do(t, err)
	for _, e := range entries {
		age(t, filepath.Join(dir, e.Name()))
	}
	rep, err = archive.LoadLight(dir, nil)
	do(t, err)
	if _, err := os.Stat(filepath.Join(dir, notesFile)); err != nil {
		t.Fatal("there are no notes")
	}
	return dir, rep
}

func age(t *testing.T, path string) {
	t.Helper()
	hourAgo := time.Now().Add(-time.Hour).Add(time.Millisecond) // not a whole second, as with FAT
	do(t, os.Chtimes(path, hourAgo, hourAgo))
}

// spoil makes files unreadable without their looking any different.
func spoil(t *testing.T, dir, pattern string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	do(t, err)
	for _, path := range paths {
		info, err := os.Stat(path)
		do(t, err)
		do(t, os.WriteFile(path, bytes.Repeat([]byte{'x'}, int(info.Size())), 0o666))
		do(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
}

// light is what LoadLight makes of the folder, and what it says.
func light(t *testing.T, dir string) (*report.Report, []string) {
	t.Helper()
	var told []string
	rep, err := archive.LoadLight(dir, func(s string) { told = append(told, s) })
	do(t, err)
	return rep, told
}

// With notes, neither a case file nor the index is opened, by who reads a report, who
// takes one over, nor who adds a result to it.
func TestFreshNotesAreEnough(t *testing.T) {
	dir, want := noted(t)
	spoil(t, dir, "*_case_*.json")
	spoil(t, dir, "index.json")
	if got, told := light(t, dir); !reflect.DeepEqual(got, want) || told != nil {
		t.Errorf("%v\n%v\nwant\n%v", told, got, want)
	}
	do(t, archive.Foreign(dir))
	s := open(t, dir, false)
	do(t, s.Put(reporttest.Result("z", 1, "1.1.1")))
	do(t, s.Finish())
	if got := s.Light(); len(got.Agents) != len(want.Agents)+1 || !reflect.DeepEqual(got.Agents[:len(want.Agents)], want.Agents) {
		t.Errorf("%v\nwant what there was, and one more\n%v", got, want)
	}
	into := open(t, t.TempDir(), false)
	for _, a := range want.Agents {
		do(t, into.Adopt(dir, time.Now(), a.Results))
	}
	adopted := into.Light()
	for i, a := range adopted.Agents {
		for j := range a.Results {
			a.Results[j].File = want.Agents[i].Results[j].File // names are its own
		}
	}
	if !reflect.DeepEqual(adopted, want) {
		t.Errorf("adopted %v\nwant %v", adopted, want)
	}
}

// Whatever is wrong with the notes, the report is that of the case files.
func TestWrongNotes(t *testing.T) {
	dir, want := noted(t)
	path := filepath.Join(dir, notesFile)
	notes, err := os.ReadFile(path)
	do(t, err)
	flipped := func(at int) []byte {
		b := bytes.Clone(notes)
		b[at] ^= 0x10
		return b
	}
	other, _ := noted(t)
	foreign, err := os.ReadFile(filepath.Join(other, notesFile))
	do(t, err)
	version := bytes.Clone(notes)
	version[bytes.IndexByte(version, '\n')-1] = '0'
	for name, c := range map[string]struct {
		b    []byte
		told bool
	}{
		"first octet of results": {flipped(40), true}, "last octet": {flipped(len(notes) - 1), true}, "in the middle": {flipped(len(notes) / 2), true},
		"cut": {notes[:len(notes)/2], true}, "version": {version, false}, "empty": {nil, false}, "of another folder": {foreign, false}, "right": {notes, false},
	} {
		do(t, os.WriteFile(path, c.b, 0o666))
		got, told := light(t, dir)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: another report", name)
		}
		if (len(told) == 1) != c.told || len(told) > 1 {
			t.Errorf("%s: told %q", name, told)
		}
		if c.told && !strings.Contains(told[0], "damaged") {
			t.Errorf("%s: told %q", name, told)
		}
		if again, told := light(t, dir); !reflect.DeepEqual(again, want) || told != nil {
			t.Errorf("%s: the notes were not mended: %q", name, told)
		}
	}
}

// A file that was written in the same tick of the clock as the notes may be another one
// than they tell of.
func TestSameTick(t *testing.T) {
	dir, want := noted(t)
	path := filepath.Join(dir, "a_case_1_1_1.json")
	b := read(t, path)
	info, err := os.Stat(filepath.Join(dir, notesFile))
	do(t, err)
	do(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	got, _ := light(t, dir) // one file is too few for new notes
	if !reflect.DeepEqual(got, want) {
		t.Fatal("another report")
	}
	do(t, os.WriteFile(path, bytes.Replace(b, []byte(`"behavior": "OK"`), []byte(`"behavior": "XX"`), 1), 0o666))
	do(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	got, _ = light(t, dir)
	if a, _ := got.Agent("a"); a.Results[0].Verdict.Behavior != "XX" {
		t.Errorf("%q is what the notes say", a.Results[0].Verdict.Behavior)
	}
}

// Results whose files vanish are not there any more, and not forgotten either: with notes
// and without, each time the report is read.
func TestVanishedFiles(t *testing.T) {
	dir, _ := noted(t)
	for _, name := range []string{"a_case_1_1_7.json", "a_case_1_1_8.json"} {
		do(t, os.Remove(filepath.Join(dir, name)))
	}
	check := func(rep *report.Report, err error) {
		t.Helper()
		if lost, is := errors.AsType[*archive.LostError](err); !is || lost.Lost != 2 || !slices.Equal(lost.Files, []string{"a_case_1_1_7.json", "a_case_1_1_8.json"}) {
			t.Error(err)
		}
		a, _ := rep.Agent("a")
		if missing := a.Missing(); len(a.Results) != 98 || len(missing) != 2 || missing[0].ID != "1.1.7" || !strings.Contains(a.NotRun(), "index.json") {
			t.Errorf("%d results, missing %v, %s", len(a.Results), missing, a.NotRun())
		}
	}
	check(archive.Load(dir))
	for range 2 {
		check(archive.LoadLight(dir, nil))
	}
	whole, _ := archive.Load(dir)
	if s := open(t, dir, false); s.Results() != len(allResults(whole)) {
		t.Errorf("%d results kept of %d", s.Results(), len(allResults(whole)))
	}
	if err := archive.Lost(dir); err == nil || !strings.Contains(err.Error(), "2 of ") {
		t.Error(err)
	}
	// A file that is there and cannot be read is told of as that, once.
	do(t, os.WriteFile(filepath.Join(dir, "a_case_1_1_9.json"), []byte("{"), 0o666))
	_, err := archive.LoadLight(dir, nil)
	if lost, is := errors.AsType[*archive.LostError](err); !is || lost.Lost != 2 {
		t.Error(err)
	}
	do(t, os.Remove(filepath.Join(dir, "index.json")))
	if err := archive.Lost(dir); err != nil {
		t.Error(err)
	}
}

func allResults(rep *report.Report) (all []report.Result) {
	for _, a := range rep.Agents {
		all = append(all, a.Results...)
	}
	return all
}

// Who reads while results are put never finds half of one.
func TestReadersBesideAWriter(t *testing.T) {
	dir, _ := noted(t)
	s := open(t, dir, false)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := range 60 {
			r := reporttest.Result("a", i+1, fmt.Sprintf("1.1.%d", i%7+1))
			r.Verdict.Result = strings.Repeat("x", i)
			if err := s.Put(r); err != nil {
				t.Error(err)
			}
			if i%3 == 0 {
				if err := s.Finish(); err != nil {
					t.Error(err)
				}
				s.Light()
			}
		}
	}()
	for reading := true; reading; {
		select {
		case <-ended:
			reading = false
		default:
		}
		if rep, err := archive.LoadLight(dir, nil); err != nil || len(allResults(rep)) < 100 {
			t.Fatal(err)
		}
	}
	whole, err := archive.Load(dir)
	do(t, err)
	for i, r := range allResults(s.Light()) {
		if w := allResults(whole)[i]; w.ID != r.ID || w.Verdict != r.Verdict {
			t.Errorf("%s: %v, in the file %v", r.ID, r.Verdict, w.Verdict)
		}
	}
}

// Results that change after they were read are taken over as they are.
func TestAdoptChanged(t *testing.T) {
	dir, want := noted(t)
	begun := time.Now()
	path := filepath.Join(dir, "a_case_1_1_1.json")
	b, err := os.ReadFile(path)
	do(t, err)
	do(t, os.Remove(path))
	do(t, os.WriteFile(path, bytes.Replace(b, []byte(`"behavior": "OK"`), []byte(`"behavior": "FAILED"`), 1), 0o666))
	s := open(t, t.TempDir(), false)
	a, _ := want.Agent("a")
	do(t, s.Adopt(dir, begun, a.Results))
	if g := s.Light().Agents[0].Results[0].Verdict.Behavior; g != verdict.Failed {
		t.Error(g)
	}
	if s.Results() != 100 {
		t.Errorf("%d results", s.Results())
	}
	// A file of ours is shared, one in the reference's form is not.
	same := func(file string) bool {
		x, err := os.Stat(filepath.Join(dir, file))
		do(t, err)
		y, err := os.Stat(filepath.Join(s.Dir(), file))
		do(t, err)
		return os.SameFile(x, y)
	}
	if !same("a_case_1_1_2.json") {
		t.Log("this file system has no links")
	}
	plain := open(t, t.TempDir(), true)
	do(t, plain.Put(reporttest.Result("a", 1, "9.1.1")))
	old, err := archive.LoadLight(plain.Dir(), nil)
	do(t, err)
	dir = plain.Dir()
	do(t, s.Adopt(dir, begun, old.Agents[0].Results))
	if same("a_case_9_1_1.json") {
		t.Error("a file that the reference would write into is shared")
	}
}
