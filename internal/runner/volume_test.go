// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"flag"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

var every = flag.Bool("every", false, "play all rows of the compression cases, which move 40 GB")

// The smallest rows of each subcategory of 9, 12 and 13. The rows of one differ
// in sizes and patience alone, so that what these notice the larger ones notice too.
const (
	sizes    = "9.1.1 9.2.1 9.3.9 9.4.9 9.5.6 9.6.6 9.7.2 9.8.2 "
	data     = "12.1.1 12.2.1 12.3.1 12.4.1 12.5.1 "
	openings = "13.1.1 13.2.1 13.3.1 13.4.1 13.5.1 13.6.1 13.7.1 "
)

// volumes lists, by fault, which of the cases that move megabytes it is played
// on: a row at which it shows, and one beside it at which it does not.
func volumes() map[string]string {
	return map[string]string{
		// What comes back is compared octet by octet, in every row.
		"echo-flips-last-octet":            sizes + data + openings,
		"swaps-type":                       "9.1.1 9.2.1 9.7.2 9.8.2 " + data,
		"echo-flips-first-octet-of-large":  "9.1.1 9.2.1 9.7.2",
		"echo-flips-octet-150000":          "9.1.1 9.1.2 9.2.2",
		"echo-swaps-blocks":                "9.1.1 9.2.1 9.7.2",
		"truncates-at-65535":               "9.1.1 9.2.1",
		"swallows-empty-messages":          "9.7.1 9.7.2 9.8.1",
		"stops-echoing-after-100-messages": "9.1.1 9.7.2 9.8.2 12.1.1",
		"never-echoes":                     "9.1.1 9.7.2 12.1.1",
		"fails-above-64k":                  "9.1.1 9.7.2",
		"keeps-only-last-fragment":         "9.3.8",
		"alters-fragmented-messages":       "9.4.8",
		"limits-fragments-to-1000":         "9.3.4 9.3.5",
		"loses-mask-phase-between-reads":   "9.1.1 9.7.2",
		"unmasks-tail-wrong":               "9.1.1 9.7.2",
		"little-endian-lengths":            "9.1.1 9.7.2 9.7.4",
		"echo-without-fin-above-64k":       "9.1.1 9.7.2",

		// What is agreed (RFC 7692, 5 and 7.1).
		"declines-deflate":                    "12.* 13.*",
		"offers-server-window-without-value":  data + openings,
		"answers-unknown-parameter":           "12.1.1 13.7.1",
		"answers-client-window-without-value": "12.1.1 13.7.1",
		"answers-deflate-twice":               "12.1.1 13.7.1",
		"forgets-server-parameters":           "13.1.1 13.2.1 13.3.1 13.4.1 13.5.1 13.6.1",
		"answers-window-above-offer":          "13.1.1 13.3.1 13.5.1 13.6.1 13.7.1",
		"considers-only-first-offer":          "13.7.1",

		// How messages are compressed (6 and 7.2).
		"keeps-context-against-agreement":      "13.1.1 13.2.5 13.5.5 13.6.5 13.7.5",
		"exceeds-agreed-window":                "13.1.1 13.3.5 13.5.5 13.7.5",
		"leaves-tail-of-deflate":               "12.1.1 12.2.1 13.5.1",
		"sets-rsv1-on-continuations":           data + openings,
		"sets-rsv1-on-control":                 "12.1.1 13.1.1",
		"compresses-control-frames":            "12.1.1 12.5.1 13.5.1",
		"never-compresses":                     "12.1.1 13.2.1",
		"compresses-without-rsv1":              "12.2.1 12.5.1",
		"sets-rsv1-on-uncompressed-messages":   "12.1.1 12.2.1 13.2.1",
		"answers-with-bomb":                    "12.1.1",
		"loses-last-octet-of-large-compressed": "12.1.1 12.1.9 13.2.9",
		"inflates-without-context":             "12.1.5 13.1.5",
		"inflates-each-fragment-alone":         "12.1.1 12.1.11 13.5.11",
		"checks-utf8-of-compressed-octets":     "12.1.5 12.2.1 13.1.5",
	}
}

// affordable are the cases that are played where time is dear: the small ones.
func (b *bench) affordable(t *testing.T) []runner.Planned {
	plain := slices.DeleteFunc(slices.Clone(b.plan), voluminous)
	return slices.Concat(plain, b.pick(t, strings.Fields(sizes+data+openings)...))
}

// TestCorrect plays an endpoint without faults: all cases, but of the compression
// cases, the smallest rows and those in fragments.
func TestCorrect(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			plan := b.plan
			switch {
			case testing.Short() || raceDetector:
				plan = b.affordable(t)
			case !*every:
				plan = slices.DeleteFunc(slices.Clone(b.plan), func(c runner.Planned) bool { return c.Has(conform.Deflate) })
				plan = append(plan, b.pick(t, strings.Fields(data+openings+"12.1.5 12.1.11 13.5.5 13.5.11")...)...)
			}
			for _, r := range b.play(t, "", plan) {
				good := verdict.OK
				if r.Want.Informational {
					good = verdict.Informational
				}
				if v := r.Verdict; v.Behavior != good || v.Close != good {
					t.Errorf("%s: %+v", r.ID, v)
				}
			}
		})
	}
}

