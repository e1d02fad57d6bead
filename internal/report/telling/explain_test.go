// SPDX-License-Identifier: Apache-2.0

package telling_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

func textEvent(s string) verdict.Event {
	return verdict.Event{Type: wirelog.TextEvent, Data: ws.Literal([]byte(s))}
}

func pongEvent(s string) verdict.Event {
	return verdict.Event{Type: wirelog.PongEvent, Data: ws.Literal([]byte(s))}
}

func TestExplain(t *testing.T) {
	closing := verdict.Closing{Codes: []ws.CloseCode{1002}}
	want := verdict.Want{Outcomes: []verdict.Outcome{
		{Grade: verdict.OK, Events: []verdict.Event{textEvent("Hello, world!")}}, {Grade: verdict.NonStrict},
	}}
	late := reporttest.Log(ws.Client, "0.1 = text \"Hello, world!\"\n0.2 = pong \"\"\n1.2 # fail\n1.3 # dropped by me")
	late.Facts.ClosedByMe, late.Facts.FailedByMe = true, true
	late.Facts.Local = wirelog.CloseFacts{Sent: true, Coded: true, Code: 1001}
	late.Facts.Remote = wirelog.CloseFacts{Sent: true, Coded: true, Code: 1000, Reason: "bye\x1b[2J\u202e" + strings.Repeat("long ", 20)}
	late.Facts.WasNotCleanReason = "server did not drop TCP connection (in time)"
	violent := reporttest.Log(ws.Server, "0.1 < ping more \"\"\n0.1 # violation \"RFC 6455, 5.5: a control frame must not be fragmented\"")
	refused := wirelog.New(ws.Client)
	refused.Refused = "RFC 6455, 4.2.2: status 404 Not Found, want 101"
	echoes := reporttest.Log(ws.Client, "")
	echoes.Echo = wirelog.Echo{Sent: 12, Matched: 11, Difference: "message 12: octet 5 of 64: expected 0x41, received 0x42"}
	for name, r := range map[string]report.Result{
		"extra pong":     {ID: "4.1.3", Title: "Text, then a frame with reserved opcode 5, then a ping", Spec: "RFC 6455, 5.2", Want: want, Close: closing, Log: late},
		"other payload":  {ID: "1.1.2", Title: "Text of 13 octets", Spec: "RFC 6455, 5.6", Want: want, Close: closing, Log: reporttest.Log(ws.Client, `0.1 = text "Hello; world!"`)},
		"binary instead": {ID: "1.1.2", Title: "Text of 13 octets", Spec: "RFC 6455, 5.6", Want: want, Close: closing, Log: reporttest.Log(ws.Client, `0.1 = binary "Hello, world!"`)},
		"broken rule":    {ID: "2.10", Title: "Ten pings", Spec: "RFC 6455, 5.5.3", Want: verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{pongEvent("a")}}}}, Log: violent},
		"only a ping":    {ID: "2.2", Title: "Ping", Spec: "RFC 6455, 5.5.3", Want: verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{pongEvent("a")}}}}, Log: reporttest.Log(ws.Client, `0.1 < ping "a"`)},
		"invalid text": {ID: "6.3.1", Title: "Text with a surrogate", Spec: "RFC 6455, 8.1", Want: verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK}}}, Close: verdict.Closing{Codes: []ws.CloseCode{1007}},
			Log: reporttest.Log(ws.Client, "0.1 < text 0x6180\n0.1 # violation \"RFC 6455, 8.1: text that is not UTF-8\"")},
		"late difference": {ID: "2.11", Title: "Forty pings", Spec: "RFC 6455, 5.5.3", Want: verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: slices.Repeat([]verdict.Event{pongEvent("a  b")}, 40)}}},
			Log: reporttest.Log(ws.Client, strings.Repeat("0.1 = pong \"a  b\"\n", 30)+`0.2 = text "\x00"`)},
		"no handshake": {ID: "1.1.1", Title: "Empty text", Spec: "RFC 6455, 5.6", Want: want, Close: closing, Log: refused},
		"wrong echo":   {ID: "9.7.1", Title: "A thousand texts", Spec: "RFC 6455, 5.6", Want: verdict.Want{Echoes: 1000, Within: 60e9}, Log: echoes},
		"many events": {ID: "2.10", Title: "Ten pings", Spec: "RFC 6455, 5.5.3", Want: want, Log: reporttest.Log(ws.Client, strings.Repeat("0.1 = pong \"a\"\n", 40)),
			Attempt: 5, Others: []report.Attempt{
				{Number: 1, Verdict: verdict.Verdict{Behavior: verdict.NonStrict, Close: verdict.Unclean}, Loaded: true, Why: "it ran beside other cases"},
				{Number: 2, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}},
				{Number: 3, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}},
				{Number: 4, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := telling.Explain(reporttest.Judged(r))
			for _, line := range lines {
				if n := utf8.RuneCountInString(line); n > telling.Width {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			golden.Check(t, "explain/"+strings.ReplaceAll(name, " ", "_")+".txt", []byte(strings.Join(lines, "\n")+"\n"))
		})
	}
}
