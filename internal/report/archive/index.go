// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"maps"
	"slices"
	"strconv"

	"github.com/wsspec/wsspec/internal/verdict"
)

// encodeIndex is encode for index.json, which may have tens of thousands of rows and is
// written again whenever one has changed.
func encodeIndex(index map[string]map[string]indexRow) []byte {
	n := 2
	for _, rows := range index {
		n += 100 + 250*len(rows)
	}
	b := append(make([]byte, 0, n), '{')
	for i, agent := range slices.Sorted(maps.Keys(index)) {
		b = beginMember(b, i, 1, agent)
		b = append(b, '{')
		rows := index[agent]
		for j, id := range slices.Sorted(maps.Keys(rows)) {
			b = beginMember(b, j, 2, id)
			b = appendRow(b, rows[id])
		}
		b = endObject(b, len(rows), 1)
	}
	return endObject(b, len(index), 0)
}

// beginMember is the comma behind the member before, the line and the name.
func beginMember(b []byte, before, depth int, name string) []byte {
	if before > 0 {
		b = append(b, ',')
	}
	return append(appendText(appendLine(b, depth), name), ": "...)
}

func appendLine(b []byte, depth int) []byte {
	b = append(b, '\n')
	for range depth {
		b = append(b, "   "...)
	}
	return b
}

func endObject(b []byte, members, depth int) []byte {
	if members > 0 {
		b = appendLine(b, depth)
	}
	return append(b, '}')
}

func appendRow(b []byte, r indexRow) []byte {
	grade := func(i int, name string, g verdict.Grade) { b = appendText(beginMember(b, i, 3, name), string(g)) }
	b = append(b, '{')
	grade(0, "behavior", r.Behavior)
	grade(1, "behaviorClose", r.BehaviorClose)
	b = strconv.AppendInt(beginMember(b, 2, 3, "duration"), r.Duration, 10)
	b = beginMember(b, 3, 3, "remoteCloseCode")
	if r.RemoteCloseCode == nil {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, int64(*r.RemoteCloseCode), 10)
	}
	b = appendText(beginMember(b, 4, 3, "reportfile"), r.ReportFile)
	return endObject(b, 5, 2)
}

// appendText is a JSON string as encode has it.
func appendText(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < 0x20 || c >= 0x7F || c == '"' || c == '\\' {
			text, _ := encode(s) // a string has no error
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