// TestVolumesAreCompared plays every case that moves megabytes with an endpoint that
// gets one bit of each message wrong.
func TestVolumesAreCompared(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("the smallest rows are in the table of faults")
	}
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(role)
			for _, r := range b.play(t, "echo-flips-last-octet", b.pick(t, "9.*", "12.*", "13.*")) {
				empty := r.ID == "9.7.1" || r.ID == "9.8.1" // no octet, no bit
				if (r.Verdict.Behavior == verdict.Failed) == empty || !empty && !strings.HasPrefix(r.Verdict.Result, "Octet ") {
					t.Errorf("%s: %+v", r.ID, r.Verdict)
				}
			}
		})
	}
}

// What a peer breaks of RFC 7692 is named with its section, and in the wsspec door
// alone where the reference does not look.
func TestBrokenAgreementsAreNamed(t *testing.T) {
	for _, c := range []struct {
		fault, id, result string
		roles             testee.Roles
	}{
		{"keeps-context-against-agreement", "13.2.5", "RFC 7692, 7.1.1: ", testee.InBoth},
		{"exceeds-agreed-window", "13.3.5", "RFC 7692, 7.1.2: ", testee.InBoth},
		{"leaves-tail-of-deflate", "12.1.1", "RFC 7692, 7.2.1: ", testee.InBoth},
		{"sets-rsv1-on-uncompressed-messages", "12.1.1", "RFC 7692, 7.2.2: ", testee.InBoth},
		{"sets-rsv1-on-continuations", "12.1.1", "RFC 7692, 6: ", testee.InBoth},
		{"sets-rsv1-on-control", "12.1.1", "RFC 7692, 6: ", testee.InBoth},
		{"compresses-control-frames", "12.1.1", "RFC 7692, 6: ", testee.InBoth},
		{"forgets-server-parameters", "13.2.1", "RFC 7692, 7.1: permessage-deflate: server_no_context_takeover ", testee.AsServer},
		{"forgets-server-parameters", "13.3.1", "RFC 7692, 7.1: permessage-deflate: server_max_window_bits ", testee.AsServer},
		{"answers-window-above-offer", "13.3.1", "RFC 7692, 7.1: permessage-deflate: server_max_window_bits=15 ", testee.AsServer},
		{"answers-unknown-parameter", "12.1.1", "The opening handshake failed: RFC 7692, 7.1: permessage-deflate: x-unknown ", testee.AsServer},
		{"answers-deflate-not-offered", "1.1.1", "The opening handshake failed: RFC 6455, 4.1: extension permessage-deflate ", testee.AsServer},
	} {
		for _, role := range []ws.Role{ws.Server, ws.Client} {
			if !c.roles.Has(role) {
				continue
			}
			b := newBench(role)
			r := b.play(t, c.fault, b.pick(t, c.id))[0]
			if c.id == "1.1.1" { // its result says only that there was no echo
				r.Verdict.Result = "The opening handshake failed: " + r.Log.Refused
			}
			if r.Verdict.Behavior != verdict.Failed || !strings.HasPrefix(r.Verdict.Result, c.result) {
				t.Errorf("%s with %s, %s: %+v", role, c.fault, c.id, r.Verdict)
			}
		}
	}
}

// A gigabyte in a few octets costs what the case allows a peer to send, and the
// verdict says what happened.
func TestBombIsBounded(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := newBench(role)
		plan := b.pick(t, "12.1.1")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := b.play(t, "answers-with-bomb", plan)[0]
		runtime.ReadMemStats(&after)
		// Growing doubles what there is, so that all of it together is twice the
		// bound, for the frame and for what it inflates to; the bomb, 5 MB, and its parts
		// are the endpoint's.
		const endpoint = 32 << 20
		if spent, most := after.TotalAlloc-before.TotalAlloc, uint64(4*b.settings.Backlog(plan[0].Case)+endpoint); spent > most {
			t.Errorf("%s: %d MiB allocated, want at most %d", role, spent>>20, most>>20)
		}
		if r.Verdict.Behavior != verdict.Failed || r.Verdict.Result != "Message inflates to more octets than the limit of 8388608." {
			t.Errorf("%s: %+v", role, r.Verdict)
		}
	}
}

// withoutRaceDetector skips a test that moves so much that the race detector makes it take
// minutes. The package is tested a second time in .ci/run, without it.
func withoutRaceDetector(t *testing.T, what string) {
	t.Helper()
	if testing.Short() || raceDetector {
		t.Skip(what + "; .ci/run plays them without the race detector")
	}
}
