// SPDX-License-Identifier: Apache-2.0

package resident_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wsspec/wsspec/internal/resident"
)

// words are an address as a table of sockets has it: in words of this machine.
func words(addr string) string {
	text := ""
	for octets := netip.MustParseAddr(addr).AsSlice(); len(octets) > 0; octets = octets[4:] {
		text += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(octets))
	}
	return text
}

// row is a line of such a table.
func row(bound, connected string, inode int) string {
	b, c := netip.MustParseAddrPort(bound), netip.MustParseAddrPort(connected)
	return fmt.Sprintf("   0: %s:%04X %s:%04X 01 00000000:00000000 00:00000000 00000000  1000        0 %d 1 0000000000000000 20 4 30 10 -1\n",
		words(b.Addr().String()), b.Port(), words(c.Addr().String()), c.Port(), inode)
}

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

func link(to string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink} }

func addr(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }

// machine is what a small /proc has: a server with its own table of descriptors, one
// that may not be looked into, and sockets of both families.
func machine() fstest.MapFS {
	return fstest.MapFS{
		"net/tcp": {Data: []byte(head + "nonsense\n" +
			row("127.0.0.1:9001", "127.0.0.1:50000", 71) +
			row("127.0.0.1:50000", "127.0.0.1:9001", 72) +
			row("127.0.0.1:9001", "127.0.0.1:50001", 0) +
			row("127.0.0.1:9001", "127.0.0.1:50002", 73))},
		"net/tcp6": {Data: []byte(head +
			row("[::ffff:127.0.0.1]:9002", "[::ffff:127.0.0.1]:50000", 74) +
			row("[::1]:9003", "[::1]:50000", 75))},
		"self/fd/1":   link("socket:[71]"),
		"41/fd/0":     link("/dev/null"),
		"41/fd/1":     link("socket:[72]"),
		"41/status":   {Data: []byte("Name:\ttester\nVmHWM:\t  10 kB\nVmRSS:\t  10 kB\n")},
		"42/fd/9":     link("socket:[71]"),
		"42/fd/10":    link("socket:[74]"),
		"42/fd/11":    link("socket:[75]"),
		"42/status":   {Data: []byte("Name:\techo server\nUmask:\t0022\nVmPeak:\t 999999 kB\nVmHWM:\t   204800 kB\nVmRSS:\t   1024 kB\n")},
		"44/fd/3":     link("socket:[76]"),
		"uptime":      {Data: []byte("1 1\n")},
		"4x/fd/1":     link("socket:[73]"),
		"43/task/dir": {Mode: fs.ModeDir},
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		local, remote string
		err           error
	}{
		{"127.0.0.1:50000", "127.0.0.1:9001", nil},
		{"127.0.0.1:50000", "127.0.0.1:9002", nil}, // in the other table
		{"[::1]:50000", "[::1]:9003", nil},
		{"127.0.0.1:50001", "127.0.0.1:9001", resident.ErrElsewhere}, // let go of
		{"127.0.0.1:50002", "127.0.0.1:9001", resident.ErrHidden},
		{"127.0.0.1:50000", "192.0.2.1:9001", resident.ErrElsewhere},
		{"127.0.0.2:50000", "127.0.0.1:9001", resident.ErrElsewhere},
	} {
		p, err := resident.Find(machine(), addr(c.local), addr(c.remote))
		if !errors.Is(err, c.err) {
			t.Errorf("%s to %s: %v, want %v", c.local, c.remote, err, c.err)
		}
		if err == nil && (p.ID != 42 || p.Name != "echo server") {
			t.Errorf("%s to %s: process %d, %q", c.local, c.remote, p.ID, p.Name)
		}
	}
	if _, err := resident.Find(fstest.MapFS{}, addr("127.0.0.1:1"), addr("127.0.0.1:2")); !errors.Is(err, resident.ErrSystem) {
		t.Errorf("without proc: %v", err)
	}
	if _, err := resident.Find(machine(), &net.UnixAddr{}, &net.UnixAddr{}); !errors.Is(err, resident.ErrElsewhere) {
		t.Errorf("no TCP: %v", err)
	}
}

