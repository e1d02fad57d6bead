// SPDX-License-Identifier: Apache-2.0

package archive_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/golden"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/archive"
	"github.com/wsspec/wsspec/internal/report/reporttest"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

var started = time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.UTC)

// everyRecord is a log with a record of every kind.
const everyRecord = `0.000010 >> 192 474554202f20485454502f312e31...
0.000110 << 129 485454502f312e31...
0.000200 > text mask=37fa213d repeat=65535 chop=997 sync len=65535 "****************************************************************"...
0.000210 >> 10 818437fa213d7f9f4d51
0.000215 # wait 1s A
1.000215 # waited A
1.000216 = timeout A
1.000220 # close after 1s
1.000230 < text more rsv=4 "\u03bb"
1.000240 < continuation 0xff
1.000241 # violation "RFC 6455, 8.1: text is not UTF-8"
1.000242 = binary 0xff00
1.000243 = pong "p"
1.000244 = text len=65535 sha256=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 "****************************************************************"...
1.000245 # fail after 1.5s
1.000246 # log off
1.000247 # log on
1.000248 # fail
1.000249 > close mask=00000000 0x03e9
1.000250 # not sent text "late"
1.000260 < opcode7 mask=01020304 form=64 declared=9223372036854775808 "x"
1.000300 # close
1.000400 # log full
1.000500 # dropped by me`

// everything is a result in which as much as possible is not zero.
func everything(t *testing.T) report.Result {
	t.Helper()
	log := reporttest.Log(ws.Client, everyRecord)
	log.Start = started
	log.Request = []byte("GET /echo?x=<b> HTTP/1.1\r\nHost: example.com:9001\r\n\r\n")
	log.Response = []byte("HTTP/1.1 101 Switching Protocols\r\nServer: \xff\u2028</script>\r\n\r\n")
	log.Extension = "permessage-deflate"
	log.Facts = wirelog.Facts{
		Role: ws.Client, Opened: true, ClosedByMe: true, FailedByMe: true, DroppedByMe: true,
		WasNotCleanReason: "peer did not answer", WasServerConnectionDropTimeout: true, WasOpenHandshakeTimeout: true, WasCloseHandshakeTimeout: true,
		Local: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1001}, Remote: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1011, Reason: "why \xff not"},
	}
	log.Stats = wirelog.Stats{ReceivedOctets: map[int]int{2: 1, 129: 1, 13: 4}, SentOctets: map[int]int{192: 1, 10: 1}}
	log.Stats.CountFrame(true, ws.Text)
	log.Stats.CountFrame(false, ws.Pong)
	log.Traffic = wirelog.Traffic{
		In:  wirelog.Volume{Preopen: 129, Wire: 100, WebSocket: 90, App: 360, Frames: 3, Messages: 2, Deflated: 2},
		Out: wirelog.Volume{Preopen: 192, Wire: 50},
	}
	log.Compression = wirelog.Compression{Window: 512, NoContext: true, Farthest: 700, Context: true, Broken: []string{"RFC 7692, 7.1.2.1: too far"}}
	log.Echo = wirelog.Echo{Sent: 3, Matched: 2, Difference: "message 3: octet 0 of 1", Stalled: 5 * time.Second, Overtime: 1500 * time.Millisecond}
	return report.Result{
		Agent: "Größe 1/2", ID: "1.1.6", Number: 6, Title: "Text of 65,535 octets", Spec: "RFC 6455, 5.2",
		Want: verdict.Want{Outcomes: []verdict.Outcome{
			{Grade: verdict.OK, Events: []verdict.Event{
				{Type: wirelog.TimeoutEvent, Tag: "A"},
				{Type: wirelog.TextEvent, Data: ws.Pattern{Unit: []byte("BAsd7&jh23"), Len: 65535}},
				{Type: wirelog.BinaryEvent, Data: ws.Literal([]byte{0xff, 0})},
				{Type: wirelog.PongEvent, Data: ws.Literal([]byte("p"))},
			}},
			{Grade: verdict.NonStrict},
		}, Within: 10 * time.Second, ByRFC: true, NeedsDeflate: true},
		Close:   verdict.Closing{ByUs: true, Codes: []ws.CloseCode{1000, 1002}, Clean: true, WrongEndFails: true, WrongCodeFails: true},
		Verdict: verdict.Verdict{Behavior: verdict.NonStrict, Close: verdict.WrongCode, Result: "Actual events match at least one expected.", CloseResult: "The close code should have been 1000,1002 or empty"},
		Started: started, Took: 1234 * time.Millisecond, Seed: 0xdeadbeef, Log: log, URL: "ws://example.com:9001/echo?x=<b>", Tags: []conform.Tag{conform.Serial, conform.UTF8},
		Attempt: 3, Caveat: "the run was stopped",
		Others: []report.Attempt{
			{
				Number: 1, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.Unclean, Result: "a", CloseResult: "b"}, Started: started, Took: time.Second, Seed: 0xbeef,
				Loaded: true, Wrong: true, Why: "it ran beside other cases", Explanation: []string{"we did    \u03bb"}, Records: log.Records[:5], Left: 7,
			},
			{Number: 2, Verdict: verdict.Verdict{Behavior: verdict.OK, Close: verdict.OK}, Took: time.Millisecond},
		},
		Timed: true, Ratio: true,
	}
}

