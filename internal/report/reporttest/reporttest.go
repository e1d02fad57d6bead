// SPDX-License-Identifier: Apache-2.0

// Package reporttest makes reports for tests of what writes reports: ordinary
// ones, large ones, and ones full of what peers should not have sent. It knows nothing
// of how they are written. Start at Mixed.
package reporttest

import (
	"fmt"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/conform"
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

// Result is a result that passed, with a conversation of ordinary length.
func Result(agent string, number int, id string) report.Result {
	log := wirelog.New(ws.Client)
	var err error
	if log.Records, err = wirelog.Parse(fmt.Sprintf(conversation, uint32(number)*2654435761)); err != nil {
		panic(err) // the conversation stands above
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

// Simple is a result that passed, without a conversation.
func Simple(agent, id string) report.Result {
	return report.Result{
		Agent: agent, ID: id, Title: "Text", Log: wirelog.New(ws.Client),
		Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}, Took: time.Millisecond,
	}
}

// Log is a conversation in the notation of package wirelog, of which nothing is judged.
func Log(role ws.Role, lines string) *wirelog.Log {
	l := wirelog.New(role)
	var err error
	if l.Records, err = wirelog.Parse(lines); err != nil {
		panic(err) // tests know what they write
	}
	l.Facts.Opened = true
	return l
}

// Judged is the result with the verdict on its conversation.
func Judged(r report.Result) report.Result {
	r.Verdict = verdict.Judge(r.Want, r.Close, r.Log)
	return r
}

// Catalogue is a report of n agents on all the cases. All passed.
func Catalogue(n int, all []conform.Case) *report.Report {
	rep := new(report.Report)
	for i := range n {
		agent := report.Agent{Name: fmt.Sprintf("agent-%02d", i)}
		for j, c := range all {
			agent.Results = append(agent.Results, Result(agent.Name, 1000*i+j+1, c.ID))
		}
		rep.Agents = append(rep.Agents, agent)
	}
	return rep
}

// Mixed is a report of two agents with a result of every kind.
func Mixed() *report.Report {
	rep := new(report.Report)
	add := func(agent, id string, behavior, closing verdict.Grade, change func(*report.Result)) {
		r := Result(agent, 7, id)
		r.Verdict.Behavior, r.Verdict.Close = behavior, closing
		if behavior == verdict.Failed {
			r.Verdict.Result = "Actual events match none of those expected."
			r.Log.Records = r.Log.Records[:9]
		}
		if closing == verdict.Failed {
			r.Verdict.CloseResult = "The connection was failed by the wrong endpoint"
		}
		if change != nil {
			change(&r)
		}
		rep.Add(r)
	}
	add("good", "1.1.1", verdict.OK, verdict.OK, nil)
	add("good", "6.4.1", verdict.NonStrict, verdict.OK, nil)
	add("good", "7.13.1", verdict.Informational, verdict.Informational, nil)
	add("good", "9.1.1", verdict.OK, verdict.OK, func(r *report.Result) { r.Timed = true })
	add("good", "12.1.1", verdict.Unimplemented, verdict.OK, func(r *report.Result) { r.Verdict.Result = "The peer does not do permessage-deflate." })
	add("poor", "1.1.1", verdict.Failed, verdict.Failed, nil)
	add("poor", "2.1", verdict.OK, verdict.Failed, nil)
	add("poor", "7.1.1", verdict.OK, verdict.Unclean, nil)
	add("poor", "7.5.1", verdict.Failed, verdict.WrongCode, nil)
	add("poor", "9.1.1", verdict.OK, verdict.FailedByClient, func(r *report.Result) {
		r.Timed, r.Took = true, 2345*time.Millisecond
		r.Attempt = 3
		r.Others = []report.Attempt{
			{
				Number: 1, Verdict: verdict.Verdict{Behavior: verdict.Failed, Close: verdict.OK, Result: "Did not receive message within 10 seconds."},
				Started: r.Started, Took: 10 * time.Second, Seed: 7, Why: "it failed", Explanation: []string{"rule      RFC 6455, 5.4", "received  nothing"}, Records: r.Log.Records, Left: 5,
			},
			{Number: 2, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}, Took: time.Second, Seed: 8},
		}
	})
	add("poor", "12.1.1", verdict.OK, verdict.OK, func(r *report.Result) {
		r.Timed, r.Ratio = true, true
		r.Log.Extension = "permessage-deflate"
		r.Log.Traffic = wirelog.Traffic{In: wirelog.Volume{Wire: 60, WebSocket: 51, App: 1000, Frames: 2, Messages: 2}, Out: wirelog.Volume{Wire: 55, WebSocket: 44, App: 1000, Frames: 2, Messages: 2}}
		r.Log.Compression = wirelog.Compression{Window: 512, Farthest: 700, Broken: []string{"RFC 7692, 7.1.2.1: a distance of 700 octets in a window of 512"}}
	})
	rep.Plan("good", []report.Planned{{ID: "1.1.1"}, {ID: "2.10", Title: "Ten pings"}, {ID: "2.11", Title: "Ten pings, chopped"}, {ID: "8.3.1", Title: "Too long", Needs: "frame-limit"}}, "the server was lost")
	return rep
}

// Nasty is text that breaks out of whatever does not escape it. It has a marker
// that a test can look for, Executed, where a script would run.
const Nasty = "</script><script>" + Executed + "</script><img src=x onerror=" + Executed + ">'\"><!--]]>&amp;&\u2028\u2029\u202e\x00\x1b[2J\xff\r\n::error::~~~\n```\n---\n...\n#`|*_[x](javascript:" + Executed + ")${1}{{.}}\\u0041%0A@all"

// Executed is what a script would do that is none of ours: it leaves a mark.
const Executed = "document.body.id=1"

// Hostile is a report in which every text that may come from a peer, or from a
// file, is Nasty.
func Hostile() *report.Report {
	rep := new(report.Report)
	for _, agent := range []string{Nasty, "", strings.Repeat("x", 1<<20), "ordinary"} {
		for _, g := range []verdict.Grade{verdict.Failed, verdict.OK, Nasty} {
			r := Result(agent, 1, "1."+string(g))
			r.Title, r.Spec, r.URL = Nasty, Nasty, Nasty
			r.Tags = []conform.Tag{Nasty}
			r.Verdict = verdict.Verdict{Behavior: g, Close: g, Result: Nasty, CloseResult: Nasty}
			r.Want.Outcomes = []verdict.Outcome{{Grade: Nasty, Events: []verdict.Event{{Type: wirelog.TextEvent, Data: ws.Literal([]byte(Nasty))}, {Type: wirelog.TimeoutEvent, Tag: Nasty}}}}
			r.File = "x_case_1_" + string(g) + ".json"
			hostileLog(r.Log)
			r.Attempt, r.Caveat = 2, Nasty
			r.Others = []report.Attempt{
				{Number: 1, Verdict: r.Verdict, Why: Nasty, Explanation: []string{Nasty}, Records: r.Log.Records},
				{Number: 3, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK, Result: Nasty}, Loaded: true, Why: Nasty},
			}
			rep.Add(r)
		}
	}
	return rep
}

