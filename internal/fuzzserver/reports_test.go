// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/ws"
)

// Clients ask for the reports and quit as soon as they are connected.
func TestReportsAreCompleteBeforeTheHandshakeIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		store.slow = time.Second
		r := start(t, fuzzserver.Config{Store: store})
		defer r.finish()
		begun := time.Now()
		c := r.open("/updateReports?agent=x") // before any result, too
		if took := time.Since(begun); took != time.Second || store.finished() != 1 {
			t.Errorf("answered after %v; report finished %d times", took, store.finished())
		}
		c.answers("updateReports", "")
		if got := r.told(fuzzserver.Updated); !slices.Equal(got, []string{"x"}) {
			t.Errorf("updated: %q", got)
		}
	})
}

// The connection of the last case can still be up, on our side, when the client
// asks for the reports. It is in them all the same.
func TestReportsHaveTheCaseThatHasJustEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		store, err := archive.Open(dir, true)
		if err != nil {
			t.Fatal(err)
		}
		r := start(t, fuzzserver.Config{Store: store})
		defer r.finish()
		c := r.open("/runCase?casetuple=7.7.1&agent=Mint/1.0 (x)")
		if c.status != 400 {
			t.Errorf("a blank in a target: status %d", c.status)
		}
		c = r.open("/runCase?casetuple=7.7.1&agent=Mint/1.0+%28x%29")
		synctest.Wait() // the server waits for our Close
		go func() {
			time.Sleep(100 * time.Millisecond)
			c.exactly("case 7.7.1", "\x88\x02\x03\xe8")
			c.closing()
		}()
		r.open("/updateReports?agent=Mint/1.0%20(x)")
		// No waiting here: the 101 has come.
		b, err := os.ReadFile(filepath.Join(dir, "index.json"))
		if err != nil {
			t.Fatal(err)
		}
		var index map[string]map[string]struct{ Behavior, ReportFile string }
		if err := json.Unmarshal(b, &index); err != nil {
			t.Fatal(err)
		}
		row := index["Mint/1.0 (x)"]["7.7.1"]
		if row.Behavior != "OK" {
			t.Errorf("index: %s", b)
		}
		if _, err := os.Stat(filepath.Join(dir, row.ReportFile)); err != nil || row.ReportFile != "mint_1_0__x_case_7_7_1.json" {
			t.Errorf("file %q: %v", row.ReportFile, err)
		}
	})
}

// A case whose client has gone away without a word does not hold up the reports
// for longer than scripts bear.
func TestReportsDoNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Plan: one(patient(time.Hour))})
		defer r.finish()
		r.open("/runCase?case=1&agent=x")
		begun := time.Now()
		r.open("/updateReports?agent=y").answers("reports of another agent", "")
		if took := time.Since(begun); took > 0 {
			t.Errorf("reports of another agent took %v", took)
		}
		r.open("/updateReports?agent=x").answers("reports", "")
		if took := time.Since(begun); took != fuzzserver.SettlePatience {
			t.Errorf("reports took %v, want %v", took, fuzzserver.SettlePatience)
		}
	})
}

func TestReportsThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := start(t, fuzzserver.Config{Store: store})
		defer r.finish()
		store.fail = errors.New("no space left")
		r.open("/updateReports?agent=x").refused(t, 500, "no space left")
		c := r.open("/runCase?casetuple=7.7.1&agent=x")
		c.exactly("case", "\x88\x02\x03\xe8")
		c.closing()
		synctest.Wait()
		if got := r.troubles(); !slices.Equal(got, []string{"no space left", "no space left"}) {
			t.Errorf("troubles: %q", got)
		}
		if lost := r.told(fuzzserver.CaseLost); !slices.Equal(lost, []string{"x 7.7.1"}) {
			t.Errorf("lost: %q", lost)
		}
		store.fail = nil
	})
}

func TestCaseStatusWaitsForTheCaseInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		store.slow = time.Second // of Put: the connection is over, the result not yet there
		r := start(t, fuzzserver.Config{Store: store, Plan: one(patient(time.Minute))})
		defer r.finish()
		begun := time.Now()
		r.open("/runCase?case=1&agent=a%2Fb")
		c := r.open("/getCaseStatus?agent=a/b&casetuple=1.1.1")
		c.exactly("status", "\x81\x16"+`{"behavior": "FAILED"}`+"\x88\x00")
		if took := time.Since(begun); took < time.Minute || took > time.Minute+3*time.Second {
			t.Errorf("answered after %v", took)
		}
		c.closing()
		r.open("/getCaseStatus?agent=a/b&case=1").answers("status again", `{"behavior": "FAILED"}`)
	})
}

func TestCaseStatusOfACaseThatBeginsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		go func() {
			time.Sleep(fuzzserver.StatusPatience - time.Millisecond)
			c := r.open("/runCase?casetuple=7.7.1&agent=x")
			c.exactly("case", "\x88\x02\x03\xe8")
			c.closing()
		}()
		r.open("/getCaseStatus?agent=x&casetuple=7.7.1").answers("status", `{"behavior": "OK"}`)
	})
}

// The reference never answers here; what waits for it hangs.
func TestCaseStatusOfACaseThatIsNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Skip: func(agent, id string) bool { return id == "1.1.2" }})
		defer r.finish()
		begun := time.Now()
		r.open("/getCaseStatus?agent=x&case=1").answers("status", "")
		if took := time.Since(begun); took != fuzzserver.StatusPatience {
			t.Errorf("answered after %v, want %v", took, fuzzserver.StatusPatience)
		}
		begun = time.Now()
		r.open("/getCaseStatus?agent=x&case=2").answers("status of a case left out", "")
		if took := time.Since(begun); took > 0 {
			t.Errorf("status of a case left out after %v", took)
		}
	})
}

// That another case of the agent is in flight is no reason to wait any longer.
func TestCaseStatusBesideAnotherCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := patient(time.Hour)
		other.ID = "1.1.2"
		r := start(t, fuzzserver.Config{Plan: runner.Plan([]conform.Case{patient(time.Hour), other}, ws.Server)})
		defer r.finish()
		r.open("/runCase?case=1&agent=x")
		begun := time.Now()
		r.open("/getCaseStatus?agent=x&case=2").answers("status", "")
		if took := time.Since(begun); took != fuzzserver.StatusPatience {
			t.Errorf("answered after %v, want %v", took, fuzzserver.StatusPatience)
		}
	})
}

func TestCaseLeftOutForTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Skip: func(agent, id string) bool { return agent == "x" && id == "1.1.1" }})
		defer r.finish()
		r.open("/runCase?case=1&agent=x").answers("the case", "")
		if agents := r.store.Agents(); len(agents) > 0 || len(r.store.begun) > 0 {
			t.Errorf("there are results of %q", agents)
		}
	})
}

// What an earlier server left of an agent goes as a whole when it begins anew, and
// results of one server replace each other one by one.
func TestNewRunReplacesOldResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		for _, r := range []report.Result{{Agent: "x", ID: "9.1.1"}, {Agent: "x", ID: "7.7.2"}, {Agent: "y", ID: "9.1.1"}} {
			_ = store.Put(r) // never fails
		}
		r := start(t, fuzzserver.Config{Store: store})
		defer r.finish()
		play := func(id, close string) {
			c := r.open("/runCase?agent=x&casetuple=" + id)
			c.exactly(id, close)
			c.closing()
			synctest.Wait()
		}
		play("7.7.1", "\x88\x02\x03\xe8")
		play("7.7.2", "\x88\x02\x03\xe9")
		r.open("/updateReports?agent=x").answers("reports", "")
		play("7.7.1", "\x88\x02\x03\xe8")
		bad, total := store.verdicts("x")
		if len(bad) > 0 || total != 2 {
			t.Errorf("%d results of x, bad are %q", total, bad)
		}
		if _, total := store.verdicts("y"); total != 1 || !slices.Equal(store.begun, []string{"x"}) {
			t.Errorf("%d results of y; begun anew: %q", total, store.begun)
		}
	})
}

func TestShutdownOnComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		r.open("/updateReports?agent=x&shutdownOnComplete=false").answers("reports", "")
		select {
		case <-r.served:
			t.Fatal("the server stops without having been told")
		default:
		}
		r.open("/updateReports?shutdownOnComplete=true&agent=x").answers("reports", "")
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if r.store.finished() != 3 { // twice as told, and at the end
			t.Errorf("report finished %d times", r.store.finished())
		}
	})
}

// Cases in flight when the server ends prove nothing.
func TestStopServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Plan: one(patient(time.Hour))})
		r.open("/runCase?case=1&agent=x")
		stalled := r.connect()
		r.open("/stopServer").answers("stopServer", "")
		if err := <-r.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if lost := r.told(fuzzserver.CaseLost); !slices.Equal(lost, []string{"x 1.1.1"}) || len(r.store.Agents()) > 0 {
			t.Errorf("lost: %q; results of %q", lost, r.store.Agents())
		}
		if _, err := stalled.Read(make([]byte, 1)); err == nil {
			t.Error("a connection is left open")
		}
	})
}