func open(t *testing.T, dir string, plain bool) *archive.Store {
	t.Helper()
	s, err := archive.Open(dir, plain)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func do(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFilesOfTheReference(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, true)
	r := everything(t)
	do(t, s.Put(r), s.Finish())
	index, file := read(t, dir, "index.json"), read(t, dir, "gr__e_1_2_case_1_1_6.json")
	golden.Check(t, "index.json", index)
	golden.Check(t, "case.json", file)
	for _, b := range [][]byte{index, file} {
		for i, c := range b {
			if c >= 0x80 || c < ' ' && c != '\n' {
				t.Errorf("octet %#x at %d", c, i)
			}
		}
		if strings.Contains(string(b), "FAILED") || strings.Contains(string(b), "case_failed") {
			t.Error("FAILED where nothing failed")
		}
	}
	var rows map[string]map[string]map[string]any
	do(t, json.Unmarshal(index, &rows))
	row := rows[r.Agent][r.ID]
	for _, key := range []string{"behavior", "behaviorClose", "duration", "remoteCloseCode", "reportfile"} {
		if _, ok := row[key]; !ok {
			t.Errorf("no key %s", key)
		}
		delete(row, key)
	}
	if len(row) > 0 {
		t.Errorf("keys too many: %v", row)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	want := everything(t)
	do(t, s.Put(want), s.Finish())
	rep, err := archive.Load(dir)
	do(t, err)
	if len(rep.Agents) != 1 || len(rep.Agents[0].Results) != 1 {
		t.Fatalf("loaded %+v", rep)
	}
	got := rep.Agents[0].Results[0]
	// What was read is written again, octet for octet.
	again := t.TempDir()
	s = open(t, again, false)
	do(t, s.Put(got), s.Finish())
	golden.Check(t, "case_native.json", read(t, dir, got.File))
	if a, b := read(t, dir, got.File), read(t, again, got.File); string(a) != string(b) {
		t.Errorf("the second writing differs:\n%s\n%s", a, b)
	}
	if got.URL != want.URL || got.Caveat != want.Caveat || got.Log.Echo != want.Log.Echo || !got.Others[0].Wrong || got.Seed != want.Seed || got.Spec != want.Spec || !got.Started.Equal(want.Started) || got.Took != want.Took {
		t.Errorf("got %+v", got)
	}
}

// Each case of the catalogue can be judged again from its file.
func TestCatalogueRoundTrip(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, false)
	want := map[string]verdict.Verdict{}
	var picked []report.Result
	for _, c := range cases.All(cases.Current) {
		if c.ID == "1.1.6" || c.ID == "7.1.6" || c.ID == "2.11" || c.ID == "6.4.3" || c.ID == "9.7.1" || c.ID == "5.20" {
			r := report.Result{Agent: "a", ID: c.ID, Title: c.Title, Spec: c.Spec, Want: c.Want, Close: c.Close, Log: wirelog.New(ws.Client)}
			r.Log.Facts = wirelog.Facts{Opened: true, ClosedByMe: c.Close.ByUs, WasClean: true, Remote: wirelog.CloseFacts{Sent: true, Coded: true, Code: 1000}}
			if len(c.Want.Outcomes) > 0 {
				for _, e := range c.Want.Outcomes[0].Events {
					rec := e.Record()
					rec.Data = wirelog.Whole(e.Data.Beginning(e.Data.Len))
					r.Log.Records = append(r.Log.Records, rec)
				}
			}
			r.Log.Echo = wirelog.Echo{Sent: c.Want.Echoes, Matched: c.Want.Echoes}
			r = reporttest.Judged(r)
			r.Log.Compact()
			want[c.ID] = r.Verdict
			picked = append(picked, r)
			do(t, s.Put(r))
		}
	}
	rep, err := archive.Load(dir)
	do(t, err)
	for _, r := range rep.Agents[0].Results {
		if got := verdict.Judge(r.Want, r.Close, r.Log); got != want[r.ID] {
			t.Errorf("%s: judged again %+v, want %+v", r.ID, got, want[r.ID])
		}
	}
	if len(picked) != 6 || len(rep.Agents[0].Results) != 6 {
		t.Errorf("%d of 6 cases, %d loaded", len(picked), len(rep.Agents[0].Results))
	}
}

// A client's case in which nothing was agreed still says why.
func TestDeclinedOfferIsStored(t *testing.T) {
	r := reporttest.Simple("x", "12.1.1")
	r.Log.Compression.Break("RFC 7692, 7.1: permessage-deflate: level is unknown")
	dir := t.TempDir()
	s := open(t, dir, false)
	do(t, s.Put(r), s.Finish())
	rep, err := archive.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := rep.Agents[0].Results[0].Log.Compression.Broken; !slices.Equal(got, r.Log.Compression.Broken) {
		t.Errorf("%q", got)
	}
}

// Only what is printable in ASCII goes into the files, as in the reference's.
func TestEscapes(t *testing.T) {
	r := reporttest.Simple("a\x7fb", "1.1.1")
	r.Title = "é \x1f \u2028 😀"
	dir := t.TempDir()
	s := open(t, dir, true)
	do(t, s.Put(r), s.Finish())
	for _, name := range []string{"a_b_case_1_1_1.json", "index.json"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexFunc(b, func(r rune) bool { return r >= 0x7F || r < ' ' && r != '\n' }); i >= 0 || !bytes.Contains(b, []byte(`a\u007fb`)) {
			t.Errorf("%s: octet %d of %q", name, i, b)
		}
		if name != "index.json" && !bytes.Contains(b, []byte(`"\u00e9 \u001f \u2028 \ud83d\ude00"`)) {
			t.Errorf("%s: %s", name, b)
		}
	}
}
