// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package wire

import "syscall"

func systemCause(syscall.Errno) (Cause, bool) { return 0, false }
