// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Lines returns what was found, to be read: each entry begins with its place, which is
// the time in seconds or, for octets without times, their offset. The signs are those
// of wire logs, with > for what the client sends and < for what the server sends; an
// exclamation mark stands before each violation.
func (r Result) Lines(times bool) []string {
	var lines []string
	for _, e := range r.Entries {
		place := fmt.Sprintf("@%d", e.Offset)
		if times {
			place = fmt.Sprintf("%.6f", e.At.Seconds())
		}
		for i, line := range e.lines() {
			if i > 0 {
				place = ""
			}
			lines = append(lines, fmt.Sprintf("%-10s %s", place, visible.Text(line)))
		}
	}
	if r.Left > 0 {
		lines = append(lines, fmt.Sprintf("%-10s # %d entries more are counted only", "", r.Left))
	}
	if r.Refused != "" {
		lines = append(lines, fmt.Sprintf("%-10s # not looked at: %s", "", visible.Text(r.Refused)))
	}
	return lines
}

// Summary is what the result comes to, in one line.
func (r Result) Summary() string {
	s := fmt.Sprintf("%s, %s, %s", count(r.Frames, "frame"), count(r.Messages, "message"), count(r.Violations, "violation"))
	if r.Unjudged > 0 {
		s += fmt.Sprintf("; not judged: %d (see the remarks)", r.Unjudged)
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (e Entry) sign() string {
	if e.From == ws.Server {
		return "<"
	}
	return ">"
}

func (e Entry) lines() []string {
	switch e.Kind {
	case Head:
		lines := strings.Split(strings.TrimSuffix(e.Head, "\r\n\r\n"), "\r\n")
		for i := range lines {
			lines[i] = e.sign() + " " + lines[i]
		}
		return lines
	case Frame:
		return []string{e.sign() + " " + e.Frame.String(), "  " + e.bits()}
	case Blocks:
		return []string{"  deflate: " + e.Note}
	case Message:
		return []string{"= " + e.message()}
	case Violation:
		return []string{fmt.Sprintf("! %s [%v]", e.Note, e.From)}
	}
	return []string{"# " + e.Note}
}

// bits is the header of a frame, field by field (RFC 6455, 5.2).
func (e Entry) bits() string {
	h := e.Frame.Header
	fin, mask := 0, 0
	if h.Fin {
		fin = 1
	}
	if h.Masked {
		mask = 1
	}
	s := fmt.Sprintf("FIN=%d RSV=%03b opcode=%04b MASK=%d length=", fin, h.RSV, h.Opcode, mask)
	switch h.WireForm() {
	case ws.Length16:
		s += fmt.Sprintf("126,%d", h.Length)
	case ws.Length64:
		s += fmt.Sprintf("127,%d", h.Length)
	default:
		s += fmt.Sprint(h.Length)
	}
	if h.Masked {
		s += " key=" + hex.EncodeToString(h.Key[:])
	}
	return s
}

// message is the event in the notation of wire logs.
func (e Entry) message() string {
	if e.Opcode != ws.Close {
		return e.Opcode.String() + " " + e.Data.String()
	}
	code, reason, has := ws.ParseClosePayload(e.Data.Head)
	switch {
	case !has:
		return "close"
	case len(reason) == 0:
		return fmt.Sprintf("close %d", code)
	}
	return fmt.Sprintf("close %d %v", code, wirelog.Whole(reason))
}
