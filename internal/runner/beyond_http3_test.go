// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// about are the cases of a category in the role of a bench.
func (b *bench) about(category string) []runner.Planned {
	var cs []conform.Case
	for _, c := range cases.Beyond() {
		if conform.Category(c.ID) == category {
			cs = append(cs, c)
		}
	}
	b.plan = runner.Plan(cs, b.role.Other())
	return b.plan
}

// TestHTTP3 plays 21.* against an endpoint without faults, and against some with one: each
// shows in the cases that are about it, and in no others.
func TestHTTP3(t *testing.T) {
	for _, row := range []struct {
		role   ws.Role
		fault  string
		failed []string
		lax    []string // NON-STRICT
		all    bool     // other cases may fail, too
	}{
		{role: ws.Server},
		{role: ws.Server, fault: "sends-connect-setting-of-2", failed: []string{"21.1.1"}},
		{role: ws.Server, fault: "wants-key-in-connect", failed: []string{"21.1.2"}, all: true},
		{role: ws.Server, fault: "answers-connect-with-101", failed: []string{"21.1.2"}, all: true},
		{role: ws.Server, fault: "accepts-any-protocol-in-connect", failed: []string{"21.1.3"}},
		{role: ws.Server, fault: "accepts-connect-without-path-or-scheme", failed: []string{"21.1.4"}},
		{role: ws.Server, fault: "accepts-connection-fields-in-connect", failed: []string{"21.1.5"}},
		{role: ws.Server, fault: "resets-stream-at-end", lax: []string{"21.1.6"}},
		{role: ws.Server, fault: "ends-connection-when-stream-is-reset", failed: []string{"21.1.7", "21.1.8"}},
		{role: ws.Server, fault: "keeps-tcp-open-after-peer-fin", failed: []string{"21.1.9"}},
		{role: ws.Server, fault: "takes-data-frame-for-websocket-frame", failed: []string{"21.1.10", "21.1.13"}, lax: []string{"21.1.11"}},
		{role: ws.Server, fault: "accepts-unmasked-frames", failed: []string{"21.1.11"}},
		{role: ws.Server, fault: "ends-connection-with-websocket", failed: []string{"21.1.12"}},
		{role: ws.Server, fault: "serves-one-connection-at-a-time", failed: []string{"21.1.7", "21.1.8", "21.1.12"}},
		{role: ws.Server, fault: "ends-connection-at-unknown-frames", failed: []string{"21.1.13"}},
		{role: ws.Client},
		{role: ws.Client, fault: "goes-on-after-stream-reset", lax: []string{"21.2.3"}},
		{role: ws.Client, fault: "does-not-mask", failed: []string{"21.2.1", "21.2.3", "21.2.4"}},
		{role: ws.Client, fault: "ignores-status", failed: []string{"21.2.5"}},
		{role: ws.Client, fault: "ignores-unknown-extensions-in-answer", failed: []string{"21.2.5"}},
	} {
		t.Run(row.role.String()+"_"+row.fault, func(t *testing.T) {
			b := newBench(row.role)
			want := map[string]verdict.Grade{}
			for _, id := range row.failed {
				want[id] = verdict.Failed
			}
			for _, id := range row.lax {
				want[id] = verdict.NonStrict
			}
			for _, r := range b.playQUIC(t, row.fault, b.about("21")) {
				w := verdict.OK
				if g, ok := want[r.ID]; ok {
					w = g
				}
				if r.Verdict.Behavior != w && (!row.all || w != verdict.OK) {
					t.Errorf("%s: %+v, want %s", r.ID, r.Verdict, w)
				}
			}
		})
	}
}
