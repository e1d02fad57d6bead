// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/peer"
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
		if raceDetector { // .ci/run plays all of them without it
			b.plan = slices.DeleteFunc(b.plan, func(p runner.Planned) bool { return p.Has(conform.Slow) })
		}
		for _, r := range b.play(t, "", b.plan) {
			if r.Verdict.Behavior != verdict.OK && r.Verdict.Behavior != verdict.Informational && r.Verdict.Behavior != verdict.Unimplemented || r.Verdict.Close != verdict.OK {
				t.Errorf("%s, %v: %+v", r.ID, role, r.Verdict)
			}
		}
	}
}

// TestNeeds plays a case about what a profile says, with and without one that does.
func TestNeeds(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := newBench(role)
		b.plan = runner.Plan(cases.Beyond(), role.Other())
		b.plan = b.pick(t, "15.5.7")
		for want, profile := range map[verdict.Grade]peer.Profile{verdict.Unimplemented: {}, verdict.Failed: {TextOnly: true}} {
			b.settings.Profile = profile
			if r := b.play(t, "", b.plan)[0]; r.Verdict.Behavior != want {
				t.Errorf("%v with %+v: %+v, want %s", role, profile, r.Verdict, want)
			}
		}
	}
}
