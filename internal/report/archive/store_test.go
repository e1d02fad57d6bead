// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

func loaded(t *testing.T, dir string) (list []string) {
	t.Helper()
	rep, err := archive.Load(dir)
	do(t, err)
	for _, a := range rep.Agents {
		for _, r := range a.Results {
			list = append(list, a.Name+" "+r.ID)
		}
	}
	return list
}

// readIndex fails the test where the index names a file that is not there.
func readIndex(t *testing.T, dir string) map[string]map[string]struct{ ReportFile string } {
	t.Helper()
	var index map[string]map[string]struct{ ReportFile string }
	do(t, json.Unmarshal(read(t, dir, "index.json"), &index))
	for agent, rows := range index {
		for id, row := range rows {
			if _, err := os.Stat(filepath.Join(dir, row.ReportFile)); err != nil || !strings.HasSuffix(row.ReportFile, ".json") {
				t.Errorf("%.20q %s: report file %q: %v", agent, id, row.ReportFile, err)
			}
		}
	}
	return index
}

func TestBeginReplacesAnAgentAsAWhole(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	do(t, s.Put(reporttest.Simple("a", "1.1.1")), s.Put(reporttest.Simple("a", "1.1.2")), s.Put(reporttest.Simple("b", "1.1.1")), s.Finish())
	do(t, os.WriteFile(filepath.Join(dir, "a_case_1_1_1.html"), nil, 0o666))
	s = open(t, dir, false)
	do(t, s.Begin("a"))
	if index := readIndex(t, dir); len(index) != 1 || len(index["b"]) != 1 {
		t.Errorf("index after Begin: %v", index)
	}
	do(t, s.Put(reporttest.Simple("a", "1.1.3")), s.Finish())
	if got, want := loaded(t, dir), []string{"a 1.1.3", "b 1.1.1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "a_case_1_1_1.html")); err == nil {
		t.Error("the page of the old result is still there")
	}
	if got, want := s.Agents(), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("agents %q, want %q", got, want)
	}
}

func TestPlainStartsEmpty(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	do(t, s.Put(reporttest.Simple("a", "1.1.1")), s.Finish(), os.WriteFile(filepath.Join(dir, "notes.json"), []byte("mine"), 0o666))
	s = open(t, dir, true)
	if index := readIndex(t, dir); len(index) != 0 || len(s.Agents()) != 0 || len(loaded(t, dir)) != 0 {
		t.Errorf("index %v, agents %q, loaded %q", index, s.Agents(), loaded(t, dir))
	}
	if string(read(t, dir, "notes.json")) != "mine" {
		t.Error("a file of others was touched")
	}
}

// An index that names files that are gone is not taken over, which is told.
func TestOpenForgetsWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	do(t, s.Put(reporttest.Simple("a", "1.1.1")), s.Put(reporttest.Simple("a", "1.1.2")), s.Finish(), os.Remove(filepath.Join(dir, "a_case_1_1_1.json")))
	s = open(t, dir, false)
	if told := s.Rebuilt(); !strings.HasSuffix(told, "1 of 2 case files that index.json names is missing: a_case_1_1_1.json") {
		t.Errorf("told %q", told)
	}
	do(t, s.Finish())
	if got, want := loaded(t, dir), []string{"a 1.1.2"}; !slices.Equal(got, want) {
		t.Errorf("loaded %q, want %q", got, want)
	}
	if index := readIndex(t, dir); len(index["a"]) != 1 {
		t.Errorf("index %v", index)
	}
}

