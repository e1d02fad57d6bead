// SPDX-License-Identifier: Apache-2.0

package html_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

func TestFrameBits(t *testing.T) {
	r := reporttest.Result("a", 1, "1.1.1")
	for _, f := range []wirelog.Frame{
		{Header: ws.Header{Fin: true, Opcode: ws.Binary, Length: 65536}, Payload: wirelog.Payload{Len: 65536}}, // as we log what we send
		{Header: ws.Header{Fin: true, Opcode: ws.Binary, Length: 200, Form: ws.Length16}, Payload: wirelog.Payload{Len: 200}},
		{Header: ws.Header{Fin: true, Opcode: ws.Close, Length: 125}, Payload: wirelog.Beginning(append([]byte("\x03\xe8"), bytes.Repeat([]byte("x"), 123)...), 64)},
	} {
		r.Log.Records = append(r.Log.Records, wirelog.Record{Kind: wirelog.SentFrame, Frame: f})
	}
	text := textOf(parse(t, casePage(t, r)))
	for _, want := range []string{
		"FIN 0 RSV1 0 RSV2 0 RSV3 0 opcode 0001 text MASK 1 length 7 masking key 9e3779b1",
		"FIN 1 RSV1 0 RSV2 0 RSV3 0 opcode 0000 continuation MASK 1 length 10",
		"FIN 1 RSV1 1 RSV2 0 RSV3 0 opcode 1010 pong MASK 0 length 1",
		"opcode 0010 binary MASK 0 length 127 → 65536 in 64 bits",
		"opcode 0010 binary MASK 0 length 126 → 200 in 16 bits",
		`< close 0x03e862796521 · code 1000, reason "bye!"`,
		"Octets received by size of read Size Count Octets 4 1 4 22 1 22 129 1 129 Total 3 155",
		"Octets sent by size of write Size Count Octets 1 3 3 8 1 8 192 1 192 Total 5 203",
		"Frames received by opcode Opcode Count 8 close 1 Total 1",
		"Frames sent by opcode Opcode Count 1 text 1 8 close 1 Total 2",
		`code 1000, reason len=123 "` + strings.Repeat("x", 62) + `"...`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
}

// Attempts that came to the same and have nothing to show share a row.
func TestAttempts(t *testing.T) {
	passed := verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}
	failed := verdict.Verdict{Behavior: verdict.Failed, Close: verdict.OK, Result: "It is not right (RFC 6455, 5.4)."}
	r := reporttest.Result("a", 1, "1.1.1")
	r.Verdict, r.Attempt = failed, 4
	long := make([]wirelog.Record, report.AttemptHead+report.AttemptTail)
	for i := range long {
		long[i] = wirelog.Record{At: time.Duration(i) * time.Millisecond, Kind: wirelog.SentOctets, Data: wirelog.Whole([]byte{byte(i)})}
	}
	r.Others = []report.Attempt{
		{Number: 1, Verdict: failed, Loaded: true, Why: "it ran beside other cases", Seed: 7, Explanation: []string{"rule RFC 6455, 5.4"}, Records: long, Left: 1000},
		{Number: 2, Verdict: passed, Took: 3 * time.Millisecond, Seed: 7},
		{Number: 3, Verdict: passed, Took: 2 * time.Millisecond, Seed: 7},
		{Number: 5, Verdict: passed, Took: 9 * time.Millisecond, Seed: 7},
		{Number: 6, Verdict: failed, Why: "it failed", Seed: 9},
	}
	page := casePage(t, r)
	text := textOf(parse(t, page))
	at := 0
	for _, want := range []string{
		"1 ✗ FAILED, closing OK 0 ms · it ran beside other cases: does not count It is not right (", "RFC 6455, 5.4", "rule RFC 6455, 5.4",
		"0.000000 >> 1 00 0.001000 >> 1 01", "0.079000 >> 1 4f 1000 more records were not kept 0.080000 >> 1 50", "0.119000 >> 1 77",
		"2–3 ✓ OK, closing OK 2 ms to 3 ms",
		"4 ✗ FAILED, closing OK 1 ms · counts, and is told on this page",
		"5 ✓ OK, closing OK 9 ms",
		"6 ✗ FAILED, closing OK 0 ms · seed 9 · repeated as it failed; no more is kept of it",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is not in the page behind\n%s", want, text[:at])
		}
		at += i + len(want)
	}
	if !strings.Contains(page, "<li value=1080 class=txo>") {
		t.Error("what is behind a gap is not numbered as in the whole log")
	}
}
