// SPDX-License-Identifier: Apache-2.0

package wire

import "syscall"

// systemCause knows the numbers of Winsock, which package syscall has none of the
// usual names for.
func systemCause(n syscall.Errno) (Cause, bool) {
	switch n {
	case 10061: // WSAECONNREFUSED
		return Refused, true
	case 10060: // WSAETIMEDOUT
		return Timeout, true
	case 10048, 10049: // WSAEADDRINUSE, WSAEADDRNOTAVAIL
		return Ports, true
	case 10024: // WSAEMFILE
		return Files, true
	case 10055: // WSAENOBUFS
		return Memory, true
	case 10050, 10051, 10064, 10065: // WSAENETDOWN, WSAENETUNREACH, WSAEHOSTDOWN, WSAEHOSTUNREACH
		return Unreachable, true
	}
	return 0, false
}
