// SPDX-License-Identifier: Apache-2.0

package testee_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/testee"
)

// TestAgreeingFaults has what a server agrees to and what clients make of it: what they
// should not take, or not refuse.
func TestAgreeingFaults(t *testing.T) {
	for _, tt := range []struct{ fault, answer, want string }{
		{"accepts-invalid-answers", "; x=1", "opens"},
		{"accepts-unknown-parameters-of-answers", "; x=1", "opens"},
		{"accepts-repeated-parameters-of-answers", "; server_max_window_bits=9; server_max_window_bits=9", "opens"},
		{"accepts-windows-without-value-in-answers", "; server_max_window_bits", "opens"},
		{"accepts-windows-of-7-bits-in-answers", "; client_max_window_bits=7", "opens"},
		{"accepts-windows-of-16-bits-in-answers", "; server_max_window_bits=16", "opens"},
		{"accepts-leading-zeros-in-answers", "; client_max_window_bits=09", "opens"},
		{"accepts-values-of-flags-in-answers", "; server_no_context_takeover=1", "opens"},
		{"accepts-deflate-twice-in-answers", ", permessage-deflate", "opens"},
		{"accepts-client-window-not-offered", "; client_max_window_bits=9; client_no_context_takeover", "opens"},
		{"accepts-answers-that-do-not-fit", "", "opens"},
		{"wants-client-no-context-takeover-in-answers", "", "fails"},
		{"refuses-server-no-context-takeover-unasked", "; server_no_context_takeover", "fails"},
		{"refuses-server-max-window-bits-unasked", "; server_max_window_bits=15", "fails"},
		{"refuses-client-no-context-takeover", "; client_no_context_takeover", "fails"},
		{"refuses-windows-of-8-bits", "; server_max_window_bits=8", "fails"},
		{"refuses-client-windows-of-15-bits", "; client_max_window_bits=15", "fails"},
		{"refuses-quoted-values-in-answers", `; server_max_window_bits="9"`, "fails"},
		{"refuses-blanks-in-extensions-of-answers", " ; server_max_window_bits=9", "fails"},
		{"wants-parameters-of-answers-in-order", "; client_no_context_takeover; server_no_context_takeover", "fails"},
		{"reads-three-parameters-of-answers", "; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=9; x", "opens"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			cfg := testee.Config{}
			switch tt.fault {
			case "accepts-answers-that-do-not-fit":
				cfg.Offers = []deflate.Offer{{ServerMaxWindowBits: 9}}
			case "accepts-client-window-not-offered":
				cfg.Offers = []deflate.Offer{{}}
			}
			answer := strings.Replace(answer101, "KEY", "KEY\r\nSec-WebSocket-Extensions: permessage-deflate"+tt.answer, 1)
			right := answered(t, cfg, answer)
			cfg.Faults = testee.Faults{tt.fault: true}
			if got := answered(t, cfg, answer); got != tt.want {
				t.Errorf("client %s, want: %s", got, tt.want)
			}
			if right == tt.want {
				t.Errorf("without the fault the client %s too", right)
			}
		})
	}
}
