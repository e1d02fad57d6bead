// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

func TestContrast(t *testing.T) {
	long := ws.Pattern{Unit: []byte("0123456789"), Len: 65535}
	wrong := []byte(strings.Repeat("0123456789", 6554)[:65535])
	wrong[60002] = 0xff
	for _, c := range []struct {
		want               ws.Pattern
		got                string
		expected, received string
	}{
		{ws.Literal([]byte("Hello, world!")), "Hello; world!", `65 6c 6c 6f [2c] 20 77 6f 72  "ello, wor"`, `65 6c 6c 6f [3b] 20 77 6f 72  "ello; wor"`},
		{ws.Literal([]byte("ab")), "b", `[61] 62  "ab"`, `[62]  "b"`},
		{ws.Literal([]byte("ab")), "abc", `61 62 [end]  "ab"`, `61 62 [63]  "abc"`},
		{ws.Literal([]byte("abc")), "", `[61] 62 63  "abc"`, `[end]  ""`},
		{ws.Literal(nil), "x", `[end]  ""`, `[78]  "x"`},
		{long, string(wrong), `38 39 30 31 [32] 33 34 35 36  "890123456"`, `38 39 30 31 [ff] 33 34 35 36  "8901\xff3456"`},
	} {
		got, differs := c.want.Contrast([]byte(c.got))
		if !differs || got.Expected() != c.expected || got.Received() != c.received {
			t.Errorf("%.20q: %s and %s, want %s and %s", c.got, got.Expected(), got.Received(), c.expected, c.received)
		}
	}
	if c, differs := long.Contrast([]byte(strings.Repeat("0123456789", 6554)[:65535])); differs {
		t.Errorf("the same differs: %v", c)
	}
}
