// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"

	"github.com/wsspec/wsspec/internal/report/telling"
)

// CasesOf is "1 case" or "2 cases".
func CasesOf(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

// paint colours a verdict: red, yellow or green.
func paint(word string, failed, passed bool) string {
	switch {
	case failed:
		return "\x1b[31m" + word + "\x1b[0m"
	case passed:
		return "\x1b[32m" + word + "\x1b[0m"
	}
	return "\x1b[33m" + word + "\x1b[0m"
}

// gradeLine is a line of the summary, with the ids where they are to be listed.
func gradeLine(name string, ids []string, width int, list bool) string {
	line := fmt.Sprintf("  %-24s %4d", name, len(ids))
	if !list {
		return line
	}
	return clip(line+"  "+telling.Ranges(ids), width)
}

// clipColored is clip for a line that may have colours in it, which take no room.
func clipColored(s string, width int) string {
	if visibleLen(s) <= width {
		return s
	}
	room, inside, end := 0, false, ""
	for i, r := range []rune(s) {
		switch {
		case r == '\x1b':
			inside, end = true, "\x1b[0m"
		case inside:
			inside = r != 'm'
		case room == width-1:
			return string([]rune(s)[:i]) + "…" + end
		default:
			room++
		}
	}
	return s
}

// clip cuts a line to the width.
func clip(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return s
}