// Over UDP it is whoever has the port.
func TestFindOverUDP(t *testing.T) {
	udp := func(s string) net.Addr { return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s)) }
	proc := machine()
	if _, err := resident.Find(proc, udp("[::]:50000"), udp("127.0.0.1:9001")); !errors.Is(err, resident.ErrSystem) {
		t.Errorf("without tables: %v", err)
	}
	unconnected := func(at string, inode int) string {
		return strings.Replace(listens(at, inode), " 0A ", " 07 ", 1)
	}
	proc["net/udp"] = &fstest.MapFile{Data: []byte(head + unconnected("127.0.0.1:9001", 74) + row("127.0.0.1:9002", "127.0.0.1:53", 74))}
	proc["net/udp6"] = &fstest.MapFile{Data: []byte(head + unconnected("[::]:9003", 75))}
	for remote, want := range map[string]error{
		"127.0.0.1:9001": nil, "127.0.0.1:9003": nil, "[::1]:9003": nil,
		"127.0.0.1:9002": resident.ErrElsewhere, "127.0.0.1:9004": resident.ErrElsewhere, "192.0.2.1:9003": resident.ErrElsewhere,
	} {
		p, err := resident.Find(proc, udp("[::]:50000"), udp(remote))
		if !errors.Is(err, want) || err == nil && p.ID != 42 {
			t.Errorf("%s: %+v, %v; want %v", remote, p, err, want)
		}
	}
}

func TestMemory(t *testing.T) {
	proc := machine()
	p, err := resident.Find(proc, addr("127.0.0.1:50000"), addr("127.0.0.1:9001"))
	if err != nil {
		t.Fatal(err)
	}
	if now, peak, err := p.Memory(); now != 1<<20 || peak != 200<<20 || err != nil {
		t.Errorf("%d, %d, %v", now, peak, err)
	}
	proc["42/status"] = &fstest.MapFile{Data: []byte("Name:\tx\nVmRSS:\tmuch\n")}
	if _, _, err := p.Memory(); err == nil || err.Error() != `process 42: VmRSS is "much"` {
		t.Error(err)
	}
	proc["42/status"] = &fstest.MapFile{Data: []byte("Name:\tzombie\n")}
	if _, _, err := p.Memory(); err == nil || err.Error() != "process 42 has no VmRSS" {
		t.Error(err)
	}
	delete(proc, "42/status")
	if _, _, err := p.Memory(); err == nil || err.Error() != "process 42 is gone" {
		t.Error(err)
	}
}

// On Linux the other end of a connection of ours is this very process.
func TestOurselves(t *testing.T) {
	proc := os.DirFS("/proc")
	if _, err := fs.Stat(proc, "net/tcp"); err != nil {
		t.Skip("no proc(5) here")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	p, err := resident.Find(proc, ours.LocalAddr(), ours.RemoteAddr())
	if err != nil || p.ID != os.Getpid() {
		t.Fatalf("process %d, want %d: %v", p.ID, os.Getpid(), err)
	}
	if now, peak, err := p.Memory(); err != nil || now < 1<<20 || peak < now {
		t.Errorf("%d, %d, %v", now, peak, err)
	}
}

// Whatever the files of proc say, nothing panics.
func FuzzFind(f *testing.F) {
	f.Add(head+row("127.0.0.1:9001", "127.0.0.1:50000", 71), "VmRSS:\t1 kB\nVmHWM:\t2 kB\n")
	f.Add("", "VmRSS: 99999999999999999999 kB")
	f.Fuzz(func(t *testing.T, table, status string) {
		proc := machine()
		proc["net/tcp"], proc["42/status"] = &fstest.MapFile{Data: []byte(table)}, &fstest.MapFile{Data: []byte(status)}
		if p, err := resident.Find(proc, addr("127.0.0.1:50000"), addr("127.0.0.1:9001")); err == nil {
			_, _, _ = p.Memory()
		}
	})
}

func TestOf(t *testing.T) {
	proc := machine()
	p, err := resident.Of(proc, 42)
	if err != nil || p.Name != "echo server" {
		t.Errorf("%v, %v", p, err)
	}
	if n, err := p.Descriptors(); n != 3 || err != nil {
		t.Errorf("%d descriptors, %v", n, err)
	}
	if _, err := resident.Of(proc, 4711); err == nil {
		t.Error("a process that does not exist")
	}
	if _, err := resident.Of(fstest.MapFS{}, 42); !errors.Is(err, resident.ErrSystem) {
		t.Errorf("without proc(5): %v", err)
	}
}
