// SPDX-License-Identifier: Apache-2.0

// Package pcap writes the conversation of a result as a pcapng file, which Wireshark
// and its like open as WebSocket. It knows nothing of report folders. Start at Write.
//
// Sizes, times and directions of reads and writes are those of the log, and so are frame
// headers, masking keys and how TCP ended. A log keeps the beginnings of payloads: for
// the rest there are zeros, masked where the payload is, and a comment on the packet says
// so. They are not left out, because dissectors would lose track of the frames. Addresses,
// ports, sequence numbers and the division into packets are made up.
package pcap

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/wsspec/wsspec/internal/capture"
	"github.com/wsspec/wsspec/internal/report"
	"github.com/wsspec/wsspec/internal/visible"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// The addresses are those for documentation (RFC 5737). At port 80 everybody expects HTTP.
const (
	clientAddress = "192.0.2.1:49152"
	serverAddress = "192.0.2.2:80"
)

// maxOctets bounds what is written, whatever lengths a report claims.
const maxOctets = 256 << 20

// ErrNoConversation says that a result has no log to write.
var ErrNoConversation = errors.New("the conversation is not in the report")

// ErrInsideHTTP says that a conversation took place on a stream of HTTP/2 or HTTP/3, whose
// octets a log does not keep.
var ErrInsideHTTP = errors.New("the WebSocket connection is a stream of an HTTP/2 or HTTP/3 connection, and a report does not keep the octets of that")

// conversation is one that is being written.
type conversation struct {
	out   *capture.Writer
	us    capture.Side
	start time.Time
	known [2]queue
	ended [2]bool
	total int
}

// Write writes the conversation of a result.
func Write(w io.Writer, r report.Result) error {
	log := r.Log
	if log == nil || len(log.Records) == 0 {
		return ErrNoConversation
	}
	if slices.ContainsFunc(log.Records, func(r wirelog.Record) bool { return r.HTTP != nil }) {
		return ErrInsideHTTP
	}
	c := &conversation{start: log.Start}
	if c.start.IsZero() {
		c.start = r.Started
	}
	if c.start.Unix() < 0 {
		c.start = time.Unix(0, 0)
	}
	if log.Facts.Role == ws.Server {
		c.us = capture.Server
	}
	c.out = capture.NewWriter(w, netip.MustParseAddrPort(clientAddress), netip.MustParseAddrPort(serverAddress), "wsspec", about(r, c.us))
	c.known[capture.Client].add(log.Request)
	c.known[capture.Server].add(log.Response)
	for _, rec := range log.Records {
		switch rec.Kind {
		case wirelog.SentFrame:
			c.known[c.us].addFrame(rec.Frame)
		case wirelog.ReceivedFrame:
			c.known[1-c.us].addFrame(rec.Frame)
		}
	}
	c.out.Open(c.start)
	if err := c.write(log); err != nil {
		return err
	}
	return c.out.Flush()
}

// about is the comment on the file.
func about(r report.Result, us capture.Side) string {
	side := [...]string{"the client", "the server"}[us]
	return visible.Text(fmt.Sprintf("Case %s, agent %q: %s. Verdict: %s, closing %s. wsspec is %s. Made of a log, which keeps the first %d octets of a payload, "+
		"a read or a write: zeros stand for the rest, as comments on the packets say. Addresses, ports and how octets are spread over packets are made up.",
		r.ID, r.Agent, r.Title, r.Verdict.Behavior, r.Verdict.Close, side, wirelog.KeepPayload))
}

// write writes what the records say, in their order.
func (c *conversation) write(log *wirelog.Log) error {
	octets := [2]bool{}
	for _, r := range log.Records {
		octets[c.us] = octets[c.us] || r.Kind == wirelog.SentOctets
		octets[1-c.us] = octets[1-c.us] || r.Kind == wirelog.ReceivedOctets
	}
	for side := range capture.Side(2) {
		// Heads come first, where the records do not begin with them.
		if first := c.firstOctets(log, side); !octets[side] || first == nil || !c.known[side].begins(first.Data) {
			if err := c.unit(side, 0); err != nil {
				return err
			}
		}
	}
	for _, r := range log.Records {
		if err := c.record(r, octets); err != nil {
			return err
		}
	}
	return nil
}

// firstOctets is the first record of octets of a side.
func (c *conversation) firstOctets(log *wirelog.Log, side capture.Side) *wirelog.Record {
	for i, r := range log.Records {
		if r.Kind == wirelog.SentOctets && side == c.us || r.Kind == wirelog.ReceivedOctets && side != c.us {
			return &log.Records[i]
		}
	}
	return nil
}

// unit writes the next head or frame of a side.
func (c *conversation) unit(side capture.Side, at time.Duration) error {
	q := &c.known[side]
	if len(q.units) == 0 {
		return nil
	}
	return c.send(side, at, wirelog.Payload{Len: q.units[0].size()})
}

// record writes what one record stands for. A side without records of octets is
// written frame by frame.
func (c *conversation) record(r wirelog.Record, octets [2]bool) error {
	them := 1 - c.us
	switch r.Kind {
	case wirelog.SentOctets:
		return c.send(c.us, r.At, r.Data)
	case wirelog.ReceivedOctets:
		return c.send(them, r.At, r.Data)
	case wirelog.SentFrame:
		if !octets[c.us] {
			return c.unit(c.us, r.At)
		}
	case wirelog.ReceivedFrame:
		if !octets[them] {
			return c.unit(them, r.At)
		}
	case wirelog.DroppedByMe:
		c.end(c.us, r.At, false)
	case wirelog.DroppedByPeer:
		c.end(them, r.At, false)
		c.end(c.us, r.At, false)
	case wirelog.ResetByPeer:
		c.end(them, r.At, true)
	case wirelog.Muted:
		c.out.Note(c.us, c.start.Add(r.At), "wsspec: from here on octets and frames are not in the log, and so not in this file")
	case wirelog.SentBlocks, wirelog.ReceivedBlocks, wirelog.Unmuted, wirelog.Full, wirelog.Violation, wirelog.FailFired, wirelog.CloseFired, wirelog.Lapse:
		c.out.Note(c.us, c.start.Add(r.At), "wsspec: "+strings.TrimPrefix(r.Text(), "# "))
	}
	return nil
}

func (c *conversation) end(side capture.Side, at time.Duration, reset bool) {
	if !c.ended[side] {
		c.ended[side] = true
		c.out.End(side, c.start.Add(at), reset)
	}
}

// send writes the octets of one read or write.
func (c *conversation) send(side capture.Side, at time.Duration, p wirelog.Payload) error {
	if c.total += p.Len; p.Len < 0 || c.total > maxOctets {
		return fmt.Errorf("the conversation has more than %d octets", maxOctets)
	}
	octets, gaps := c.known[side].take(p)
	c.out.Send(side, c.start.Add(at), octets, gaps)
	return nil
}

// Name is what a file with a case is called unless somebody calls it otherwise.
func Name(r report.Result) string {
	id := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' {
			return c
		}
		return '_'
	}, cmp.Or(r.ID, "unnamed"))
	return "case_" + id + ".pcapng"
}
