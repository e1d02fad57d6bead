// SPDX-License-Identifier: Apache-2.0

package fuzz

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/fuzz/conversation"
	"github.com/wsspec/wsspec/internal/fuzz/player"
	"github.com/wsspec/wsspec/internal/model"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Finding is a conversation that an endpoint gets wrong, as short as it could be made.
type Finding struct {
	Name         string // of its file, without .wsspec
	Conversation *conversation.Conversation
	Violation    model.Violation
	Records      []wirelog.Record // what was sent and what came back
	Number       uint64           // of the conversation in which it was seen first
	At           time.Duration    // since the run began
	Confirmed    int              // plays that showed it again
	Plays        int              // of so many
	Whole        bool             // there was no time to shrink it
	Unusual      []string         // see model.Model.Unusual
}

// confirmations is how often a finding has to come again, and mostMisses how often it need
// not: what one connection in two shows is one too.
const (
	confirmations = 3
	mostMisses    = 6
)

// newFinding writes into a conversation what was found.
func (r *run) newFinding(s suspect, c *conversation.Conversation, out *player.Outcome) Finding {
	v := s.violation
	c.Note = conversation.Note{
		Requirement: fmt.Sprintf("%s (%s, %s)", v.Requirement, v.Place(), v.Level),
		Rule:        v.Sentence(), Expected: out.Expected, Received: received(out.Records, v), Agent: r.Agent,
		Found: fmt.Sprintf("seed %d, conversation %d", r.Seed, s.n),
	}
	if s.whole {
		c.Note.Found += "; there was no time to shrink it"
	}
	if s.gone {
		c.Note.Requirement, c.Note.Rule = "", "An endpoint goes on serving others, whatever one peer says."
	}
	if s.restless {
		c.Note.Requirement, c.Note.Rule = "", "An endpoint whose conversations have ended has nothing left to do."
	}
	return Finding{
		Name: Name(v, c), Conversation: c, Violation: v, Records: out.Records, Number: s.n, At: s.at, Whole: s.whole, Unusual: out.Unusual,
	}
}

// Name is that of the file of a finding.
func Name(v model.Violation, c *conversation.Conversation) string {
	sum := sha256.Sum256([]byte(c.Script()))
	return fmt.Sprintf("%s-%x", v.Requirement, sum[:3])
}

// SortFindings has the worst come first.
func SortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(int(a.Violation.Level)-int(b.Violation.Level), strings.Compare(a.Name, b.Name))
	})
}

// received is a line of what came back and what is wrong with it.
func received(records []wirelog.Record, v model.Violation) string {
	var lines []string
	for _, r := range records {
		if r.Kind == wirelog.ReceivedFrame {
			f := r.Frame
			f.Payload = f.Payload.Short()
			lines = append(lines, f.String())
		}
	}
	const most = 5
	if len(lines) > most {
		lines = append(lines[:most], "...")
	}
	if len(lines) == 0 {
		return v.What
	}
	return strings.Join(lines, ", ") + ": " + v.What
}

// key is what makes suspects one finding before anybody looks closer: the sentence, and what
// happened but for numbers and what is quoted.
func (s *suspect) key() string {
	var b strings.Builder
	b.WriteString(s.violation.Requirement + " ")
	quoted := false
	for _, c := range s.violation.What {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted, c >= '0' && c <= '9':
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Shape is what makes findings one: the sentence, what kinds of frames were sent, and the
// kind of handshake.
func Shape(v model.Violation, c *conversation.Conversation) string {
	var b strings.Builder
	b.WriteString(v.Requirement)
	for _, o := range c.Openings {
		fmt.Fprintf(&b, " opening %v", len(o.Edits) > 0)
		for _, e := range o.Edits {
			name, _, _ := strings.Cut(e.Text, ":")
			b.WriteString(" " + e.Word + " " + name)
		}
		if o.Offer != "" || o.Answer != "" {
			b.WriteString(" deflate")
		}
		b.WriteString(" " + o.Command)
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		switch s.Kind {
		case conversation.SendFrame:
			b.WriteString(" " + frameShape(&s.Frame, c.Role))
		case conversation.SendOctets:
			b.WriteString(" octets")
		default:
			fmt.Fprintf(&b, " step%d", s.Kind)
		}
	}
	return b.String()
}

func frameShape(f *conversation.Frame, role ws.Role) string {
	g := wirelog.Frame{Header: f.Header}
	name := g.Opcode.String()
	switch {
	case g.Opcode.IsReserved() && g.Opcode.IsControl():
		name = "reserved control"
	case g.Opcode.IsReserved():
		name = "reserved data"
	}
	if !f.Fin {
		name += " more"
	}
	if f.RSV != 0 {
		name += fmt.Sprintf(" rsv%v", f.RSV&4 != 0)
	}
	if f.Masked == (role == ws.Server) {
		name += " mask"
	}
	if !f.Minimal() {
		name += " form"
	}
	if f.Length != uint64(f.Len()) {
		name += " declared"
	}
	if f.Len() > ws.MaxControlPayload {
		name += " long"
	}
	return name
}

// Contains reports whether in the conversation of a finding all is said that is said in that of
// another, which is no less bad, and more: then it may come of the same mistake.
func (f *Finding) Contains(other *Finding) bool {
	long, short := lines(f.Conversation), lines(other.Conversation)
	if len(short) == 0 || len(short) >= len(long) || other.Violation.Level > f.Violation.Level {
		return false
	}
	at := 0
	for _, line := range long {
		if at < len(short) && line == short[at] {
			at++
		}
	}
	return at == len(short)
}

// lines are those of what is done in a conversation.
func lines(c *conversation.Conversation) []string {
	return strings.FieldsFunc(c.Script(), func(r rune) bool { return r == '\n' })
}
