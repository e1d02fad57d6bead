// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/testee"
)

// informational are the cases of 1–7 and 10 without a wrong answer.
var informational = []string{"7.1.6 INFORMATIONAL INFORMATIONAL", "7.13.1 INFORMATIONAL INFORMATIONAL", "7.13.2 INFORMATIONAL INFORMATIONAL"}

// driver does what the scripts of real projects do, with our own client.
type driver struct {
	*rig
	agent string
}

// ask opens a connection with a question and returns the answer, which is empty
// where nothing but a Close came.
func (d driver) ask(target string) string {
	d.t.Helper()
	c, err := testee.Dial(d.t.Context(), d.connect(), "localhost:9001", target, testee.Config{})
	if err != nil {
		d.t.Errorf("%s: %v", target, err)
		return ""
	}
	text, err := c.ReceiveText()
	if err == nil {
		_, err = c.ReceiveText()
	}
	if !errors.Is(err, io.EOF) {
		d.t.Errorf("%s: after %q: %v", target, text, err)
	}
	return text
}

func (d driver) count() int {
	d.t.Helper()
	n, err := strconv.Atoi(d.ask("/getCaseCount"))
	if err != nil {
		d.t.Errorf("getCaseCount: %v", err)
	}
	return n
}

// run plays a case, named by a parameter, as an echo client.
func (d driver) run(which string) {
	d.t.Helper()
	target := "/runCase?" + which + "&agent=" + url.QueryEscape(d.agent)
	err := testee.Echo(d.t.Context(), d.connect(), "localhost:9001", target, testee.Config{})
	var failed *testee.ProtocolError
	if err != nil && !errors.As(err, &failed) && d.t.Context().Err() == nil {
		d.t.Logf("%s: %v", target, err) // the verdict tells whether it should have been so
	}
}

func (d driver) update() { d.ask("/updateReports?agent=" + url.QueryEscape(d.agent)) }

// wantAllOK wants every case OK, but those that cannot be.
func (d driver) wantAllOK(total int) {
	d.t.Helper()
	bad, got := d.store.verdicts(d.agent)
	if !slices.Equal(bad, informational) || got != total {
		d.t.Errorf("%d results, want %d; those not OK: %q", got, total, bad)
	}
	if troubles := d.troubles(); len(troubles) > 0 {
		d.t.Errorf("troubles: %q", troubles)
	}
}

func TestAllCasesOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := driver{start(t, fuzzserver.Config{Settings: settings()}), "wsspec echo 100%/2"}
		defer d.finish()
		n := d.count()
		for i := 1; i <= n; i++ {
			d.run(fmt.Sprintf("case=%d", i))
		}
		d.update()
		d.wantAllOK(247)
	})
}

// What a script does that has a page to fill: it asks for each case what it is,
// runs it, and asks what came of it, with many connections at once.
func TestSixteenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := driver{start(t, fuzzserver.Config{Settings: settings()}), "parallel"}
		defer d.finish()
		work := make(chan string)
		var workers sync.WaitGroup
		for range 16 {
			workers.Go(func() {
				for id := range work {
					if info := d.ask("/getCaseInfo?casetuple=" + id); len(info) < 30 {
						t.Errorf("getCaseInfo of %s: %q", id, info)
					}
					d.run("casetuple=" + id)
					status := d.ask("/getCaseStatus?casetuple=" + id + "&agent=parallel")
					want := `{"behavior": "OK"}`
					if slices.Contains(informational, id+" INFORMATIONAL INFORMATIONAL") {
						want = `{"behavior": "INFORMATIONAL"}`
					}
					if status != want {
						t.Errorf("getCaseStatus of %s: %q, want %q", id, status, want)
					}
				}
			})
		}
		for _, c := range d.server.Plan {
			work <- c.ID
		}
		close(work)
		workers.Wait()
		d.update()
		d.wantAllOK(247)
	})
}

