// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/testee"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestOfferFaults is about 16: what servers make of offers.
func TestOfferFaults(t *testing.T) {
	checkCaught(t, "16.*", []caught{
		{"forgets-server-no-context-takeover", "16.1.5 16.1.7", ""},
		{"forgets-server-max-window-bits", "16.1.4 16.1.7 16.1.9 16.1.15", "16.1.8"},
		{"forgets-server-parameters", "16.1.4-5 16.1.7 16.1.9", "16.1.8"},
		{"answers-client-window-without-value", "16.1.1-3 16.1.6 16.1.10-11 16.1.14", ""},
		{"answers-parameter-not-offered", "16.1.1", ""},
		{"answers-unknown-parameter", "16.1.1-16 16.1.18", ""},
		{"answers-window-above-offer", "16.1.3-4 16.1.7 16.1.9-10", ""},
		{"answers-deflate-twice", "16.1.1-16 16.1.18", ""},
		{"exceeds-agreed-window", "16.1.9", ""},
		{"takes-agreed-window-of-8-bits-for-9", "16.1.9", ""},
		{"reads-quoted-windows-of-offers-as-15", "16.1.15", ""},
		{"accepts-invalid-offers", "16.2.1-23", ""},
		{"accepts-unknown-parameters-of-offers", "16.2.1-2", ""},
		{"accepts-repeated-parameters-of-offers", "16.2.19-23", ""},
		{"accepts-leading-zeros-of-offers", "16.2.7 16.2.15", ""},
		{"refuses-handshake-for-invalid-offer", "", "16.1.13 16.1.18 16.2.1-23"},
		{"answers-500-to-invalid-offer", "16.1.13 16.1.18 16.2.1-23", ""},
		{"answers-deflate-not-offered", "16.2.1-23", ""},
	}, map[string]string{"16.1.17": "there is no wrong answer"})
	checkLegal(t, "16.*")
}

// TestDeflateFaults is about 18.1 and 19: compressed messages as they come in.
func TestDeflateFaults(t *testing.T) {
	const context, far = "18.1.6 18.1.15 18.1.18 18.1.20-21 18.1.28 18.1.33-34", "18.1.18-20"
	checkCaught(t, "18.1.* 19.*", []caught{
		{"inflates-without-context", context, ""},
		{"inflates-without-tail", context + " 18.1.22 18.1.27", ""},
		{"inflates-with-window-of-9-bits", far + " 18.1.35", ""},
		{"refuses-distances-above-32506", far + " 18.1.34-35", ""},
		{"inflates-each-fragment-alone", "18.1.2 18.1.9-11 18.1.16 18.1.31-32", ""},
		{"refuses-stored-blocks", "18.1.3 18.1.5 18.1.13 18.1.24 18.1.26", ""},
		{"refuses-uncompressed-with-deflate", "18.1.14-15", ""},
		{"uncompressed-message-resets-context", "18.1.15", ""},
		{"inflates-nothing-after-final-block", "18.1.21-22", ""},
		{"final-block-ends-inflating", "18.1.21-22", ""},
		{"drops-data-behind-final-block", "18.1.23", "19.2.12"},
		{"fails-on-empty-end-of-compressed-message", "18.1.9", ""},
		{"ping-breaks-inflating", "18.1.16", ""},
		{"inflates-pings-between-fragments", "18.1.16", ""},
		{"swallows-empty-messages", "18.1.7-8 18.1.33", ""},
		{"loses-last-octet-of-large-compressed", "18.1.24 18.1.30 19.3.6", ""},
		{"leaves-tail-of-deflate", "18.1.1-5 18.1.9-10", ""},
		{"accepts-rsv1-on-continuation", "19.1.1-2", ""},
		{"accepts-rsv1-on-control", "19.1.3-5", ""},
		{"accepts-rsv2-with-deflate", "19.1.6-7", ""},
		{"delivers-what-it-could-inflate", "19.2.1-3 19.2.6 19.2.9-11 19.2.13-18", "19.2.7 19.2.12"},
		{"delivers-truncated-deflate", "", "19.2.7"},
		{"hangs-on-invalid-deflate", "19.2.1-3 19.2.6-7 19.2.9-18", ""},
		{"drops-tcp-on-invalid-deflate", "", "19.2.1-3 19.2.6-7 19.2.9-18"},
		{"1000-for-invalid-deflate", "", "19.2.1-3 19.2.6-7 19.2.9-18"},
		{"skips-zlib-header", "19.2.10", ""},
		{"no-utf8-check-of-compressed-text", "19.3.1-3 19.3.5", ""},
		{"accepts-cut-compressed-text", "19.3.2 19.3.5", ""},
		{"checks-utf8-of-compressed-octets", "18.1.12 18.1.25 18.1.29 18.1.36", ""},
	}, map[string]string{
		"18.1.4": "a final block alone", "18.1.17": "every octet",
		"19.1.8": "RSV3", "19.1.9": "fragments", "19.1.10": "compresses no control frame",
		"19.2.4": "see TestAgreementFaults", "19.2.5": "see TestAgreementFaults", "19.2.8": "both answers are right",
		"19.3.4": "binary", "19.3.7": "see TestBombFaults", "19.3.8": "see TestBombFaults", "19.3.9": "see TestBombFaults",
		"19.3.10": "what it is about is time", "19.3.11": "what it is about is time",
	})
	checkLegal(t, "18.1.* 19.*")
}

