// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package wire

import (
	"context"
	"net"
	"syscall"
)

// loops are what this system has none of: every connection has a goroutine.
type loops struct{}

func newLoops(int) (*loops, error) { return nil, nil }

func (*loops) dial(*Conn)                                              {}
func (*loops) serve(context.Context, *net.TCPListener, *service) error { return nil }
func (*loops) each(func(*Conn))                                        {}
func (*loops) close()                                                  {}

func lateBind(_, _ string, _ syscall.RawConn) error { return nil }
