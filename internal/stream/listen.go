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
func URL(l net.Listener, secure bool) string {
	scheme := "ws"
	if secure {
		scheme = "wss"
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return scheme + "://" + l.Addr().String()
	}
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(addr.Port))
}
