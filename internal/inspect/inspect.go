// SPDX-License-Identifier: Apache-2.0

// Package inspect reads the octets of a WebSocket connection between others,
// and says what they are: the opening handshake, frames, messages, the DEFLATE blocks
// of those that are compressed, and each rule that is broken, with its section.
//
// A [Connection] is fed the octets of both sides, or of one, in the order in which
// they were sent, in pieces cut anywhere. It does not judge what it has not seen, and
// says so. Its memory is bounded, whatever comes. It knows nothing of where octets come
// from: package capture reads files with packets. Start at Connection.
package inspect

import (
	"fmt"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/rules"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of what is kept of one connection.
const (
	MaxEntries    = 10_000   // entries; more violations are counted
	maxHead       = 64 << 10 // octets of an HTTP head
	maxEarly      = 64 << 10 // octets a client may send before the answer to its handshake
	MaxCompressed = 16 << 20 // octets of a compressed message that is inflated
	MaxInflated   = 64 << 20 // octets that it may inflate to
)

// Options say how to look.
type Options struct {
	// Deflate is what was agreed, where the octets do not have the handshake that says
	// so. With nil permessage-deflate is assumed as soon as RSV1 is set, with
	// the zero Answer's parameters.
	Deflate *deflate.Answer
	// Plain says that there is no agreement where there is no handshake.
	Plain bool

	OneSide bool // the octets are those of one side: there is no waiting for the other one

	Symbols int // runs of literals, copies and blocks listed of a compressed message, at most
	Payload int // octets shown of a payload, at most

	Memory *Memory // shared with other connections; nil for one's own
}

// Kind is what an [Entry] is.
type Kind string

// Kinds of entries.
const (
	Head      Kind = "head"      // an HTTP head: Head
	Frame     Kind = "frame"     // Frame, HeaderLen
	Blocks    Kind = "blocks"    // the DEFLATE blocks of a message: Note
	Message   Kind = "message"   // a whole message, or a Close with code and reason: Data, Opcode
	Violation Kind = "violation" // a rule that From breaks: Note
	Remark    Kind = "remark"    // what else is to be said, such as what could not be looked at: Note
)

// An Entry is one thing that was found.
type Entry struct {
	Kind   Kind
	From   ws.Role
	At     time.Duration // since the connection began
	Offset int64         // among the octets of From, from 0, of the first one it is about

	Head      string
	Frame     wirelog.Frame
	HeaderLen int
	Opcode    ws.Opcode
	Data      wirelog.Payload
	Note      string
}

// Result is what was found in a connection.
type Result struct {
	Entries    []Entry
	Left       int    // entries that are not kept
	Agreed     string // of permessage-deflate, as in the header; empty without
	Frames     int
	Messages   int
	Violations int
	Unjudged   int    // frames, messages and stretches that could not be looked at
	Refused    string // why this is no WebSocket connection, empty where it is one
}

// A Connection is being inspected. It belongs to one goroutine.
type Connection struct {
	Result
	opts    Options
	taken   int // of the memory
	now     time.Duration
	sides   [2]side // by role
	request *ws.Request
	answer  bool // the handshake has been answered
	foreign string
	deflate bool // permessage-deflate was agreed
	guess   bool // or may have been
}

// New returns a connection that begins with the opening handshake, or, where frames
// is set, with the frames behind it.
func New(o Options, frames bool) *Connection {
	c := &Connection{opts: o}
	if c.opts.Memory == nil {
		c.opts.Memory = NewMemory(DefaultMemory)
	}
	for role := range ws.Role(2) {
		c.sides[role] = side{c: c, role: role}
	}
	if frames {
		c.assume(false)
	}
	return c
}

// assume opens the connection without the handshake that says what was agreed; none
// says that it cannot be permessage-deflate.
func (c *Connection) assume(none bool) {
	c.opened()
	switch {
	case c.opts.Deflate != nil:
		c.agree(*c.opts.Deflate)
	case !c.opts.Plain && !none:
		c.guess = true
	}
}

// Feed takes the next octets that a side sent, at a time since the connection began.
func (c *Connection) Feed(from ws.Role, at time.Duration, octets []byte) {
	c.now = at
	c.sides[from].feed(octets)
}

// Missing takes note of octets that a side sent and nobody has.
func (c *Connection) Missing(from ws.Role, at time.Duration, octets int64) {
	c.now = at
	c.sides[from].missing(octets)
}

// Comment takes note of what somebody said of what a side is about to send.
func (c *Connection) Comment(from ws.Role, at time.Duration, text string) {
	const most = 1 << 10
	c.now = at
	c.remark(from, c.sides[from].offset, "comment: %s", text[:min(len(text), most)])
}

// End takes note that a side sends nothing more, how is in words: "ended TCP".
func (c *Connection) End(from ws.Role, at time.Duration, how string) {
	c.now = at
	if how != "" {
		c.remark(from, c.sides[from].offset, "%s", how)
	}
	c.sides[from].end()
}

// Finish ends the inspection and returns what was found.
func (c *Connection) Finish() Result {
	for i := range c.sides {
		c.sides[i].end()
	}
	switch {
	case c.answer || c.Refused != "":
	case c.request != nil:
		c.refuse("the opening handshake has no answer")
	case c.sides[ws.Client].offset+c.sides[ws.Server].offset == 0:
		c.refuse("nothing was sent")
	default:
		c.refuse("there is no opening handshake")
	}
	return c.Result
}

// opened lets both sides go on with frames.
func (c *Connection) opened() {
	c.answer = true
	for i := range c.sides {
		c.sides[i].frames = true
	}
}

// agree sets both sides up for permessage-deflate.
func (c *Connection) agree(a deflate.Answer) {
	c.deflate, c.Agreed = true, a.String()
	c.sides[ws.Client].inflater = deflate.NewInflater(a.Client())
	c.sides[ws.Server].inflater = deflate.NewInflater(a.Server())
}

// refuse ends looking at a connection that is not one of WebSocket.
func (c *Connection) refuse(format string, args ...any) {
	c.Refused = fmt.Sprintf(format, args...)
}

// add keeps an entry and returns its index, or -1 where there is no room.
func (c *Connection) add(e Entry) int {
	if e.Kind == Violation {
		c.Violations++
	}
	payload := 0
	if e.Kind == Frame {
		payload = int(min(e.Frame.Length, uint64(c.opts.Payload))) // which is to come
	}
	if len(c.Entries) == MaxEntries || !c.take(entryCost+len(e.Head)+len(e.Note)+len(e.Data.Head)+payload) {
		c.Left++
		return -1
	}
	e.At = c.now
	c.Entries = append(c.Entries, e)
	return len(c.Entries) - 1
}

func (c *Connection) violation(from ws.Role, offset int64, rule string) {
	c.add(Entry{Kind: Violation, From: from, Offset: offset, Note: rule})
}

func (c *Connection) remark(from ws.Role, offset int64, format string, args ...any) {
	c.add(Entry{Kind: Remark, From: from, Offset: offset, Note: fmt.Sprintf(format, args...)})
}

// sender is what the rules for frames have to know of a side.
func (s *side) sender() rules.Sender {
	return rules.Sender{Role: s.role, Deflate: s.c.deflate, Inside: s.message.inside, Closed: s.closed}
}
