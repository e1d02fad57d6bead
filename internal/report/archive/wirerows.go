// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// wirelogRows is the log in the reference's rows.
func wirelogRows(log *wirelog.Log) []any {
	rows := []any{}
	for _, r := range log.Records {
		if row := wirelogRow(r); row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

func wirelogRow(r wirelog.Record) []any {
	f := r.Frame
	data := []any{f.Payload.Len, logText(f.Payload.Head, f.Payload.Len)}
	var key any
	if f.Masked {
		key = hex.EncodeToString(f.Key[:])
	}
	var tag any
	if r.Tag != "" {
		tag = r.Tag
	}
	switch r.Kind {
	case wirelog.SentOctets:
		return []any{"TO", []any{r.Data.Len, logHex(r.Data.Head, r.Data.Len)}, false}
	case wirelog.ReceivedOctets:
		return []any{"RO", []any{r.Data.Len, logHex(r.Data.Head, r.Data.Len)}}
	case wirelog.SentFrame:
		return []any{"TF", data, f.Opcode, f.Fin, f.RSV, key, positive(f.Repeat), positive(f.Chop), f.Sync}
	case wirelog.ReceivedFrame:
		return []any{"RF", data, f.Opcode, f.Fin, f.RSV, f.Masked, key}
	case wirelog.WaitSet:
		return []any{"CT", seconds(r.Wait), tag}
	case wirelog.WaitOver:
		return []any{"CTE", tag}
	case wirelog.FailSet:
		return []any{"KL", seconds(r.Wait)}
	case wirelog.FailFired:
		return []any{"KLE"}
	case wirelog.CloseSet:
		return []any{"TI", seconds(r.Wait)}
	case wirelog.CloseFired:
		return []any{"TIE"}
	case wirelog.Muted, wirelog.Unmuted:
		return []any{"WLM", r.Kind == wirelog.Unmuted}
	}
	return nil
}

func positive(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// seconds is a whole number where it can be.
func seconds(d time.Duration) any {
	if d%time.Second == 0 {
		return int(d / time.Second)
	}
	return d.Seconds()
}

// The reference cuts what is longer than 60 octets to 64 and dots.
const (
	longest = 60
	shown   = 64
)

// logText shows octets as text, or as hex where they are no UTF-8.
func logText(head []byte, n int) string {
	s := head[:min(len(head), shown)]
	dots := ""
	if n > longest {
		dots = " ..."
	} else {
		s = head
	}
	if utf8.Valid(s) {
		return string(s) + dots
	}
	return "0x" + logHex(head, n)
}

func logHex(head []byte, n int) string {
	if n > longest {
		return hex.EncodeToString(head[:min(len(head), shown)]) + " ..."
	}
	return hex.EncodeToString(head)
}

// row is one entry of a list in a case file: a word, then values that depend on
// it. Accessors return zero where a value is absent or of another type.
type row []any

func (r row) at(i int) any {
	if i >= len(r) {
		return nil
	}
	return r[i]
}

func (r row) text(i int) string { s, _ := r.at(i).(string); return s }
func (r row) flag(i int) bool   { b, _ := r.at(i).(bool); return b }

func (r row) number(i int) float64 {
	f, _ := r.at(i).(float64)
	if f < 0 || f > 1<<31 {
		return 0
	}
	return f
}

func (r row) wait(i int) time.Duration {
	return time.Duration(min(r.number(i), 1e6) * float64(time.Second))
}

// data is a value that is text, or since 0.6 its length and text; n is -1 where
// the length is not told.
func (r row) data(i int) (n int, s string) {
	if pair, ok := r.at(i).([]any); ok {
		return int(row(pair).number(0)), row(pair).text(1)
	}
	return -1, r.text(i)
}

// shownOctets makes a payload of what a file shows of one of n octets.
func shownOctets(head []byte, n int, cut bool) wirelog.Payload {
	if n < len(head) || n > len(head) && !cut {
		n = len(head)
	}
	return wirelog.Payload{Len: n, Head: head}
}

// octets reads what logHex printed.
func (r row) octets(i int) wirelog.Payload {
	n, s := r.data(i)
	s, cut := strings.CutSuffix(s, " ...")
	b, _ := hex.DecodeString(s) // what is no hex shows as nothing
	return shownOctets(b, n, cut)
}

// payload reads what logText printed. Where no length is told, a text that was cut
// keeps its dots.
func (r row) payload(i int) wirelog.Payload {
	n, s := r.data(i)
	cut := false
	if n >= 0 && len(s) != n {
		s, cut = strings.CutSuffix(s, " ...")
	}
	if h, ok := strings.CutPrefix(s, "0x"); ok && len(s) != n {
		if b, err := hex.DecodeString(h); err == nil {
			return shownOctets(b, n, cut)
		}
	}
	return shownOctets([]byte(s), n, cut)
}

// event reads an expected or received event.
func (r row) event() (rec wirelog.Record, ok bool) {
	rec.Kind = wirelog.Event
	switch r.text(0) {
	case "message":
		if r.flag(2) {
			rec.Type = wirelog.BinaryEvent
		}
	case "pong":
		rec.Type = wirelog.PongEvent
	case "timeout":
		rec.Type, rec.Tag = wirelog.TimeoutEvent, r.text(1)
		return rec, true
	default:
		return rec, false
	}
	rec.Data = r.payload(1)
	return rec, true
}

// record reads a row of a wire log.
func (r row) record() (rec wirelog.Record, ok bool) {
	switch r.text(0) {
	case "TO":
		return wirelog.Record{Kind: wirelog.SentOctets, Data: r.octets(1)}, true
	case "RO":
		return wirelog.Record{Kind: wirelog.ReceivedOctets, Data: r.octets(1)}, true
	case "TF":
		f := r.frame()
		f.setMask(r.text(5))
		f.Repeat, f.Chop, f.Sync = int(r.number(6)), int(r.number(7)), r.flag(8)
		return wirelog.Record{Kind: wirelog.SentFrame, Frame: f.Frame}, true
	case "RF":
		f := r.frame()
		f.setMask(r.text(6))
		f.Masked = f.Masked || r.flag(5)
		return wirelog.Record{Kind: wirelog.ReceivedFrame, Frame: f.Frame}, true
	case "CT":
		return wirelog.Record{Kind: wirelog.WaitSet, Wait: r.wait(1), Tag: r.text(2)}, true
	case "CTE":
		return wirelog.Record{Kind: wirelog.WaitOver, Tag: r.text(1)}, true
	case "KL":
		return wirelog.Record{Kind: wirelog.FailSet, Wait: r.wait(1)}, true
	case "KLE":
		return wirelog.Record{Kind: wirelog.FailFired}, true
	case "TI":
		return wirelog.Record{Kind: wirelog.CloseSet, Wait: r.wait(1)}, true
	case "TIE":
		return wirelog.Record{Kind: wirelog.CloseFired}, true
	case "WLM":
		if r.flag(1) {
			return wirelog.Record{Kind: wirelog.Unmuted}, true
		}
		return wirelog.Record{Kind: wirelog.Muted}, true
	}
	return rec, false
}

type storedFrame struct{ wirelog.Frame }

// frame reads what sent and received frames have in common.
func (r row) frame() storedFrame {
	f := storedFrame{wirelog.Frame{Payload: r.payload(1)}}
	f.Opcode, f.Fin, f.RSV = ws.Opcode(r.number(2))&15, r.flag(3), uint8(r.number(4))&7
	f.Length = uint64(f.Payload.Len)
	return f
}

// setMask reads a masking key in hex. The reference shows received ones as the hex
// of their hex.
func (f *storedFrame) setMask(s string) {
	key, err := hex.DecodeString(s)
	if len(key) == 2*len(f.Key) {
		key, err = hex.DecodeString(string(key))
	}
	if err == nil && len(key) == len(f.Key) {
		f.Masked = true
		copy(f.Key[:], key)
	}
}

// records is the log of a file of the reference. It has no times, and events
// stand behind the frames they came from.
func (f storedCase) records() []wirelog.Record {
	var events []wirelog.Record
	var received, rows []row
	_ = json.Unmarshal(f.Received, &received) // absent or of another shape: unknown
	for _, r := range received {
		if e, ok := r.event(); ok {
			events = append(events, e)
		}
	}
	var rs []wirelog.Record
	_ = json.Unmarshal(f.Wirelog, &rows) // likewise
	for _, row := range rows[:min(len(rows), wirelog.MaxRecords)] {
		rec, ok := row.record()
		if !ok {
			continue
		}
		rs = append(rs, rec)
		if len(events) > 0 && brought(rec, events[0]) {
			rs = append(rs, events[0])
			events = events[1:]
		}
	}
	if len(rows) > wirelog.MaxRecords {
		rs = append(rs, wirelog.Record{Kind: wirelog.Full})
	}
	rs = append(rs, events...)
	switch {
	case bool(f.DroppedByMe):
		rs = append(rs, wirelog.Record{Kind: wirelog.DroppedByMe})
	case len(rows) > 0:
		rs = append(rs, wirelog.Record{Kind: wirelog.DroppedByPeer})
	}
	return rs
}

// brought reports whether the record is what the event came of.
func brought(r, event wirelog.Record) bool {
	switch event.Type {
	case wirelog.TimeoutEvent:
		return r.Kind == wirelog.WaitOver
	case wirelog.PongEvent:
		return r.Kind == wirelog.ReceivedFrame && r.Frame.Opcode == ws.Pong
	}
	return r.Kind == wirelog.ReceivedFrame && !r.Frame.Opcode.IsControl() && r.Frame.Fin
}
