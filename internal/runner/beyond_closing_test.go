// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestClosingFaults is about 15: closing and failing.
func TestClosingFaults(t *testing.T) {
	const invalid = "15.1.4-6 15.1.9 15.2.1-6 15.2.10"
	checkCaught(t, "15.*", []caught{
		{"refuses-close-codes-1012-to-1014", "", "15.1.1-3"},
		{"drops-on-close", "15.1.10-12 15.2.7-9 15.3.1-7 15.4.1-4", "15.4.5"},
		{"never-answers-close", "15.1.1-3 15.1.10-12 15.3.3 15.3.8 15.4.1", ""},
		{"ignores-invalid-close", invalid + " 15.1.7-8", ""},
		{"returns-invalid-close", invalid, "15.1.7-8"},
		{"accepts-invalid-close-code", "15.1.4-6 15.1.9 15.2.10", "15.1.7-8"},
		{"accepts-close-codes-below-1000", "15.1.5-6 15.1.9", ""},
		{"accepts-reserved-close-codes", "15.1.9 15.2.10", ""},
		{"accepts-close-code-1015", "15.1.4 15.1.9", ""},
		{"accepts-unassigned-close-codes", "15.1.9", ""},
		{"accepts-close-codes-above-4999", "", "15.1.7-8"},
		{"refuses-close-codes-above-2999", "15.1.10-11", ""},
		{"answers-wrong-close-code", "", "15.1.11-12"},
		{"answers-close-with-1000", "", "15.1.11"},
		{"answers-empty-close-with-1005", "15.1.12", ""},
		{"accepts-one-octet-close", "15.2.1", ""},
		{"answers-one-octet-close-without-code", "", "15.2.1"},
		{"accepts-invalid-utf8-reason", "15.2.2-6", ""},
		{"accepts-cut-utf8-reason", "15.2.2", ""},
		{"refuses-nul-in-reason", "15.2.9", ""},
		{"works-on-after-close", "15.3.1 15.3.5", ""},
		{"echoes-behind-close", "15.3.1", ""},
		{"answers-pings-behind-close", "", "15.3.1"},
		{"handles-what-is-behind-close-first", "15.3.1 15.3.5", ""},
		{"echo-adds-octet", "15.3.2 15.3.8", ""},
		{"answers-close-twice", "15.3.3-4", ""},
		{"ignores-close-between-fragments", "15.3.5", ""},
		{"answers-close-after-1.5s", "", "15.3.7"},
		{"never-closes-tcp", "15.4.1-2", ""},
		{"resets-tcp-after-close", "", "15.4.2-3"},
		{"keeps-tcp-open-after-peer-fin", "15.4.6 15.4.8", ""},
		{"keeps-tcp-open-after-failing", "15.4.9", ""},
		{"closes-1000-on-violation", invalid, "15.4.9-10 15.5.1-6"},
		{"closes-without-code-on-violation", "", invalid + " 15.4.9-10 15.5.1-6"},
		{"drops-without-close", "", invalid + " 15.4.9-10 15.5.1-6"},
		{"1007-for-protocol-errors", "", "15.4.9-10 15.5.1-6"},
		{"ignores-rsv-on-data", "15.4.9-10 15.5.1-2 15.5.6", ""},
		{"ignores-reserved-opcodes", "15.5.2-6", ""},
		{"accepts-reserved-opcodes-as-fragments", "15.5.3", ""},
		{"works-on-after-failing", "15.4.10 15.5.1-3", ""},
		{"finishes-read-after-failing", "15.5.1-3", ""},
	}, map[string]string{
		"15.4.7":  "a client that dies does not come again: TestDeadServer",
		"15.5.7":  "needs a profile: TestNeeds",
		"15.2.11": "a survey",
	})
	checkLegal(t, "15.*")
}

// TestDeadServer has a server die of a case, which shows when another connection is
// tried.
func TestDeadServer(t *testing.T) {
	b := beyond(t, ws.Server, "15.4.7")
	for fault, want := range map[string]verdict.Grade{"": verdict.OK, "dies-of-reset-in-frame": verdict.Failed} {
		if r := b.play(t, fault, b.plan)[0]; r.Verdict.Behavior != want {
			t.Errorf("%q: %+v, want %s", fault, r.Verdict, want)
		}
	}
}
