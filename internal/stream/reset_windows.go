// SPDX-License-Identifier: Apache-2.0

package stream

import "syscall"

// resets are the errors of a connection that the peer has reset. The names that
// package syscall shares with other systems are not what Windows returns.
func resets() []error { return []error{syscall.WSAECONNRESET, syscall.WSAECONNABORTED} }
