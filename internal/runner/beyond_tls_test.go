// SPDX-License-Identifier: Apache-2.0

package runner_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestTLSFaults(t *testing.T) {
	checkCaught(t, "22.1.*", []caught{
		{"echo-flips-last-octet", "22.1.1 22.1.10-13 22.1.18", ""},
		{"accepts-any-certificate", "22.1.4-6", ""},
		{"accepts-certificates-of-other-hosts", "22.1.5", ""},
		{"accepts-expired-certificates", "22.1.6", ""},
		{"ignores-protocol-chosen-by-alpn", "22.1.8", ""},
		{"sends-no-close-notify", "", "22.1.10"},
		{"takes-tls-truncation-for-end", "22.1.11", ""},
		{"keeps-tcp-open-after-peer-fin", "22.1.11", ""},
		{"needs-request-in-one-read", "22.1.12", ""},
		{"needs-header-in-one-read", "22.1.12", ""},
		{"drops-octets-behind-handshake", "22.1.13", ""},
		{"serves-plain-http-on-tls-port", "22.1.15", ""},
		{"accepts-tls-1.0", "", "22.1.17"},
		{"drops-tcp-on-tls-key-update", "22.1.18", ""},
		{"masks-as-server", "22.1.1", ""},
	}, map[string]string{
		"22.1.9":  "crypto/tls chooses no protocol that was not offered",
		"22.1.16": "there is no wrong answer",
	})
	checkLegal(t, "22.1.10 22.1.11 22.1.18") // what others want is wanted of one of these
}

// TestTLSIsTold wants what the RFCs allow told as such.
func TestTLSIsTold(t *testing.T) {
	b := beyond(t, ws.Server, "22.1.1 22.1.16 22.1.17")
	for _, tt := range []struct{ fault, id, want string }{
		{"refuses-tls-1.2", "22.1.1", "which is for the server to decide"},
		{"refuses-other-sni", "22.1.16", "The handshake was refused"},
		{"", "22.1.16", "The name was passed over"},
		{"accepts-tls-1.0", "22.1.17", "was agreed on, which is not to be used any more"},
	} {
		if r := b.play(t, tt.fault, b.pick(t, tt.id))[0]; !strings.Contains(r.Verdict.Result, tt.want) {
			t.Errorf("%s with %q: %+v, want %q", tt.id, tt.fault, r.Verdict, tt.want)
		}
	}
}

// TestTLSSurveys plays some cases and looks at what 22.1.2, 22.1.3, 22.1.7 and 22.1.14
// make of all their connections.
func TestTLSSurveys(t *testing.T) {
	const ids = "22.1.10 22.1.12"
	for fault, want := range map[string]map[string]verdict.Grade{
		"":                       {"22.1.2": verdict.OK, "22.1.3": verdict.Unimplemented, "22.1.7": verdict.OK, "22.1.14": verdict.OK},
		"sends-no-sni":           {"22.1.2": verdict.Failed},
		"sends-address-as-sni":   {"22.1.3": verdict.NonStrict, "22.1.2": verdict.Unimplemented},
		"offers-h2-alone":        {"22.1.7": verdict.Unimplemented}, // our server refuses it
		"does-not-mask-over-tls": {"22.1.14": verdict.Failed},
	} {
		b := newBench(ws.Client)
		for _, r := range b.surveyed(t, fault, beyond(t, ws.Client, ids).plan) {
			if grade, told := want[r.ID]; told && r.Verdict.Behavior != grade {
				t.Errorf("%s with %q: %s, %s; want %s", r.ID, fault, r.Verdict.Behavior, r.Verdict.Result, grade)
			}
		}
	}
	b := newBench(ws.Server)
	for fault, want := range map[string]verdict.Grade{"": verdict.OK, "masks-as-server": verdict.Failed} {
		for _, r := range b.surveyed(t, fault, beyond(t, ws.Server, ids).plan) {
			if r.ID == "22.1.14" && r.Verdict.Behavior != want {
				t.Errorf("%s with %q: %s, %s; want %s", r.ID, fault, r.Verdict.Behavior, r.Verdict.Result, want)
			}
		}
	}
}
