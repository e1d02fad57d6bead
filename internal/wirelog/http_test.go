// SPDX-License-Identifier: Apache-2.0

package wirelog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestHTTPFramesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"h2":                        "no opcode", // a frame of WebSocket then
		"h2 ":                       "one blank",
		"h2 headers stream=x":       "want a number",
		"h2 headers stream=-1":      "want a number",
		"h2 headers :method":        "has no value",
		"h2 headers :method \"GET":  "without an end",
		"h2 headers  stream=1":      "one blank",
		`h2 headers "a"b c`:         "invalid syntax",
		`h2 headers :method "a" "b`: "without an end",
	} {
		_, err := wirelog.ParseHTTPFrame(text)
		if want == "no opcode" {
			want = "want h2 or h3"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What somebody else saw stands where its time belongs, and what is too long is cut.
func TestAddHTTP(t *testing.T) {
	l := wirelog.New(ws.Client)
	at := func(ms int) time.Time { return l.Start.Add(time.Duration(ms) * time.Millisecond) }
	l.Add(at(1), wirelog.Record{Kind: wirelog.Noted, Note: "a"})
	l.Add(at(3), wirelog.Record{Kind: wirelog.Noted, Note: "b"})
	l.AddHTTP(at(-1), false, &wirelog.HTTPFrame{Proto: "h2", Type: "settings", Stream: -1})
	l.AddHTTP(at(2), false, &wirelog.HTTPFrame{Proto: "h2", Type: "ping", Stream: -1})
	long := make(ws.Fields, 100)
	for i := range long {
		long[i] = ws.Field{Name: "x", Value: strings.Repeat("y", 1000)}
	}
	l.AddHTTP(at(4), true, &wirelog.HTTPFrame{Proto: "h2", Type: "headers", Stream: 1, Fields: long})
	l.Mute(at(5), true)
	l.AddHTTP(at(6), true, &wirelog.HTTPFrame{Proto: "h2", Type: "data", Stream: 1})
	if len(l.Records) != 6 || l.Records[0].String() != "0.000000 < h2 settings" || l.Records[2].Text() != "< h2 ping" {
		t.Errorf("records: %v", l.Records)
	}
	if f := l.Records[4].HTTP; len(f.Fields) != wirelog.KeepFields || len(f.Fields[0].Value) != wirelog.KeepField || !f.Has("cut") {
		t.Errorf("%d fields are kept, the first with %d octets: %v", len(f.Fields), len(f.Fields[0].Value), f.Words)
	}
	if v, ok := l.Records[4].HTTP.Value("len"); ok {
		t.Errorf("there is no length, and it is %q", v)
	}
}
