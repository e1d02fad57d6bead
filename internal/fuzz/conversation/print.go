// SPDX-License-Identifier: Apache-2.0

package conversation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/ws"
)

// firstLine is how the text form begins.
const firstLine = "conversation 1"

// String prints the conversation as [Parse] reads it: a head of "name: value" lines, an
// empty line, and then a line for each thing that is done.
func (c *Conversation) String() string {
	var b strings.Builder
	b.WriteString(firstLine + "\n")
	fmt.Fprintf(&b, "role: %s\n", c.Role)
	for _, f := range c.note() {
		if *f.value != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.name, visible.Text(*f.value))
		}
	}
	b.WriteString("\n")
	b.WriteString(c.Script())
	return b.String()
}

// Script prints what is done, without the head.
func (c *Conversation) Script() string {
	var b strings.Builder
	open := make([]bool, len(c.Openings))
	on := -1
	var turn func(i int)
	turn = func(i int) {
		for j := range i { // those that have no step come before the next
			if !open[j] {
				turn(j)
			}
		}
		if i == on {
			return
		}
		if on = i; len(c.Openings) > 1 {
			fmt.Fprintf(&b, "connection %d\n", i+1)
		}
		if !open[i] {
			open[i] = true
			c.Openings[i].print(&b)
		}
	}
	for i := range c.Steps {
		turn(c.Steps[i].On)
		b.WriteString(c.Steps[i].text(c.Role) + "\n")
	}
	for i := range c.Openings {
		if !open[i] {
			turn(i)
		}
	}
	return b.String()
}

// field is a line of the head.
type field struct {
	name  string
	value *string
}

func (n *Note) note() []field {
	return []field{
		{"requirement", &n.Requirement}, {"rule", &n.Rule}, {"expected", &n.Expected},
		{"received", &n.Received}, {"agent", &n.Agent}, {"found", &n.Found},
	}
}

func (o *Opening) print(b *strings.Builder) {
	if o.Offer != "" {
		fmt.Fprintf(b, "offer %s\n", strconv.Quote(o.Offer))
	}
	if o.Answer != "" {
		fmt.Fprintf(b, "answer %s\n", strconv.Quote(o.Answer))
	}
	if o.Command != "" {
		fmt.Fprintf(b, "command %s\n", strconv.Quote(o.Command))
	}
	for _, e := range o.Edits {
		fmt.Fprintf(b, "head %s %s\n", e.Word, quote([]byte(e.Text)))
	}
	if o.Chop > 0 {
		fmt.Fprintf(b, "head chop %d\n", o.Chop)
	}
	if o.Behind {
		b.WriteString("head together\n")
	}
}

// Text prints a step of a conversation of the role.
func (s *Step) text(role ws.Role) string {
	switch s.Kind {
	case SendFrame:
		return "> " + s.Frame.Text(role)
	case SendOctets:
		return fmt.Sprintf(">> %d %x", len(s.Octets), s.Octets)
	case Pause:
		return fmt.Sprintf("pause %v", s.Wait)
	case Await:
		return "await"
	case EndWriting:
		return "end writing"
	}
	return "reset"
}

// Text prints the frame in the notation of wire logs. What the role does with every
// frame, masking with the default key or not at all, is not said; what it never does is.
func (f *Frame) Text(role ws.Role) string {
	var b strings.Builder
	b.WriteString(f.Opcode.String())
	if !f.Fin {
		b.WriteString(" more")
	}
	if f.RSV != 0 {
		fmt.Fprintf(&b, " rsv=%d", f.RSV)
	}
	switch {
	case role == ws.Client && !f.Masked:
		b.WriteString(" unmasked")
	case f.Masked && (role == ws.Server || f.Key != DefaultKey()):
		fmt.Fprintf(&b, " mask=%x", f.Key)
	}
	if !f.Minimal() {
		b.WriteString(" form=" + formName(f.Form))
	}
	if f.Length != uint64(f.Len()) {
		fmt.Fprintf(&b, " declared=%d", f.Length)
	}
	if f.Repeat != 0 {
		fmt.Fprintf(&b, " repeat=%d", f.Repeat)
	}
	if f.Times > 1 {
		fmt.Fprintf(&b, " times=%d", f.Times)
	}
	if f.Chop != 0 {
		fmt.Fprintf(&b, " chop=%d", f.Chop)
	}
	if f.Cut != [2]int{} {
		fmt.Fprintf(&b, " cut=%d-%d", f.Cut[0], f.Cut[1])
	}
	if f.Blocks == nil {
		return b.String() + " " + quote(f.Payload)
	}
	fmt.Fprintf(&b, " deflate{%s}", f.Blocks)
	if all, err := f.Blocks.Octets(); err != nil || f.From != 0 || f.To != len(all) {
		fmt.Fprintf(&b, "[%d:%d]", f.From, f.To)
	}
	return b.String()
}

func formName(f ws.LengthForm) string {
	switch f {
	case ws.Length16:
		return "16"
	case ws.Length64:
		return "64"
	}
	return "7"
}
