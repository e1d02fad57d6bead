// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"reflect"
	"testing"

	"github.com/wsspec/wsspec/internal/verdict"
)

func TestEventNotation(t *testing.T) {
	for _, line := range []string{
		`text "Hello"`, `binary 0x00ff`, `maybe pong "x"`, `often text *`, `timeout A`, `close 1002|1007`, `close 1005`, `close *`,
		`end`, `end|reset`, `reset`, `still open`, `http 400|4`, `http *`, `http 400|4 Sec-WebSocket-Version: 13`, `http * Upgrade: *`, `pong ""`, `message begun`, `text len=65536 "***"...`, `maybe close 1000`, `close * in reply`,
		`end, behind close_notify`, `end|reset, without close_notify|behind a TLS alert`, `maybe reset, in the TLS handshake`,
	} {
		e, err := verdict.ParseEvent(line)
		if err != nil || e.String() != line {
			t.Errorf("%s: read as %s, %v", line, e, err)
		}
		again, err := verdict.ParseEvent(e.String())
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("%s: %+v read again as %+v, %v", line, e, again, err)
		}
	}
	for _, line := range []string{"", "close x", "close 70000", "http", "maybe", "message", "http 4 Upgrade", "http 4 Up grade: a", "http 4 A: b, c", `unasked pong ""`, `text len=99999999999 "a"...`, `text len=5 ""...`, "end, ", "end, soon", "reset,"} {
		if e, err := verdict.ParseEvent(line); err == nil {
			t.Errorf("%q is read as %s", line, e)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, s := range []string{`text "Hello"`, "maybe close 1002|1007", "http 4|5", "http 426 Upgrade: websocket", "often text *", "end|reset", "still open", "close 1000 in reply", "end|reset, behind close_notify|in the TLS handshake"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := verdict.ParseEvent(s)
		if err != nil {
			return
		}
		if again, err := verdict.ParseEvent(e.String()); err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("%q: %+v is printed as %q and read as %+v, %v", s, e, e, again, err)
		}
	})
}
