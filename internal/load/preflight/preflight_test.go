// SPDX-License-Identifier: Apache-2.0

package preflight_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/preflight"
)

// machine is one with 8 GiB, a packet filter that is in use, and a listener with a queue of 5.
func machine() preflight.Machine {
	root := fstest.MapFS{}
	for name, text := range map[string]string{
		"proc/sys/fs/file-nr":                        "2000\t0\t100000\n",
		"proc/sys/fs/file-max":                       "100000\n",
		"proc/sys/net/ipv4/ip_local_port_range":      "32768\t60999\n",
		"proc/meminfo":                               "MemTotal:  9000000 kB\nMemAvailable:    8388608 kB\n",
		"proc/sys/net/netfilter/nf_conntrack_count":  "1000\n",
		"proc/sys/net/netfilter/nf_conntrack_max":    "50000\n",
		"proc/sys/net/core/somaxconn":                "64\n",
		"sys/fs/cgroup/memory.max":                   "max\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		"sys/fs/cgroup/memory/memory.usage_in_bytes": "1048576\n",
	} {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return preflight.Machine{
		Root: root, Files: 20_000,
		Waiting: func(a netip.AddrPort) (int64, bool) { return 5, a.Port() == 9001 },
		Local:   netip.Addr.IsLoopback,
	}
}

func TestCheck(t *testing.T) {
	near, far := netip.MustParseAddrPort("127.0.0.1:9001"), netip.MustParseAddrPort("192.0.2.1:443")
	for _, tt := range []struct {
		name    string
		need    preflight.Need
		bad     string // limits that are too low, in order
		remedy  string // of the first
		refused bool
	}{
		{"little", preflight.Need{Plan: load.Plan{Connections: 100, Opening: 5}, Addr: near, Processes: 1}, "", "", false},
		{"files", preflight.Need{Plan: load.Plan{Connections: 30_000}, Addr: far, Sources: 2, Processes: 1}, "files", "ulimit -n 30064, or --processes 2", true},
		{"shared", preflight.Need{Plan: load.Plan{Connections: 30_000}, Addr: far, Sources: 2, Processes: 2}, "", "", false},
		{"a broadcast", preflight.Need{Plan: load.Plan{Kind: load.Broadcast, Connections: 20_000}, Addr: far, Sources: 2, Processes: 1}, "files", "ulimit -n 20064", true},
		{"both ends", preflight.Need{Plan: load.Plan{Connections: 49_000}, Addr: near, Processes: 3}, "", "", false},
		{"more at both ends", preflight.Need{Plan: load.Plan{Connections: 49_001}, Addr: near, Processes: 3}, "files conntrack", "sysctl -w fs.file-max=112252", true},
		{"ports", preflight.Need{Plan: load.Plan{Connections: 28_233}, Addr: far, Sources: 1, Processes: 2}, "ports", `sysctl -w net.ipv4.ip_local_port_range="1024 65535", or more addresses: --source 10.0.0.2-10.0.0.9`, true},
		{"memory", preflight.Need{Plan: load.Plan{Connections: 30_000, URL: "wss://x"}, Addr: far, Sources: 2, Processes: 2}, "memory", "", true},
		{"backlog", preflight.Need{Plan: load.Plan{Connections: 100, Batch: 100}, Addr: near, Processes: 1}, "backlog",
			"the server has to listen with a longer queue, or --opening 5; the system allows 64: sysctl -w net.core.somaxconn=100", false},
	} {
		findings := preflight.Check(machine(), tt.need)
		var bad []string
		remedy := ""
		for _, f := range findings {
			if !f.OK {
				bad = append(bad, f.Limit)
				if remedy == "" {
					remedy = f.Remedy
				}
			} else if f.Remedy != "" {
				t.Errorf("%s: a remedy for what is well: %+v", tt.name, f)
			}
		}
		if got := strings.Join(bad, " "); got != tt.bad || tt.remedy != "" && remedy != tt.remedy || preflight.Refused(findings) != tt.refused {
			t.Errorf("%s: %q, %q, refused %v; want %q, %q, %v\n%+v", tt.name, got, remedy, preflight.Refused(findings), tt.bad, tt.remedy, tt.refused, findings)
		}
	}
}

// What the system does not tell is no finding.
func TestUnknown(t *testing.T) {
	if f := preflight.Check(preflight.Machine{Root: fstest.MapFS{}}, preflight.Need{Plan: load.Plan{Connections: 1e6}, Processes: 1}); len(f) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestSplit(t *testing.T) {
	for n, want := range map[int]int{1: 1, 19_936: 1, 19_937: 2, 1_000_000: 51} {
		if got := preflight.Split(preflight.Machine{Files: 20_000}, n); got != want {
			t.Errorf("%d: %d processes, want %d", n, got, want)
		}
	}
}

// On this machine, a listener of ours is found with its queue, where the system tells.
func TestThis(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	m := preflight.This()
	at := l.Addr().(*net.TCPAddr).AddrPort()
	if n, ok := m.Waiting(at); ok && n < 1 {
		t.Errorf("the queue of %v has %d places", at, n)
	}
	if !m.Local(at.Addr()) || m.Local(netip.MustParseAddr("192.0.2.1")) {
		t.Error("which addresses are ours is wrong")
	}
	f := preflight.Check(m, preflight.Need{Plan: load.Plan{Connections: 1, Opening: 1}, Addr: at, Processes: 1})
	if preflight.Refused(f) {
		t.Errorf("one connection is refused: %+v", f)
	}
}
