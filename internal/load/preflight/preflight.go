// SPDX-License-Identifier: Apache-2.0

// Package preflight holds what a load test needs against the limits of this machine, before
// it begins: files, ports, memory, the kernel's tables, the queue of a server on this
// machine. It knows nothing of how a plan is carried out. Start at Check.
package preflight

import (
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/wsspec/wsspec/internal/load"
)

// A Machine is what is known of this one. A limit that is 0 is not known.
type Machine struct {
	Root  fs.FS // "/": /proc and /sys are read
	Files int64 // that a process may have open
	// Waiting is how many connections may wait at a listener of this machine until they are accepted; ok is false
	// where nobody here listens there, or the system does not tell.
	Waiting func(netip.AddrPort) (n int64, ok bool)
	Local   func(netip.Addr) bool // whether it is an address of this machine
}

// A Need is what a plan needs.
type Need struct {
	Plan      load.Plan
	Addr      netip.AddrPort // of the server
	Sources   int            // addresses that we connect from; 0 is as many as it takes
	Processes int
}

// What connections cost, in octets; measured at 100,000 of them.
const (
	ours     = 2 << 10 // of our memory
	kernel   = 5 << 10 // of the kernel's, at each end
	overTLS  = 40 << 10
	overhead = 64 << 20 // of each process
)

// Reserve is how many files a process has open beside its connections.
const Reserve = 64

// Check returns what there is to say of each limit that is known: those that the plan goes beyond
// have OK unset, and a remedy.
func Check(m Machine, n Need) []load.Finding {
	var all []load.Finding
	add := func(f load.Finding, known bool) {
		if known {
			f.OK = f.Need <= f.Have
			if f.OK {
				f.Remedy = ""
			}
			all = append(all, f)
		}
	}
	add(m.files(n))
	add(m.allFiles(n))
	add(m.ports(n))
	add(m.memory(n))
	add(m.conntrack(n))
	add(m.backlog(n))
	return all
}

// Refused reports whether a plan with such findings would not end well.
func Refused(findings []load.Finding) bool {
	for _, f := range findings {
		if !f.OK && !f.Advice {
			return true
		}
	}
	return false
}

// Split is how many processes it takes to open so many connections, and most at most.
func Split(m Machine, connections int) int {
	room := m.Files - Reserve
	if room <= 0 || int64(connections) <= room {
		return 1
	}
	return int((int64(connections) + room - 1) / room)
}

func (m Machine) files(n Need) (load.Finding, bool) {
	each := (int64(n.Plan.Connections)+int64(n.Processes)-1)/int64(n.Processes) + Reserve
	f := load.Finding{
		Limit: "files", Need: each, Have: m.Files,
		Text:   fmt.Sprintf("%s files are needed in each process, which may open %s", load.Thousands(each), load.Thousands(m.Files)),
		Remedy: fmt.Sprintf("ulimit -n %d", each),
	}
	if n.Plan.Kind != load.Broadcast {
		f.Remedy += fmt.Sprintf(", or --processes %d", Split(m, n.Plan.Connections))
	}
	return f, m.Files > 0
}

func (m Machine) allFiles(n Need) (load.Finding, bool) {
	used, _, _ := strings.Cut(m.text("proc/sys/fs/file-nr"), "\t")
	open, err := strconv.ParseInt(used, 10, 64)
	most, known := m.number("proc/sys/fs/file-max")
	need := int64(n.Plan.Connections) * m.ends(n)
	return load.Finding{
		Limit: "files", Need: need, Have: max(most-open, 0),
		Text:   fmt.Sprintf("%s files are needed in all%s, of which the system has %s left", load.Thousands(need), m.both(n), load.Thousands(max(most-open, 0))),
		Remedy: fmt.Sprintf("sysctl -w fs.file-max=%d", open+need+need/8),
	}, known && err == nil
}

