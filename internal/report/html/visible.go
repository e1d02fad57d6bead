// SPDX-License-Identifier: Apache-2.0

package html

import (
	"fmt"
	escape "html"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/visible"
)

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
	return cut(visible.Text(agent), maxName)
}

func sentence(s string) string { return cut(visible.Text(s), maxSentence) }

// cut shortens s to n characters.
func cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s[:min(len(s), 4*n)])[:n-1]) + "…"
}

// markup builds HTML or SVG: text is escaped, tags are not.
type markup struct {
	strings.Builder
	compressed bool // permessage-deflate was agreed, so that RSV1 of a message means something
}

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
