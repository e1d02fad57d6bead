// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestDeflateAnswerFaults is about 17: what clients make of answers to their offers.
func TestDeflateAnswerFaults(t *testing.T) {
	const needsOffer = "needs a client that demands something: TestUnfitAnswers"
	checkCaught(t, "17.*", []caught{
		{"wants-client-no-context-takeover-in-answers", "17.1.1", ""},
		{"refuses-server-no-context-takeover-unasked", "", "17.1.2 17.1.9"},
		{"refuses-client-no-context-takeover", "", "17.1.3 17.1.9"},
		{"keeps-context-against-agreement", "17.1.3 17.1.9 17.1.12", ""},
		{"refuses-server-max-window-bits-unasked", "", "17.1.4-5 17.1.9-11"},
		{"refuses-windows-of-8-bits", "", "17.1.5"},
		{"exceeds-agreed-window", "17.1.6-7 17.1.9", ""},
		{"takes-agreed-window-of-8-bits-for-9", "17.1.7", ""},
		{"refuses-client-windows-of-15-bits", "17.1.8 17.1.12", ""},
		{"reads-three-parameters-of-answers", "17.1.9", ""},
		{"refuses-quoted-values-in-answers", "", "17.1.10"},
		{"refuses-blanks-in-extensions-of-answers", "", "17.1.11"},
		{"wants-parameters-of-answers-in-order", "17.1.12", ""},
		{"accepts-invalid-answers", "17.2.1 17.2.3-13", ""},
		{"accepts-unknown-parameters-of-answers", "17.2.1", ""},
		{"accepts-client-window-not-offered", "17.2.2", ""},
		{"accepts-windows-without-value-in-answers", "17.2.3 17.2.7", ""},
		{"accepts-windows-of-7-bits-in-answers", "17.2.4 17.2.8", ""},
		{"accepts-windows-of-16-bits-in-answers", "17.2.5 17.2.9", ""},
		{"accepts-leading-zeros-in-answers", "17.2.6 17.2.10", ""},
		{"accepts-values-of-flags-in-answers", "17.2.11-12", ""},
		{"accepts-repeated-parameters-of-answers", "17.2.13", ""},
		{"accepts-deflate-twice-in-answers", "17.2.14", ""},
	}, map[string]string{"17.2.15": needsOffer, "17.2.16": needsOffer, "17.2.17": needsOffer, "17.2.18": needsOffer})
	checkLegal(t, "17.*")
}

// TestUnfitAnswers plays 17.2.15 to 17.2.18 with a client that demands what they are about.
func TestUnfitAnswers(t *testing.T) {
	b := beyond(t, ws.Client, "17.2.15 17.2.16 17.2.17 17.2.18")
	for _, o := range []struct {
		offer deflate.Offer
		wrong map[string]verdict.Grade // of a client that accepts the answer all the same
	}{
		{deflate.Offer{}, nil},
		{deflate.Offer{ServerMaxWindowBits: 15, ClientMaxWindowBits: 15}, nil},
		{deflate.Offer{ServerMaxWindowBits: 10}, map[string]verdict.Grade{"17.2.15": verdict.Failed, "17.2.16": verdict.NonStrict}},
		{deflate.Offer{ServerNoContextTakeover: true}, map[string]verdict.Grade{"17.2.17": verdict.NonStrict}},
		{deflate.Offer{ClientMaxWindowBits: 10}, map[string]verdict.Grade{"17.2.18": verdict.NonStrict}},
	} {
		cfg := testee.Config{Offers: []deflate.Offer{o.offer}}
		for _, fault := range []string{"", "accepts-answers-that-do-not-fit"} {
			for _, r := range b.playWith(t, cfg, fault, b.plan) {
				want := o.wrong[r.ID]
				switch {
				case want == "":
					want = verdict.Unimplemented
				case fault == "":
					want = verdict.OK
				}
				if r.Verdict.Behavior != want {
					t.Errorf("%s, offered %v, with %q: %s, %s; want %s", r.ID, o.offer, fault, r.Verdict.Behavior, r.Verdict.Result, want)
				}
			}
		}
	}
}

// TestDeflateSentFaults is about 18.2: what a peer sends compressed. The surveys among
// them are tested by themselves.
func TestDeflateSentFaults(t *testing.T) {
	const survey = "a survey"
	checkCaught(t, "18.2.*", []caught{
		{"exceeds-agreed-window", "18.2.3-4", ""},
		{"keeps-context-against-agreement", "18.2.5-6", ""},
		{"compresses-empty-messages-to-nothing", "18.2.7", ""},
		{"loses-last-octet-of-large-compressed", "18.2.8", ""},
		{"leaves-tail-of-deflate", "18.2.3-8", ""},
	}, map[string]string{"18.2.1": survey, "18.2.2": survey, "18.2.9": survey})
	checkLegal(t, "18.2.*")
}

// TestDeflateSurveys plays some cases and looks at what 18.2.1, 18.2.2 and 18.2.9 make of
// all their connections: of those with and without an agreement.
func TestDeflateSurveys(t *testing.T) {
	const ids = "18.1.2 18.1.16 18.2.7"
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := newBench(role)
		plan := slices.Concat(b.pick(t, "1.1.2", "2.2"), beyond(t, role, ids).plan)
		b.surveys = slices.DeleteFunc(b.surveys, func(c runner.Planned) bool { return !strings.HasPrefix(c.ID, "18.2.") })
		for fault, want := range map[string][3]verdict.Grade{
			"":                                     {verdict.OK, verdict.OK, verdict.OK},
			"never-compresses":                     {verdict.Unimplemented, verdict.Unimplemented, verdict.OK},
			"compresses-without-context":           {verdict.OK, verdict.OK, verdict.OK},
			"fragments-echo":                       {verdict.OK, verdict.OK, verdict.OK},
			"sets-rsv1-on-continuations":           {verdict.Failed, verdict.OK, verdict.OK},
			"compresses-control-frames":            {verdict.Failed, verdict.OK, verdict.OK},
			"sets-rsv1-on-control":                 {verdict.Failed, verdict.OK, verdict.Failed},
			"sets-rsv1":                            {verdict.OK, verdict.Failed, verdict.Failed},
			"leaves-tail-of-deflate":               {verdict.OK, verdict.Failed, verdict.OK},
			"compresses-empty-messages-to-nothing": {verdict.OK, verdict.Failed, verdict.OK},
			"sets-rsv1-on-uncompressed-messages":   {verdict.OK, verdict.Failed, verdict.OK},
		} {
			for _, r := range b.surveyed(t, fault, plan)[len(plan):] {
				i := map[string]int{"18.2.1": 0, "18.2.2": 1, "18.2.9": 2}[r.ID]
				if r.Verdict.Behavior != want[i] {
					t.Errorf("%s of a %v with %q: %s, %s; want %s", r.ID, role, fault, r.Verdict.Behavior, r.Verdict.Result, want[i])
				}
			}
		}
	}
}
