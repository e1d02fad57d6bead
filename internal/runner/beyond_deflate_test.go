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

// TestDeflateFaults is about 18.1 and 19: compressed messages as they come in.
func TestDeflateFaults(t *testing.T) {
	const context = "18.1.6 18.1.15 18.1.21"
	checkCaught(t, "18.1.* 19.*", []caught{
		{"inflates-without-context", context, ""},
		{"inflates-without-tail", context, ""},
		{"inflates-each-fragment-alone", "18.1.2", ""},
		{"refuses-stored-blocks", "18.1.3 18.1.5 18.1.26", ""},
		{"refuses-uncompressed-with-deflate", "18.1.14-15", ""},
		{"uncompressed-message-resets-context", "18.1.15", ""},
		{"inflates-nothing-after-final-block", "18.1.21", ""},
		{"final-block-ends-inflating", "18.1.21", ""},
		{"drops-data-behind-final-block", "18.1.23", ""},
		{"fails-on-empty-end-of-compressed-message", "18.1.9", ""},
		{"ping-breaks-inflating", "18.1.16", ""},
		{"inflates-pings-between-fragments", "18.1.16", ""},
		{"leaves-tail-of-deflate", "18.1.1-5 18.1.9-10", ""},
		{"accepts-rsv1-on-continuation", "19.1.1-2", ""},
		{"accepts-rsv1-on-control", "19.1.3-5", ""},
		{"accepts-rsv2-with-deflate", "19.1.6-7", ""},
		{"delivers-what-it-could-inflate", "19.2.1-3", ""},
		{"skips-zlib-header", "19.2.10", ""},
		{"no-utf8-check-of-compressed-text", "19.3.1-2", ""},
		{"accepts-cut-compressed-text", "19.3.2", ""},
	}, map[string]string{
		"18.1.7": "an empty message", "18.1.8": "an empty message", "18.1.4": "a final block alone",
		"19.1.8": "RSV3", "19.1.9": "fragments", "19.1.10": "compresses no control frame",
		"19.2.6": "see 19.2.1", "19.2.11": "see 19.2.10", "19.2.14": "see 19.2.1", "19.3.4": "binary", "19.3.5": "see 19.3.2",
	})
	checkLegal(t, "18.1.* 19.*")
}
