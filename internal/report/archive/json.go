// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// encode prints JSON as the reference does: indented by three, only ASCII. The signs of
// our notation are not escaped: they are to be read.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return spread(b.Bytes()), nil
}

// spread is JSON that has no blanks, as it was encoded, in lines.
func spread(compact []byte) []byte {
	out := make([]byte, 0, 2*len(compact))
	depth, from := 0, 0 // from: what has been copied
	line := func(end int) {
		out = append(append(out, compact[from:end]...), '\n')
		for range depth {
			out = append(out, "   "...)
		}
		from = end
	}
	for i := 0; i < len(compact); i++ {
		switch c := compact[i]; c {
		case '"':
			out = append(out, compact[from:i]...)
			end := stringEnd(compact, i)
			out = appendASCII(out, compact[i:end])
			i, from = end-1, end
		case ':':
			out = append(append(out, compact[from:i]...), ": "...)
			from = i + 1
		case ',':
			line(i + 1)
		case '{', '[':
			if compact[i+1] == c+2 { // the other bracket
				i++
				continue
			}
			depth++
			line(i + 1)
		case '}', ']':
			depth--
			line(i)
		case '\n': // behind the value
			return append(out, compact[from:i]...)
		}
	}
	return append(out, compact[from:]...)
}

// stringEnd is where the string that begins at i ends.
func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// appendASCII appends a JSON string with what is not ASCII, and DEL, escaped.
func appendASCII(out, s []byte) []byte {
	from := 0
	for i := 0; i < len(s); {
		if s[i] < 0x7F {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		out = append(out, s[from:i]...)
		if r > 0xFFFF {
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
		from = i
	}
	return append(out, s[from:]...)
}
