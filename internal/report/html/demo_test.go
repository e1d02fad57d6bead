// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

const conversation = `0.000010 >> 192 474554202f20485454502f312e31...
0.000110 << 129 485454502f312e31...
0.000200 > text more mask=%08[1]x chop=1 "Hello, "
0.000205 > continuation mask=%08[1]x "κόσμε"
0.000210 >> 1 01
0.000211 >> 1 87
0.000212 >> 1 37
0.000215 # wait 1s A
1.000215 # waited A
1.000216 = timeout A
1.000220 # close after 1s
1.000221 << 22 8114...
1.000230 < text "Hello, κόσμε"
1.000231 = text "Hello, κόσμε"
1.000240 < pong rsv=4 "x"
1.000241 # violation "RFC 6455, 5.2: RSV1 is set without an extension that says what for"
1.000249 > close mask=%08[1]x 0x03ea
1.000250 >> 8 8882...
1.000260 << 6 8804...
1.000261 < close 0x03e862796521
1.000500 # dropped by peer`

// story is a result with a conversation of ordinary length.
func story(tb testing.TB, agent string, number int, id string) report.Result {
	tb.Helper()
	log := wirelog.New(ws.Client)
	var err error
	if log.Records, err = wirelog.Parse(fmt.Sprintf(conversation, uint32(number)*2654435761)); err != nil {
		tb.Fatal(err)
	}
	log.Start = time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.UTC)
	log.Request = []byte("GET /echo HTTP/1.1\r\nHost: example.com:9001\r\nUpgrade: WebSocket\r\n\r\n")
	log.Response = []byte("HTTP/1.1 101 Switching Protocols\r\nServer: example/1.0\r\n\r\n")
	log.Facts = wirelog.Facts{
		Role: ws.Client, Opened: true, ClosedByMe: true, WasClean: true,
		Local: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1002}, Remote: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1000, Reason: "bye!"},
	}
	log.Stats = wirelog.Stats{ReceivedOctets: map[int]int{129: 1, 22: 1, 4: 1}, SentOctets: map[int]int{192: 1, 1: 3, 8: 1}}
	log.Stats.CountFrame(true, ws.Text)
	log.Stats.CountFrame(true, ws.Close)
	log.Stats.CountFrame(false, ws.Close)
	return report.Result{
		Agent: agent, ID: id, Number: number, Title: "Text in two fragments, one octet at a time", Spec: "RFC 6455, 5.4",
		Want:    verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{{Type: wirelog.TextEvent, Data: ws.Literal([]byte("Hello, κόσμε"))}}}}},
		Close:   verdict.Closing{ByUs: true, Codes: []ws.CloseCode{1000}, Clean: true},
		Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK, Result: "Actual events match at least one expected.", CloseResult: "Connection was properly closed"},
		Started: log.Start, Took: time.Duration(number) * time.Millisecond, Seed: 7, Log: log, URL: "ws://example.com:9001/echo",
	}
}

// manyStories is a report of n agents on the whole catalogue.
func manyStories(tb testing.TB, n int) *report.Report {
	rep := new(report.Report)
	for i := range n {
		agent := report.Agent{Name: fmt.Sprintf("agent-%02d", i)}
		for j, c := range cases.All(cases.Current) {
			agent.Results = append(agent.Results, story(tb, agent.Name, 1000*i+j+1, c.ID))
		}
		rep.Agents = append(rep.Agents, agent)
	}
	return rep
}
