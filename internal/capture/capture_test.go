// SPDX-License-Identifier: Apache-2.0

package capture_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/wsspec/wsspec/internal/capture"
)

// heard writes down what a listener is told, and joins octets of one side that follow
// each other.
type heard struct {
	lines *[]string
	name  string
}

func listen(lines *[]string) func(capture.Conn) capture.Listener {
	return func(c capture.Conn) capture.Listener {
		h := heard{lines, fmt.Sprint(c.Number)}
		h.say("open %v %v whole=%t", c.Client, c.Server, c.Whole)
		return h
	}
}

func (h heard) say(format string, args ...any) {
	*h.lines = append(*h.lines, h.name+" "+fmt.Sprintf(format, args...))
}

var sides = [...]string{"client", "server"}

func (h heard) Octets(from capture.Side, _ time.Time, p []byte) { h.say("%s %q", sides[from], p) }
func (h heard) Missing(from capture.Side, _ time.Time, n int64) {
	h.say("%s misses %d", sides[from], n)
}
func (h heard) Comment(from capture.Side, _ time.Time, text string) {
	h.say("%s # %s", sides[from], text)
}
func (h heard) End(from capture.Side, _ time.Time, reset bool) {
	h.say("%s ends, reset=%t", sides[from], reset)
}
func (h heard) Done() { h.say("done") }

var (
	began  = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	client = netip.MustParseAddrPort("192.0.2.1:40000")
	server = netip.MustParseAddrPort("192.0.2.2:80")
)

func read(t *testing.T, file []byte) (capture.Counts, []string) {
	t.Helper()
	var lines []string
	counts, err := capture.Read(bytes.NewReader(file), listen(&lines))
	if err != nil {
		t.Fatal(err)
	}
	return counts, lines
}

