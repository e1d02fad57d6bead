// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"encoding/binary"
	"net"
	"syscall"
	"unsafe"
)

// Unread asks the kernel: of the socket at the other end, where that is on this
// machine and in reach, what its program has not read, and of ours what has not
// been acknowledged.
func (s netStream) Unread() (octets int, sure bool) {
	t, ok := transport(s.Conn).(*net.TCPConn)
	if !ok {
		return 0, false
	}
	waiting := unacknowledged(t)
	local, _ := t.LocalAddr().(*net.TCPAddr)
	remote, _ := t.RemoteAddr().(*net.TCPAddr)
	if waiting > 0 || local == nil || remote == nil {
		return waiting, false
	}
	return receiveQueue(remote, local)
}

// unacknowledged returns how many octets the other end's kernel has not said it has.
func unacknowledged(c *net.TCPConn) int {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	var n int32
	_ = raw.Control(func(fd uintptr) { // a connection that is closed has nothing waiting
		const outq = syscall.TIOCOUTQ // SIOCOUTQ, of sockets
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, outq, uintptr(unsafe.Pointer(&n))); errno != 0 {
			n = 0
		}
	})
	return int(n)
}

// The parts of sock_diag(7) that are needed for one question about one socket.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20
	headerLen        = 16 // nlmsghdr
	requestLen       = 56 // inet_diag_req_v2
	requestID        = 8  // where its inet_diag_sockid begins
	answerQueue      = 56 // where idiag_rqueue stands in inet_diag_msg
	answerLen        = 72
	addressLen       = 16 // of either family
)

// receiveQueue returns how many octets wait to be read at the socket of this
// machine that is bound to local and connected to remote, and whether there is one.
func receiveQueue(local, remote *net.TCPAddr) (octets int, found bool) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return 0, false
	}
	defer syscall.Close(fd)
	b := make([]byte, headerLen+requestLen)
	order := binary.NativeEndian
	order.PutUint32(b, uint32(len(b)))
	order.PutUint16(b[4:], sockDiagByFamily)
	order.PutUint16(b[6:], syscall.NLM_F_REQUEST)
	req := b[headerLen:]
	from, to := local.IP.To4(), remote.IP.To4()
	req[0], req[1] = syscall.AF_INET, syscall.IPPROTO_TCP
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
	if err := syscall.Sendto(fd, b, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return 0, false
	}
	answer := make([]byte, 4<<10)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
	if err != nil || n < headerLen+answerLen || order.Uint16(answer[4:]) != sockDiagByFamily {
		return 0, false
	}
	return int(order.Uint32(answer[headerLen+answerQueue:])), true
}