func hostileLog(l *wirelog.Log) {
	l.Request, l.Response, l.Refused, l.Extension = []byte(Nasty), []byte(Nasty), Nasty, Nasty
	l.Facts.WasNotCleanReason, l.Facts.Local.Reason, l.Facts.Remote.Reason = Nasty, Nasty, Nasty
	l.Echo.Difference = Nasty
	l.Compression = wirelog.Compression{Window: 1, Broken: []string{Nasty}}
	payload := wirelog.Whole([]byte(Nasty))
	frame := wirelog.Frame{Header: ws.Header{Fin: true, Opcode: ws.Text, Length: uint64(len(Nasty))}, Payload: payload}
	closing := frame
	closing.Opcode, closing.Payload = ws.Close, wirelog.Whole(ws.AppendClosePayload(nil, 1002, Nasty))
	below := &wirelog.HTTPFrame{Proto: "h2", Type: "headers", Stream: 1, Words: []string{wirelog.Quoted("debug", Nasty)}, Fields: ws.Fields{{Name: Nasty, Value: Nasty}}}
	for kind := range wirelog.Full + 1 {
		l.Records = append(l.Records, wirelog.Record{At: time.Duration(kind) * time.Second, Kind: kind, Frame: frame, HTTP: below, Data: payload, Tag: Nasty, Note: Nasty})
	}
	l.Records = append(l.Records, wirelog.Record{At: time.Minute, Kind: wirelog.ReceivedFrame, Frame: closing}, wirelog.Record{At: time.Minute, Kind: wirelog.Event, Type: wirelog.TimeoutEvent, Tag: Nasty})
}