// What Writer writes, Read reads, gaps and comments too.
func TestWhatIsWrittenIsRead(t *testing.T) {
	var b bytes.Buffer
	w := capture.NewWriter(&b, client, server, "a test", "of everything")
	w.Open(began)
	w.Send(capture.Client, began.Add(1), []byte("GET / HTTP/1.1\r\n\r\n"), nil)
	w.Send(capture.Server, began.Add(2), []byte("ab\x00\x00\x00cd\x00"), []capture.Gap{{From: 2, Len: 3}, {From: 7, Len: 1}}, "a remark")
	w.Note(capture.Client, began, "another")
	w.Send(capture.Client, began.Add(3), bytes.Repeat([]byte("x"), 40_000), []capture.Gap{{From: 10_000, Len: 20_000}})
	w.End(capture.Server, began.Add(4), false)
	w.End(capture.Client, began.Add(5), true)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	counts, lines := read(t, b.Bytes())
	want := []string{
		"1 open 192.0.2.1:40000 192.0.2.2:80 whole=true",
		`1 client "GET / HTTP/1.1\r\n\r\n"`,
		"1 server # a remark", `1 server "ab"`, "1 server misses 3", `1 server "cd"`, "1 server misses 1",
		"1 client # another",
		fmt.Sprintf("1 client %q", strings.Repeat("x", 10_000)), "1 client misses 6384", "1 client misses 13616",
		fmt.Sprintf("1 client %q", strings.Repeat("x", 2768)), fmt.Sprintf("1 client %q", strings.Repeat("x", 7232)),
		"1 server ends, reset=false", "1 client ends, reset=true", "1 done",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%.2000s\nwant\n%.2000s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if counts != (capture.Counts{Packets: 12, Connections: 1}) {
		t.Errorf("%+v", counts)
	}
}

// sent is one packet of a test.
type sent struct {
	from    int // 0: the client
	seq     uint32
	flags   string // of S A F R
	octets  string
	cut     int // octets of it that were not captured
	ack     uint32
	another bool // of another connection
}

// file makes a capture of the link type, in IPv4 or IPv6.
func file(t *testing.T, link layers.LinkType, six, classic bool, packets ...sent) []byte {
	t.Helper()
	var b bytes.Buffer
	var write func(gopacket.CaptureInfo, []byte) error
	flush := func() error { return nil }
	if classic {
		w := pcapgo.NewWriter(&b)
		if err := w.WriteFileHeader(1<<16, link); err != nil {
			t.Fatal(err)
		}
		write = w.WritePacket
	} else {
		w, err := pcapgo.NewNgWriter(&b, link)
		if err != nil {
			t.Fatal(err)
		}
		write, flush = w.WritePacket, w.Flush
	}
	for i, p := range packets {
		data := packet(t, link, six, p)
		ci := gopacket.CaptureInfo{Timestamp: began.Add(time.Duration(i) * time.Millisecond), CaptureLength: len(data) - p.cut, Length: len(data)}
		if err := write(ci, data[:len(data)-p.cut]); err != nil {
			t.Fatal(err)
		}
	}
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packet(t *testing.T, link layers.LinkType, six bool, p sent) []byte {
	t.Helper()
	ports := []layers.TCPPort{40000, 80}
	if p.another {
		ports[0] = 40001
	}
	tcp := &layers.TCP{
		SrcPort: ports[p.from], DstPort: ports[1-p.from], Seq: p.seq, Ack: p.ack,
		SYN: strings.Contains(p.flags, "S"), ACK: strings.Contains(p.flags, "A"), FIN: strings.Contains(p.flags, "F"), RST: strings.Contains(p.flags, "R"),
	}
	var ip interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	}
	addrs := [][]byte{{192, 0, 2, 1}, {192, 0, 2, 2}}
	ethernet, family := layers.EthernetTypeIPv4, layers.ProtocolFamilyIPv4
	if six {
		addrs = [][]byte{netip.MustParseAddr("2001:db8::1").AsSlice(), netip.MustParseAddr("2001:db8::2").AsSlice()}
		ethernet, family = layers.EthernetTypeIPv6, layers.ProtocolFamilyIPv6Linux
		ip = &layers.IPv6{Version: 6, HopLimit: 9, NextHeader: layers.IPProtocolTCP, SrcIP: addrs[p.from], DstIP: addrs[1-p.from]}
	} else {
		ip = &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolTCP, SrcIP: addrs[p.from], DstIP: addrs[1-p.from]}
	}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	all := []gopacket.SerializableLayer{ip, tcp, gopacket.Payload(p.octets)}
	var head []byte
	switch link {
	case layers.LinkTypeEthernet:
		mac := []byte{2, 0, 0, 0, 0, 1}
		all = slices.Insert(all, 0, gopacket.SerializableLayer(&layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: ethernet}))
	case layers.LinkTypeNull:
		all = slices.Insert(all, 0, gopacket.SerializableLayer(&layers.Loopback{Family: family}))
	case layers.LinkTypeLinuxSLL:
		head = append([]byte{0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, byte(ethernet>>8), byte(ethernet))
	case layers.LinkTypeLinuxSLL2:
		head = append([]byte{byte(ethernet >> 8), byte(ethernet), 0, 0, 0, 0, 0, 1, 0, 1, 0, 6}, 2, 0, 0, 0, 0, 1, 0, 0)
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		t.Fatal(err)
	}
	return append(head, buf.Bytes()...)
}

// plain is a connection as it should be.
func plain() []sent {
	return []sent{
		{0, 100, "S", "", 0, 0, false}, {1, 500, "SA", "", 0, 101, false}, {0, 101, "A", "ping", 0, 501, false},
		{1, 501, "A", "pong", 0, 105, false}, {0, 105, "FA", "", 0, 505, false}, {1, 505, "FA", "", 0, 106, false}, {0, 106, "A", "", 0, 506, false},
	}
}

func TestLinkTypes(t *testing.T) {
	for _, link := range []layers.LinkType{
		layers.LinkTypeEthernet, layers.LinkTypeNull, layers.LinkTypeLinuxSLL, layers.LinkTypeLinuxSLL2, layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6,
	} {
		for _, six := range []bool{false, true} {
			if six && link == layers.LinkTypeIPv4 || !six && link == layers.LinkTypeIPv6 {
				continue
			}
			for _, classic := range []bool{false, true} {
				want := []string{"1 open 192.0.2.1:40000 192.0.2.2:80 whole=true", `1 client "ping"`, `1 server "pong"`, "1 client ends, reset=false", "1 server ends, reset=false", "1 done"}
				if six {
					want[0] = "1 open [2001:db8::1]:40000 [2001:db8::2]:80 whole=true"
				}
				if _, got := read(t, file(t, link, six, classic, plain()...)); !slices.Equal(got, want) {
					t.Errorf("%v, IPv6 %t, pcap %t: got %q", link, six, classic, got)
				}
			}
		}
	}
}

