// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// listenShared opens a port that other processes of ours have open, too. The kernel shares
// the connections out between them.
func listenShared(ctx context.Context, addr string) (net.Listener, error) {
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }); e != nil {
			return e
		}
		return err
	}}
	return c.Listen(ctx, "tcp", addr)
}
