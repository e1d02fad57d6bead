// SPDX-License-Identifier: Apache-2.0

package wsspec_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/wsspec/wsspec"
)

// inner is the environment variable that tells a second process of this test which
// of the tests that fail it is to run.
const inner = "WSSPEC_TEST_INNER"

// failing are tests as users have them, by name.
func failing() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"a failure": func(t *testing.T) {
			wsspec.TestHandler(t, echo("ignores-rsv"), wsspec.Cases("1.1.1", "3.1"), patient())
		},
		"left out": func(t *testing.T) {
			wsspec.TestHandler(t, echo("ignores-rsv"), wsspec.Cases("1.1.1", "3.*"), wsspec.Exclude("3.*"), patient())
		},
		"not strict": func(t *testing.T) {
			wsspec.TestHandler(t, echo("forgets-echo-on-failure"), wsspec.Cases("3.2"), patient())
		},
		"strict": func(t *testing.T) {
			wsspec.TestHandler(t, echo("forgets-echo-on-failure"), wsspec.Cases("3.2"), wsspec.Strict(), patient())
		},
		"a list that is out of date": func(t *testing.T) {
			wsspec.TestHandler(t, echo(), wsspec.Cases("1.1.1"), wsspec.Known("1.*", "why"), patient())
		},
		"no such case":               func(t *testing.T) { wsspec.TestHandler(t, echo(), wsspec.Cases("1.1.99")) },
		"no such number of attempts": func(t *testing.T) { wsspec.TestHandler(t, echo(), wsspec.Cases("1.1.1"), wsspec.Retries(-1)) },
		"no connection":              func(t *testing.T) { wsspec.TestServer(t, "http://127.0.0.1:9001") },
		"no WebSocket":               func(t *testing.T) { wsspec.TestHandler(t, http.NotFoundHandler(), wsspec.Cases("1.*")) },
		"a header of two lines": func(t *testing.T) {
			wsspec.TestHandler(t, echo(), wsspec.Cases("1.1.1"), wsspec.Header("X", "a\r\nb"))
		},
	}
}

func TestInner(t *testing.T) {
	f := failing()[os.Getenv(inner)]
	if f == nil {
		t.Skip("for TestFailures, in another process")
	}
	f(t)
}

// What fails has to fail the test, by the name of the case, and say why.
func TestFailures(t *testing.T) {
	for name, want := range map[string]struct {
		fails bool
		says  []string
	}{
		"a failure": {true, []string{
			"--- FAIL: TestInner/3.1", "--- PASS: TestInner/1.1.1", "Text with RSV3 set", "rule      RFC 6455, 5.2", "result    FAILED: Actual events match none of those expected.",
		}},
		"left out":                   {false, []string{"--- PASS: TestInner/1.1.1"}},
		"not strict":                 {false, []string{"--- PASS: TestInner/3.2", "NON-STRICT: "}},
		"strict":                     {true, []string{"--- FAIL: TestInner/3.2", "result    NON-STRICT"}},
		"a list that is out of date": {true, []string{"this case was to fail (why) and does not: take it off the list"}},
		"no such case":               {true, []string{`wsspec: there is no case "1.1.99"`}},
		"no such number of attempts": {true, []string{"wsspec: Retries(-1): want 0 to 100"}},
		"no connection":              {true, []string{`wsspec: server URL "http://127.0.0.1:9001": the scheme is "http"`}},
		"no WebSocket":               {true, []string{`the server refuses the opening handshake: HTTP status 404 Not Found: "404 page not found"`}},
		"a header of two lines":      {true, []string{`wsspec: header "X" with the value "a\r\nb": want a name and one line`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestInner$", "-test.v")
			cmd.Env = append(os.Environ(), inner+"="+name)
			out, err := cmd.CombinedOutput()
			if _, exited := errors.AsType[*exec.ExitError](err); exited != want.fails || err != nil && !exited {
				t.Errorf("%v, want failure %v:\n%s", err, want.fails, out)
			}
			for _, s := range want.says {
				if !strings.Contains(string(out), s) {
					t.Errorf("%q is not in\n%s", s, out)
				}
			}
		})
	}
}

func TestOpeningHandshake(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{"Origin": "http://example.com", "Sec-Websocket-Protocol": "chat,superchat", "Authorization": "Basic eA=="} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		echo().ServeHTTP(w, r)
	})
	wsspec.TestHandler(t, h, wsspec.Cases("1.1.1"), wsspec.Origin("http://example.com"), wsspec.Subprotocols("chat", "superchat"), wsspec.Header("Authorization", "Basic eA=="), patient())
}
