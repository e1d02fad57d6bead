// SPDX-License-Identifier: Apache-2.0

// Package capture reads TCP connections from files of captured packets, pcap and
// pcapng, and writes one to such a file. It knows nothing of what the octets mean.
// Start at Read.
//
// It puts the octets of each direction in order and says where some are missing. A
// file is read once, from beginning to end, and memory is bounded however many
// connections are in it and however they are interleaved.
package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A Conn is a TCP connection in a file.
type Conn struct {
	Number         int // from 1, in order of appearance
	Client, Server netip.AddrPort
	Began          time.Time // of the first packet
	Whole          bool      // its first packet is the one that opens it
}

// Side is one of the two ends of a connection.
type Side uint8

// The sides: the client is who opened the connection, or is taken for it where that
// is not in the file.
const (
	Client Side = iota
	Server
)

// A Listener is told what happens on one connection, in the order of the packets.
type Listener interface {
	// Octets are the next ones of a side. They are good until it returns.
	Octets(from Side, at time.Time, p []byte)
	// Missing is how many octets of a side are not in the file.
	Missing(from Side, at time.Time, n int64)
	// Comment is one on a packet of a side.
	Comment(from Side, at time.Time, text string)
	// End says that a side sends no more, by FIN or by RST.
	End(from Side, at time.Time, reset bool)
	// Done says that nothing more comes.
	Done()
}

// Counts are what was in a file.
type Counts struct {
	Packets     int
	Other       int // that are not TCP, or not understood
	Fragments   int // of IP, which are not put together
	Connections int
	GivenUp     int // connections of which the end was not waited for, as there were too many at once
}

// Read reads a file and tells the listeners that open returns. An error says at which
// packet the file is broken; what was before it has been told, and counts.
func Read(r io.Reader, open func(Conn) Listener) (Counts, error) {
	source, err := newSource(r)
	if err != nil {
		return Counts{}, err
	}
	t := &table{open: open, conns: map[key]*conn{}}
	for err == nil {
		var p packet
		if p, err = source.next(); err == nil {
			t.counts.Packets++
			t.packet(p)
		}
	}
	t.finish()
	if errors.Is(err, io.EOF) {
		return t.counts, nil
	}
	return t.counts, fmt.Errorf("packet %d: %w", t.counts.Packets+1, err)
}

// packet is one as it is in the file.
type packet struct {
	data     []byte
	link     layers.LinkType
	at       time.Time
	comments []string
}

type source struct {
	classic *pcapgo.Reader
	ng      *pcapgo.NgReader
}

// IsCapture reports whether a file that begins so has packets in it.
func IsCapture(beginning []byte) bool {
	if len(beginning) < 4 {
		return false
	}
	switch string(beginning[:4]) {
	case "\x0a\x0d\x0d\x0a", "\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d":
		return true
	}
	return false
}

func newSource(r io.Reader) (*source, error) {
	buf := bufio.NewReader(r)
	magic, err := buf.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s := &source{}
	switch {
	case string(magic) == "\x0a\x0d\x0d\x0a":
		s.ng, err = pcapgo.NewNgReader(buf, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	case IsCapture(magic) || len(magic) > 1 && magic[0] == 0x1f && magic[1] == 0x8b: // the library unpacks gzip
		s.classic, err = pcapgo.NewReader(buf)
	default:
		return nil, fmt.Errorf("octet 0: neither pcap nor pcapng: it begins with % x", magic)
	}
	if err != nil {
		return nil, fmt.Errorf("head of the file: %w", err)
	}
	return s, nil
}

func (s *source) next() (p packet, err error) {
	var ci gopacket.CaptureInfo
	if s.classic != nil {
		p.data, ci, err = s.classic.ZeroCopyReadPacketData()
		p.link = s.classic.LinkType()
	} else {
		var options pcapgo.NgPacketOptions
		p.data, ci, options, err = s.ng.ZeroCopyReadPacketDataWithOptions()
		p.comments = options.Comments
		if len(ci.AncillaryData) > 0 {
			p.link, _ = ci.AncillaryData[0].(layers.LinkType) // the option says that it is there
		}
	}
	p.at = ci.Timestamp
	return p, err
}

// segment is a piece of one direction of a connection.
type segment struct {
	from, to           netip.AddrPort
	seq, ack           uint32
	syn, fin, rst, ask bool // ask: ack is meant
	data               []byte
	missing            int // octets behind data that were not captured
	at                 time.Time
	comments           []string
}

// decode finds the segment in a packet. fragment says that there is none because the
// packet is a part of one.
func decode(p packet) (s segment, ok, fragment bool) {
	var first gopacket.Decoder = p.link
	switch p.link {
	case layers.LinkTypeIPv4:
		first = layers.LayerTypeIPv4
	case layers.LinkTypeIPv6:
		first = layers.LayerTypeIPv6
	}
	d := gopacket.NewPacket(p.data, first, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	tcp, ok := d.Layer(layers.LayerTypeTCP).(*layers.TCP)
	network := d.NetworkLayer()
	if !ok || network == nil {
		return segment{}, false, d.Layer(gopacket.LayerTypeFragment) != nil
	}
	from, ok1 := netip.AddrFromSlice(network.NetworkFlow().Src().Raw())
	to, ok2 := netip.AddrFromSlice(network.NetworkFlow().Dst().Raw())
	if !ok1 || !ok2 {
		return segment{}, false, false
	}
	length := 0
	switch ip := network.(type) {
	case *layers.IPv4:
		if length = int(ip.Length) - 4*int(ip.IHL); ip.Length == 0 {
			length = 0 // left to the network card: what is there counts
		}
	case *layers.IPv6:
		length = int(ip.Length)
	}
	return segment{
		from: netip.AddrPortFrom(from, uint16(tcp.SrcPort)), to: netip.AddrPortFrom(to, uint16(tcp.DstPort)),
		seq: tcp.Seq, ack: tcp.Ack, syn: tcp.SYN, fin: tcp.FIN, rst: tcp.RST, ask: tcp.ACK,
		data: tcp.Payload, missing: max(0, length-len(network.LayerPayload())), at: p.at, comments: p.comments,
	}, true, false
}
