// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func newSocket(family int) (int, error) {
	return unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

func acceptSocket(listener int) (int, error) {
	fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	return fd, err
}

// chooseLate has the kernel choose the local port when it knows the remote address too:
// binding alone would need a port that nothing at all uses.
func chooseLate(fd int) {
	// An error only means that ports run out sooner.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

// lateBind is chooseLate for package net.
func lateBind(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) { chooseLate(int(fd)) })
}
