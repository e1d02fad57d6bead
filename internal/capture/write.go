// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// maxSegment is how many octets a packet that we write carries.
const maxSegment = 16 << 10

// A Gap is a run of octets that nobody knows and zeros, or whatever is given, stand for.
type Gap struct{ From, Len int }

// A Writer writes one TCP connection as a pcapng file: packets of IPv4, with sequence
// numbers and checksums that are right. Its methods return the first error there was.
type Writer struct {
	out    *pcapgo.NgWriter
	ends   [2]netip.AddrPort
	seq    [2]uint32
	at     time.Time
	packet uint16
	err    error
}

// NewWriter begins a file; addresses are those of IPv4. The comment is one on all of it.
func NewWriter(w io.Writer, client, server netip.AddrPort, application, comment string) *Writer {
	out, err := pcapgo.NewNgWriterInterface(w, pcapgo.NgInterface{
		Name: "wsspec", Comment: comment, LinkType: layers.LinkTypeRaw, TimestampResolution: 9,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: application, Comment: comment}})
	return &Writer{out: out, err: err, ends: [2]netip.AddrPort{client, server}, seq: [2]uint32{1000, 5000}}
}

// Open writes the three packets that open a connection.
func (w *Writer) Open(at time.Time) {
	w.write(Client, at, layers.TCP{SYN: true}, nil, nil)
	w.seq[Client]++
	w.write(Server, at, layers.TCP{SYN: true, ACK: true}, nil, nil)
	w.seq[Server]++
	w.write(Client, at, layers.TCP{ACK: true}, nil, nil)
}

// Send writes octets of a side, in as many packets as it takes. The gaps are in order;
// each is told of in a comment, which Read understands, and so is what else is to be said.
func (w *Writer) Send(from Side, at time.Time, octets []byte, gaps []Gap, comments ...string) {
	for pos := 0; pos < len(octets); pos += maxSegment {
		n := min(maxSegment, len(octets)-pos)
		for _, g := range gaps {
			if first, end := max(g.From, pos), min(g.From+g.Len, pos+n); first < end {
				comments = append(comments, formatGap(first-pos, end-first))
			}
		}
		w.write(from, at, layers.TCP{ACK: true, PSH: true}, octets[pos:pos+n], comments)
		w.seq[from] += uint32(n)
		comments = nil
	}
}

// Note writes a comment, on an acknowledgement without octets.
func (w *Writer) Note(from Side, at time.Time, comment string) {
	w.write(from, at, layers.TCP{ACK: true}, nil, []string{comment})
}

// End writes the end of what a side sends: a FIN and what acknowledges it, or a RST.
func (w *Writer) End(from Side, at time.Time, reset bool) {
	if reset {
		w.write(from, at, layers.TCP{RST: true, ACK: true}, nil, nil)
		return
	}
	w.write(from, at, layers.TCP{FIN: true, ACK: true}, nil, nil)
	w.seq[from]++
	w.write(1-from, at, layers.TCP{ACK: true}, nil, nil)
}

// Flush writes what is left and returns the first error.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	return w.out.Flush()
}

func (w *Writer) write(from Side, at time.Time, tcp layers.TCP, octets []byte, comments []string) {
	if w.err != nil {
		return
	}
	w.at = slices.MaxFunc([]time.Time{w.at, at}, time.Time.Compare) // times do not go back
	w.packet++
	ip := layers.IPv4{
		Version: 4, TTL: 64, Id: w.packet, Flags: layers.IPv4DontFragment, Protocol: layers.IPProtocolTCP,
		SrcIP: w.ends[from].Addr().AsSlice(), DstIP: w.ends[1-from].Addr().AsSlice(),
	}
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(w.ends[from].Port()), layers.TCPPort(w.ends[1-from].Port())
	tcp.Seq, tcp.Window = w.seq[from], 65535
	if tcp.ACK {
		tcp.Ack = w.seq[1-from]
	}
	buf := gopacket.NewSerializeBuffer()
	err := cmp.Or(tcp.SetNetworkLayerForChecksum(&ip),
		gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, &ip, &tcp, gopacket.Payload(octets)))
	if err != nil {
		w.err = fmt.Errorf("packet: %w", err)
		return
	}
	data := buf.Bytes()
	ci := gopacket.CaptureInfo{Timestamp: w.at, CaptureLength: len(data), Length: len(data)}
	w.err = w.out.WritePacketWithOptions(ci, data, pcapgo.NgPacketOptions{Comments: comments})
}
