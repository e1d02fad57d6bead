// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"crypto/tls"
	"fmt"
	"net"
)

// Listen opens a port, with TLS where there is a configuration for it.
func Listen(addr string, config *tls.Config) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	return l, nil
}

// URL is the address at which this machine reaches a WebSocket server
// on the listener.
func URL(l net.Listener, secure bool) string { return AddrURL(l.Addr(), secure) }

// AddrURL is URL for an address of TCP or UDP.
func AddrURL(addr net.Addr, secure bool) string {
	scheme := "ws"
	if secure {
		scheme = "wss"
	}
	var ip net.IP
	var port int
	switch a := addr.(type) {
	case *net.TCPAddr:
		ip, port = a.IP, a.Port
	case *net.UDPAddr:
		ip, port = a.IP, a.Port
	default:
		return scheme + "://" + addr.String()
	}
	host := ip.String()
	if ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(port))
}
