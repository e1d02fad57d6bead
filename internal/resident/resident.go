// SPDX-License-Identifier: Apache-2.0

// Package resident says how much memory the program at the other end of a connection has,
// where that is a process on this machine and the system is Linux. It asks proc(5) and
// knows nothing of WebSocket. Start at Find.
package resident

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Why a process cannot be found.
var (
	// ErrSystem: there is no proc(5) here.
	ErrSystem = errors.New("this system does not tell, only Linux does")
	// ErrElsewhere: the other end is not a socket of this machine, of TCP or UDP.
	ErrElsewhere = errors.New("the other end is not on this machine")
	// ErrHidden: it is, and we may not see whose it is.
	ErrHidden = errors.New("which process has the other end is not for us to see")
)

// A Process has the other end of a connection.
type Process struct {
	ID   int
	Name string // of its program, at most 15 octets; whatever it calls itself

	proc fs.FS
}

// Find looks for the process that has the other end of a connection from local to
// remote, in what /proc contains. Its errors are those of the package. Where several
// processes share the socket, as after a fork, it is the first of them. Over UDP, and so over QUIC, the
// kernel knows of no connections: there it is the process that has the port.
func Find(proc fs.FS, local, remote net.Addr) (Process, error) {
	inodes, err := socketsOf(proc, local, remote)
	if err != nil {
		return Process{}, err
	}
	for p := range owners(proc, inodes...) {
		return p, nil
	}
	return Process{}, ErrHidden
}

// socketsOf are the inodes of the sockets that may be the other end.
func socketsOf(proc fs.FS, local, remote net.Addr) ([]string, error) {
	switch to := remote.(type) {
	case *net.TCPAddr:
		from, ok := local.(*net.TCPAddr)
		if !ok {
			return nil, ErrElsewhere
		}
		inode, err := socket(proc, to.AddrPort(), from.AddrPort())
		return []string{inode}, err
	case *net.UDPAddr:
		if !isOurs(to.AddrPort().Addr().Unmap()) {
			return nil, ErrElsewhere
		}
		return bound(proc, "net/udp", unconnected, to.AddrPort())
	}
	return nil, ErrElsewhere
}

// isOurs reports whether the address is one of this machine.
func isOurs(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	all, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(all, func(has net.Addr) bool {
		prefix, err := netip.ParsePrefix(has.String())
		return err == nil && prefix.Addr() == a.WithZone("")
	})
}

// owners are the processes that have a socket with one of the inodes, once for each
// descriptor, as far as we may see them.
func owners(proc fs.FS, inodes ...string) iter.Seq[Process] {
	return func(yield func(Process) bool) {
		names, err := fs.Glob(proc, "[0-9]*/fd/*")
		if err != nil {
			return
		}
		for _, name := range names {
			is, err := fs.ReadLink(proc, name)
			inode, socket := strings.CutPrefix(is, "socket:[")
			if err != nil || !socket || !slices.Contains(inodes, strings.TrimSuffix(inode, "]")) {
				continue
			}
			pid, _, _ := strings.Cut(name, "/")
			id, err := strconv.Atoi(pid)
			if err != nil {
				continue
			}
			p := Process{ID: id, proc: proc}
			p.Name, _ = p.field("Name") // it may be gone by now
			if !yield(p) {
				return
			}
		}
	}
}

// socket is the inode of the socket that is bound to one address and connected to the
// other.
func socket(proc fs.FS, bound, connected netip.AddrPort) (string, error) {
	read := 0
	for _, name := range []string{"net/tcp", "net/tcp6"} {
		f, err := proc.Open(name)
		if err != nil {
			continue
		}
		read++
		inode := lookUp(f, bound, connected)
		f.Close()
		if inode != "" {
			return inode, nil
		}
	}
	if read == 0 {
		return "", ErrSystem
	}
	return "", ErrElsewhere
}

// lookUp finds a socket in a table of proc(5), net/tcp: "0: 0100007F:1F90
// 0100007F:C350 01 …", where the tenth field is the inode, which is 0 once the program
// has let go of it.
func lookUp(f fs.File, bound, connected netip.AddrPort) string {
	const local, remote, inode = 1, 2, 9
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) <= inode || fields[inode] == "0" {
			continue
		}
		if isAddr(fields[local], bound) && isAddr(fields[remote], connected) {
			return fields[inode]
		}
	}
	return ""
}

// isAddr reports whether hex:port is the address. Addresses are words of 32 bits as this
// machine has them, in hex.
func isAddr(text string, want netip.AddrPort) bool {
	words, port, ok := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || uint16(n) != want.Port() || len(words)%8 != 0 {
		return false
	}
	var octets []byte
	for ; words != ""; words = words[8:] {
		w, err := strconv.ParseUint(words[:8], 16, 32)
		if err != nil {
			return false
		}
		octets = binary.NativeEndian.AppendUint32(octets, uint32(w))
	}
	a, ok := netip.AddrFromSlice(octets)
	return ok && a.Unmap() == want.Addr().Unmap().WithZone("")
}

// Memory is what the process has in memory now and what it had at most, in octets. The
// error is that it is gone, or does not say.
func (p Process) Memory() (now, peak int64, err error) {
	if now, err = p.kilobytes("VmRSS"); err != nil {
		return 0, 0, err
	}
	peak, err = p.kilobytes("VmHWM")
	return now, peak, err
}

func (p Process) kilobytes(name string) (int64, error) {
	s, err := p.field(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, " kB"), 10, 50)
	if err != nil {
		return 0, fmt.Errorf("process %d: %s is %.20q", p.ID, name, s)
	}
	return n << 10, nil
}

// field is what status says behind a name (proc(5)).
func (p Process) field(name string) (string, error) {
	b, err := fs.ReadFile(p.proc, path.Join(strconv.Itoa(p.ID), "status"))
	if err != nil {
		return "", fmt.Errorf("process %d is gone", p.ID)
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("process %d has no %s", p.ID, name)
}

// Of is the process with an id. The error is that there is none, or that this system does
// not tell.
func Of(proc fs.FS, id int) (Process, error) {
	p := Process{ID: id, proc: proc}
	if _, err := fs.Stat(proc, "self"); err != nil {
		return Process{}, ErrSystem
	}
	var err error
	p.Name, err = p.field("Name")
	return p, err
}

// Descriptors is how many file descriptors the process has open. The error is that it is
// gone, or that they are not for us to see.
func (p Process) Descriptors() (int, error) {
	names, err := fs.ReadDir(p.proc, path.Join(strconv.Itoa(p.ID), "fd"))
	if err != nil {
		return 0, fmt.Errorf("process %d: %w", p.ID, err)
	}
	return len(names), nil
}
