// SPDX-License-Identifier: Apache-2.0

package telling

import (
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Expected says in words what must come back and how the connection must end. It
// is empty where a report does not tell.
func Expected(r report.Result) string {
	if r.Expects != "" || !known(r.Want) {
		return r.Expects
	}
	return Expectation(r.Want, r.Close)
}

func known(w verdict.Want) bool { return len(w.Outcomes) > 0 || w.Echoes > 0 || w.Informational }

// Expectation says in words what must come back and how the connection must end.
func Expectation(w verdict.Want, c verdict.Closing) string {
	if w.Whole || w.Survey {
		return wanted(w)
	}
	return wanted(w) + " " + ClosingExpectation(c)
}

func wanted(w verdict.Want) string {
	switch {
	case w.Informational:
		return "There is no wrong answer here."
	case w.Survey:
		return "What it looks at is as it should be on each connection that the other cases of the run make."
	case w.Echoes == 1:
		return fmt.Sprintf("The message comes back unchanged within %v.", w.Within)
	case w.Echoes > 1:
		return fmt.Sprintf("Each of the %d messages comes back unchanged, all within %v.", w.Echoes, w.Within)
	}
	var b strings.Builder
	for i, o := range w.Outcomes {
		what := "no message or pong comes back"
		switch events := strings.Join(EventLines(o.Events), ", "); {
		case o.AndMore:
			what = "this comes back first: " + events
		case o.Unopened:
			what = "no connection opens, and exactly this comes back: " + events
		case events != "":
			what = "exactly this comes back: " + events
		}
		if i == 0 {
			b.WriteString(strings.ToUpper(what[:1]) + what[1:] + ".")
			continue
		}
		fmt.Fprintf(&b, " %s if %s.", o.Grade, what)
	}
	return b.String()
}

// ClosingExpectation says in words how the connection must end.
func ClosingExpectation(c verdict.Closing) string {
	who := "The peer fails the connection"
	if c.ByUs {
		who = "We begin the closing handshake"
	}
	how := ", by a Close or by the end of TCP"
	if c.Clean {
		how = " and it is completed in order"
	}
	codes := make([]string, len(c.Codes))
	for i, code := range c.Codes {
		codes[i] = fmt.Sprint(code)
	}
	return fmt.Sprintf("%s%s; the peer's Close has %s or no code.", who, how, strings.Join(codes, " or "))
}

// EventLines are expected events in the notation of the wire log.
func EventLines(es []verdict.Event) []string {
	lines := make([]string, len(es))
	for i, e := range es {
		if e.Plain() {
			lines[i] = eventLine(e.Record())
		} else {
			lines[i] = visible.Text(e.String())
		}
	}
	return lines
}

// ReceivedLines are those events in the notation of the wire log, and the frames that
// broke a rule and so came to no event. Pings, which are none either, are told where
// nothing else came.
func ReceivedLines(r report.Result) []string {
	lines := recordLines(r.Log.WithOffences(r.Want.Received(r.Log)))
	if len(lines) > 0 {
		return lines
	}
	for _, rec := range r.Log.Records {
		if isPing(rec) {
			lines = append(lines, frameLine(rec))
		}
	}
	return lines
}

func isPing(r wirelog.Record) bool {
	return r.Kind == wirelog.ReceivedFrame && r.Frame.Opcode == ws.Ping
}

func frameLine(r wirelog.Record) string {
	f := r.Frame
	f.Masked, f.Payload = false, f.Payload.Short()
	return visible.Text(f.String())
}

func recordLines(rs []wirelog.Record) []string {
	var lines []string
	for _, r := range rs {
		if r.Kind == wirelog.ReceivedFrame {
			lines = append(lines, frameLine(r)+" (broke a rule)")
			continue
		}
		lines = append(lines, eventLine(r))
	}
	return lines
}

func eventLine(r wirelog.Record) string {
	r.Data = r.Data.Short()
	return visible.Text(strings.TrimPrefix(r.Text(), "= "))
}

// FlowNote says under which circumstances the rates of a table of flows were measured.
const FlowNote = "MB/s: measured while other cases ran, up to 16 at a time, unless --jobs is 1."

// RatioText is what Volume.Ratio says, with a dash where there is none.
func RatioText(ratio float64, has bool) string {
	if !has {
		return "-"
	}
	return fmt.Sprintf("%.3f", ratio)
}

// ShareText is what Volume.Share says in percent, with a dash where there is none.
func ShareText(share float64, has bool) string {
	if !has {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}
