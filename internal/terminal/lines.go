// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
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
	return clip(line+"  "+ranges(ids), width)
}

// clip cuts a line to the width.
func clip(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return s
}

// ranges lists ids and joins those that follow one another: "6.4.1–4, 7.1.6".
func ranges(ids []string) string {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, conform.CompareIDs)
	var parts []string
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && follows(ids[j-1], ids[j]) {
			j++
		}
		part := ids[i]
		if j-i > 1 {
			part += "–" + ids[j-1][strings.LastIndexByte(ids[j-1], '.')+1:]
		}
		parts = append(parts, part)
		i = j
	}
	return strings.Join(parts, ", ")
}

// follows reports whether b is the next id after a in the same section.
func follows(a, b string) bool {
	section := conform.Subcategory(a)
	var m, n int
	_, errA := fmt.Sscanf(a[len(section):], ".%d", &m)
	_, errB := fmt.Sscanf(b[len(conform.Subcategory(b)):], ".%d", &n)
	return section == conform.Subcategory(b) && errA == nil && errB == nil && n == m+1
}
