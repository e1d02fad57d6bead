// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

const answers = "0.11.* 0.12.* 0.13.* 0.14.* 0.15.* 0.16.* 0.17.*"

// TestAnswerFaults is about 0.11 to 0.17: what a client makes of answers.
func TestAnswerFaults(t *testing.T) {
	const needsOffer = "needs a client that requests subprotocols: TestAnswersWithSubprotocols"
	checkCaught(t, answers, []caught{
		{"sends-frame-before-answer", "0.11.10", ""},
		{"opens-on-any-final-answer", "0.12.1 0.12.4-8 0.12.14", "0.12.12"},
		{"ignores-status", "0.12.1", ""},
		{"goes-on-after-redirect", "0.12.4-5", ""},
		{"takes-interim-answer-for-final", "", "0.12.2-3"},
		{"drops-on-open", "0.13.3", "0.12.2-3 0.12.11 0.13.9 0.17.6 0.17.13"},
		{"keeps-tcp-open-after-failed-handshake", "0.12.9-10 0.12.13 0.13.1-2 0.14.1 0.15.1 0.16.1 0.16.4-5 0.17.10 0.17.14", ""},
		{"ignores-upgrade-in-answer", "0.13.1-2 0.13.5", "0.13.4"},
		{"matches-upgrade-in-answer-by-substring", "0.13.5", "0.13.4"},
		{"compares-upgrade-in-answer-case-sensitively", "0.13.3", ""},
		{"ignores-connection-in-answer", "0.13.6-7 0.13.10", ""},
		{"refuses-connection-list-in-answer", "0.13.8", "0.13.9"},
		{"compares-field-names-case-sensitively", "0.13.11", ""},
		{"ignores-accept", "0.14.1-6 0.14.9-15", "0.14.8"},
		{"compares-accept-case-insensitively", "0.14.5 0.14.9", "0.14.8"},
		{"compares-start-of-accept", "0.14.4", ""},
		{"wants-one-of-several-accepts", "0.14.9", "0.14.8"},
		{"compares-accept-with-blanks", "0.14.7", ""},
		{"ignores-subprotocol-in-answer", "0.15.1", "0.15.6"},
		{"accepts-several-subprotocols-in-answer", "0.15.3-4", ""},
		{"ignores-unknown-extensions-in-answer", "0.16.1 0.16.3", ""},
		{"ignores-rsv-on-data", "0.16.6", ""},
		{"needs-request-in-one-read", "0.17.1", ""},
		{"drops-octets-behind-handshake", "0.17.2-5", ""},
		{"no-pong", "0.17.4", ""},
		{"reads-heads-of-up-to-16-mib", "", "0.17.7"},
		{"never-echoes", "0.17.12", ""},
	}, map[string]string{
		"0.15.2": needsOffer, "0.15.5": needsOffer, "0.15.7": needsOffer, "0.15.8": needsOffer,
		"0.16.2":  "the client offers permessage-deflate",
		"0.16.7":  "the client offers one extension",
		"0.17.8":  "a client that keeps TCP open has that ended by its own patience",
		"0.17.9":  "nothing is wrong with waiting",
		"0.17.11": "a client may wait for the end of a head or go on",
	})
	checkLegal(t, answers)
}

// TestAnswersWithSubprotocols plays the cases that need a client which requests some.
func TestAnswersWithSubprotocols(t *testing.T) {
	b := beyond(t, ws.Client, "0.15.*")
	for fault, want := range map[string]map[string]verdict.Grade{
		"":                                       {"0.15.1": verdict.Unimplemented},
		"ignores-subprotocol-in-answer":          {"0.15.1": verdict.Unimplemented, "0.15.2": verdict.Failed, "0.15.3": verdict.Failed, "0.15.4": verdict.Failed, "0.15.5": verdict.Failed, "0.15.6": verdict.NonStrict},
		"accepts-several-subprotocols-in-answer": {"0.15.1": verdict.Unimplemented, "0.15.3": verdict.Failed, "0.15.4": verdict.Failed},
		"drops-on-open":                          {"0.15.1": verdict.Unimplemented, "0.15.8": verdict.Failed},
	} {
		for _, r := range b.playWith(t, testee.Config{Subprotocols: []string{"chat", "superchat"}}, fault, b.plan) {
			expected := want[r.ID]
			if expected == "" {
				expected = verdict.OK
			}
			if r.Verdict.Behavior != expected {
				t.Errorf("%s with %q: %+v, want %s", r.ID, fault, r.Verdict, expected)
			}
		}
	}
}
