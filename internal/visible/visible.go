// SPDX-License-Identifier: Apache-2.0

// Package visible makes text from a peer fit to be shown: nothing in it is hidden, and
// nothing changes how the rest is seen. It knows nothing of where the text is shown,
// whose own escapes come on top. Start at Text.
package visible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with each character that nobody sees, or that changes how
// others are seen, as an escape sequence, and each octet that is no UTF-8 too.
func Text(s string) string { return escape(s, false) }

// Lines is Text, but line feeds stay.
func Lines(s string) string { return escape(s, true) }

func escape(s string, lines bool) string {
	seen := func(r rune) bool { return unicode.IsGraphic(r) || r == '\n' && lines }
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !seen(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case seen(r):
			b.WriteString(s[i : i+n])
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}
