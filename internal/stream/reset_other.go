// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package stream

import "syscall"

// resets are the errors of a connection that the peer has reset.
func resets() []error { return []error{syscall.ECONNRESET, syscall.EPIPE} }
