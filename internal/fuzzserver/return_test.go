// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// picked are a plan and surveys of cases beyond the reference.
func picked(t *testing.T, patterns ...string) fuzzserver.Config {
	t.Helper()
	cs, err := conform.Select(cases.Beyond(), patterns, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fuzzserver.Config{Settings: settings(), Plan: runner.Plan(cs, ws.Server), Surveys: runner.Surveys(cs, ws.Server)}
}

// A client that follows a redirect is let in, and the case is about the first connection.
func TestRedirectsHaveAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, picked(t, "0.12.4"))
		defer r.finish()
		c := r.open("/runCase?case=1&agent=x")
		if c.status != 301 {
			t.Fatalf("status %d", c.status)
		}
		next := c.answer.Fields.Get("Location")
		r.open(next).answers(next, "")
		synctest.Wait()
		if grade, _ := r.store.Behavior("x", "0.12.4"); grade != verdict.OK {
			t.Errorf("%s", grade)
		}
	})
}

// Who is asked for credentials may come again with them.
func TestComingAgainWithCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, picked(t, "0.12.6"))
		defer r.finish()
		if c := r.open("/runCase?case=1&agent=x"); c.status != 401 {
			t.Fatalf("status %d", c.status)
		}
		c := r.open("/runCase?case=1&agent=x", "Authorization: Basic dTpw")
		c.exactly("greeting", "\x81\x01x")
		c.text("x")
		c.exactly("Close", "\x88\x02\x03\xe8")
		c.closing()
		synctest.Wait()
		if grade, _ := r.store.Behavior("x", "0.12.6"); grade != verdict.OK {
			t.Errorf("%s", grade)
		}
	})
}

// A client that plays a connection of a case again right away keeps what the others came
// to; one that begins the case anew does not.
func TestTryingOneConnectionAgain(t *testing.T) {
	say := func(name string) conform.Turn {
		return conform.Turn{Name: name, Play: func(p *peer.Peer) { p.Send(peer.Frame{Opcode: ws.Text, Payload: []byte(name)}) }}
	}
	c := quick()
	c.ID, c.Play, c.Close, c.End = "99.1.1", nil, verdict.Closing{}, peer.GiveUp
	c.Turns = []conform.Turn{say("a"), say("b")}
	c.Want = verdict.Want{Whole: true, Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{{Type: 0, Any: true}}, AndMore: true}}}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c)})
		defer r.finish()
		play := func(number string, right bool) {
			c := r.open("/runCase?agent=x&case=" + number)
			if right {
				c.text("any")
				c.closing()
			} else {
				_ = c.s.Close() // TCP ends, and nothing has come
			}
			synctest.Wait()
		}
		shows := func(what string) {
			t.Helper()
			r.store.mu.Lock()
			defer r.store.mu.Unlock()
			if got := r.store.results["x"][c.ID].Verdict.Result; !strings.Contains(got, what) {
				t.Errorf("%q, want %q", got, what)
			}
		}
		play("1", false)
		shows("Not played: 1.")
		if grade, _ := r.store.Behavior("x", c.ID); grade != verdict.Failed {
			t.Errorf("%s with one connection of two, which failed", grade)
		}
		play("2", true)
		play("2", true)
		shows("In 1 of 2 connections: a.")
		play("1", true)
		shows("Only 1 of 2 connections were played")
		if grade, _ := r.store.Behavior("x", c.ID); grade != verdict.Unimplemented {
			t.Errorf("%s with one connection of two", grade)
		}
		play("2", true)
		shows("2 connections, all as they should be")
	})
}

// The key of the connection before is for answers that are wrong by it, of each agent its
// own.
func TestPreviousKeys(t *testing.T) {
	var seen []string
	c := quick()
	c.Open = peer.Opening{Edits: []peer.Edit{func(h *peer.Head) { seen = append(seen, h.PreviousKey) }}}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{Settings: settings(), Plan: one(c)})
		defer r.finish()
		for _, agent := range []string{"x", "y", "x"} {
			r.open("/runCase?case=1&agent=" + agent).closing()
			synctest.Wait()
		}
	})
	if len(seen) != 3 || seen[0] != "" || seen[1] != "" || seen[2] == "" {
		t.Errorf("%q", seen)
	}
}

// A connection to a URI without a path shows what the client makes of one, where it says
// who it is.
func TestURIsWithoutAPath(t *testing.T) {
	for target, want := range map[string]verdict.Grade{
		"/?agent=x": verdict.OK, "?agent=x": verdict.Failed, "/": verdict.Unimplemented, "/other?agent=x": verdict.Unimplemented,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := driver{start(t, picked(t, "0.11.9", "0.11.10")), "x"}
			defer d.finish()
			d.run("case=1")
			d.open(target).closing()
			d.update()
			if grade, _ := d.store.Behavior("x", "0.11.9"); grade != want {
				t.Errorf("%s: %s, want %s", target, grade, want)
			}
		})
	}
}

// A client whose request opens no connection gets its report all the same, which says
// what is wrong with the request.
func TestRefusedClientsAreJudged(t *testing.T) {
	for id, change := range map[string][2]string{
		"0.11.5": {"Sec-WebSocket-Key: ", "Sec-WebSocket-Key: AAAA"},
		"0.11.6": {"Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := driver{start(t, picked(t, "0.11.*")), "x"}
			defer d.finish()
			right := request("/runCase?case=1&agent=x")
			wrong := strings.Replace(right, change[0], change[1], 1)
			if wrong == right {
				t.Fatalf("%q has no %q", right, change[0])
			}
			if c := d.rig.ask(d.connect(), wrong); c.status == 101 {
				t.Errorf("%s: the connection was opened", id)
			}
			d.update()
			if grade, _ := d.store.Behavior("x", id); grade != verdict.Failed {
				t.Errorf("%s: %s", id, grade)
			}
		})
	}
}
