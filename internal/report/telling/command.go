// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/ws"
)

// oftenEnough is how often a flaky case is repeated to see it fail.
const oftenEnough = " --repeat 10"

// Command is the command line that repeats just this case, and a flaky one several
// times.
func Command(r report.Result) string {
	if r.Log.Facts.Role == ws.Server {
		return "wsspec serve --cases " + quote(r.ID)
	}
	cmd := "wsspec test --cases " + quote(r.ID)
	if r.Seed != 0 {
		cmd += " --seed " + strconv.FormatUint(r.Seed, 10)
	}
	if r.Flaky() {
		cmd += oftenEnough
	}
	if r.URL == "" {
		return cmd + " URL"
	}
	return cmd + " " + quote(r.URL)
}

// quote makes one word of s for a POSIX shell. Control characters, which nobody
// can paste, are taken out.
func quote(s string) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	harmless := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+,=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !harmless(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
