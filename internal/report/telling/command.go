// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/ws"
)

// oftenEnough is how often a flaky case is repeated to see it fail.
const oftenEnough = " --repeat 10"

// Command is the command line that repeats just this case, with the flags that it
// depends on, and a flaky one several times. Its result takes the place of this one.
func Command(r report.Result) string {
	cmd := "wsspec test --cases " + quote(r.ID)
	if slices.Contains(r.Flags, "--cases") { // the case is a file
		cmd = "wsspec test"
	}
	if r.Log.Facts.Role == ws.Server {
		cmd = "wsspec serve --cases " + quote(r.ID)
	}
	if r.Log.Facts.Role == ws.Client && r.Seed != 0 {
		cmd += " --seed " + strconv.FormatUint(r.Seed, 10)
	}
	for _, f := range r.Flags {
		cmd += " " + quote(f)
	}
	if r.Log.Facts.Role == ws.Server {
		return cmd
	}
	if r.Flaky() && !slices.Contains(r.Flags, "--repeat") {
		cmd += oftenEnough
	}
	if r.URL == "" {
		return cmd + " URL"
	}
	return cmd + " " + quote(named(r))
}

// named is the URL with the name in front, so that the result takes the place of this
// one whatever the server calls itself, unless the name cannot stand there.
func named(r report.Result) string {
	if r.Agent == "" || strings.Contains(r.Agent, "=") || strings.Contains(r.Agent, "://") || strings.IndexFunc(r.Agent, func(c rune) bool { return !strconv.IsPrint(c) }) >= 0 {
		return r.URL
	}
	return r.Agent + "=" + r.URL
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
