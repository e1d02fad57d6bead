// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestHTTP2 plays 20.* against an endpoint without faults, and against some with one: each
// shows in the cases that are about it, and in no others.
func TestHTTP2(t *testing.T) {
	for _, row := range []struct {
		role   ws.Role
		fault  string
		failed []string
		lax    []string // NON-STRICT
	}{
		{role: ws.Server},
		{role: ws.Server, fault: "sends-connect-setting-of-2", failed: []string{"20.1.1"}},
		{role: ws.Server, fault: "takes-connect-setting-back", failed: []string{"20.1.2"}},
	} {
		t.Run(row.role.String()+"_"+row.fault, func(t *testing.T) {
			t.Parallel()
			b := newBench(row.role)
			want := map[string]verdict.Grade{}
			for _, id := range row.failed {
				want[id] = verdict.Failed
			}
			for _, id := range row.lax {
				want[id] = verdict.NonStrict
			}
			plan := slices.DeleteFunc(slices.Clone(b.about("20")), func(c runner.Planned) bool { return voluminous(c) })
			for _, r := range b.playHTTP2(t, row.fault, plan) {
				w := verdict.OK
				if g, ok := want[r.ID]; ok {
					w = g
				}
				if r.Verdict.Behavior != w {
					t.Errorf("%s: %+v, want %s", r.ID, r.Verdict, w)
				}
			}
		})
	}
}