// grade is what a case comes to with a fault.
type grade struct {
	fault, id string
	want      verdict.Grade
}

func (b *bench) checkGrades(t *testing.T, cfg testee.Config, rows []grade) {
	t.Helper()
	for _, row := range rows {
		for _, r := range b.playWith(t, cfg, row.fault, b.pick(t, row.id)) {
			if r.Verdict.Behavior != row.want {
				t.Errorf("%s with %q: %s, %s, want %s", r.ID, row.fault, r.Verdict.Behavior, r.Verdict.Result, row.want)
			}
		}
	}
}

// TestAgreementFaults has endpoints agree to less than DEFLATE allows. That one inflates
// more is no breach; that it delivers something else is.
func TestAgreementFaults(t *testing.T) {
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := beyond(t, role, "19.2.4 19.2.5")
		cfg := testee.Config{Accept: deflate.FirstAllowing(deflate.Params{NoContextTakeover: true, WindowBits: 9})}
		b.checkGrades(t, cfg, []grade{
			{"", "19.2.4", verdict.OK}, {"", "19.2.5", verdict.OK},
			{"inflates-beyond-agreed-window", "19.2.4", verdict.Informational}, {"inflates-beyond-agreed-window", "19.2.5", verdict.Informational},
			{"delivers-what-it-could-inflate", "19.2.4", verdict.Failed}, {"delivers-what-it-could-inflate", "19.2.5", verdict.Failed},
		})
	}
}

// TestUnaskedParameters has a client fail on a parameter that it did not ask for: 17.1.4
// is about that, and other cases that make use of the parameter only inform.
func TestUnaskedParameters(t *testing.T) {
	b := beyond(t, ws.Client, "17.1.4 18.1.34 19.2.5")
	b.checkGrades(t, testee.Config{}, []grade{
		{"refuses-server-max-window-bits-unasked", "17.1.4", verdict.NonStrict},
		{"refuses-server-max-window-bits-unasked", "18.1.34", verdict.Informational},
		{"refuses-server-max-window-bits-unasked", "19.2.5", verdict.Informational},
	})
}

// TestBombFaults is about bombs. Whether a client that ends TCP has died cannot be seen.
func TestBombFaults(t *testing.T) {
	withoutRaceDetector(t, "hundreds of MiB inflated")
	died := map[ws.Role]verdict.Grade{ws.Server: verdict.Failed, ws.Client: verdict.NonStrict}
	for _, role := range []ws.Role{ws.Server, ws.Client} {
		b := beyond(t, role, "19.3.7 19.3.8 19.3.9")
		b.settings.Profile.MessageLimit, b.maxMessage = 1<<20, 1<<20
		b.checkGrades(t, testee.Config{MaxMessage: b.maxMessage}, []grade{
			{"", "19.3.7", verdict.OK}, {"", "19.3.8", verdict.OK}, {"", "19.3.9", verdict.OK},
			{"inflates-without-limit", "19.3.7", verdict.Informational}, {"inflates-without-limit", "19.3.9", verdict.Failed},
			{"dies-of-inflating-beyond-limit", "19.3.7", died[role]}, {"dies-of-inflating-beyond-limit", "19.3.8", died[role]},
			{"dies-of-inflating-beyond-limit", "19.3.9", died[role]},
		})
	}
}
