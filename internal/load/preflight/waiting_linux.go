// SPDX-License-Identifier: Apache-2.0

package preflight

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// From linux/inet_diag.h and linux/sock_diag.h.
const (
	requestSize = unix.SizeofNlMsghdr + 56
	listening   = 1 << 10 // TCP_LISTEN

	// Where things are in an answer, behind its header.
	familyAt, portAt, addrAt, queueAt = 0, 4, 8, 60 // idiag_family, sport, src, wqueue
	answerSize                        = 72
)

// waiting asks the kernel, as ss(8) does, how long the queue of a listener is.
func waiting(to netip.AddrPort) (n int64, ok bool) {
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		for _, l := range listeners(family) {
			same := l.at.Addr().IsUnspecified() || l.at.Addr().Unmap() == to.Addr().Unmap()
			if same && l.at.Port() == to.Port() && (l.at.Addr().Is6() || to.Addr().Unmap().Is4()) {
				return l.queue, true
			}
		}
	}
	return 0, false
}

type listener struct {
	at    netip.AddrPort
	queue int64
}

// listeners are all there are; none where the kernel does not tell.
func listeners(family byte) (all []listener) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	limit := unix.NsecToTimeval(int64(time.Second))
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit) // it answers at once
	order := binary.NativeEndian
	request := make([]byte, requestSize)
	order.PutUint32(request, requestSize)
	order.PutUint16(request[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	request[16], request[17] = family, unix.IPPROTO_TCP
	order.PutUint32(request[20:], listening)
	if unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return nil
	}
	b := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(fd, b, 0)
		if err != nil || n < unix.SizeofNlMsghdr {
			return all
		}
		some, more := read(b[:n])
		if all = append(all, some...); !more {
			return all
		}
	}
}

// read takes the listeners out of the messages of one datagram.
func read(b []byte) (all []listener, more bool) {
	order := binary.NativeEndian
	for len(b) >= unix.SizeofNlMsghdr {
		size, kind := int(order.Uint32(b)), order.Uint16(b[4:])
		if size < unix.SizeofNlMsghdr || size > len(b) || kind == unix.NLMSG_DONE || kind == unix.NLMSG_ERROR {
			return all, false
		}
		if body := b[unix.SizeofNlMsghdr:size]; len(body) >= answerSize {
			addr := netip.AddrFrom16([16]byte(body[addrAt:]))
			if body[familyAt] == unix.AF_INET {
				addr = netip.AddrFrom4([4]byte(body[addrAt:]))
			}
			all = append(all, listener{netip.AddrPortFrom(addr, binary.BigEndian.Uint16(body[portAt:])), int64(order.Uint32(body[queueAt:]))})
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return all, true
}
