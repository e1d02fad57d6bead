// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
)

// indented is what spread is to come to.
func indented(t testing.TB, compact []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "   "); err != nil {
		t.Fatal(err)
	}
	var s string
	for _, r := range b.String() {
		if r < 0x7F {
			s += string(r)
			continue
		}
		c, err := json.Marshal(string(r))
		if err != nil {
			t.Fatal(err)
		}
		if string(c) == `"`+string(r)+`"` { // Marshal escapes few
			for _, u := range utf16(r) {
				s += u
			}
			continue
		}
		s += string(c[1 : len(c)-1])
	}
	return s
}

func utf16(r rune) []string {
	const digits = "0123456789abcdef"
	unit := func(u rune) string {
		return `\u` + string([]byte{digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15]})
	}
	if r < 0x10000 {
		return []string{unit(r)}
	}
	r -= 0x10000
	return []string{unit(0xD800 + r>>10), unit(0xDC00 + r&0x3FF)}
}

// Case files are in lines as the standard library makes them.
func TestSpread(t *testing.T) {
	for _, rep := range []*report.Report{reporttest.Mixed(), reporttest.Hostile()} {
		for _, a := range rep.Agents {
			for _, r := range a.Results {
				f := referenceFile(r)
				f.Extra = newExtra(r)
				if len(f.Agent) > 1000 {
					f.Agent = f.Agent[:1000]
				}
				var b bytes.Buffer
				e := json.NewEncoder(&b)
				e.SetEscapeHTML(false)
				if err := e.Encode(f); err != nil {
					t.Fatal(err)
				}
				if got, want := string(spread(b.Bytes())), indented(t, bytes.TrimSpace(b.Bytes())); got != want {
					t.Fatalf("got\n%s\nwant\n%s", got, want)
				}
			}
		}
	}
}

func FuzzSpread(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `""`, `null`, `{"a":[1,-2.5e3,{"b":"\\\"c\u007f"},[],{}],"κ":"😀\u2028"}`, `[[],[[]],{"":""}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v any
		if json.Unmarshal([]byte(s), &v) != nil {
			return
		}
		compact, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(spread(append(compact, '\n'))), indented(t, compact); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}
