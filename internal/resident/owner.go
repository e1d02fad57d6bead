// SPDX-License-Identifier: Apache-2.0

package resident

import (
	"bufio"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Listeners looks for the processes that accept connections to an address of this machine, in
// the order of their ids: several may share a socket, or a port. The errors are those of Find.
func Listeners(proc fs.FS, at netip.AddrPort) ([]Process, error) {
	inodes, err := bound(proc, "net/tcp", listening, at)
	if err != nil {
		return nil, err
	}
	var all []Process
	for p := range owners(proc, inodes...) {
		if !slices.ContainsFunc(all, func(q Process) bool { return q.ID == p.ID }) {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, ErrHidden
	}
	slices.SortFunc(all, func(a, b Process) int { return a.ID - b.ID })
	return all, nil
}

// States of sockets in the tables of proc(5).
const (
	unconnected = "07"
	listening   = "0A"
)

// bound are the inodes of the sockets in a state that are bound to an address, or to all addresses of
// its family, or of any. The table has a second one for IPv6.
func bound(proc fs.FS, table, state string, at netip.AddrPort) (inodes []string, err error) {
	const local, is, inode = 1, 3, 9
	read := 0
	for _, name := range []string{table, table + "6"} {
		f, err := proc.Open(name)
		if err != nil {
			continue
		}
		read++
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) <= inode || fields[is] != state || fields[inode] == "0" {
				continue
			}
			if isAddr(fields[local], at) || isAddr(fields[local], netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())) && at.Addr().Unmap().Is4() ||
				isAddr(fields[local], netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())) {
				inodes = append(inodes, fields[inode])
			}
		}
		f.Close()
	}
	switch {
	case read == 0:
		return nil, ErrSystem
	case len(inodes) == 0:
		return nil, ErrElsewhere
	}
	return inodes, nil
}

// tick is the unit in which Linux says how long a processor has worked, on all systems that Go
// runs on.
const tick = 10 * time.Millisecond

// CPU is how long processors have worked for the process, in its own code and in the kernel's.
// The error is that it is gone.
func (p Process) CPU() (time.Duration, error) {
	b, err := fs.ReadFile(p.proc, path.Join(strconv.Itoa(p.ID), "stat"))
	if err != nil {
		return 0, fmt.Errorf("process %d is gone", p.ID)
	}
	// Its name is in parentheses, and may have any in it.
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	const user, system = 11, 12 // fields 14 and 15 of all
	if len(fields) <= system {
		return 0, fmt.Errorf("process %d: its stat is %.60q", p.ID, b)
	}
	u, err1 := strconv.ParseInt(fields[user], 10, 40)
	s, err2 := strconv.ParseInt(fields[system], 10, 40)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("process %d: its stat is %.60q", p.ID, b)
	}
	return time.Duration(u+s) * tick, nil
}

// Scheduled is for how long the threads that the process has now ran, and for how long they were
// ready to run and had to wait for a processor. The error is that it is gone, or that this
// kernel does not tell.
func (p Process) Scheduled() (ran, waited time.Duration, err error) {
	names, err := fs.Glob(p.proc, path.Join(strconv.Itoa(p.ID), "task/*/schedstat"))
	if err != nil || len(names) == 0 {
		return 0, 0, fmt.Errorf("process %d is gone, or this system does not tell", p.ID)
	}
	for _, name := range names {
		b, err := fs.ReadFile(p.proc, name)
		if err != nil {
			continue // the thread has ended
		}
		var r, w int64
		if _, err := fmt.Sscan(string(b), &r, &w); err != nil || r < 0 || w < 0 {
			return 0, 0, fmt.Errorf("process %d: its schedstat is %.60q", p.ID, b)
		}
		ran, waited = ran+time.Duration(r), waited+time.Duration(w)
	}
	return ran, waited, nil
}
