// SPDX-License-Identifier: Apache-2.0

package capture

import "fmt"

// gapText is the comment on a packet of which octets are not known.
const gapText = "wsspec: octets %d to %d of this segment are not known; zeros stand for them"

// formatGap prints the comment for n octets of the segment's payload from from on.
func formatGap(from, n int) string { return fmt.Sprintf(gapText, from, from+n-1) }

// parseGap reads what formatGap printed.
func parseGap(text string) (from, n int, ok bool) {
	var last int
	if _, err := fmt.Sscanf(text, gapText, &from, &last); err != nil || from < 0 || last < from || formatGap(from, last-from+1) != text {
		return 0, 0, false
	}
	return from, last - from + 1, true
}