func TestOrder(t *testing.T) {
	open := plain()[:2:2]
	const first = "1 open 192.0.2.1:40000 192.0.2.2:80 whole=true"
	for _, tt := range []struct {
		name    string
		packets []sent
		want    []string
	}{
		{"the second before the first", append(open, sent{seq: 103, octets: "cd"}, sent{seq: 101, octets: "ab"}), []string{first, `1 client "ab"`, `1 client "cd"`, "1 done"}},
		{"three the other way round", append(open, sent{seq: 105, octets: "ef"}, sent{seq: 103, octets: "cd"}, sent{seq: 101, octets: "ab"}),
			[]string{first, `1 client "ab"`, `1 client "cd"`, `1 client "ef"`, "1 done"}},
		{"sent again", append(open, sent{seq: 101, octets: "ab"}, sent{seq: 101, octets: "ab"}, sent{seq: 101, octets: "abcd"}), []string{first, `1 client "ab"`, `1 client "cd"`, "1 done"}},
		{"SYN sent again", append(open, open[0], open[1], sent{seq: 101, octets: "ab"}, open[1]), []string{first, `1 client "ab"`, "1 done"}},
		{"lost, as the end says", append(open, sent{seq: 103, octets: "cd"}), []string{first, "1 client misses 2", `1 client "cd"`, "1 done"}},
		{"lost, as the other side says", append(open, sent{seq: 103, octets: "cd"}, sent{from: 1, seq: 501, flags: "A", octets: "x", ack: 105}),
			[]string{first, "1 client misses 2", `1 client "cd"`, `1 server "x"`, "1 done"}},
		{"cut when captured", append(open, sent{seq: 101, octets: "abcdef", cut: 4}, sent{seq: 107, octets: "gh"}), []string{first, `1 client "ab"`, "1 client misses 4", `1 client "gh"`, "1 done"}},
		{"reset", append(open, sent{seq: 101, octets: "ab"}, sent{from: 1, seq: 501, flags: "R"}, sent{seq: 103, octets: "cd"}),
			[]string{first, `1 client "ab"`, "1 server ends, reset=true", "1 done"}},
		{"FIN before what is before it", append(open, sent{seq: 103, flags: "FA"}, sent{seq: 101, octets: "ab"}), []string{first, `1 client "ab"`, "1 client ends, reset=false", "1 done"}},
		{"around the largest number", []sent{{seq: 1<<32 - 3, flags: "S"}, {seq: 1<<32 - 2, octets: "abcd"}, {seq: 2, octets: "ef"}}, []string{first, `1 client "abcd"`, `1 client "ef"`, "1 done"}},
		{"the ports are used again", append(plain(), sent{seq: 9000, flags: "S"}, sent{seq: 9001, octets: "again"}),
			[]string{first, `1 client "ping"`, `1 server "pong"`, "1 client ends, reset=false", "1 server ends, reset=false", "1 done", strings.Replace(first, "1", "2", 1), `2 client "again"`, "2 done"}},
		{"without its beginning", []sent{{from: 1, seq: 7, flags: "A"}, {from: 1, seq: 7, octets: "HTTP/1.1"}}, []string{strings.Replace(first, "true", "false", 1), `1 server "HTTP/1.1"`, "1 done"}},
		{"a request without its beginning", []sent{{seq: 7, octets: "GET / "}}, []string{strings.Replace(first, "true", "false", 1), `1 client "GET / "`, "1 done"}},
		{"the answer to a SYN", []sent{{from: 1, seq: 7, flags: "SA"}, {from: 1, seq: 8, octets: "x"}}, []string{first, `1 server "x"`, "1 done"}},
		{"two at once", append(open, sent{seq: 1, flags: "S", another: true}, sent{seq: 101, octets: "ab"}, sent{seq: 2, octets: "cd", another: true}),
			[]string{first, "2 open 192.0.2.1:40001 192.0.2.2:80 whole=true", `1 client "ab"`, `2 client "cd"`, "1 done", "2 done"}},
	} {
		if _, got := read(t, file(t, layers.LinkTypeRaw, false, true, tt.packets...)); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// What waits is bounded: too much of it, and what it waits for is given up.
func TestWaitingIsBounded(t *testing.T) {
	packets := plain()[:2]
	for i := range 120 {
		packets = append(packets, sent{seq: uint32(1000 + 40_000*i), octets: strings.Repeat("x", 40_000)})
	}
	_, got := read(t, file(t, layers.LinkTypeRaw, false, true, packets...))
	if got[1] != "1 client misses 899" || len(got) != 123 {
		t.Errorf("%d lines, %.50s", len(got), got[1])
	}
}

func TestCounts(t *testing.T) {
	good := file(t, layers.LinkTypeEthernet, false, true, plain()...)
	fragment := packet(t, layers.LinkTypeRaw, false, sent{octets: "x"})
	fragment[6] |= 0x20 // more fragments
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	_ = w.WriteFileHeader(1<<16, layers.LinkTypeRaw) // to memory
	for _, data := range [][]byte{fragment, []byte("no packet at all"), {}} {
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: began, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	}
	if counts, lines := read(t, b.Bytes()); counts != (capture.Counts{Packets: 3, Other: 2, Fragments: 1}) || len(lines) > 0 {
		t.Errorf("%+v, %q", counts, lines)
	}
	for _, tt := range []struct{ file, want string }{
		{"", "octet 0: neither pcap nor pcapng"},
		{"GET / HTTP/1.1", "octet 0: neither pcap nor pcapng: it begins with 47 45 54 20"},
		{string(good[:20]), "head of the file: "},
		{string(good[:len(good)-3]), "packet 7: unexpected EOF"},
	} {
		if _, err := capture.Read(strings.NewReader(tt.file), listen(new([]string))); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.20q: got %v, want %s", tt.file, err, tt.want)
		}
	}
	for text, want := range map[string]bool{string(good[:4]): true, "\x0a\x0d\x0d\x0a": true, "GET ": false, "\x0a\x0d": false} {
		if capture.IsCapture([]byte(text)) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// More connections at once than there is room for: the oldest are given up.
func TestManyConnections(t *testing.T) {
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	_ = w.WriteFileHeader(1<<16, layers.LinkTypeRaw) // to memory
	data := packet(t, layers.LinkTypeRaw, false, sent{seq: 1, flags: "S"})
	const n = 5000
	for i := range n {
		data[20], data[21] = byte(i>>8), byte(i) // the port
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: began, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	}
	counts, lines := read(t, b.Bytes())
	if counts.Connections != n || counts.GivenUp < n-4096 || counts.GivenUp > n-4096+512 || len(lines) != 2*n || lines[4096] != "1 done" {
		t.Errorf("%+v, %d lines, %q", counts, len(lines), lines[4095:4098])
	}
}

// FuzzRead: any file is read without panic, and no octet is told that is not in it.
func FuzzRead(f *testing.F) {
	t := &testing.T{}
	f.Add(file(t, layers.LinkTypeEthernet, false, true, plain()...))
	f.Add(file(t, layers.LinkTypeLinuxSLL2, true, false, plain()...))
	f.Add(file(t, layers.LinkTypeRaw, false, true, append(plain()[:2], sent{seq: 103, octets: "cd"}, sent{seq: 101, octets: "ab"})...))
	var b bytes.Buffer
	w := capture.NewWriter(&b, client, server, "a", "b")
	w.Open(began)
	w.Send(capture.Client, began, make([]byte, 100), []capture.Gap{{From: 20, Len: 30}}, "c")
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		var told total
		counts, err := capture.Read(bytes.NewReader(file), func(capture.Conn) capture.Listener { told.open++; return &told })
		if told.open != told.done || told.open != counts.Connections {
			t.Fatalf("%d opened, %d done, %+v", told.open, told.done, counts)
		}
		gzip := len(file) > 1 && file[0] == 0x1f
		if told.octets > len(file) && !gzip {
			t.Fatalf("%d octets told of a file of %d, %v", told.octets, len(file), err)
		}
	})
}

type total struct{ open, done, octets int }

func (h *total) Octets(_ capture.Side, _ time.Time, p []byte) { h.octets += len(p) }
func (h *total) Missing(_ capture.Side, _ time.Time, n int64) {
	if n <= 0 {
		panic(fmt.Sprintf("%d octets missing", n))
	}
}
func (h *total) Comment(capture.Side, time.Time, string) {}
func (h *total) End(capture.Side, time.Time, bool)       {}
func (h *total) Done()                                   { h.done++ }
