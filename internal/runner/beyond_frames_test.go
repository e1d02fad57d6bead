// SPDX-License-Identifier: Apache-2.0

package runner_test

import "testing"

// TestFrameFaults is about 11: reserved bits, opcodes, control frames and fragments.
func TestFrameFaults(t *testing.T) {
	const between = "11.4.7 11.4.9 11.5.13 11.5.18" // Pings between fragments
	checkCaught(t, "11.*", []caught{
		{"ignores-rsv-on-data", "11.1.1-6 11.1.20", ""},
		{"ignores-rsv-on-continuation", "11.1.7-9", ""},
		{"ignores-rsv-on-ping", "11.1.10-12", ""},
		{"ignores-rsv-on-pong", "11.1.13-15", ""},
		{"ignores-rsv-on-control", "11.1.10-18", "11.1.19"},
		{"checks-only-rsv1", "11.1.2-3 11.1.5-6 11.1.8-9 11.1.11-12 11.1.14-15 11.1.17-18", ""},
		{"delivers-then-fails", "11.1.1-12 11.2.5-7", ""},
		{"takes-reserved-data-opcodes-for-binary", "11.2.5 11.2.7", ""},
		{"ignores-reserved-opcodes", "11.2.1-7", ""},
		{"accepts-reserved-opcodes-as-fragments", "11.2.1-2", ""},
		{"judges-header-after-payload", "", "11.2.8 11.3.10"},
		{"works-on-after-failing", "11.1.1-15 11.2.1-7 11.3.1-4 11.3.9 11.5.4-11", ""},
		{"finishes-read-after-failing", "11.1.1-15 11.2.3-7 11.3.9 11.5.4-11", ""},
		{"drops-without-close", "", "11.1.1-20 11.2.1-8 11.3.1-10 11.5.4-11"},
		{"accepts-pongs-above-125-octets", "11.3.1", ""},
		{"answers-pings-above-125-octets", "11.3.3", ""},
		{"accepts-long-close-reason", "11.3.5", ""},
		{"answers-long-close-without-code", "", "11.3.5"},
		{"accepts-fragmented-close", "11.3.6", "11.3.7"},
		{"accepts-fragmented-pings", "11.3.8", ""},
		{"accepts-fragmented-control", "11.3.6-9", ""},
		{"pong-cut-at-124", "11.3.11-12", ""},
		{"pong-empty", "11.3.11-12 11.4.11-12", ""},
		{"no-pong", "11.4.1 11.4.8 11.4.10-11 11.5.17 " + between, ""},
		{"answers-only-first-ping", "11.4.1 11.4.7", ""},
		{"pongs-in-reverse-order", "11.4.1 11.4.7", ""},
		{"deadlocks-on-1000-queued-pongs", "11.4.2", ""},
		{"answers-pong-with-pong", "11.4.4-5 11.5.18", ""},
		{"delivers-pongs-as-messages", "11.4.4-5", ""},
		{"delivers-pings-as-messages", "11.4.6 11.4.8", ""},
		{"pong-waits-for-end-of-message", "", between},
		{"ping-resets-fragments", "11.4.10 " + between, ""},
		{"ignores-ping-between-fragments", "11.4.10 " + between, ""},
		{"fails-on-ping-between-fragments", "11.4.9 11.5.13", ""},
		{"ignores-ping-as-first-frame", "11.4.11", ""},
		{"pong-payload-as-utf8", "11.4.12", ""},
		{"pong-payload-cut-at-nul", "11.4.12", ""},
		{"alters-fragmented-messages", "11.5.1-2 11.5.13-14", ""},
		{"loses-empty-first-fragment", "11.5.2-3", ""},
		{"swallows-empty-fragmented-binary", "11.5.3", ""},
		{"accepts-nested-fragments", "11.5.4-6", ""},
		{"joins-nested-message", "11.5.4-6", ""},
		{"accepts-orphan-continuation", "11.5.7-11", ""},
		{"ignores-orphan-continuation", "11.5.7-11", ""},
		{"accepts-continuation-after-end", "11.5.11", ""},
		{"keeps-only-last-fragment", "11.5.1-2 11.5.12-14 11.5.17-18", ""},
		{"reverses-fragments", "11.5.1 11.5.12-14", ""},
		{"takes-type-from-last-frame", "11.5.13-14", ""},
		{"delivers-unfinished-at-tcp-end", "11.5.15", ""},
		{"ignores-close-between-fragments", "11.5.16", ""},
		{"stops-echoing-after-100-messages", "11.5.20", ""},
		{"echo-swaps-blocks", "11.5.13 11.5.21-22", ""},
		{"echo-flips-octet-150000", "11.4.3 11.5.21", ""},
	}, map[string]string{"11.1.21": "a survey", "11.5.19": "a survey"})
	checkLegal(t, "11.*")
}
