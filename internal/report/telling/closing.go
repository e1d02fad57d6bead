// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// ClosingLines says how the connection ended, in the notation of the wire log.
func ClosingLines(log *wirelog.Log) []string {
	f := log.Facts
	var lines []string
	closeLine := func(sign string, c wirelog.CloseFacts) {
		switch {
		case c.Coded && c.Reason != "":
			lines = append(lines, fmt.Sprintf("%s close %d %s", sign, c.Code, strconv.Quote(c.Reason)))
		case c.Coded:
			lines = append(lines, fmt.Sprintf("%s close %d", sign, c.Code))
		case c.Sent:
			lines = append(lines, sign+" "+cmp.Or(oddClose(log, sign), "close without a code"))
		}
	}
	if f.ClosedByMe {
		closeLine(">", f.Local)
		closeLine("<", f.Remote)
	} else {
		closeLine("<", f.Remote)
		closeLine(">", f.Local)
	}
	for _, r := range log.Records {
		if r.Kind >= wirelog.DroppedByMe && r.Kind <= wirelog.ResetByPeer {
			lines = append(lines, r.Text())
		}
	}
	if f.WasNotCleanReason != "" {
		lines = append(lines, "not clean: "+visible.Text(f.WasNotCleanReason))
	}
	return lines
}

// oddClose is the first Close of a side as a frame, where it has a payload that is none:
// a single octet.
func oddClose(log *wirelog.Log, sign string) string {
	kind := wirelog.ReceivedFrame
	if sign == ">" {
		kind = wirelog.SentFrame
	}
	i := slices.IndexFunc(log.Records, func(r wirelog.Record) bool { return r.Kind == kind && r.Frame.Opcode == ws.Close })
	if i < 0 || log.Records[i].Frame.Payload.Len == 0 {
		return ""
	}
	return frameLine(log.Records[i])
}
