// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestMaskFaults is about 8.1 and 8.2: masks and lengths.
func TestMaskFaults(t *testing.T) {
	checkCaught(t, "8.1.* 8.2.*", []caught{
		{"accepts-unmasked-frames", "8.1.1-2 8.1.4-6", "8.1.3 8.1.7"},
		{"accepts-unmasked-control", "8.1.2", "8.1.3"},
		{"accepts-unmasked-empty", "8.1.5", ""},
		{"accepts-masked-frames", "8.1.8-9 8.1.11-13", "8.1.10"},
		{"refuses-zero-key", "8.1.14", ""},
		{"echo-flips-last-octet", "8.1.14-18 8.2.15-16 8.2.20-21", ""},
		{"loses-mask-phase-between-reads", "8.1.17", ""},
		{"unmasks-tail-wrong", "8.1.18", ""},
		{"turns-binary-crlf-into-lf", "8.1.18", ""},
		{"turns-binary-lf-into-crlf", "8.1.18", ""},
		{"swallows-empty-messages", "8.1.18 8.2.16", ""},
		{"drops-without-close", "", "8.1.1-9 8.1.11-13 8.2.1-12"},
		{"closes-1000-on-violation", "", "8.1.1-2 8.1.11-13 8.2.10-14"},
		{"accepts-non-minimal-16-bit-lengths", "", "8.2.1-3 8.2.7-8"},
		{"accepts-non-minimal-64-bit-lengths", "", "8.2.4-6 8.2.9"},
		{"accepts-non-minimal-lengths", "", "8.2.1-9"},
		{"accepts-non-minimal-length-of-pings", "", "8.2.7"},
		{"answers-nothing", "8.2.1-9", ""},
		{"ignores-length-top-bit", "8.2.10", ""},
		{"reads-length-in-32-bits", "8.2.13", ""},
		{"drops-tcp-on-frames-above-16k", "8.2.16 8.2.20-21", "8.2.15"},
		{"reads-16-bit-length-signed", "8.2.16", ""},
		{"16-bit-lengths-always", "8.2.16", ""},
		{"64-bit-lengths-above-125", "8.2.16", ""},
		{"length-126-in-seven-bits", "8.2.16", ""},
		{"length-65535-in-64-bits", "8.2.16", ""},
		{"truncates-at-65535", "8.2.15-16 8.2.20-21", ""},
		{"keeps-tcp-open-at-cut-header", "8.2.18", ""},
		{"keeps-tcp-open-after-peer-fin", "8.2.18-19", ""},
		{"delivers-cut-frame-at-tcp-end", "8.2.19", ""},
		{"needs-header-in-one-read", "8.2.20", ""},
		{"needs-length-in-one-read", "8.2.20", ""},
		{"little-endian-lengths", "8.2.21", ""},
	}, map[string]string{"8.1.19": "a survey", "8.1.20": "a survey", "8.1.21": "a survey", "8.1.22": "a survey", "8.1.23": "a survey", "8.2.17": "a survey"})
	checkLegal(t, "8.1.* 8.2.*")
}

// TestTextFaults is about 14: what is UTF-8, and what comes of it.
func TestTextFaults(t *testing.T) {
	const split = "14.1.1-9 14.1.12"
	checkCaught(t, "14.*", []caught{
		{"ping-resets-utf8-state", "14.1.1 14.1.4-5 14.1.7-8 14.1.10", ""},
		{"checks-utf8-of-each-fragment-alone", split, ""},
		{"refuses-characters-cut-behind-e0-or-f0", "14.1.7 14.1.11-13", ""},
		{"ping-resets-fragments", "14.1.1 14.1.4-5 14.1.7-8", ""},
		{"no-pong", "14.1.1 14.1.4-5 14.1.7-8", ""},
		{"answers-pong-with-pong", "14.1.2 14.1.9", ""},
		{"keeps-only-last-fragment", split, ""},
		{"no-utf8-check", "14.1.10 14.2.1-5 14.2.7 14.3.1-9 14.4.1-2 14.4.10", ""},
		{"replaces-invalid-utf8", "14.1.10 14.2.1-5 14.2.7 14.3.1-9 14.4.1-2 14.4.10", ""},
		{"accepts-cut-fragmented-text", "14.2.1-3 14.2.7", ""},
		{"accepts-cut-text", "14.2.4", ""},
		{"keeps-utf8-state-between-messages", "14.2.4", ""},
		{"1002-for-utf8", "", "14.2.1-5 14.2.7 14.3.1-9 14.4.1-2 14.4.10"},
		{"checks-binary-as-text", "14.2.6 14.4.8", ""},
		{"accepts-surrogates", "14.3.1 14.3.7", ""},
		{"accepts-overlong-utf8", "14.3.2-3 14.3.5", ""},
		{"accepts-beyond-10ffff", "14.3.4 14.3.6", ""},
		{"utf8-at-message-end", "", "14.3.1-9"},
		{"utf8-at-frame-end", "", "14.3.8-9"},
		{"checks-utf8-of-first-64-octets", "14.4.1-2 14.4.10", ""},
		{"checks-utf8-of-first-1024-octets", "14.4.2 14.4.10", ""},
		{"refuses-noncharacters", "14.4.3", ""},
		{"refuses-supplementary-planes", "14.1.7-9 14.1.11-13 14.4.3 14.4.9", ""},
		{"drops-byte-order-mark", "14.4.4", ""},
		{"turns-crlf-into-lf", "14.4.5", ""},
		{"normalizes-text", "14.4.6", ""},
		{"cuts-text-at-nul", "14.4.7", ""},
		{"alters-fragmented-messages", "14.4.8", ""},
	}, nil)
	checkLegal(t, "14.*")
}

