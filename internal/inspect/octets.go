// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// Hex reads octets from hexadecimal digits, upper or lower case, with white space,
// commas and colons between them as you like, and 0x or \x before them. An octet has two
// digits. The error names the line and column, from 1.
func Hex(text []byte) ([]byte, error) {
	var out []byte
	line, column := 1, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		column++
		switch {
		case c == '\n':
			line, column = line+1, 0
			continue
		case bytes.IndexByte([]byte(" \t\r,:"), c) >= 0:
			continue
		case bytes.IndexByte([]byte(`0\`), c) >= 0 && i+1 < len(text) && text[i+1]|0x20 == 'x':
			i++
			column++
			continue
		}
		var octet [1]byte
		if i+1 >= len(text) || !isHex(c) || !isHex(text[i+1]) {
			return nil, fmt.Errorf("line %d, column %d: %s where two hexadecimal digits should be", line, column, found(text[i:]))
		}
		_, _ = hex.Decode(octet[:], text[i:i+2]) // they are digits
		out = append(out, octet[0])
		i++
		column++
	}
	return out, nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// found is the beginning of a text, to be shown in an error.
func found(text []byte) string {
	n := 0
	for range 2 {
		if n < len(text) {
			_, size := utf8.DecodeRune(text[n:])
			n += size
		}
	}
	return fmt.Sprintf("%q", text[:n])
}

// LooksHex reports whether the octets are a text for [Hex] rather than what is meant
// itself: digits, and nothing else that is not between or before them. The octets of
// WebSocket do not look so: a head begins with letters that are no digits, and a frame
// with an octet that is no character, but for one that continues nothing or is reserved.
func LooksHex(text []byte) bool {
	octets, err := Hex(text[:min(len(text), 1<<10)])
	if err != nil && len(text) > 1<<10 { // cut within an octet
		octets, err = Hex(text[:1<<10-1])
	}
	return err == nil && len(octets) > 0
}

// Guess returns who sent the octets of one side, whether they begin with frames, and
// the reason: the start of an HTTP head, or whether the first frame is masked.
func Guess(octets []byte) (from ws.Role, frames bool, why string) {
	switch {
	case bytes.HasPrefix(octets, []byte("HTTP/")):
		return ws.Server, false, "they begin with an HTTP response"
	case isRequest(octets):
		return ws.Client, false, "they begin with an HTTP request"
	case len(octets) > 1 && octets[1]&0x80 != 0:
		return ws.Client, true, "the first frame is masked"
	}
	return ws.Server, true, "the first frame is not masked"
}

// longestMethod is more than the name of any method takes, and a blank.
const longestMethod = 20

// isRequest reports whether the first line is that of a request, or its beginning a
// method and a blank.
func isRequest(octets []byte) bool {
	method, _, found := bytes.Cut(octets[:min(len(octets), longestMethod)], []byte(" "))
	if !found || !ws.IsToken(string(method)) {
		return false
	}
	for _, c := range method {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// Octets inspects what one side sent.
func Octets(o Options, from ws.Role, frames bool, octets []byte) Result {
	o.OneSide = true
	c := New(o, frames)
	c.Feed(from, 0, octets)
	c.End(from, 0, "")
	return c.Finish()
}