func (m Machine) ports(n Need) (load.Finding, bool) {
	fields := strings.Fields(m.text("proc/sys/net/ipv4/ip_local_port_range"))
	if len(fields) != 2 || n.Sources == 0 {
		return load.Finding{}, false
	}
	low, err1 := strconv.ParseInt(fields[0], 10, 32)
	high, err2 := strconv.ParseInt(fields[1], 10, 32)
	have := int64(n.Sources) * (high - low + 1)
	return load.Finding{
		Limit: "ports", Need: int64(n.Plan.Connections), Have: have,
		Text:   fmt.Sprintf("%s ports are needed; %d to %d, at each address of ours (%d), are %s", load.Thousands(int64(n.Plan.Connections)), low, high, n.Sources, load.Thousands(have)),
		Remedy: `sysctl -w net.ipv4.ip_local_port_range="1024 65535", or more addresses: --source 10.0.0.2-10.0.0.9`,
	}, err1 == nil && err2 == nil && high >= low
}

func (m Machine) memory(n Need) (load.Finding, bool) {
	each := int64(ours + kernel*m.ends(n))
	if strings.HasPrefix(n.Plan.URL, "wss:") {
		each += overTLS
	}
	need := each*int64(n.Plan.Connections) + int64(n.Processes)*overhead
	have, known := m.available()
	return load.Finding{
		Limit: "memory", Need: need, Have: have,
		Text:   fmt.Sprintf("%s MiB of memory are needed%s, without what the server takes; %s MiB are available", load.Thousands(need>>20), m.both(n), load.Thousands(have>>20)),
		Remedy: "fewer connections, or a machine or container with more memory (docker run --memory=…)",
	}, known
}

// available is how much memory may be used, by the system and by the group that we are in.
func (m Machine) available() (octets int64, known bool) {
	octets = math.MaxInt64
	for line := range strings.Lines(m.text("proc/meminfo")) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 50)
			if err == nil {
				octets, known = kib<<10, true
			}
		}
	}
	for _, group := range [][2]string{{"memory.max", "memory.current"}, {"memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"}} {
		most, limited := m.number("sys/fs/cgroup/" + group[0])
		used, _ := m.number("sys/fs/cgroup/" + group[1])
		if limited { // "max" is no number
			octets, known = min(octets, max(most-used, 0)), true
		}
	}
	return octets, known
}

// conntrack is the table of the packet filter. Where it has nothing though connections are open,
// nothing is entered there.
func (m Machine) conntrack(n Need) (load.Finding, bool) {
	used, known := m.number("proc/sys/net/netfilter/nf_conntrack_count")
	most, also := m.number("proc/sys/net/netfilter/nf_conntrack_max")
	need := int64(n.Plan.Connections)
	return load.Finding{
		Limit: "conntrack", Need: need, Have: max(most-used, 0),
		Text:   fmt.Sprintf("%s connections have to fit into the packet filter's table, which has room for %s", load.Thousands(need), load.Thousands(max(most-used, 0))),
		Remedy: fmt.Sprintf("sysctl -w net.netfilter.nf_conntrack_max=%d", used+need+need/8),
	}, known && also && used > 0
}

func (m Machine) backlog(n Need) (load.Finding, bool) {
	if m.Waiting == nil {
		return load.Finding{}, false
	}
	have, known := m.Waiting(n.Addr)
	need := int64(n.Plan.Batch)
	if need == 0 {
		need = int64(n.Plan.Opening)
	}
	need = min(need, int64(n.Plan.Connections))
	most, _ := m.number("proc/sys/net/core/somaxconn")
	remedy := fmt.Sprintf("the server has to listen with a longer queue, or --opening %d", max(have, 1))
	if most > 0 && most < need {
		remedy += fmt.Sprintf("; the system allows %d: sysctl -w net.core.somaxconn=%d", most, need)
	}
	return load.Finding{
		Limit: "backlog", Need: need, Have: have, Advice: true,
		Text:   fmt.Sprintf("%s connections are opened at once; %s may wait at the server until it accepts them, and more get there a second later", load.Thousands(need), load.Thousands(have)),
		Remedy: remedy,
	}, known && need > 0
}

// ends is how many ends of each connection are on this machine.
func (m Machine) ends(n Need) int64 {
	if m.Local != nil && m.Local(n.Addr.Addr()) {
		return 2
	}
	return 1
}

func (m Machine) both(n Need) string {
	if m.ends(n) == 2 {
		return " at both ends"
	}
	return ""
}

// most is how much of a file is read.
const mostText = 1 << 16

func (m Machine) text(name string) string {
	f, err := m.Root.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, mostText)
	n, _ := f.Read(b) // what is not there is not known
	return string(b[:n])
}

func (m Machine) number(name string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(m.text(name)), 10, 64)
	return n, err == nil
}