// TestRobustnessFaults is about 23, where nothing but the conversation is needed.
func TestRobustnessFaults(t *testing.T) {
	checkCaught(t, "23.*", []caught{
		{"stops-echoing-after-100-messages", "23.1.2-3", ""},
		{"echo-flips-last-octet", "23.1.1-2 23.1.5", ""},
		{"never-echoes", "23.1.4 23.1.6-7", ""},
		{"needs-header-in-one-read", "23.1.5", ""},
		{"takes-one-frame-a-read", "23.1.7", ""},
		{"drops-tcp-on-frames-above-16k", "", "23.1.2"},
	}, nil)
	checkLegal(t, "23.*")
}

// TestLimitFaults is about 8.3, with a peer whose limit is known.
func TestLimitFaults(t *testing.T) {
	const limit = 1000
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := beyond(t, role, "8.3.*")
		b.maxMessage, b.settings.Profile = limit, peer.Profile{MessageLimit: limit}
		for _, row := range []struct {
			fault, ids string
			want       verdict.Grade
			close      verdict.Grade
		}{
			{"", "8.3.1 8.3.2 8.3.3 8.3.4 8.3.6 8.3.7", verdict.OK, verdict.OK},
			{"", "8.3.5", verdict.NonStrict, verdict.OK}, // it is too long, and it says so
			{"1000-for-messages-too-big", "8.3.1 8.3.2 8.3.7", verdict.NonStrict, verdict.WrongCode},
			{"drops-without-close", "8.3.1 8.3.2 8.3.6 8.3.7", verdict.NonStrict, verdict.OK},
			{"echo-flips-last-octet", "8.3.3", verdict.Failed, verdict.OK},
			{"swallows-empty-fragmented-binary", "8.3.4", verdict.Failed, verdict.OK},
		} {
			for _, r := range b.play(t, row.fault, b.pick(t, strings.Fields(row.ids)...)) {
				if r.Verdict.Behavior != row.want || r.Verdict.Close != row.close {
					t.Errorf("%s, %v with %q: %+v, want %s and %s", r.ID, role, row.fault, r.Verdict, row.want, row.close)
				}
			}
		}
		// Where frames have a limit too, messages are cut to it.
		b.settings.Profile.FrameLimit = 100
		for _, r := range b.play(t, "", b.pick(t, "8.3.2", "8.3.3")) {
			if r.Verdict.Behavior != verdict.OK || len(r.Log.Records) < 10 {
				t.Errorf("%s, %v with a limit of 100 octets for frames: %+v", r.ID, role, r.Verdict)
			}
		}
		b.settings.Profile.FrameLimit = 0
		// One with a limit above the one it is said to have.
		b.maxMessage = 2 * limit
		for _, r := range b.play(t, "", b.pick(t, "8.3.1", "8.3.2")) {
			if r.Verdict.Behavior != verdict.Failed {
				t.Errorf("%s, %v with twice the limit: %+v", r.ID, role, r.Verdict)
			}
		}
		if r := b.play(t, "", b.pick(t, "8.3.7"))[0]; r.Verdict.Behavior != verdict.NonStrict {
			t.Errorf("8.3.7, %v with twice the limit: %+v", role, r.Verdict)
		}
		b.maxMessage = 0
		for _, r := range b.play(t, "limits-fragments-to-1000", b.pick(t, "8.3.4", "8.3.5")) {
			if r.Verdict.Behavior == verdict.OK && r.ID == "8.3.5" {
				t.Errorf("%s, %v with few fragments: %+v", r.ID, role, r.Verdict)
			}
		}
		for _, r := range b.play(t, "truncates-at-65535", b.pick(t, "8.3.5", "8.3.6")) {
			if r.Verdict.Behavior != verdict.Failed {
				t.Errorf("%s, %v with 65535 octets of each message: %+v", r.ID, role, r.Verdict)
			}
		}
	}
}

// TestIdle plays 23.1.4 with a profile that says how long connections may be idle.
func TestIdle(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := beyond(t, role, "23.1.4")
		for idle, want := range map[time.Duration]verdict.Grade{0: verdict.OK, time.Minute: verdict.NonStrict} {
			b.settings.Profile = peer.Profile{Idle: idle}
			if r := b.play(t, "drops-tcp-after-10s-of-silence", b.plan)[0]; r.Verdict.Behavior != want {
				t.Errorf("%v, idle for %v: %+v, want %s", role, idle, r.Verdict, want)
			}
			if r := b.play(t, "sends-keepalive-pings", b.plan)[0]; r.Verdict.Behavior != verdict.OK {
				t.Errorf("%v, idle for %v with keepalives: %+v", role, idle, r.Verdict)
			}
		}
	}
}

// TestPressure plays what has to block over a network that holds little.
func TestPressure(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := beyond(t, role, "23.1.2 23.1.3")
		b.capacity = 256 << 10
		for _, r := range b.play(t, "", b.plan) {
			if r.Verdict.Behavior != verdict.OK {
				t.Errorf("%s, %v: %+v", r.ID, role, r.Verdict)
			}
		}
		if r := b.play(t, "hangs-when-peer-does-not-read", b.pick(t, "23.1.3"))[0]; r.Verdict.Behavior != verdict.Failed {
			t.Errorf("%s, %v, hanging: %+v", r.ID, role, r.Verdict)
		}
	}
}
