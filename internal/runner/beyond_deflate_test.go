// SPDX-License-Identifier: Apache-2.0

package runner_test

import "testing"

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
		{"reads-quoted-windows-of-offers-as-15", "16.1.15", ""},
		{"accepts-invalid-offers", "16.2.1-23", ""},
		{"accepts-unknown-parameters-of-offers", "16.2.1-2", ""},
		{"accepts-repeated-parameters-of-offers", "16.2.19-23", ""},
		{"accepts-leading-zeros-of-offers", "16.2.7 16.2.15", ""},
		{"refuses-handshake-for-invalid-offer", "", "16.1.13 16.1.18 16.2.1-23"},
		{"answers-500-to-invalid-offer", "16.2.1-23", "16.1.13 16.1.18"},
		{"answers-deflate-not-offered", "16.2.1-23", ""},
	}, map[string]string{"16.1.17": "there is no wrong answer"})
	checkLegal(t, "16.*")
}
