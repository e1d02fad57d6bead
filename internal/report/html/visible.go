// SPDX-License-Identifier: Apache-2.0

package html

import (
	"fmt"
	escape "html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns s with everything that is not seen, or that changes how the rest
// is seen, as an escape sequence. Line feeds stay where lines is set.
func visible(s string, lines bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r), r == '\n' && lines:
			b.WriteString(s[i : i+n])
		case r == '\t':
			b.WriteByte(' ')
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}

// Longest names and sentences that are shown, in characters.
const (
	maxName     = 60
	maxSentence = 1000
)

// label is the name of an agent as it is shown.
func label(agent string) string {
	if agent == "" {
		return "(no name)"
	}
	return cut(visible(agent, false), maxName)
}

func sentence(s string) string { return cut(visible(s, false), maxSentence) }

// cut shortens s to n characters.
func cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s[:min(len(s), 4*n)])[:n-1]) + "…"
}

// markup builds HTML or SVG: text is escaped, tags are not.
type markup struct{ strings.Builder }

// tag appends mark-up of ours. Formatted values are numbers and words of ours.
func (m *markup) tag(format string, args ...any) {
	if len(args) == 0 {
		m.WriteString(format)
		return
	}
	fmt.Fprintf(m, format, args...)
}

// text appends what anybody may have written.
func (m *markup) text(s string) { m.WriteString(escape.EscapeString(s)) }
