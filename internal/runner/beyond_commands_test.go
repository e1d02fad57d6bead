// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestCommandFaults is about 7.2 to 7.12, which the peer begins when it is told to. Each
// begins with a message, so that one sent behind the Close shows in all of them.
func TestCommandFaults(t *testing.T) {
	const commanded = "7.2.* 7.4.* 7.6.* 7.8.* 7.10.* 7.11.* 7.12.*"
	checkCaught(t, commanded, []caught{
		{"puts-1010-on-the-wire-as-server", "", "7.8.3"},
		{"puts-any-close-code-on-the-wire", "7.10.1", ""},
		{"puts-any-close-reason-on-the-wire", "7.4.2 7.4.3 7.6.2", ""},
		{"cuts-close-reason-inside-character", "7.4.3", ""},
		{"closes-before-queued-messages", "7.2.1-7 7.4.* 7.6.1 7.8.* 7.10.2 7.11.1-2", ""},
		{"closes-inside-frame", "7.2.8", ""},
		{"drops-tcp-on-refused-close", "", "7.4.2 7.4.3 7.10.1"},
		{"drops-tcp-after-own-close", "", "7.2.1"},
		{"answers-crossing-close", "7.2.6", ""},
		{"drops-tcp-on-exception", "", "7.12.2"},
		{"hangs-on-exception", "7.12.2", ""},
		{"drops-tcp-on-shutdown", "", "7.12.1"},
		{"sends-keepalive-pings-and-misses-pongs", "", "7.11.3"},
		{"sends-keepalive-pings-in-vain", "", "7.11.4"},
	}, nil)
	checkLegal(t, commanded)
}

// TestKeepalive plays the cases about the Pings of a peer that sends some, and of one
// that does not although its profile says so.
func TestKeepalive(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := beyond(t, role, "7.11.3 7.11.4")
		for fault, want := range map[string]verdict.Grade{"sends-keepalive-pings": verdict.OK, "": verdict.Unimplemented} {
			for _, r := range b.play(t, fault, b.plan) {
				if r.Verdict.Behavior != want || r.Verdict.Close != verdict.OK {
					t.Errorf("%s, %v with %q: %+v, want %s", r.ID, role, fault, r.Verdict, want)
				}
			}
		}
	}
}