func TestNamesOfAgents(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	agents := []string{
		"../../x", "..\\..\\x", "x", "X", "<script>alert(1)</script>", "", "---", "a/b", "a b", "a_b", "a%b", "κόσμε", "x_case_1_1_1", "nul",
		strings.Repeat("a", 1<<20), strings.Repeat("a", 1<<20) + "b", "a\x00b\n", "\xff", "index.json",
	}
	for _, agent := range agents {
		do(t, s.Put(reporttest.Simple(agent, "1.1.1")), s.Put(reporttest.Simple(agent, "1.1.2")))
	}
	do(t, s.Finish())
	index := readIndex(t, dir)
	files := map[string]string{}
	for agent, rows := range index {
		if len(rows) != 2 {
			t.Errorf("%.20q: %d rows", agent, len(rows))
		}
		for id, row := range rows {
			if other, twice := files[row.ReportFile]; twice {
				t.Errorf("%q is the file of %.20q and %.20q", row.ReportFile, agent+id, other)
			}
			if filepath.Base(row.ReportFile) != row.ReportFile || len(row.ReportFile) > 120 {
				t.Errorf("file name %q", row.ReportFile)
			}
			files[row.ReportFile] = agent + id
		}
	}
	if len(index) != len(agents) {
		t.Errorf("%d agents in the index, want %d", len(index), len(agents))
	}
	for agent, want := range map[string]string{"x": "x_case_1_1_1.json", "<script>alert(1)</script>": "script_alert_1___script_case_1_1_1.json"} {
		if agent == "x" {
			agent = "../../x" // the first of those that begin alike has the name
		}
		if got := index[agent]["1.1.1"].ReportFile; got != want {
			t.Errorf("file of %q: %q, want %q", agent, got, want)
		}
	}
	// All of them are found again, and keep their files.
	s = open(t, dir, false)
	for _, agent := range agents {
		do(t, s.Put(reporttest.Simple(agent, "1.1.1")))
	}
	do(t, s.Finish())
	for agent, rows := range readIndex(t, dir) {
		if len(rows) != 2 {
			t.Errorf("%.20q: %d rows after it was opened again", agent, len(rows))
		}
		if rows["1.1.1"] != index[agent]["1.1.1"] {
			t.Errorf("%.20q moved from %v to %v", agent, index[agent]["1.1.1"], rows["1.1.1"])
		}
	}
}

func TestPutFromManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			r := reporttest.Simple([]string{"a b", "a/b"}[i%2], fmt.Sprintf("1.1.%d", i))
			if err := s.Put(r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	do(t, s.Finish())
	readIndex(t, dir)
	if n := len(loaded(t, dir)); n != 32 {
		t.Errorf("%d results, want 32", n)
	}
}

func TestOldTemporariesAreSwept(t *testing.T) {
	dir := t.TempDir()
	old, young := filepath.Join(dir, ".wsspec-1"), filepath.Join(dir, ".wsspec-2")
	do(t, os.WriteFile(old, nil, 0o666), os.WriteFile(young, nil, 0o666))
	yesterday := time.Now().Add(-24 * time.Hour)
	do(t, os.Chtimes(old, yesterday, yesterday))
	open(t, dir, false)
	if _, err := os.Stat(old); err == nil {
		t.Error("a file that was left yesterday is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("a file that may be in use is gone")
	}
}

// killed is the environment variable that makes the test program a process that
// will be killed: it holds the folder.
const killed = "WSSPEC_TEST_KILLED"

// TestWriteUntilKilled is the process of TestKill.
func TestWriteUntilKilled(t *testing.T) {
	dir := os.Getenv(killed)
	if dir == "" {
		t.Skip("runs as a process of TestKill")
	}
	s := open(t, dir, false)
	for round := 0; ; round++ {
		agent := []string{"a", "b"}[round%2] // while one is forgotten there is the other
		do(t, s.Begin(agent))
		for i := range 20 {
			r := everything(t)
			r.Agent, r.ID = agent, fmt.Sprintf("1.1.%d", i)
			do(t, s.Put(r))
			fmt.Println("put", round, i)
		}
		do(t, s.Finish())
	}
}

// Whenever the process is killed, each file is whole and the index names none that
// is missing.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for _, lines := range []int{1, 7, 20, 21, 40, 63} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestWriteUntilKilled$")
		cmd.Env = append(os.Environ(), killed+"="+dir)
		out, err := cmd.StdoutPipe()
		do(t, err, cmd.Start())
		sc := bufio.NewScanner(out)
		for n := 0; n < lines && sc.Scan(); {
			if strings.HasPrefix(sc.Text(), "put") {
				n++
			}
		}
		do(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
		if n := len(loaded(t, dir)); n == 0 {
			t.Errorf("killed after %d results: none is left", lines)
		}
		if lines > 20 {
			readIndex(t, dir)
		}
	}
}

// Old results that could not be forgotten are forgotten at the next attempt: files
// that nobody knows of would come back with the next report.
func TestBeginAgainAfterAnError(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	do(t, s.Put(reporttest.Simple("a", "1.1.1")), s.Put(reporttest.Simple("b", "1.1.1")))
	index := filepath.Join(dir, "index.json")
	do(t, os.MkdirAll(filepath.Join(index, "in the way"), 0o777))
	size := s.Size()
	if err := s.Begin("a"); err == nil || s.Size() != size {
		t.Fatalf("%v, and %d octets of %d", err, s.Size(), size)
	}
	do(t, os.RemoveAll(index), s.Begin("a"), s.Finish())
	rep, err := archive.Load(dir)
	do(t, err)
	if len(rep.Agents) != 1 || rep.Agents[0].Name != "b" || s.Size() >= size {
		t.Errorf("left: %+v, %d octets", rep.Agents, s.Size())
	}
}
