// SPDX-License-Identifier: Apache-2.0

package fuzzserver

import (
	"context"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// FuzzTarget wants of any request target: no panic, and that what is understood
// can be used as it is.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{
		"/", "", "*", "/getCaseCount", "/runCase?case=1&agent=x", "/runCase?&agent=a+b%2Fc%&casetuple=2.3", "http://h/getCaseInfo?case=2",
		"/fuzz", "/fuzz?agent=x&seed=-1", "/fuzz?agent=x&runs=0", "/fuzz?agent=x&agent=y",
		"/updateReports?agent=%ff%00&shutdownOnComplete=true&token=x#y", "/getCaseStatus?case=1&case=1&agent=%c3%28", "ws://?//", "/runCase?agent=%&case=%31",
	} {
		f.Add(target)
	}
	s := New(Config{Plan: runner.Plan([]conform.Case{{ID: "1.1"}, {ID: "2.3"}}, ws.Server), Store: nothing{}})
	f.Fuzz(func(t *testing.T, target string) {
		c, refusal := s.route(target)
		if refusal != nil {
			mistake := 500
			if c.path == pathFuzz {
				mistake = 400
			}
			if refusal.Status != mistake && refusal.Status != 414 || refusal.Why == "" || len(refusal.Why) > 200 {
				t.Fatalf("refused with %d %q", refusal.Status, refusal.Why)
			}
			return
		}
		planned, agent, known := needs(c.path)
		if known && len(c.agent) > MaxAgentName || agent && c.agent == "" || planned && c.planned.Number == 0 {
			t.Fatalf("understood as %+v", c)
		}
		if !utf8.ValidString(c.agent) || strings.ContainsFunc(c.agent, unicode.IsControl) {
			t.Fatalf("agent %q", c.agent)
		}
	})
}

// FuzzUnescape wants what is decoded to be no longer than what was sent, and text
// without escapes to stay as it is.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "a+b", "%41%zz%4", "100%", "%%41", "%2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := unescape(s)
		if len(got) > len(s) || !strings.ContainsAny(s, "%+") && got != s {
			t.Fatalf("%q became %q", s, got)
		}
		const digits = "0123456789abcdef"
		var escaped strings.Builder
		for i := range len(s) {
			escaped.WriteString("%" + digits[s[i]>>4:][:1] + digits[s[i]&15:][:1])
		}
		if got := unescape(escaped.String()); got != s {
			t.Fatalf("%q, every octet of it escaped, became %q", s, got)
		}
	})
}

// FuzzCommand wants of any command: no panic, and frames that can be sent.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		`["sendframe", {"opcode": 1, "payload": "Hello", "fin": false, "rsv": 4, "mask": "abcd", "payload_len": 9, "chopsize": 1, "sync": true}]`,
		`["sendframes", [{"opcode": 0}, {"opcode": 15, "payload": "\ud800"}]]`, `["close", {"code": 1000, "reason": "x"}]`, `["echo", {"payload": "x"}]`,
		`["close"]`, `[]`, `null`, `["echo", {"payload": null, "payload_len": 1e9}]`, `["sendframes", null]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		cmd, err := parseCommand(text)
		if err != nil {
			if !utf8.ValidString(fit(err.Error())) || len(fit(err.Error())) > ws.MaxControlPayload-2 {
				t.Fatalf("reason %q", err)
			}
			return
		}
		if len(cmd.payload) > ws.MaxControlPayload || len(cmd.frames) > maxFrames || cmd.close == (cmd.frames != nil) && len(cmd.frames) > 0 {
			t.Fatalf("understood as %+v", cmd)
		}
		for _, frame := range cmd.frames {
			if frame.Opcode > 15 || frame.RSV > 7 || frame.Chop < 0 || frame.Repeat < 0 || frame.Repeat > MaxCommand || frame.Repeat > 0 && len(frame.Payload) == 0 {
				t.Fatalf("frame %+v", frame)
			}
		}
	})
}

// nothing is a store that has no results.
type nothing struct{}

func (nothing) Begin(string) error                            { return context.Canceled }
func (nothing) Put(report.Result) error                       { return context.Canceled }
func (nothing) Finish() error                                 { return context.Canceled }
func (nothing) Agents() []string                              { return nil }
func (nothing) Behavior(string, string) (verdict.Grade, bool) { return "", false }
func (nothing) Size() int64                                   { return 0 }