// Several clients at once, some with faults: each has its own verdicts.
func TestManyClients(t *testing.T) {
	faults, err := testee.ParseFaults("ignores-rsv")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings()})
		defer r.finish()
		var clients sync.WaitGroup
		for i := range 8 {
			clients.Go(func() {
				d := driver{r, fmt.Sprint("client ", i)}
				for n := 1; n <= d.count(); n++ {
					d.run(fmt.Sprint("case=", n))
				}
				d.update()
				d.wantAllOK(247)
			})
		}
		clients.Go(func() {
			for n := 28; n <= 30; n++ {
				target := fmt.Sprintf("/runCase?agent=faulty&case=%d", n)
				_ = testee.Echo(t.Context(), r.connect(), "x", target, testee.Config{Faults: faults}) // its result is the report's
			}
		})
		clients.Wait()
		synctest.Wait()
		bad, _ := r.store.verdicts("faulty")
		if want := []string{"3.1 FAILED FAILED", "3.2 FAILED FAILED", "3.3 FAILED FAILED"}; !slices.Equal(bad, want) {
			t.Errorf("verdicts on the faulty client: %q", bad)
		}
	})
}

// Cases with data by the megabyte and with compression, a few of each.
func TestLargeAndCompressedCases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := fuzzserver.Config{Settings: settings(), Plan: plan(t, cases.Current, "9.1.1", "9.2.6", "9.3.9", "9.6.6", "9.7.1", "12.1.3", "12.2.1", "13.3.1", "13.7.2")}
		d := driver{start(t, cfg), "large"}
		defer d.finish()
		for i := range cfg.Plan {
			d.run(fmt.Sprint("case=", i+1))
		}
		d.update()
		if bad, n := d.store.verdicts("large"); len(bad) > 0 || n != len(cfg.Plan) {
			t.Errorf("%d results, those not OK: %q; troubles %q", n, bad, d.troubles())
		}
	})
}

// A mistake of ours in a case costs that case.
func TestFaultInACase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := patient(time.Second)
		broken.Play = func(p *peer.Peer) { panic("nobody expects this") }
		fine := patient(time.Second)
		fine.ID = "1.1.2"
		plan := append(one(broken), one(fine)...)
		d := driver{start(t, fuzzserver.Config{Plan: plan}), "x"}
		defer d.finish()
		d.run("case=1")
		d.run("case=2")
		synctest.Wait()
		if _, n := d.store.verdicts("x"); n != 1 || len(d.troubles()) != 1 {
			t.Errorf("%d results, troubles %q", n, d.troubles())
		}
		if got := d.ask("/getCaseStatus?agent=x&case=1"); got != "" {
			t.Errorf("status of the broken case: %q", got)
		}
	})
}

// The end of the server is the end of its connections, wherever they are.
func TestServeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Plan: one(patient(time.Hour))})
		conns := []io.Reader{r.connect(), r.open("/runCase?case=1&agent=x").r, r.open("/").r, r.open("/getCaseStatus?case=1&agent=x").r}
		synctest.Wait()
		begun := time.Now()
		r.finish()
		if took := time.Since(begun); took > 0 {
			t.Errorf("took %v", took)
		}
		for i, c := range conns {
			if _, err := io.ReadAll(c); err == nil {
				t.Errorf("connection %d ended in order", i)
			}
		}
	})
}

// A listener that fails is an error, and what was there is in the report.
func TestServeEndsWithItsListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		l := newListener()
		s := fuzzserver.New(fuzzserver.Config{Store: store, Plan: one(conform.Case{ID: "1.1.1"})})
		_ = l.Close() // never fails
		if err := s.Serve(context.Background(), l); err == nil || store.finished() != 1 {
			t.Errorf("Serve: %v; report finished %d times", err, store.finished())
		}
	})
}

// What happens on a connection is told with all that the page of those connected
// shows of it: what for, whose, and which case.
func TestEventsSayWhatTheConnectionIsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := driver{start(t, fuzzserver.Config{Settings: settings()}), "a"}
		d.run("casetuple=1.1.1")
		synctest.Wait() // the server may have more to do than the client
		d.finish()
		var kinds []fuzzserver.EventKind
		for _, e := range d.events {
			kinds = append(kinds, e.Kind)
			if e.Path != "/runCase" || e.Agent != "a" || e.ID != "1.1.1" || e.Conn != 1 || e.Remote == nil || e.At.IsZero() {
				t.Errorf("event %d: got %+v", e.Kind, e)
			}
		}
		want := []fuzzserver.EventKind{fuzzserver.Connected, fuzzserver.CaseBegun, fuzzserver.CaseDone, fuzzserver.Disconnected}
		if !slices.Equal(kinds, want) {
			t.Errorf("got the events %v, want %v", kinds, want)
		}
	})
}
