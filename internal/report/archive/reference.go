// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// indexRow is a row of index.json. Some scripts compare whole files: these keys
// and no others.
type indexRow struct {
	Behavior        verdict.Grade `json:"behavior"`
	BehaviorClose   verdict.Grade `json:"behaviorClose"`
	Duration        int64         `json:"duration"` // milliseconds
	RemoteCloseCode *int          `json:"remoteCloseCode"`
	ReportFile      string        `json:"reportfile"`

	size int64 // of the report file, in octets
}

// caseFile is a case's JSON file under the reference's keys, which are sorted
// because scripts read these files with sed and grep.
type caseFile struct {
	Agent                  string         `json:"agent"`
	Behavior               verdict.Grade  `json:"behavior"`
	BehaviorClose          verdict.Grade  `json:"behaviorClose"`
	Case                   int            `json:"case"`
	ClosedByMe             bool           `json:"closedByMe"`
	CreateStats            bool           `json:"createStats"`
	CreateWirelog          bool           `json:"createWirelog"`
	Description            string         `json:"description"`
	DroppedByMe            bool           `json:"droppedByMe"`
	Duration               int64          `json:"duration"`
	Expectation            string         `json:"expectation"`
	Expected               map[string]any `json:"expected"`
	ExpectedClose          map[string]any `json:"expectedClose"`
	FailedByMe             bool           `json:"failedByMe"`
	HTTPRequest            string         `json:"httpRequest"`
	HTTPResponse           string         `json:"httpResponse"`
	ID                     string         `json:"id"`
	IsServer               bool           `json:"isServer"`
	LocalCloseCode         *int           `json:"localCloseCode"`
	LocalCloseReason       *string        `json:"localCloseReason"`
	Received               []any          `json:"received"`
	RemoteCloseCode        *int           `json:"remoteCloseCode"`
	RemoteCloseReason      *string        `json:"remoteCloseReason"`
	ReportCompressionRatio bool           `json:"reportCompressionRatio"`
	ReportTime             bool           `json:"reportTime"`
	Result                 string         `json:"result"`
	ResultClose            string         `json:"resultClose"`
	RxFrameStats           counts         `json:"rxFrameStats"`
	RxOctetStats           counts         `json:"rxOctetStats"`
	Started                string         `json:"started"`
	TrafficStats           map[string]any `json:"trafficStats"`
	TxFrameStats           counts         `json:"txFrameStats"`
	TxOctetStats           counts         `json:"txOctetStats"`
	WasClean               bool           `json:"wasClean"`
	WasCloseTimeout        bool           `json:"wasCloseHandshakeTimeout"`
	WasNotCleanReason      *string        `json:"wasNotCleanReason"`
	WasOpenTimeout         bool           `json:"wasOpenHandshakeTimeout"`
	WasDropTimeout         bool           `json:"wasServerConnectionDropTimeout"`
	Wirelog                []any          `json:"wirelog"`
	Extra                  *extra         `json:"wsspec,omitempty"`
}

// counts prints a map of numbers in the order of the numbers.
type counts map[int]int

func (c counts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, k := range slices.Sorted(maps.Keys(c)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, strconv.Itoa(k)), ':')
		b = strconv.AppendInt(b, int64(c[k]), 10)
	}
	return append(b, '}'), nil
}

const startedLayout = "2006-01-02T15:04:05.000Z"

