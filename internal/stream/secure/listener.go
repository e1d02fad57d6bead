// SPDX-License-Identifier: Apache-2.0

package secure

import (
	"crypto/tls"
	"net"

	"github.com/wsspec/wsspec/internal/stream"
)

// NewListener serves TLS on a listener. What it accepts is a *Conn.
func NewListener(l net.Listener, config *tls.Config) net.Listener { return listener{l, config, ""} }

// NewListener is that for a port on which TLS is spoken in the manner, nil for the usual
// one.
func (a *Authority) NewListener(l net.Listener, m *Manner) (net.Listener, error) {
	config, err := a.Config(m)
	if err != nil || m == nil {
		return NewListener(l, config), err
	}
	return listener{l, config, m.Choose}, nil
}

// Server is our end of a connection from a client on which TLS is spoken in the manner.
func (a *Authority) Server(raw stream.Stream, m *Manner) (*Conn, error) {
	config, err := a.Config(m)
	if err != nil || m == nil {
		return Server(raw, config), err
	}
	return server(raw, config, m.Choose), nil
}

type listener struct {
	net.Listener
	config *tls.Config
	choose string
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return server(stream.Wrap(c), l.config, l.choose), nil
}
