// SPDX-License-Identifier: Apache-2.0

package wsspec_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wsspec/wsspec"
)

// found is what fuzzing has found of somebody.
func found() fstest.MapFS {
	return fstest.MapFS{
		"findings/text.wsspec":   {Data: []byte("conversation 1\nrole: client\n\n> text 0xff\n")},
		"findings/client.wsspec": {Data: []byte("conversation 1\nrole: server\n\n> text \"a\"\n")},
		"findings/notes.txt":     {Data: []byte("no conversation")},
	}
}

func TestReplay(t *testing.T) { wsspec.ReplayHandler(t, echo(), found(), patient()) }

func FuzzEcho(f *testing.F) { wsspec.FuzzHandler(f, echo(), patient()) }

// With a handler that is wrong, both fail and say why. They are run as somebody else's
// tests would be.
func TestWrongHandler(t *testing.T) {
	for name, want := range map[string]string{
		"TestReplayWrong":   "RFC 6455, 8.1 (6455-8.1-1, MUST)",
		"FuzzWrong":         "sent:\n",
		"TestReplayNothing": "there is no file that ends in .wsspec",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$")
		cmd.Env = append(os.Environ(), "WSSPEC_WRONG=1")
		out, err := cmd.CombinedOutput()
		if text := string(out); err == nil || !strings.Contains(strings.ReplaceAll(text, "\n        ", "\n"), want) || !strings.Contains(text, "--- FAIL: "+name) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func wrong(t testing.TB) {
	if os.Getenv("WSSPEC_WRONG") == "" {
		t.Skip("for TestWrongHandler")
	}
}

func TestReplayWrong(t *testing.T) {
	wrong(t)
	wsspec.ReplayHandler(t, echo("no-utf8-check"), found())
}

func TestReplayNothing(t *testing.T) {
	wrong(t)
	wsspec.ReplayHandler(t, echo(), fstest.MapFS{"a.txt": {}})
}

func FuzzWrong(f *testing.F) {
	wrong(f)
	wsspec.FuzzHandler(f, echo("echo-adds-octet"))
}
