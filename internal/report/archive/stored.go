// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// storedCase is what we look for in a case file. Editions differ in which keys
// they have and in the types behind some, so values of another type than
// expected read as absent.
type storedCase struct {
	Agent                  text            `json:"agent"`
	Behavior               text            `json:"behavior"`
	BehaviorClose          text            `json:"behaviorClose"`
	Case                   number          `json:"case"`
	ClosedByMe             flag            `json:"closedByMe"`
	Description            text            `json:"description"`
	DroppedByMe            flag            `json:"droppedByMe"`
	Duration               number          `json:"duration"`
	Expectation            text            `json:"expectation"`
	Expected               json.RawMessage `json:"expected"`
	ExpectedClose          json.RawMessage `json:"expectedClose"`
	FailedByMe             flag            `json:"failedByMe"`
	HTTPRequest            text            `json:"httpRequest"`
	HTTPResponse           text            `json:"httpResponse"`
	ID                     text            `json:"id"`
	IsServer               flag            `json:"isServer"`
	LocalCloseCode         *number         `json:"localCloseCode"`
	LocalCloseReason       text            `json:"localCloseReason"`
	Received               json.RawMessage `json:"received"`
	RemoteCloseCode        *number         `json:"remoteCloseCode"`
	RemoteCloseReason      text            `json:"remoteCloseReason"`
	ReportCompressionRatio flag            `json:"reportCompressionRatio"`
	ReportTime             flag            `json:"reportTime"`
	Result                 text            `json:"result"`
	ResultClose            text            `json:"resultClose"`
	RxFrameStats           tally           `json:"rxFrameStats"`
	RxOctetStats           tally           `json:"rxOctetStats"`
	Started                text            `json:"started"`
	TrafficStats           json.RawMessage `json:"trafficStats"`
	TxFrameStats           tally           `json:"txFrameStats"`
	TxOctetStats           tally           `json:"txOctetStats"`
	WasClean               flag            `json:"wasClean"`
	WasCloseTimeout        flag            `json:"wasCloseHandshakeTimeout"`
	WasNotCleanReason      text            `json:"wasNotCleanReason"`
	WasOpenTimeout         flag            `json:"wasOpenHandshakeTimeout"`
	WasDropTimeout         flag            `json:"wasServerConnectionDropTimeout"`
	Wirelog                json.RawMessage `json:"wirelog"`
	Extra                  json.RawMessage `json:"wsspec"`
}

// Values that read as zero where they are of another type.
type (
	text   string
	number int64
	flag   bool
	tally  map[int]int
)

func (t *text) UnmarshalJSON(b []byte) error {
	if plainText(b) {
		*t = text(b[1 : len(b)-1])
		return nil
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
	}
	return nil
}

