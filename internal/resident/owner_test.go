// SPDX-License-Identifier: Apache-2.0

package resident_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wsspec/wsspec/internal/resident"
)

// listens is a line of a table for a socket that listens.
func listens(at string, inode int) string {
	any := "0.0.0.0:0"
	if netip.MustParseAddrPort(at).Addr().Is6() {
		any = "[::]:0"
	}
	return strings.Replace(row(at, any, inode), " 01 ", " 0A ", 1)
}

func TestListeners(t *testing.T) {
	proc := fstest.MapFS{
		"net/tcp": {Data: []byte(head + listens("127.0.0.1:9001", 71) + listens("127.0.0.1:9001", 72) + row("127.0.0.1:9001", "127.0.0.1:50000", 73) +
			listens("0.0.0.0:9002", 74) + listens("127.0.0.1:9004", 76))},
		"net/tcp6":             {Data: []byte(head + listens("[::]:9003", 75))},
		"9/fd/3":               link("socket:[71]"), // and a child that shares it
		"9/fd/4":               link("socket:[74]"),
		"9/status":             {Data: []byte("Name:\tserver\n")},
		"9/stat":               {Data: []byte("9 (a) b (c) S 1 9 9 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 100 1 1\n")},
		"9/task/9/schedstat":   {Data: []byte("1000000 500000 7\n")},
		"9/task/12/schedstat":  {Data: []byte("2000000 0 1\n")},
		"11/task/11/schedstat": {Data: []byte("x")},
		"10/fd/3":              link("socket:[71]"),
		"10/status":            {Data: []byte("Name:\tserver\n")},
		"11/fd/3":              link("socket:[72]"),
		"11/fd/4":              link("socket:[75]"),
		"11/fd/5":              link("socket:[73]"),
		"11/stat":              {Data: []byte("11 (x")},
	}
	for at, want := range map[string][]int{"127.0.0.1:9001": {9, 10, 11}, "127.0.0.1:9002": {9}, "127.0.0.1:9003": {11}, "[::1]:9003": {11}} {
		all, err := resident.Listeners(proc, netip.MustParseAddrPort(at))
		if err != nil || len(all) != len(want) {
			t.Errorf("%s: %+v, %v; want %v", at, all, err, want)
			continue
		}
		for i, p := range all {
			if p.ID != want[i] {
				t.Errorf("%s: %d, want %d", at, p.ID, want[i])
			}
		}
	}
	for at, want := range map[string]error{"127.0.0.1:1": resident.ErrElsewhere, "192.0.2.1:9001": resident.ErrElsewhere, "127.0.0.1:9004": resident.ErrHidden} {
		if all, err := resident.Listeners(proc, netip.MustParseAddrPort(at)); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v; want %v", at, all, err, want)
		}
	}
	if _, err := resident.Listeners(fstest.MapFS{}, netip.MustParseAddrPort("127.0.0.1:1")); !errors.Is(err, resident.ErrSystem) {
		t.Errorf("without tables: %v", err)
	}
	all, err := resident.Listeners(proc, netip.MustParseAddrPort("127.0.0.1:9001"))
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	if d, err := all[0].CPU(); err != nil || d != 2*time.Second {
		t.Errorf("processor time %v, %v", d, err)
	}
	if ran, waited, err := all[0].Scheduled(); err != nil || ran != 3*time.Millisecond || waited != 500*time.Microsecond {
		t.Errorf("ran %v, waited %v, %v", ran, waited, err)
	}
	for _, p := range all[1:] { // without stat, and with one that is cut off
		if _, _, err := p.Scheduled(); err == nil {
			t.Errorf("process %d was scheduled", p.ID)
		}
		if _, err := p.CPU(); err == nil {
			t.Errorf("process %d has processor time", p.ID)
		}
	}
}

// A listener of this process is found, where the system tells.
func TestListenersHere(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	all, err := resident.Listeners(os.DirFS("/proc"), l.Addr().(*net.TCPAddr).AddrPort())
	if errors.Is(err, resident.ErrSystem) {
		t.Skip(err)
	}
	if err != nil || len(all) != 1 || all[0].ID != os.Getpid() {
		t.Errorf("%+v, %v", all, err)
	}
}
