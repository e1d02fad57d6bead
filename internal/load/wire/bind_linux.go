// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lateBind has the kernel choose the local port when it knows the remote address too:
// binding alone would need a port that nothing at all uses.
func lateBind(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		// An error only means that ports run out sooner.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