// plainText reports whether a value is a string that stands for itself.
func plainText(b []byte) bool {
	if b[0] != '"' {
		return false
	}
	for _, c := range b {
		if c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}

func (n *number) UnmarshalJSON(b []byte) error {
	if i, err := strconv.ParseInt(string(b), 10, 54); err == nil {
		*n = number(i)
		return nil
	}
	var f float64
	if json.Unmarshal(b, &f) == nil && f > -1<<53 && f < 1<<53 {
		*n = number(f)
	}
	return nil
}

func (f *flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true"
	return nil
}

func (t *tally) UnmarshalJSON(b []byte) error {
	var m map[string]number
	if json.Unmarshal(b, &m) != nil {
		return nil
	}
	*t = tally{}
	for k, n := range m {
		if size, err := strconv.Atoi(k); err == nil {
			(*t)[size] = int(n)
		}
	}
	return nil
}

// frames counts by opcode.
func (t tally) frames() (frames [16]int) {
	for op, n := range t {
		if op >= 0 && op < len(frames) {
			frames[op] = n
		}
	}
	return frames
}

// result is all that a file tells under the reference's keys but the records of
// the log and the traffic.
func (f storedCase) result() report.Result {
	role := ws.Client
	if f.IsServer {
		role = ws.Server
	}
	started, _ := time.Parse(time.RFC3339Nano, string(f.Started)) // unknown stays zero
	log := &wirelog.Log{Start: started, Request: []byte(f.HTTPRequest), Response: []byte(f.HTTPResponse)}
	status, _, _ := strings.Cut(string(f.HTTPResponse), "\n")
	log.Facts = wirelog.Facts{
		Role: role, Opened: strings.Contains(status, " 101"),
		ClosedByMe: bool(f.ClosedByMe), FailedByMe: bool(f.FailedByMe), DroppedByMe: bool(f.DroppedByMe),
		WasClean: bool(f.WasClean), WasNotCleanReason: string(f.WasNotCleanReason),
		WasServerConnectionDropTimeout: bool(f.WasDropTimeout), WasOpenHandshakeTimeout: bool(f.WasOpenTimeout), WasCloseHandshakeTimeout: bool(f.WasCloseTimeout),
		Local: readClose(f.LocalCloseCode, f.LocalCloseReason), Remote: readClose(f.RemoteCloseCode, f.RemoteCloseReason),
	}
	log.Stats = wirelog.Stats{
		ReceivedOctets: f.RxOctetStats, SentOctets: f.TxOctetStats,
		ReceivedFrames: f.RxFrameStats.frames(), SentFrames: f.TxFrameStats.frames(),
	}
	log.Facts.Local.Sent = log.Facts.Local.Sent || log.Stats.SentFrames[ws.Close] > 0
	log.Facts.Remote.Sent = log.Facts.Remote.Sent || log.Stats.ReceivedFrames[ws.Close] > 0
	return report.Result{
		Agent: string(f.Agent), ID: string(f.ID), Number: int(f.Case), Title: plain(string(f.Description)),
		Started: started, Took: milliseconds(int64(f.Duration)), Want: f.want(), Close: readClosing(f.ExpectedClose),
		Verdict: verdict.Verdict{
			Behavior: verdict.Grade(f.Behavior), Close: verdict.Grade(f.BehaviorClose),
			Result: string(f.Result), CloseResult: string(f.ResultClose),
		},
		Log: log, Timed: bool(f.ReportTime), Ratio: bool(f.ReportCompressionRatio), Expects: plain(string(f.Expectation)), Excerpt: true,
	}
}

// Mark-up in the reference's descriptions: that which breaks a line, and that
// within one.
var (
	breaks = regexp.MustCompile(`</?(br|p|pre)\s*/?>`)
	styles = regexp.MustCompile(`</?(b|i|code)>`)
)

// plain takes the mark-up and the line breaks out of a description.
func plain(s string) string {
	if !strings.ContainsRune(s, '<') {
		return strings.Join(strings.Fields(s), " ")
	}
	return strings.Join(strings.Fields(styles.ReplaceAllString(breaks.ReplaceAllString(s, " "), "")), " ")
}

func readClose(code *number, reason text) wirelog.CloseFacts {
	c := wirelog.CloseFacts{Reason: string(reason)}
	if code != nil {
		c.Sent, c.Coded, c.Code = true, true, ws.CloseCode(*code)
	}
	if h, ok := strings.CutPrefix(c.Reason, "0x"); ok {
		if b, err := hex.DecodeString(h); err == nil {
			c.Reason = string(b)
		}
	}
	return c
}

func readClosing(b json.RawMessage) verdict.Closing {
	var m struct {
		ClosedByMe   flag     `json:"closedByMe"`
		CloseCode    []number `json:"closeCode"`
		RequireClean flag     `json:"requireClean"`
		Fatal        flag     `json:"closedByWrongEndpointIsFatal"`
	}
	_ = json.Unmarshal(b, &m) // absent or of another shape: unknown
	c := verdict.Closing{ByUs: bool(m.ClosedByMe), Clean: bool(m.RequireClean), WrongEndFails: bool(m.Fatal)}
	for _, code := range m.CloseCode {
		c.Codes = append(c.Codes, ws.CloseCode(code))
	}
	return c
}

// want is what a file says would have been right. Its payloads may be cut and are
// for showing.
func (f storedCase) want() verdict.Want {
	w := verdict.Want{Informational: verdict.Grade(f.Behavior) == verdict.Informational}
	var rows map[string][]row
	if len(f.Expected) > 0 && f.Expected[0] == '{' {
		_ = json.Unmarshal(f.Expected, &rows) // of another shape: unknown
	}
	for grade, events := range rows {
		o := verdict.Outcome{Grade: verdict.Grade(grade)}
		for _, e := range events {
			if rec, ok := e.event(); ok {
				o.Events = append(o.Events, verdict.Event{Type: rec.Type, Tag: rec.Tag, Data: ws.Literal(rec.Data.Head)})
			}
		}
		w.Outcomes = append(w.Outcomes, o)
	}
	slices.SortFunc(w.Outcomes, func(a, b verdict.Outcome) int { return -strings.Compare(string(a.Grade), string(b.Grade)) }) // OK before NON-STRICT
	return w
}

func readTraffic(b json.RawMessage) (t wirelog.Traffic) {
	var m map[string]number
	if len(b) == 0 || b[0] == 'n' { // null where it was not measured
		return t
	}
	_ = json.Unmarshal(b, &m) // of another shape: unknown
	volume := func(name string) wirelog.Volume {
		return wirelog.Volume{
			Preopen: int64(m["preopen"+strings.ToUpper(name[:1])+name[1:]+"OctetsWireLevel"]),
			Wire:    int64(m[name+"OctetsWireLevel"]), WebSocket: int64(m[name+"OctetsWebSocketLevel"]), App: int64(m[name+"OctetsAppLevel"]),
			Frames: int64(m[name+"WebSocketFrames"]), Messages: int64(m[name+"WebSocketMessages"]),
		}
	}
	return wirelog.Traffic{In: volume("incoming"), Out: volume("outgoing")}
}
