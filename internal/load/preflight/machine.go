// SPDX-License-Identifier: Apache-2.0

package preflight

import (
	"net"
	"net/netip"
	"os"
)

// This is this machine.
func This() Machine {
	return Machine{Root: os.DirFS("/"), Files: files(), Waiting: waiting, Local: local}
}

// local reports whether the address is one of ours.
func local(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, one := range addrs {
		if p, err := netip.ParsePrefix(one.String()); err == nil && p.Addr().Unmap() == a.Unmap() {
			return true
		}
	}
	return false
}
