// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// oddBeginnings reports whether a case is about how a server begins, which package fuzzserver sees to.
func oddBeginnings(c runner.Planned) bool {
	return slices.ContainsFunc(c.Turns, func(t conform.Turn) bool { return t.Begins != nil })
}

// TestHTTP2 plays 20.* against an endpoint without faults, and against some with one: each
// shows in the cases that are about it, and in no others.
func TestHTTP2(t *testing.T) {
	for i, row := range []struct {
		role   ws.Role
		fault  string
		failed []string
		lax    []string // NON-STRICT
		all    bool     // other cases may fail, too
	}{
		{role: ws.Server},
		{role: ws.Server, fault: "sends-connect-setting-of-2", failed: []string{"20.1.1"}},
		{role: ws.Server, fault: "takes-connect-setting-back", failed: []string{"20.1.2"}},
		{role: ws.Server, fault: "wants-key-in-connect", all: true, failed: []string{"20.1.3"}},
		{role: ws.Server, fault: "answers-connect-with-101", all: true, failed: []string{"20.1.3"}},
		{role: ws.Server, fault: "sends-upgrade-in-answer-to-connect", all: true, failed: []string{"20.1.4"}},
		{role: ws.Server, fault: "sends-accept-in-answer-to-connect", lax: []string{"20.1.4"}},
		{role: ws.Server, fault: "takes-data-frame-for-websocket-frame", failed: []string{"20.1.5", "20.1.6"}, lax: []string{"20.1.24", "20.1.31"}},
		{role: ws.Server, fault: "takes-padding-for-data", failed: []string{"20.1.7"}},
		{role: ws.Server, fault: "takes-empty-data-frame-for-end", failed: []string{"20.1.7"}},
		{role: ws.Server, fault: "ends-connection-at-unknown-frames", failed: []string{"20.1.7"}},
		{role: ws.Server, fault: "ignores-flow-control", failed: []string{"20.1.8"}},
		{role: ws.Server, fault: "serves-one-connection-at-a-time", failed: []string{"20.1.2", "20.1.10", "20.1.27", "20.1.28", "20.1.30"}},
		{role: ws.Server, fault: "accepts-connect-without-path-or-scheme", failed: []string{"20.1.11", "20.1.12"}},
		{role: ws.Server, fault: "accepts-connect-without-authority", lax: []string{"20.1.13"}},
		{role: ws.Server, fault: "accepts-any-protocol-in-connect", failed: []string{"20.1.14"}},
		{role: ws.Server, fault: "accepts-protocol-with-any-method", failed: []string{"20.1.15"}},
		{role: ws.Server, fault: "accepts-pseudo-fields-twice", failed: []string{"20.1.16"}},
		{role: ws.Server, fault: "accepts-late-pseudo-fields", failed: []string{"20.1.17"}},
		{role: ws.Server, fault: "accepts-connection-fields-in-connect", failed: []string{"20.1.18", "20.1.19"}},
		{role: ws.Server, fault: "accepts-capitals-in-field-names", failed: []string{"20.1.20"}},
		{role: ws.Server, fault: "refuses-key-in-connect", lax: []string{"20.1.21"}},
		{role: ws.Server, fault: "accepts-any-version", failed: []string{"20.1.22"}},
		{role: ws.Server, fault: "accepts-missing-version", failed: []string{"20.1.22"}},
		{role: ws.Server, fault: "answers-all-subprotocols", failed: []string{"20.1.23"}},
		{role: ws.Server, fault: "accepts-rsv1-on-continuation", failed: []string{"20.1.24"}},
		{role: ws.Server, fault: "ends-connection-with-websocket", failed: []string{"20.1.2", "20.1.10", "20.1.27", "20.1.28", "20.1.30"}},
		{role: ws.Server, fault: "resets-stream-at-end", lax: []string{"20.1.27"}},
		{role: ws.Server, fault: "ends-connection-when-stream-is-reset", failed: []string{"20.1.28"}},
		{role: ws.Server, fault: "keeps-tcp-open-after-peer-fin", failed: []string{"20.1.29"}, lax: []string{"20.1.33"}},
		{role: ws.Server, fault: "ignores-rsv", failed: []string{"20.1.24", "20.1.30"}},
		{role: ws.Server, fault: "accepts-unmasked-frames", failed: []string{"20.1.31"}},
		{role: ws.Server, fault: "masks-as-server", failed: []string{"20.1.32"}, all: true},
		{role: ws.Server, fault: "accepts-any-scheme-in-connect", lax: []string{"20.1.34"}},
		{role: ws.Server, fault: "ends-connection-at-goaway", lax: []string{"20.1.38"}},
		{role: ws.Client},
		{role: ws.Client, fault: "ignores-status", failed: []string{"20.2.6"}},
		{role: ws.Client, fault: "takes-101-in-answer-to-connect", failed: []string{"20.2.7"}},
		{role: ws.Client, fault: "ignores-unknown-extensions-in-answer", failed: []string{"20.2.8"}},
		{role: ws.Client, fault: "ignores-subprotocol-in-answer", failed: []string{"20.2.8"}},
		{role: ws.Client, fault: "wants-accept-in-answer-to-connect", failed: []string{"20.2.9"}, all: true},
		{role: ws.Client, fault: "does-not-mask", failed: []string{"20.2.10"}, all: true},
		{role: ws.Client, fault: "goes-on-after-stream-reset", failed: []string{"20.2.11"}},
		{role: ws.Client, fault: "keeps-tcp-open-after-peer-fin", failed: []string{"20.2.12"}},
		{role: ws.Client, fault: "resets-stream-at-end", lax: []string{"20.2.13"}},
	} {
		t.Run(row.role.String()+"_"+row.fault, func(t *testing.T) {
			t.Parallel()
			b := newBench(row.role)
			want := map[string]verdict.Grade{"20.1.25": verdict.Unimplemented, "20.1.26": verdict.Unimplemented, "20.1.35": verdict.Informational, "20.2.14": verdict.Informational}
			for _, id := range row.failed {
				want[id] = verdict.Failed
			}
			for _, id := range row.lax {
				want[id] = verdict.NonStrict
			}
			// Of the cases that are about something else each row plays one in six.
			others := i
			plan := slices.DeleteFunc(slices.Clone(b.about("20")), func(c runner.Planned) bool {
				others++
				_, about := want[c.ID]
				return voluminous(c) || oddBeginnings(c) || row.fault != "" && !about && others%6 != 0
			})
			for _, r := range b.playHTTP2(t, row.fault, plan) {
				w := verdict.OK
				if g, ok := want[r.ID]; ok {
					w = g
				}
				if row.all && !slices.Contains(row.failed, r.ID) {
					continue
				}
				if r.Verdict.Behavior != w {
					t.Errorf("%s: %+v, want %s", r.ID, r.Verdict, w)
				}
			}
		})
	}
}
