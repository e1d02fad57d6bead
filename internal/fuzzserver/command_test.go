// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestDirectCommandMode(t *testing.T) {
	for _, tt := range []struct{ command, want string }{
		{`["sendframe", {"opcode": 1, "payload": "Hello"}]`, "\x81\x05Hello"},
		{`["sendframe", {"opcode": 5, "payload": "é", "fin": false, "rsv": 7, "mask": null, "payload_len": null, "chopsize": null, "sync": true}]`, "\x75\x02é"},
		{`["sendframe", {"opcode": 2, "payload": "abc", "payload_len": 7, "chopsize": 2}]`, "\x82\x07abcabca"},
		{`["sendframe", {"opcode": 2, "payload": "abc", "payload_len": 0}]`, "\x82\x00"},
		{`["sendframe", {"opcode": 1, "payload": "\u0000\u0001", "mask": "\u0000\u00ff\u0001\u0002"}]`, "\x81\x82\x00\xff\x01\x02\x00\xfe"},
		{`["sendframes", [{"opcode": 1, "fin": false, "payload": "a"}, {"opcode": 9}, {"opcode": 0, "payload": "b"}]]`, "\x01\x01a\x89\x00\x80\x01b"},
		{`["sendframes", []]`, ""},
		{`["echo", {"payload": "Hi", "payload_len": 3}]`, "\x81\x03HiH"},
		{`["echo"]`, "\x81\x00"},
		{`["close", {"code": 999, "reason": "x"}]`, "\x88\x03\x03\xe7x"},
		{`["close", {"code": 1000}]`, "\x88\x02\x03\xe8"},
		{`["close"]`, "\x88\x00"},
	} {
		t.Run(tt.command, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, fuzzserver.Config{})
				defer r.finish()
				c := r.open("/?case=1&case=2")
				c.text(tt.command)
				c.exactly("answer", tt.want)
				if !strings.HasPrefix(tt.want, "\x88") {
					c.text(tt.command) // it does so again
					c.exactly("answer", tt.want)
				}
				if got := c.closing(); got != "" && got != "\x88\x02\x03\xe8" {
					t.Errorf("after our Close came %q", got)
				}
			})
		})
	}
}

func TestWrongCommands(t *testing.T) {
	for command, reason := range map[string]string{
		`hello`:                                  "no JSON array",
		`{}`:                                     "no JSON array",
		`[]`:                                     "an array of a name and an object",
		`[1]`:                                    "an array of a name and an object",
		`["echo", {}, {}]`:                       "an array of a name and an object",
		`["shutdown"]`:                           "want sendframe, sendframes, close or echo",
		`["sendframe", null]`:                    "its arguments are null",
		`["sendframe", []]`:                      "cannot unmarshal",
		`["sendframe"]`:                          "opcode: want a number",
		`["sendframe", {"opcode": "1"}]`:         "opcode: a string is not",
		`["sendframe", {"opcode": 16}]`:          "from 0 to 15",
		`["sendframe", {"opcode": 256}]`:         "opcode: a number",
		`["sendframe", {"opcode": 1, "rsv": 8}]`: "from 0 to 7",
		`["sendframe", {"opcode": 1, "chopsize": -1}]`:                                                                   "chopsize is negative",
		`["sendframe", {"opcode": 1, "mask": "abc"}]`:                                                                    "mask has 3 characters",
		`["sendframe", {"opcode": 1, "mask": "abc€"}]`:                                                                   "U+20AC is no octet",
		`["sendframe", {"opcode": 1, "payload": "a", "payload_len": 4611686018427387904}]`:                               "payload_len: want a number from 0 to 16777216",
		`["sendframe", {"opcode": 1, "payload": "a", "payload_len": -1}]`:                                                "payload_len: want",
		`["sendframe", {"opcode": 1, "payload_len": 1}]`:                                                                 "no payload to repeat",
		`["sendframes", [{"opcode": 1}, {}]]`:                                                                            "frame 2: opcode",
		`["sendframes", [` + strings.Repeat(`{"opcode":1},`, 1000) + `{"opcode":1}]]`:                                    "1001 frames: want at most 1000",
		`["sendframes", [{"opcode":1,"payload":"a","payload_len":16777216},{"opcode":1,"payload":"a","payload_len":1}]]`: "in all",
		`["close", {"reason": "x"}]`:                                                                                     "a reason needs a code",
		`["close", {"code": 65536}]`:                                                                                     "code: a number",
		`["close", {"code": 1000, "reason": "` + strings.Repeat("x", 124) + `"}]`:                                        "at most 123 octets",
		`["` + strings.Repeat("é", 200) + `"]`:                                                                           "…",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, fuzzserver.Config{})
			defer r.finish()
			c := r.open("/direct")
			c.text(command)
			c.exactly("opcode", "\x88")
			got := c.closing()[1:]
			if got[:2] != "\x03\xeb" || reason != "…" && !strings.Contains(got, reason) || len(got) > ws.MaxControlPayload {
				t.Errorf("%.60s: Close %q, want 1003 and %q", command, got, reason)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		c := r.open("/direct")
		c.write("\x8a\x80\x00\x00\x00\x00") // a pong is no command, and no mistake
		c.write("\x82\x82\x00\x00\x00\x00[]")
		c.exactly("binary message", "\x88\x22\x03\xebwant a command in a text message")
		c.closing()
	})
}

func TestCommandsEndWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, fuzzserver.Config{})
		defer r.finish()
		c := r.open("/direct")
		begun := time.Now()
		c.exactly("Close", "\x88\x19\x03\xe9no command for too long")
		if took := time.Since(begun); took != fuzzserver.CommandPatience {
			t.Errorf("closed after %v, want %v", took, fuzzserver.CommandPatience)
		}
		c.closing()
	})
}

// Who may stop the server, have it exit after the reports, and command it.
func TestControlIsForThoseWhoMay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cfg   fuzzserver.Config
		local bool
		query string
		may   bool
	}{
		{name: "this machine", local: true, may: true},
		{name: "another one"},
		{name: "another one with a token nobody asked for", query: "token=x"},
		{name: "this machine without the token", cfg: fuzzserver.Config{Token: "sesame"}, local: true},
		{name: "this machine with a wrong token", cfg: fuzzserver.Config{Token: "sesame"}, local: true, query: "token=sesam"},
		{name: "another one with the token", cfg: fuzzserver.Config{Token: "sesame"}, query: "token=sesame", may: true},
		{name: "another one where everyone may", cfg: fuzzserver.Config{AnyoneControls: true}, may: true},
	} {
		addr := remote
		if tt.local {
			addr = loopback
		}
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, tt.cfg)
				defer r.finish()
				ask := func(target string) *client { return r.ask(r.connectFrom(addr), request(target+tt.query)) }
				ask("/updateReports?agent=x&").answers("reports", "")
				c := ask("/anything?")
				c.text(`["echo", {"payload": "Hi"}]`)
				if tt.may {
					c.exactly("echo", "\x81\x02Hi")
				} else {
					c.exactly("Close", "\x88")
					if got := c.closing(); !strings.Contains(got, "\x03\xf0command mode: ") {
						t.Errorf("Close %q, want 1008", got)
					}
				}
				if !tt.may {
					ask("/stopServer?").refused(t, 403, "token")
					ask("/updateReports?agent=x&shutdownOnComplete=true&").refused(t, 403, "token")
					return
				}
				ask("/stopServer?").answers("stopServer", "")
				r.served <- <-r.served // for the finish
			})
		})
	}
}
