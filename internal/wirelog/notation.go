// SPDX-License-Identifier: Apache-2.0

package wirelog

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsspec/wsspec/internal/ws"
)

// remarks are the kinds that are a fixed phrase.
var remarks = map[Kind]string{
	FailFired: "fail", CloseFired: "close", Muted: "log off", Unmuted: "log on",
	DroppedByMe: "dropped by me", DroppedByPeer: "dropped by peer", ResetByPeer: "reset by peer", StillOpen: "still open",
	Settled: "settled", Full: "log full",
}

// notes are the kinds that are a word or two and a quoted sentence.
var notes = map[Kind]string{
	SentBlocks: "deflate sent", ReceivedBlocks: "deflate received",
	Violation: "violation", Lapse: "lapse", NotJudged: "not judged", Dead: "dead", Noted: "note",
}

// String prints a record as one line: seconds since the beginning, a sign for
// what it is (>> << octets, > < frames, = event, # remark), and the rest as shown
// beside the kinds. ParseRecord reads it back.
func (r Record) String() string {
	return fmt.Sprintf("%.6f %s", r.At.Seconds(), r.Text())
}

// Text prints a record without its time.
func (r Record) Text() string {
	switch r.Kind {
	case SentOctets:
		return ">> " + octets(r.Data)
	case ReceivedOctets:
		return "<< " + octets(r.Data)
	case SentHTTP:
		return "> " + r.HTTP.String()
	case ReceivedHTTP:
		return "< " + r.HTTP.String()
	case SentFrame:
		return "> " + r.Frame.String()
	case ReceivedFrame:
		return "< " + r.Frame.String()
	case SentTLS:
		return "> " + r.TLS.String()
	case ReceivedTLS:
		return "< " + r.TLS.String()
	case NotSent:
		return "# not sent " + r.Frame.String()
	case Event:
		return "= " + r.eventText()
	case WaitSet:
		return strings.TrimSuffix(fmt.Sprintf("# wait %v %s", r.Wait, r.Tag), " ")
	case WaitOver:
		return strings.TrimSuffix("# waited "+r.Tag, " ")
	case FailSet:
		return fmt.Sprintf("# fail after %v", r.Wait)
	case CloseSet:
		return fmt.Sprintf("# close after %v", r.Wait)
	}
	if word, ok := notes[r.Kind]; ok {
		return "# " + word + " " + strconv.Quote(r.Note)
	}
	return "# " + remarks[r.Kind]
}

// EventText prints an event in the notation of expectations.
func (r Record) EventText() string { return r.eventText() }

// eventText prints an event in the notation of expectations.
func (r Record) eventText() string {
	switch r.Type {
	case TextEvent:
		return "text " + r.Data.String()
	case BinaryEvent:
		return "binary " + r.Data.String()
	case PongEvent:
		if r.Unasked {
			return "unasked pong " + r.Data.String()
		}
		return "pong " + r.Data.String()
	case CloseEvent:
		if r.Code == ws.NoStatus {
			return "close"
		}
		return fmt.Sprintf("close %d", r.Code)
	case EndEvent:
		return r.ended("end")
	case ResetEvent:
		return r.ended(strings.TrimSuffix("reset "+r.Tag, " "))
	case OpenEvent:
		return "still open"
	case AnswerEvent:
		return fmt.Sprintf("http %d", r.Status)
	case BegunEvent:
		return "message begun"
	}
	return strings.TrimSuffix("timeout "+r.Tag, " ")
}

// ended adds what is worth a word to how TCP ended: TLS stood not as it should.
func (r Record) ended(how string) string {
	if r.End == EndUnsaid || r.End == EndNotified {
		return how
	}
	return how + " " + r.End.String()
}

// String prints a frame: opcode, then whatever is not as usual, then payload.
func (f Frame) String() string {
	var b strings.Builder
	b.WriteString(f.Opcode.String())
	if !f.Fin {
		b.WriteString(" more")
	}
	if f.RSV != 0 {
		fmt.Fprintf(&b, " rsv=%d", f.RSV)
	}
	if f.Masked {
		fmt.Fprintf(&b, " mask=%x", f.Key)
	}
	if !f.Minimal() {
		fmt.Fprintf(&b, " form=%s", formNames[f.Form])
	}
	if f.Length != uint64(f.Payload.Len) {
		fmt.Fprintf(&b, " declared=%d", f.Length)
	}
	if f.Repeat != 0 {
		fmt.Fprintf(&b, " repeat=%d", f.Repeat)
	}
	if f.Chop != 0 {
		fmt.Fprintf(&b, " chop=%d", f.Chop)
	}
	if f.Cut[1] != 0 {
		fmt.Fprintf(&b, " cut=%d-%d", f.Cut[0], f.Cut[1])
	}
	if f.Gap != 0 {
		fmt.Fprintf(&b, " gap=%v", f.Gap)
	}
	if f.Sync {
		b.WriteString(" sync")
	}
	return b.String() + " " + f.Payload.String()
}

var formNames = [...]string{ws.Length7: "7", ws.Length16: "16", ws.Length64: "64"}

// String prints octets as a quoted string where they are UTF-8 and as 0x and hex
// where not; what was cut is announced by len= and ended by dots.
func (p Payload) String() string {
	head := "0x" + hex.EncodeToString(p.Head)
	if utf8.Valid(p.Head) {
		head = strconv.Quote(string(p.Head))
	}
	if p.Complete() {
		return head
	}
	if p.Sum != nil {
		return fmt.Sprintf("len=%d sha256=%x %s...", p.Len, p.Sum, head)
	}
	return fmt.Sprintf("len=%d %s...", p.Len, head)
}

// octets prints the octets of one read or write.
func octets(p Payload) string {
	s := strconv.Itoa(p.Len) + " " + hex.EncodeToString(p.Head)
	if !p.Complete() {
		s += "..."
	}
	return s
}
