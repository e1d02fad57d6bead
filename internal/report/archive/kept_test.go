// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/wirelog"
)

// What a store has kept of results is what it would read from their files.
func TestKeptIsWhatIsRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	all := []report.Result{everything(t)}
	for _, a := range reporttest.Mixed().Agents {
		all = append(all, a.Results...)
	}
	for i, nasty := range []string{reporttest.Nasty, strings.ReplaceAll(reporttest.Nasty, "\xff", "")} {
		r := reporttest.Result("nasty", 1, fmt.Sprintf("1.1.%d", i+1))
		r.Log.Request, r.Log.Response, r.Log.Refused, r.Log.Extension = []byte(nasty), []byte(nasty), nasty, nasty
		r.Log.Facts.Local.Reason, r.Log.Facts.Remote.Reason, r.Log.Echo = nasty, nasty, wirelog.Echo{Sent: 1, Difference: nasty}
		r.Log.Compression.Broken, r.Verdict.Result, r.Verdict.CloseResult = []string{nasty}, nasty, nasty
		r.Log.Records = append(r.Log.Records, wirelog.Record{Kind: wirelog.Violation, Note: nasty}, wirelog.Record{Kind: wirelog.Event, Data: wirelog.Whole([]byte(nasty))})
		all = append(all, r)
	}
	const turnedFile = "turned_case_1_1_1.json"
	turned := reporttest.Result("turned", 1, "1.1.1")
	turned.Turns = []report.Turn{{Name: "first", Verdict: turned.Verdict}, {Name: "second", Verdict: turned.Verdict}}
	turned.Title, turned.Log.Facts.Remote.Reason = "two  blanks <b>and a tag</b>", "0x4142"
	all = append(all, turned)
	for _, r := range all {
		do(t, s.Put(r))
	}
	do(t, s.Finish())
	want, err := archive.Load(dir)
	do(t, err)
	got, err := s.Load()
	do(t, err)
	for i, a := range want.Agents {
		for j, r := range a.Results {
			if kept := got.Agents[i].Results[j]; !reflect.DeepEqual(kept, r) {
				t.Errorf("%.20q %.20q: kept\n%+v\n%+v\nread\n%+v\n%+v", a.Name, r.ID, kept, kept.Log, r, r.Log)
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("reports differ")
	}
	do(t, os.WriteFile(filepath.Join(dir, turnedFile), []byte("{"), 0o666))
	if _, err := s.Load(); err != nil {
		t.Errorf("a file was read that there is no need for: %v", err)
	}
}

// Nothing is kept of a result whose file is gone or replaced.
func TestKeptIsOfTheFilesThereAre(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	a, b := reporttest.Result("a", 1, "1.1.1"), reporttest.Result("a", 2, "1.1.2")
	do(t, s.Put(a), s.Put(b), os.Remove(filepath.Join(dir, "a_case_1_1_2.json")))
	a.Caveat = "of the second attempt"
	do(t, s.Put(a))
	got, err := s.Load()
	do(t, err)
	if rs := got.Agents[0].Results; len(rs) != 1 || rs[0].Caveat != a.Caveat {
		t.Errorf("%+v", rs)
	}
	do(t, s.Begin("a"))
	if got, err = s.Load(); err != nil || slices.ContainsFunc(got.Agents, func(a report.Agent) bool { return len(a.Results) > 0 }) {
		t.Errorf("%+v, %v", got, err)
	}
}
