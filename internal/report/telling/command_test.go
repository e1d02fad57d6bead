// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"os/exec"
	"testing"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestCommand(t *testing.T) {
	server := reporttest.Simple("a", "6.4.1")
	server.Log.Facts.Role = ws.Server
	seeded := reporttest.Simple("a", "6.4.1")
	seeded.Seed = 7
	hostile := reporttest.Simple("a", "1.1.1; rm -rf /")
	hostile.URL = "ws://h/?a=`id`&b='$(x)'\n\x1b[2J"
	plain := reporttest.Simple("a", "6.4.1")
	plain.URL = "ws://localhost:9001/a%20b"
	dressed := reporttest.Simple("My Server", "6.4.1")
	dressed.URL, dressed.Flags = "ws://h/", []string{"--header", "Cookie: it's", "--insecure"}
	listening := server
	listening.Flags = []string{"--fail-by-drop"}
	for want, r := range map[string]report.Result{
		"wsspec serve --cases 6.4.1":                                                           server,
		"wsspec test --cases 6.4.1 --seed 7 URL":                                               seeded,
		"wsspec test --cases 6.4.1 a=ws://localhost:9001/a%20b":                                plain,
		`wsspec test --cases 6.4.1 --header 'Cookie: it'\''s' --insecure 'My Server=ws://h/'`:  dressed,
		"wsspec serve --cases 6.4.1 --fail-by-drop":                                            listening,
		`wsspec test --cases '1.1.1; rm -rf /' 'a=ws://h/?a=` + "`id`" + `&b='\''$(x)'\''[2J'`: hostile,
	} {
		if got := telling.Command(r); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	// A shell takes the words as they are.
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	out, err := exec.Command(sh, "-c", "wsspec() { printf '%s\\n' \"$@\"; }; "+telling.Command(hostile)).Output()
	if want := "test\n--cases\n1.1.1; rm -rf /\na=ws://h/?a=`id`&b='$(x)'[2J\n"; err != nil || string(out) != want {
		t.Errorf("the shell reads %q, %v, want %q", out, err, want)
	}
}
