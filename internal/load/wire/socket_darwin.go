// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func newSocket(family int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	return private(fd, err)
}

func acceptSocket(listener int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, _, err := unix.Accept(listener)
	return private(fd, err)
}

// private makes a socket one that does not block, and that no other program inherits.
func private(fd int, err error) (int, error) {
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func chooseLate(int) {}

func lateBind(_, _ string, _ syscall.RawConn) error { return nil }
