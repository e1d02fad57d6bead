// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"encoding/binary"
	"net"
	"sync"
	"syscall"
)

// Unread asks the kernel: of our socket how much has been written, and of the one at
// the other end, where that is on this machine and in reach, how much has arrived and not
// been read. Whether it is acknowledged says little: acknowledgements come before the
// program has read anything, or 40 ms after.
func (s netStream) Unread() (octets int, sure bool) {
	local, ok := s.LocalAddr().(*net.TCPAddr)
	remote, also := s.RemoteAddr().(*net.TCPAddr)
	if !ok || !also {
		return 0, false
	}
	s.kernel.mu.Lock()
	defer s.kernel.mu.Unlock()
	theirs, found := s.kernel.ask(remote, local)
	if found && theirs.unread > 0 {
		return theirs.unread, true
	}
	ours, ok := s.kernel.ask(local, remote)
	switch {
	case !ok:
		return 0, false
	case !found:
		return ours.unacknowledged, false
	}
	return int(ours.sent-theirs.received) + theirs.unread, true
}

// inquiry asks the kernel about sockets, again and again as a rule, by way of a socket that
// it opens for the first question.
type inquiry struct {
	mu     sync.Mutex
	fd     int
	opened bool
	closed bool // and not to be opened again
}

func (q *inquiry) open() bool {
	if q.opened || q.closed {
		return q.opened
	}
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	q.fd, q.opened = fd, err == nil
	return q.opened
}

func (q *inquiry) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.hangUp()
}

// hangUp closes the socket, so that no answer is left in it for the next question.
func (q *inquiry) hangUp() {
	if q.opened {
		q.opened = false
		_ = syscall.Close(q.fd) // nothing was written that could be lost
	}
}

// socket is what the kernel tells of a TCP socket, in octets.
type socket struct {
	sent           uint64 // written by its program, once each
	received       uint64 // in order
	unread         int    // of those received
	unacknowledged int    // of those sent
}

// The parts of sock_diag(7) and of struct tcp_info that are needed.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20
	headerLen        = 16 // nlmsghdr
	requestLen       = 56 // inet_diag_req_v2
	requestID        = 8  // where its inet_diag_sockid begins
	addressLen       = 16 // of either family
	answerRead       = 56 // where idiag_rqueue stands in inet_diag_msg
	answerWrite      = 60 // and idiag_wqueue
	answerLen        = 72
	infoAttribute    = 2 // INET_DIAG_INFO
	infoReceived     = 128
	infoNotSent      = 144
	infoSent         = 200
	infoSentAgain    = 208
	infoLen          = 216 // of which all that is older than Linux 4.19 has less
)

// ask returns what there is to know of the socket that is bound to local and connected
// to remote, and whether there is one on this machine. The caller holds the lock.
func (q *inquiry) ask(local, remote *net.TCPAddr) (s socket, ok bool) {
	if !q.open() {
		return s, false
	}
	if err := syscall.Sendto(q.fd, question(local, remote), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return s, false
	}
	var room [1 << 10]byte
	b := room[:]
	n, _, err := syscall.Recvfrom(q.fd, b, 0)
	if err != nil {
		q.hangUp()
		return s, false
	}
	order := binary.NativeEndian
	if n < headerLen+answerLen || order.Uint16(b[4:]) != sockDiagByFamily {
		return s, false
	}
	b = b[headerLen:n]
	s.unread, s.unacknowledged = int(order.Uint32(b[answerRead:])), int(order.Uint32(b[answerWrite:]))
	for b = b[answerLen:]; len(b) >= syscall.SizeofRtAttr; {
		length, kind := int(order.Uint16(b)), order.Uint16(b[2:])
		if length < syscall.SizeofRtAttr || length > len(b) {
			return s, false
		}
		if info := b[syscall.SizeofRtAttr:length]; kind == infoAttribute && len(info) >= infoLen {
			s.received = order.Uint64(info[infoReceived:])
			s.sent = order.Uint64(info[infoSent:]) - order.Uint64(info[infoSentAgain:]) + uint64(order.Uint32(info[infoNotSent:]))
			return s, true
		}
		b = b[min(len(b), (length+syscall.RTA_ALIGNTO-1)&^(syscall.RTA_ALIGNTO-1)):]
	}
	return s, false
}

// question is a request of sock_diag for one socket.
func question(local, remote *net.TCPAddr) []byte {
	b := make([]byte, headerLen+requestLen)
	order := binary.NativeEndian
	order.PutUint32(b, uint32(len(b)))
	order.PutUint16(b[4:], sockDiagByFamily)
	order.PutUint16(b[6:], syscall.NLM_F_REQUEST)
	req := b[headerLen:]
	from, to := local.IP.To4(), remote.IP.To4()
	req[0], req[1], req[2] = syscall.AF_INET, syscall.IPPROTO_TCP, 1<<(infoAttribute-1)
	if from == nil || to == nil {
		req[0], from, to = syscall.AF_INET6, local.IP.To16(), remote.IP.To16()
	}
	order.PutUint32(req[4:], ^uint32(0)) // in any state
	id := req[requestID:]
	binary.BigEndian.PutUint16(id, uint16(local.Port))
	binary.BigEndian.PutUint16(id[2:], uint16(remote.Port))
	copy(id[4:4+addressLen], from)
	copy(id[4+addressLen:], to)
	copy(id[4+2*addressLen+4:], "\xff\xff\xff\xff\xff\xff\xff\xff") // whatever its cookie; 4: any interface
	return b
}
