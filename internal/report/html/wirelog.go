// SPDX-License-Identifier: Apache-2.0

package html

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what a page shows of a long log: its beginning and its end.
const (
	logHead = 400
	logTail = 100
)

// shown splits a log of n records into what is shown: the first head, and those
// from tail on.
func shown(n, first, last int) (head, tail int) {
	if n <= first+last {
		return n, n
	}
	return first, n - last
}

// timed reports whether the log has times: those of the reference do not.
func timed(rs []wirelog.Record) bool {
	return len(rs) > 0 && rs[len(rs)-1].At > 0
}

// wireLog is the log, numbered, with each frame's header taken apart, and the record
// marked that the verdict is owed to; -1: none.
func wireLog(log *wirelog.Log, culprit int) template.HTML {
	m, rs := markup{compressed: log.Extension != ""}, log.Records
	head, tail := shown(len(rs), logHead, logTail)
	times := timed(rs)
	m.tag("<ol class=wire start=0>")
	for i, r := range rs {
		if i >= head && i < tail {
			if i == head {
				m.tag("<li class=gap>%d more records are in the case file", tail-head)
			}
			continue
		}
		number := ""
		if i == tail && tail > head {
			number = fmt.Sprintf("value=%d ", i)
		}
		if i == culprit {
			number += "id=culprit "
		}
		m.record(r, times, number)
	}
	m.tag("</ol>")
	return template.HTML(m.String())
}

// record is one item of a log. Attributes are those that it has beside its class.
func (m *markup) record(r wirelog.Record, times bool, attributes string) {
	m.tag("<li %sclass=%s>", attributes, recordClass(r))
	if times {
		m.tag("<time>%.6f</time>", r.At.Seconds())
	}
	m.tag("<code>")
	m.text(recordText(r))
	m.tag("</code>")
	if r.Kind == wirelog.SentFrame || r.Kind == wirelog.ReceivedFrame {
		m.bits(r.Frame)
	}
}

func recordClass(r wirelog.Record) string {
	switch r.Kind {
	case wirelog.SentOctets, wirelog.SentTLS:
		return "txo"
	case wirelog.ReceivedOctets, wirelog.ReceivedTLS:
		return "rxo"
	case wirelog.SentHTTP:
		return `"tx http"`
	case wirelog.ReceivedHTTP:
		return `"rx http"`
	case wirelog.SentFrame:
		return "tx"
	case wirelog.ReceivedFrame:
		return "rx"
	case wirelog.Event:
		return "ev"
	case wirelog.SentBlocks, wirelog.ReceivedBlocks:
		return "blocks"
	case wirelog.Violation, wirelog.FailFired, wirelog.ResetByPeer, wirelog.Dead:
		return "bad"
	}
	return "note"
}

// recordText is the record in the notation, with a Close's code and reason after
// its octets.
func recordText(r wirelog.Record) string {
	s := r.Text()
	if r.Kind == wirelog.SentFrame || r.Kind == wirelog.ReceivedFrame {
		if code, reason := closeText(r.Frame); reason != "" {
			s += "  · code " + code + ", reason " + reason
		} else if code != "" {
			s += "  · code " + code
		}
	}
	return visible.Text(s)
}

// closeText is the code and reason in the payload of a Close frame, and empty for
// others. A log keeps the beginning of a long reason only.
func closeText(f wirelog.Frame) (code, reason string) {
	if f.Opcode != ws.Close {
		return "", ""
	}
	c, text, has := ws.ParseClosePayload(f.Payload.Head)
	if !has {
		return "", ""
	}
	if len(text) > 0 {
		reason = wirelog.Payload{Len: f.Payload.Len - 2, Head: text}.String()
	}
	return fmt.Sprint(c), reason
}

// bits takes a frame's header apart: FIN, RSV1–3, opcode, MASK, length and key
// (RFC 6455, 5.2).
func (m *markup) bits(f wirelog.Frame) {
	m.tag("<span class=bits>")
	bit := func(name string, on, odd bool) {
		class, digit := "", '0'
		if on {
			digit = '1'
		}
		if odd {
			class = " class=odd"
		}
		m.tag("<span%s><i>%s</i>%c</span>", class, name, digit)
	}
	bit("FIN", f.Fin, f.Opcode.IsControl() && !f.Fin)
	for i, name := range []string{"RSV1", "RSV2", "RSV3"} {
		on := f.RSV&(4>>i) != 0
		bit(name, on, on && (i > 0 || !m.compressed || f.Opcode.IsControl() || f.Opcode == ws.Continuation))
	}
	class := ""
	if f.Opcode.IsReserved() {
		class = " class=odd"
	}
	m.tag("<span%s><i>opcode</i>%04b %s</span>", class, f.Opcode, f.Opcode)
	bit("MASK", f.Masked, false)
	class = ""
	if !f.Minimal() || f.Opcode.IsControl() && f.Length > ws.MaxControlPayload {
		class = " class=odd"
	}
	m.tag("<span%s><i>length</i>%s</span>", class, lengthText(f.Header))
	if f.Masked {
		m.tag("<span><i>masking key</i>%s</span>", hex.EncodeToString(f.Key[:]))
	}
	m.tag("</span>")
}

// lengthText is the length as declared and the octets it takes where it takes more
// than seven bits.
func lengthText(h ws.Header) string {
	switch h.WireForm() {
	case ws.Length16:
		return fmt.Sprintf("126 → %d in 16 bits", h.Length)
	case ws.Length64:
		return fmt.Sprintf("127 → %d in 64 bits", h.Length)
	}
	return fmt.Sprint(h.Length)
}

// frameText is a frame as an arrow of the sequence diagram has it: the notation
// without what only the log needs to say.
func frameText(f wirelog.Frame) string {
	var b strings.Builder
	b.WriteString(f.Opcode.String())
	if !f.Fin {
		b.WriteString(" more")
	}
	if f.RSV != 0 {
		fmt.Fprintf(&b, " rsv=%d", f.RSV)
	}
	if f.Length != uint64(f.Payload.Len) {
		fmt.Fprintf(&b, " declared=%d", f.Length)
	}
	if code, reason := closeText(f); code != "" {
		return strings.TrimSuffix(b.String()+" "+code+" "+reason, " ")
	}
	if f.Payload.Len > 0 {
		b.WriteString(" " + f.Payload.String())
	}
	return b.String()
}

// pause is a duration in a few characters.
func pause(d time.Duration) string {
	switch {
	case d >= time.Second:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d >= time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}
