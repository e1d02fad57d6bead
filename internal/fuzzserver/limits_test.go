// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
)

func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Limits: fuzzserver.Limits{Connections: 3}})
		defer r.finish()
		held := []*client{r.open("/a"), r.open("/getCaseStatus?case=1&agent=b"), r.open("/getCaseStatus?case=1&agent=c")}
		r.open("/getCaseCount").refused(t, 503, "too many connections")
		held[0].closing()
		synctest.Wait()
		r.open("/getCaseCount").answers("with one of them gone", "247")
	})
}

// The clients of all cases together may make us keep so much. A case that does not
// fit waits for those before it, but not for ever.
func TestMemoryIsReserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(fuzzserver.MemoryPatience - 2*time.Second) // and one for the answer to our Close
		need := 2*int64(settings().Backlog(c)) + fuzzserver.CaseMemory
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c), Limits: fuzzserver.Limits{Memory: 3*need - 1}})
		defer r.finish()
		r.open("/runCase?case=1&agent=a")
		r.open("/runCase?case=1&agent=b")
		begun := time.Now()
		if c := r.open("/runCase?case=1&agent=c"); c.status != 101 {
			t.Errorf("status %d: %s", c.status, c.body)
		}
		if took := time.Since(begun); took < fuzzserver.MemoryPatience-time.Second || took >= fuzzserver.MemoryPatience {
			t.Errorf("the third case began after %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(patient(time.Hour)), Limits: fuzzserver.Limits{Memory: 1}})
		defer r.finish()
		if c := r.open("/runCase?case=1&agent=a"); c.status != 101 {
			t.Errorf("a case that fits never: status %d", c.status)
		}
		begun := time.Now()
		r.open("/runCase?case=1&agent=b").refused(t, 503, "too many cases at once")
		if took := time.Since(begun); took != fuzzserver.MemoryPatience {
			t.Errorf("refused after %v", took)
		}
		if n := len(r.told(fuzzserver.CaseBegun)); n != 1 {
			t.Errorf("%d cases begun", n)
		}
	})
}

func TestAgentsAreBounded(t *testing.T) {
	const crowd = 10_000
	synctest.Test(t, func(t *testing.T) {
		d := driver{start(t, fuzzserver.Config{Settings: settings(), Plan: one(quick())}), "agent 0"}
		defer d.finish()
		most := fuzzserver.DefaultLimits().Agents
		share := most * 3 / 4 // of one address
		bring := func(from net.Addr, i int) *client {
			return d.rig.ask(d.connectFrom(from), request(fmt.Sprint("/runCase?case=1&agent=agent+", i)))
		}
		for i := range crowd {
			if i%100 == 0 {
				synctest.Wait() // those that are through leave
			}
			c := bring(loopback, i)
			switch {
			case i < share && c.status != 101:
				t.Fatalf("agent %d: status %d: %s", i, c.status, c.body)
			case i < share:
				c.closing()
			default:
				c.refused(t, 507, "results of 750 agents, 750 of them from your address: no more are kept from there")
			}
		}
		for i := share; i < most; i++ {
			c := bring(remote, i)
			if c.status != 101 {
				t.Fatalf("agent %d, from another address: status %d: %s", i, c.status, c.body)
			}
			c.closing()
			synctest.Wait()
		}
		bring(remote, crowd).refused(t, 507, "results of 1000 agents: more are not kept")
		synctest.Wait()
		if n := len(d.store.Agents()); n != most {
			t.Errorf("results of %d agents", n)
		}
		d.run("case=1") // of an agent that is known
		if got := d.ask("/getCaseStatus?case=1&agent=agent+0"); got != `{"behavior": "OK"}` {
			t.Errorf("status %q", got)
		}
	})
}

func TestDiskIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Limits: fuzzserver.Limits{Disk: 3000}})
		defer r.finish()
		play := func(id string) *client { return r.open("/runCase?agent=x&casetuple=" + id) }
		for _, id := range []string{"7.7.1", "7.7.2", "7.7.3"} {
			play(id).closing()
			synctest.Wait()
		}
		play("7.7.4").refused(t, 507, "the results take 3000 octets of disk: the limit is 3000")
		if err := r.store.Begin("x"); err != nil { // somebody makes room
			t.Fatal(err)
		}
		if c := play("7.7.4"); c.status != 101 {
			t.Errorf("with room again: status %d", c.status)
		}
	})
}

// A store that cannot forget old results, on a full disk perhaps, costs the case
// and not the agent: it is asked again.
func TestAStoreThatCannotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		d := driver{r, "x"}
		r.store.refuse = errors.New("no space left on device")
		r.open("/runCase?casetuple=1.1.1&agent=x").refused(t, 500, "no space left on device")
		r.store.refuse = nil
		d.run("casetuple=1.1.1")
		d.run("casetuple=1.1.2")
		synctest.Wait() // the server stores what the client has finished
		if _, total := r.store.verdicts("x"); total != 2 || !slices.Equal(r.store.begun, []string{"x"}) {
			t.Errorf("%d results, begun %q", total, r.store.begun)
		}
	})
}
