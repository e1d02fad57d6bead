// SPDX-License-Identifier: Apache-2.0

package html

import (
	"html/template"
	"maps"
	"slices"
	"strconv"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/report/telling"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The tables of a story are the same thousands of times over, and so are built
// here, which takes a tenth of the time that a template needs.

// fact is a line of a table of facts; odd ones are worth a look.
type fact struct {
	key, value, meaning string
	odd                 bool
}

func factsTable(facts []fact) template.HTML {
	var m markup
	m.tag("<table class=facts>")
	for _, f := range facts {
		if f.odd {
			m.tag("<tr class=odd><th>")
		} else {
			m.tag("<tr><th>")
		}
		m.text(f.key)
		m.tag("<td>")
		m.text(f.value)
		m.tag("<td class=dim>")
		m.text(f.meaning)
	}
	m.tag("</table>")
	return template.HTML(m.String())
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// facts are what became of the connection, under the reference's names.
func facts(f wirelog.Facts) template.HTML {
	text := func(s string) string {
		if s == "" {
			return "–"
		}
		return visible.Text(s)
	}
	code := func(c wirelog.CloseFacts) string {
		if !c.Coded {
			return "–"
		}
		return strconv.Itoa(int(c.Code))
	}
	return factsTable([]fact{
		{"isServer", yesNo(f.Role == ws.Server), "we were the server and tested a client", false},
		{"closedByMe", yesNo(f.ClosedByMe), "we sent the first Close", false},
		{"failedByMe", yesNo(f.FailedByMe), "we failed the connection, by a Close or by closing TCP", f.FailedByMe},
		{"droppedByMe", yesNo(f.DroppedByMe), "we closed TCP before the peer did", false},
		{"wasClean", yesNo(f.WasClean), "both sent a Close, and the server closed TCP", !f.WasClean},
		{"wasNotCleanReason", text(f.WasNotCleanReason), "what happened instead", f.WasNotCleanReason != ""},
		{"wasServerConnectionDropTimeout", yesNo(f.WasServerConnectionDropTimeout), "the server left TCP open after the closing handshake", f.WasServerConnectionDropTimeout},
		{"wasOpenHandshakeTimeout", yesNo(f.WasOpenHandshakeTimeout), "the opening handshake was not done in time", f.WasOpenHandshakeTimeout},
		{"wasCloseHandshakeTimeout", yesNo(f.WasCloseHandshakeTimeout), "our Close was not answered in time", f.WasCloseHandshakeTimeout},
		{"localCloseCode", code(f.Local), "the code in our Close", false},
		{"localCloseReason", text(f.Local.Reason), "the reason in our Close", false},
		{"remoteCloseCode", code(f.Remote), "the code in the peer's Close", false},
		{"remoteCloseReason", text(f.Remote.Reason), "the reason in the peer's Close", false},
	})
}

// compression is how the peer kept to what was agreed, where that was watched.
func compression(log *wirelog.Log) template.HTML {
	c := log.Compression
	if log.Extension == "" || c.Window == 0 && c.Farthest == 0 {
		return ""
	}
	return factsTable([]fact{
		{"window", count(c.Window, "octet"), "how far back the peer may refer", false},
		{"farthest", count(c.Farthest, "octet"), "how far back it did refer", c.Window > 0 && c.Farthest > c.Window},
		{"no context takeover", yesNo(c.NoContext), "the peer agreed to begin each message anew", false},
		{"context", yesNo(c.Context), "it referred to earlier messages", c.NoContext && c.Context},
	})
}

// statistics are the tables of octets, frames and traffic.
func statistics(r report.Result) template.HTML {
	var m markup
	m.octets("Octets received by size of read", r.Log.Stats.ReceivedOctets)
	m.octets("Octets sent by size of write", r.Log.Stats.SentOctets)
	m.frames("Frames received by opcode", r.Log.Stats.ReceivedFrames)
	m.frames("Frames sent by opcode", r.Log.Stats.SentFrames)
	m.traffic(r)
	return template.HTML(m.String())
}

// stats begins a table of numbers.
func (m *markup) stats(caption string, columns ...string) {
	m.tag("<table class=stats><caption>%s</caption><thead><tr>", caption)
	for _, c := range columns {
		m.tag("<th>%s", c)
	}
	m.tag("</thead><tbody>")
}

// mostSizes bounds the sizes of reads or writes that a table lists.
const mostSizes = 40

func (m *markup) octets(title string, sizes map[int]int) {
	if len(sizes) == 0 {
		return
	}
	m.stats(title, "Size", "Count", "Octets")
	reads, octets := 0, 0
	for i, size := range slices.Sorted(maps.Keys(sizes)) {
		n := sizes[size]
		reads += n
		octets += max(size, 0) * n
		switch {
		case i >= mostSizes:
		case size < 0:
			m.tag("<tr><td>other<td>%d<td>", n)
		default:
			m.tag("<tr><td>%d<td>%d<td>%d", size, n, size*n)
		}
	}
	if rest := len(sizes) - mostSizes; rest > 0 {
		m.tag("<tr><td colspan=3>and %s more", count(rest, "size"))
	}
	m.tag("</tbody><tfoot><tr><th>Total<td>%d<td>%d</tfoot></table>", reads, octets)
}

func (m *markup) frames(title string, frames [16]int) {
	if frames == [16]int{} {
		return
	}
	m.stats(title, "Opcode", "Count")
	total := 0
	for op, n := range frames {
		total += n
		if n > 0 {
			m.tag("<tr><td>%d %s<td>%d", op, ws.Opcode(op), n)
		}
	}
	m.tag("</tbody><tfoot><tr><th>Total<td>%d</tfoot></table>", total)
}

func (m *markup) traffic(r report.Result) {
	in, out := r.Log.Traffic.In, r.Log.Traffic.Out
	if in == (wirelog.Volume{}) && out == (wirelog.Volume{}) {
		return
	}
	m.stats("Traffic", "", "In", "Out")
	for _, row := range []struct {
		name    string
		in, out int64
	}{
		{"octets of the opening handshake", in.Preopen, out.Preopen}, {"octets on the wire after it", in.Wire, out.Wire},
		{"octets of payload as framed", in.WebSocket, out.WebSocket}, {"octets of payload", in.App, out.App},
		{"data frames", in.Frames, out.Frames}, {"messages", in.Messages, out.Messages},
	} {
		m.tag("<tr><td>%s<td>%d<td>%d", row.name, row.in, row.out)
	}
	if r.Ratio {
		m.tag("<tr><td>compressed ÷ plain<td>%s<td>%s", telling.RatioText(in.Ratio()), telling.RatioText(out.Ratio()))
	}
	if r.Log.Extension != "" {
		m.tag("<tr><td>messages compressed (RSV1)<td>%d<td>%d", in.Deflated, out.Deflated)
	}
	if s := r.Took.Seconds(); r.Timed && s > 0 {
		m.tag("<tr><td>messages a second<td>%.0f<td>%.0f", float64(in.Messages)/s, float64(out.Messages)/s)
		m.tag("<tr><td>MB of payload a second<td>%s<td>%s", rate(in.Rate(r.Took)), rate(out.Rate(r.Took)))
	}
	m.tag("</tbody></table>")
}
