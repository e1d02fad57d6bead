// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestBeyondFaultless plays every case beyond the reference against an endpoint
// without faults: each is OK, or says that it could not be judged.
func TestBeyondFaultless(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := newBench(role)
		b.plan = runner.Plan(cases.Beyond(), role.Other())
		for _, r := range b.play(t, "", b.plan) {
			if r.Verdict.Behavior != verdict.OK && r.Verdict.Behavior != verdict.Informational && r.Verdict.Behavior != verdict.Unimplemented || r.Verdict.Close != verdict.OK {
				t.Errorf("%s, %v: %+v", r.ID, role, r.Verdict)
			}
		}
	}
}
