// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"net"
	"net/netip"
)

// Address is that of a client without its port.
func Address(remote net.Addr) string {
	host, _, err := net.SplitHostPort(remote.String())
	if err != nil {
		return remote.String()
	}
	return host
}

// Source is where a client is, as far as its address shows what one host can have many of: over IPv6
// its network of 64 bits.
func Source(remote net.Addr) string {
	text := Address(remote)
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Unmap().Is4() {
		return text
	}
	network, _ := ip.WithZone("").Prefix(64) // there are as many bits
	return network.String()
}
