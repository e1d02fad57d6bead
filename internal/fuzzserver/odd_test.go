// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream/h3"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// It is the same over HTTP/3.
func TestOddBeginningsOverHTTP3(t *testing.T) {
	for fault, want := range map[string]verdict.Grade{"": verdict.OK, "asks-without-connect-setting": verdict.Failed} {
		synctest.Test(t, func(t *testing.T) {
			picked, err := conform.Select(cases.Full(cases.Current), []string{"21.2.1", "1.1.1"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			cs := runner.Plan(picked, ws.Server)
			var hub memnet.Hub
			at := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9001}
			ours := hub.Socket(at)
			l, err := h3.ListenOn(ours, memnet.ServerTLS(), h3.Config{Wait: true})
			if err != nil {
				t.Fatal(err)
			}
			r := start(t, fuzzserver.Config{Settings: settings(), Plan: cs, HTTP3: l})
			cfg := testee.Config{}
			if fault != "" {
				cfg.Faults = testee.Faults{fault: true}
			}
			for i := range cs {
				theirs := hub.Socket(net.UDPAddr{IP: at.IP, Port: 10_000 + i})
				if s, err := testee.DialQUIC(t.Context(), theirs, &at, memnet.ClientTLS(), cfg); err == nil {
					_ = testee.Echo(t.Context(), s, "x", fmt.Sprintf("/runCase?case=%d&agent=a", i+1), cfg) // how it ends is judged at the other end
				}
				time.Sleep(10 * time.Second) // until both have ended
				_ = theirs.Close()
			}
			synctest.Wait()
			for id, want := range map[string]verdict.Grade{"21.2.1": want, "1.1.1": verdict.OK} {
				if got := r.store.results["a"][id]; got.Verdict.Behavior != want {
					t.Errorf("%q, %s: %+v, want %s", fault, id, got.Verdict, want)
				}
			}
			r.finish()
			_ = ours.Close()
		})
	}
}

// What a client does with SETTINGS that allow nothing is the result of the cases about them,
// and the connections after it are as they should be.
func TestOddBeginnings(t *testing.T) {
	ids := []string{"20.2.1", "20.2.2", "20.2.3"}
	for _, row := range []struct {
		fault string
		want  [3]verdict.Grade
	}{
		{"", [3]verdict.Grade{verdict.OK, verdict.OK, verdict.OK}},
		{"asks-without-connect-setting", [3]verdict.Grade{verdict.Failed, verdict.Failed, verdict.Failed}},
		{"takes-any-value-of-connect-setting", [3]verdict.Grade{verdict.OK, verdict.OK, verdict.Failed}},
	} {
		synctest.Test(t, func(t *testing.T) {
			picked, err := conform.Select(cases.Full(cases.Current), append(slices.Clone(ids), "1.1.1"), nil)
			if err != nil {
				t.Fatal(err)
			}
			cs := runner.Plan(picked, ws.Server)
			r := start(t, fuzzserver.Config{Settings: settings(), Plan: cs, HTTP2: true})
			cfg := testee.Config{}
			if row.fault != "" {
				cfg.Faults = testee.Faults{row.fault: true}
			}
			for i := range cs {
				ours, theirs := memnet.Pipe(0)
				r.l.conns <- theirs
				if s, err := testee.DialHTTP2(t.Context(), ours, "http", cfg); err == nil {
					_ = testee.Echo(t.Context(), s, "x", fmt.Sprintf("/runCase?case=%d&agent=a", i+1), cfg) // how it ends is judged at the other end
				}
				time.Sleep(10 * time.Second) // until both have ended
			}
			synctest.Wait()
			for i, id := range ids {
				if got := r.store.results["a"][id]; got.Verdict.Behavior != row.want[i] {
					t.Errorf("%q, %s: %+v, want %s", row.fault, id, got.Verdict, row.want[i])
				}
			}
			if got := r.store.results["a"]["1.1.1"]; got.Verdict.Behavior != verdict.OK {
				t.Errorf("%q, 1.1.1: %+v", row.fault, got.Verdict)
			}
			r.finish()
		})
	}
}
