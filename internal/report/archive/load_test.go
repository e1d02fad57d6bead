// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// What is read of the reference's files of three of its editions: facts,
// statistics, and its wire log in our notation.
func TestReadTheReference(t *testing.T) {
	rep, err := archive.Load("testdata/reference")
	if lost, is := errors.AsType[*archive.LostError](err); !is || lost.Lost != 1 || !strings.Contains(err.Error(), "1 of 2 case files that index.json names is missing: ") {
		t.Error(err)
	}
	var b strings.Builder
	n := 0
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			n++
			fmt.Fprintf(&b, "%s, case %d %s: %s, %s; %v, started %v\n%s\n%s\n", r.Agent, r.Number, r.ID, r.Verdict.Behavior, r.Verdict.Close, r.Took, r.Started, r.Title, telling.Expected(r))
			fmt.Fprintf(&b, "%+v\n%+v\n", r.Log.Facts, r.Log.Stats)
			for _, rec := range r.Log.Records {
				fmt.Fprintln(&b, rec.Text())
			}
			fmt.Fprintln(&b, strings.Join(telling.Explain(r), "\n"))
		}
	}
	if n != 3 {
		t.Errorf("%d results, want 3", n)
	}
	golden.Check(t, "reference.txt", []byte(b.String()))
}

func TestReadOfAnotherShape(t *testing.T) {
	for _, text := range []string{
		`{"id": "1.1.1", "agent": "a"}`,
		`{"id": "1.1.1", "agent": "a", "case": "one", "duration": "2", "wirelog": {}, "received": "[]", "expected": [], "expectedClose": [], "rxOctetStats": {"x": 1}, "txOctetStats": [], "started": 5, "isServer": "yes", "remoteCloseReason": 5}`,
		`{"id": "1.1.1", "agent": "a", "wirelog": [["TF"], ["RF", null], [], ["TO", 5], ["RO", [7]], ["CT"], ["TI", -5], ["KL", 1e300], ["WLM"], ["??"], [5]], "received": [["message"], ["pong", 5], ["timeout"], ["other"]]}`,
	} {
		r, err := archive.ReadCase([]byte(text))
		if err != nil || r.ID != "1.1.1" || r.Agent != "a" {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
		telling.Explain(r)
	}
	r, err := archive.ReadCase([]byte(`{"id": "9.1.1", "duration": 12.9, "started": "2012-10-12T12:13:31Z", "remoteCloseCode": 1000, "rxFrameStats": {"8": 1, "99": 1}}`))
	if err != nil || r.Took.Milliseconds() != 12 || r.Started.Year() != 2012 || r.Log.Facts.Remote.Code != ws.NormalClosure || r.Log.Stats.ReceivedFrames[8] != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReadErrors(t *testing.T) {
	native := func(key string) string { return `{"id": "1.1.1", "agent": "a", "wsspec": {` + key + `}}` }
	for text, want := range map[string]string{
		``:                                 "the file is empty",
		`[]`:                               "the value is an array: want an object",
		`{}`:                               "no case file: it has no id",
		`null`:                             "no case file: it has no id",
		native(`"schema": 3, "seed": "0"`): "key wsspec: schema 3 of the key wsspec: this program reads 1 to 2",
		native(`"schema": 1, "seed": "x"`): `key wsspec: seed "x" is no hexadecimal number`,
		native(`"schema": 1, "seed": "0", "log": ["0 # ok?"]`):                                                    `key wsspec: log: line 1: remark "ok?" is not one of ours`,
		native(`"schema": 1, "seed": "0", "want": {"outcomes": [{"events": ["x"]}]}`):                             `key wsspec: want: event "x"`,
		native(`"schema": 1, "seed": "0", "want": {"outcomes": [{"events": ["text len=9 \"\"..."]}]}`):            "want at most",
		native(`"schema": 1, "seed": "0", "want": {"outcomes": [{"events": ["text len=99999999999 \"a\"..."]}]}`): "want at most",
		native(`"schema": "1"`): "line 1, octet 54: wsspec.schema is a string: want a number",
		native(`"schema": 2, "seed": "0", "attempts": [{"number": 4, "log": ["x"]}]`): `key wsspec: attempt 4: log: line 1: "x" is no time`,
		native(`"schema": 2, "seed": "0", "attempts": [{"number": 4, "seed": "zz"}]`): `key wsspec: attempt 4: seed "zz" is no hexadecimal number`,
	} {
		_, err := archive.ReadCase([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// The reference keeps events apart from the wire log: each goes behind the record it
// came of.
func TestEventsOfTheReferenceFindTheirPlace(t *testing.T) {
	r, err := archive.ReadCase([]byte(`{"id": "6.4.1", "agent": "a",
		"received": [["pong", "p"], ["message", "one", false], ["timeout", "A"], ["pong", "late"]],
		"wirelog": [["CT", 1, "A"], ["RF", [1, "o"], 1, false, 0, false, null], ["RF", [1, "q"], 9, true, 0, false, null],
			["RF", [1, "p"], 10, true, 0, false, null], ["RF", [2, "ne"], 0, true, 0, false, null], ["CTE", "A"], ["TO", [2, "8880"], false]]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, rec := range r.Log.Records {
		got = append(got, rec.Text())
	}
	want := []string{
		"# wait 1s A", `< text more "o"`, `< ping "q"`, `< pong "p"`, `= pong "p"`, `< continuation "ne"`, `= text "one"`,
		"# waited A", "= timeout A", ">> 2 8880", `= pong "late"`, "# dropped by peer",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// One file that cannot be read is named, and keeps nobody from the others.
func TestLoadNamesWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	do(t, s.Put(reporttest.Simple("a", "1.1.1")), s.Finish())
	bad := filepath.Join(dir, "b_case_1_1_1.json")
	do(t, os.WriteFile(bad, []byte(`{"id": `), 0o666), os.Mkdir(filepath.Join(dir, "c_case_1_1_1.json"), 0o777))
	rep, err := archive.Load(dir)
	if err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("error %v, want one that names %s", err, bad)
	}
	if len(rep.Agents) != 1 {
		t.Errorf("%d agents, want 1", len(rep.Agents))
	}
	do(t, os.WriteFile(filepath.Join(dir, "index.json"), []byte(`[]`), 0o666))
	if _, err := archive.Load(dir); err == nil || !strings.Contains(err.Error(), "index.json") {
		t.Errorf("error %v, want one that names the index", err)
	}
	if _, err := archive.Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there was read")
	}
}

func FuzzReadCase(f *testing.F) {
	archive.AddCaseFiles(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := archive.ReadCase(b)
		if err != nil {
			return
		}
		telling.Explain(r)
		verdict.Judge(r.Want, r.Close, r.Log)
		dir := t.TempDir()
		s := open(t, dir, false)
		do(t, s.Put(r))
		// What we have written we can read, and it says the same.
		rep, err := archive.Load(dir)
		do(t, err)
		got := rep.Agents[0].Results[0]
		if got.ID != r.ID || got.Verdict != r.Verdict || len(got.Log.Records) != len(r.Log.Records) {
			t.Errorf("read %+v, then %+v", r, got)
		}
	})
}
