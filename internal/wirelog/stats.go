// SPDX-License-Identifier: Apache-2.0

package wirelog

import (
	"slices"
	"time"

	"github.com/wsspec/wsspec/internal/ws"
)

// Stats counts reads and writes by their size and frames by their opcode.
type Stats struct {
	ReceivedOctets, SentOctets map[int]int // octets of one read or write → how often
	ReceivedFrames, SentFrames [16]int     // opcode → how often
}

func newStats() Stats {
	return Stats{ReceivedOctets: map[int]int{}, SentOctets: map[int]int{}}
}

// CountOctets counts one read (sent false) or write of n octets. A peer can make
// us read in any sizes it likes: beyond MaxSizes different ones, new sizes are
// counted under -1.
func (s *Stats) CountOctets(sent bool, n int) {
	m := s.ReceivedOctets
	if sent {
		m = s.SentOctets
	}
	if _, known := m[n]; !known && len(m) >= MaxSizes {
		n = -1
	}
	m[n]++
}

// CountFrame counts one frame.
func (s *Stats) CountFrame(sent bool, o ws.Opcode) {
	if sent {
		s.SentFrames[o&15]++
	} else {
		s.ReceivedFrames[o&15]++
	}
}

// Traffic is the volume in both directions.
type Traffic struct{ In, Out Volume }

// Volume counts octets at each level, and frames and messages with data.
type Volume struct {
	Preopen   int64 // octets of the opening handshake
	Wire      int64 // octets after it, frame headers included
	WebSocket int64 // payload octets as framed: compressed where an extension is in use
	App       int64 // payload octets as the application sees them
	Frames    int64 // frames of messages
	Messages  int64
	Deflated  int64 // messages with RSV1 under permessage-deflate
}

// Plus is the sum of both.
func (v Volume) Plus(w Volume) Volume {
	return Volume{
		v.Preopen + w.Preopen, v.Wire + w.Wire, v.WebSocket + w.WebSocket, v.App + w.App,
		v.Frames + w.Frames, v.Messages + w.Messages, v.Deflated + w.Deflated,
	}
}

// Ratio is compressed ÷ plain octets of payload, and whether there were any.
func (v Volume) Ratio() (float64, bool) {
	if v.App == 0 {
		return 0, false
	}
	return float64(v.WebSocket) / float64(v.App), true
}

// Share is which part of the messages was compressed, and whether there were any.
func (v Volume) Share() (float64, bool) {
	if v.Messages == 0 {
		return 0, false
	}
	return float64(v.Deflated) / float64(v.Messages), true
}

// Rate is how many megabytes (10^6 octets) of plain payload a second the volume
// is in that time; 0 if it took none.
func (v Volume) Rate(took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(v.App) / 1e6 / took.Seconds()
}

// Echo is the tally of a case that sends messages and wants each of them back
// before it sends the next.
type Echo struct {
	Sent, Matched int
	Difference    string // the first wrong echo, in words; empty while all match
	// Stalled is how long nothing moved in either direction when we gave up; 0: it did
	// not come to that. Overtime is how much longer than meant the echoes of a steady
	// peer took.
	Stalled, Overtime time.Duration
}

// Compression is how the peer used permessage-deflate (RFC 7692) beside what was
// agreed; where nothing was, Broken says why its offers had to be declined.
type Compression struct {
	Window    int  // octets its window may have
	NoContext bool // it agreed to begin each message with an empty window
	Farthest  int  // octets of the largest distance in what it sent
	Context   bool // it referred to earlier messages
	Broken    []string
}

// Break notes something the peer did against what was agreed, with its section,
// once.
func (c *Compression) Break(what string) {
	if !slices.Contains(c.Broken, what) && len(c.Broken) < maxBroken {
		c.Broken = append(c.Broken, what)
	}
}

// maxBroken bounds the notes on one connection.
const maxBroken = 8

// Deflated counts the compressed messages of the peer (RFC 7692, 7.2), also those that
// could not be inflated, and what they were made of.
type Deflated struct {
	Messages               int
	Stored, Fixed, Dynamic int // blocks by type (RFC 1951, 3.2.3), without that at the end whose lengths are not sent
	Final                  int // messages with a block that has BFINAL set
	Earlier                int // messages that refer to earlier ones
	Farthest               int // octets of the largest distance

	// Messages with something wrong.

	Empty   int // they have no octet
	Unended int // 00 00 ff ff cannot follow
	Corrupt int // they are not DEFLATE
	TooFar  int // a distance goes beyond the window
	Kept    int // they refer to earlier ones, and that was ruled out
}