// referenceFile is the result under the reference's keys.
func referenceFile(r report.Result) caseFile {
	f, s := r.Log.Facts, r.Log.Stats
	return caseFile{
		Agent: r.Agent, Behavior: r.Verdict.Behavior, BehaviorClose: r.Verdict.Close, Case: r.Number,
		ClosedByMe: f.ClosedByMe, CreateStats: true, CreateWirelog: true, Description: r.Title,
		DroppedByMe: f.DroppedByMe, Duration: r.Took.Milliseconds(), Expectation: telling.Expected(r),
		Expected: expectedRows(r.Want), ExpectedClose: expectedClose(r.Close), FailedByMe: f.FailedByMe,
		HTTPRequest: string(r.Log.Request), HTTPResponse: string(r.Log.Response), ID: r.ID, IsServer: f.Role == ws.Server,
		LocalCloseCode: closeCode(f.Local), LocalCloseReason: closeReason(f.Local),
		Received:        receivedRows(r.Log),
		RemoteCloseCode: closeCode(f.Remote), RemoteCloseReason: closeReason(f.Remote),
		ReportCompressionRatio: r.Ratio, ReportTime: r.Timed,
		Result: r.Verdict.Result, ResultClose: r.Verdict.CloseResult,
		RxFrameStats: frameCounts(s.ReceivedFrames), RxOctetStats: s.ReceivedOctets,
		Started: r.Started.UTC().Format(startedLayout), TrafficStats: trafficStats(r),
		TxFrameStats: frameCounts(s.SentFrames), TxOctetStats: s.SentOctets,
		WasClean: f.WasClean, WasCloseTimeout: f.WasCloseHandshakeTimeout, WasNotCleanReason: orNull(f.WasNotCleanReason),
		WasOpenTimeout: f.WasOpenHandshakeTimeout, WasDropTimeout: f.WasServerConnectionDropTimeout,
		Wirelog: wirelogRows(r.Log),
	}
}

func closeCode(c wirelog.CloseFacts) *int {
	if !c.Coded {
		return nil
	}
	n := int(c.Code)
	return &n
}

func closeReason(c wirelog.CloseFacts) *string {
	if !utf8.ValidString(c.Reason) {
		return orNull("0x" + hex.EncodeToString([]byte(c.Reason)))
	}
	return orNull(c.Reason)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func frameCounts(frames [16]int) counts {
	c := counts{}
	for op, n := range frames {
		if n > 0 {
			c[op] = n
		}
	}
	return c
}

// expectedRows is empty for cases judged by their echoes, as with the reference.
func expectedRows(w verdict.Want) map[string]any {
	rows := map[string]any{}
	for _, o := range w.Outcomes {
		events := []any{}
		for _, e := range o.Events {
			events = append(events, eventRow(e.Record()))
		}
		rows[string(o.Grade)] = events
	}
	return rows
}

func receivedRows(log *wirelog.Log) []any {
	rows := []any{}
	for _, r := range log.Events() {
		rows = append(rows, eventRow(r))
	}
	return rows
}

func eventRow(r wirelog.Record) []any {
	switch r.Type {
	case wirelog.PongEvent:
		return []any{"pong", logText(r.Data.Head, r.Data.Len)}
	case wirelog.TimeoutEvent:
		return []any{"timeout", r.Tag}
	}
	return []any{"message", logText(r.Data.Head, r.Data.Len), r.Type == wirelog.BinaryEvent}
}

func expectedClose(c verdict.Closing) map[string]any {
	m := map[string]any{"closedByMe": c.ByUs, "closeCode": c.Codes, "requireClean": c.Clean}
	if c.WrongEndFails {
		m["closedByWrongEndpointIsFatal"] = true
	}
	return m
}

// trafficStats has null where a figure is 0 or would divide by it.
func trafficStats(r report.Result) map[string]any {
	if !r.Ratio {
		return nil
	}
	m := map[string]any{}
	number := func(name string, n int64) {
		m[name] = nil
		if n != 0 {
			m[name] = n
		}
	}
	ratio := func(name string, a, b int64) {
		m[name] = nil
		if b != 0 {
			m[name] = float64(a) / float64(b)
		}
	}
	for _, d := range []struct {
		name, preopen string
		v             wirelog.Volume
	}{{"incoming", "preopenIncoming", r.Log.Traffic.In}, {"outgoing", "preopenOutgoing", r.Log.Traffic.Out}} {
		number(d.name+"OctetsWireLevel", d.v.Wire)
		number(d.name+"OctetsWebSocketLevel", d.v.WebSocket)
		number(d.name+"OctetsAppLevel", d.v.App)
		number(d.name+"WebSocketFrames", d.v.Frames)
		number(d.name+"WebSocketMessages", d.v.Messages)
		number(d.preopen+"OctetsWireLevel", d.v.Preopen)
		ratio(d.name+"CompressionRatio", d.v.WebSocket, d.v.App)
		ratio(d.name+"WebSocketOverhead", d.v.Wire-d.v.WebSocket, d.v.WebSocket)
	}
	return m
}
