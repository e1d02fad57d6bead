// SPDX-License-Identifier: Apache-2.0

// Package conversation is what one side of WebSocket connections says, octet by octet,
// as a value: opening handshakes with edits, frames with every bit settable, hand-made
// DEFLATE, raw octets, pauses, half-closes and resets, on one connection or several. It
// has a text form for files that people read and edit ([Parse], [Conversation.String]).
//
// It knows nothing of how it is played, nor of what has to come back. Start at
// Conversation.
package conversation

import (
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Bounds of a conversation, which may come from a file that anybody wrote.
const (
	MaxText        = 1 << 20  // octets of the text form
	MaxSteps       = 10_000   // of a conversation
	MaxConnections = 64       // of a conversation
	MaxPayload     = 16 << 20 // octets of a frame
	MaxTotal       = 64 << 20 // octets of payload of a conversation
	MaxTimes       = 100_000  // that a frame is sent
	MaxPause       = 10 * time.Second
	MaxPauses      = time.Minute // all of a conversation
)

// A Conversation is what we say.
type Conversation struct {
	Role ws.Role // ours: as a client we talk to servers
	Note
	Openings []Opening // of the connections, at least one
	Steps    []Step
}

// Note is what a file says about the conversation, for its reader; none of it is played.
type Note struct {
	Requirement string // its id
	Rule        string // the sentence that was broken
	Expected    string
	Received    string
	Agent       string // of whom it was found
	Found       string // how: seed and number
}

// Step is one thing that is done.
type Step struct {
	On     int // the connection, from 0
	Kind   Kind
	Frame  Frame         // SendFrame
	Octets []byte        // SendOctets
	Wait   time.Duration // Pause
}

// Kind is what a step does.
type Kind uint8

// Kinds of steps, and how they are written.
const (
	SendFrame  Kind = iota // > text "Hello"
	SendOctets             // >> 2 8900
	Pause                  // pause 10ms
	Await                  // await: all that the other side owes has come
	EndWriting             // end writing: FIN, and reading goes on
	Reset                  // reset: the connection is gone
)

// DefaultKey masks what we send as a client where no other key is given: that of the
// example in RFC 6455, 5.7.
func DefaultKey() [4]byte { return [4]byte{0x37, 0xfa, 0x21, 0x3d} }

// Frame is a frame as it goes out.
type Frame struct {
	ws.Header        // exactly as sent, Length as declared
	Payload   []byte // before masking
	Repeat    int    // where not 0, the payload goes on with itself to so many octets
	Blocks    Blocks // what the payload is made of, nil where it is not hand-made DEFLATE
	From, To  int    // the part of the octets of Blocks that the payload is
	Times     int    // how often it is sent, one behind the other; 0 is once
	Chop      int    // octets a write, 0 for the whole frame in one
	Cut       [2]int // a write ends at each of these offsets, from the first to the last
}

// Text, Binary, Continuation, Ping and Pong as an endpoint of the role sends them.
func plain(role ws.Role, op ws.Opcode, payload []byte) Frame {
	f := Frame{Payload: payload, Header: ws.Header{Fin: true, Opcode: op, Length: uint64(len(payload))}}
	if role == ws.Client {
		f.Masked, f.Key = true, DefaultKey()
	}
	return f
}

// NewFrame is a frame of the role with FIN set and nothing unusual.
func NewFrame(role ws.Role, op ws.Opcode, payload string) Frame {
	return plain(role, op, []byte(payload))
}

// Deflated is NewFrame with RSV1 set and hand-made DEFLATE for a payload.
func Deflated(role ws.Role, op ws.Opcode, b Blocks) (Frame, error) {
	octets, err := b.Octets()
	if err != nil {
		return Frame{}, err
	}
	f := plain(role, op, octets)
	f.RSV = 4
	f.Blocks, f.From, f.To = b, 0, len(octets)
	return f, nil
}

// Len is how many octets the payload has.
func (f *Frame) Len() int {
	if f.Repeat > 0 {
		return f.Repeat
	}
	return len(f.Payload)
}

// Whole is the payload before masking. It is shared with the frame where it can be.
func (f *Frame) Whole() []byte {
	if f.Repeat == 0 {
		return f.Payload
	}
	all := make([]byte, 0, f.Repeat)
	for len(all) < f.Repeat && len(f.Payload) > 0 {
		all = append(all, f.Payload[:min(len(f.Payload), f.Repeat-len(all))]...)
	}
	return all
}

// Set gives the frame another payload and declares its length.
func (f *Frame) Set(payload []byte) {
	f.Payload, f.Repeat, f.Blocks, f.From, f.To = payload, 0, nil, 0, 0
	f.Length = uint64(len(payload))
}

// Slice is the frame with a part of its payload, which stays that of its Blocks.
func (f Frame) Slice(from, to int) Frame {
	if f.Repeat > 0 {
		f.Payload, f.Repeat = f.Whole(), 0
	}
	f.Payload = f.Payload[from:to]
	f.Length = uint64(to - from)
	if f.Blocks != nil {
		f.From, f.To = f.From+from, f.From+to
	}
	return f
}

// Append appends the frame's octets to dst: header, and payload masked as it says.
func (f *Frame) Append(dst []byte) []byte {
	dst = f.Header.Append(dst)
	at := len(dst)
	if f.Repeat > 0 {
		dst = append(dst, f.Whole()...)
	} else {
		dst = append(dst, f.Payload...)
	}
	if f.Masked {
		ws.Mask(f.Key, 0, dst[at:])
	}
	return dst
}

// Opening is our half of the opening handshake of one connection, as edits of the usual
// one: for a client the request, for a server the answer.
type Opening struct {
	Offer   string // Sec-WebSocket-Extensions of a request, "" for none
	Answer  string // what is added to the least answer to an offer of permessage-deflate; "no": declined
	Command string // what the other side is asked to do, as ws.ParseCommands reads it
	Edits   []Edit
	Chop    int  // octets a write, 0 for all in one
	Behind  bool // the first frames go out with it, in the same write
}

// Edit is one change of a head. In its text {target}, {host}, {key} and {accept} stand
// for what they are called.
type Edit struct {
	Word string // one of EditWords
	Text string
}

// EditWords are the changes there are: the first line; a field left out, replaced or
// added, the last of which is any line; what goes behind the head; the whole head.
func EditWords() []string { return []string{"line", "without", "with", "add", "body", "raw"} }

// Clone is a copy that shares no step, edit or opening; payloads are shared, and nobody
// changes them in place.
func (c *Conversation) Clone() *Conversation {
	d := *c
	d.Steps = append([]Step(nil), c.Steps...)
	d.Openings = append([]Opening(nil), c.Openings...)
	for i := range d.Openings {
		d.Openings[i].Edits = append([]Edit(nil), d.Openings[i].Edits...)
	}
	return &d
}

// Frames is how many frames are sent; octets that are sent as such count as one.
func (c *Conversation) Frames() int {
	n := 0
	for i := range c.Steps {
		switch c.Steps[i].Kind {
		case SendFrame:
			n += max(1, c.Steps[i].Frame.Times)
		case SendOctets:
			n++
		}
	}
	return n
}
