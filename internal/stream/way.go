// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Way is how to get to a server, where that is not by resolving its name and connecting
// to the address. What is sent over the connection stays the same.
type Way struct {
	Proxy     *url.URL // http, with credentials in it where it wants some: see ParseProxy
	Unix      string   // the path of a socket
	ConnectTo string   // another host:port
	Pins      []Pin    // addresses that take the place of what a name would resolve to
}

// Pin says at which addresses a host is to be found, for one port.
type Pin struct {
	Host  string // or "*", for any
	Port  string
	Addrs []netip.Addr // in the order in which they are tried
}

// Covers reports whether the pin is for an address host:port.
func (p Pin) Covers(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return err == nil && port == p.Port && (p.Host == "*" || strings.EqualFold(host, p.Host))
}

// ParsePin reads host:port:address[,address], as curl has it.
func ParsePin(text string) (Pin, error) {
	const want = "want host:port:address, such as example.org:443:127.0.0.1"
	rest := strings.TrimPrefix(text, "+") // curl's mark of what may time out
	host, rest, ok := strings.Cut(rest, ":")
	port, list, also := strings.Cut(rest, ":")
	if !ok || !also || host == "" || list == "" {
		return Pin{}, fmt.Errorf("%q: %s", text, want)
	}
	if err := checkPort(port); err != nil {
		return Pin{}, fmt.Errorf("%q: %w", text, err)
	}
	p := Pin{Host: host, Port: port}
	for a := range strings.SplitSeq(list, ",") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(a, "["), "]"))
		if err != nil {
			return Pin{}, fmt.Errorf("%q: %q is no IP address: %s", text, a, want)
		}
		p.Addrs = append(p.Addrs, addr)
	}
	return p, nil
}

// ParseConnectTo reads host:port.
func ParseConnectTo(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" {
		return "", fmt.Errorf("%q: want host:port, such as 127.0.0.1:8443", text)
	}
	if err := checkPort(port); err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	return text, nil
}

func checkPort(port string) error {
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("there is no port %s", port)
	}
	return nil
}

// longestUnix is how many octets a path of a socket has at most, on Linux.
const longestUnix = 107

// Check says which of the ways exclude each other, or cannot work. The words of the error
// are those of the flags of commands.
func (w Way) Check() error {
	switch {
	case w.Unix != "" && w.Proxy != nil:
		return errors.New("--unix and --proxy exclude each other: a proxy connects to hosts, not to sockets of this machine")
	case w.Unix != "" && w.ConnectTo != "":
		return errors.New("--unix and --connect-to exclude each other: both say where to connect")
	case w.Unix != "" && len(w.Pins) > 0:
		return errors.New("--unix and --resolve exclude each other: no name is resolved on the way to a socket")
	case w.Proxy != nil && len(w.Pins) > 0:
		return errors.New("--proxy and --resolve exclude each other: the proxy resolves names; --connect-to names the address that it is asked for")
	case len(w.Unix) > longestUnix:
		return fmt.Errorf("--unix: the path has %d octets: a socket's has at most %d", len(w.Unix), longestUnix)
	}
	return nil
}

// Address is what a server at addr, a host:port, is reached at: that of its URL or another.
func (w Way) Address(addr string) string {
	if w.ConnectTo != "" {
		return w.ConnectTo
	}
	return addr
}

// Direct is where to go at once for a server at addr, by whatever protocol of its own:
// another address, that which a pin says, or a proxy.
func (w Way) Direct(addr string) string {
	if w.Proxy != nil {
		return proxyAddress(w.Proxy)
	}
	addr = w.Address(addr)
	for _, p := range w.Pins {
		if p.Covers(addr) {
			return net.JoinHostPort(p.Addrs[0].String(), p.Port)
		}
	}
	return addr
}

// At is the way to another port of the same host. A socket has none.
func (w Way) At(port string) Way {
	if host, _, err := net.SplitHostPort(w.ConnectTo); err == nil {
		w.ConnectTo = net.JoinHostPort(host, port)
	}
	w.Pins = slices.Clone(w.Pins)
	for i := range w.Pins {
		w.Pins[i].Port = port
	}
	return w
}

// Indirect reports whether what is connected to is not a host and port: a socket, or a proxy.
func (w Way) Indirect() bool { return w.Unix != "" || w.Proxy != nil }

// Dial opens the connection under TLS to a server at addr, a host:port. Errors of a proxy are ProxyErrors.
func (w Way) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	addr = w.Address(addr)
	switch {
	case w.Unix != "":
		return d.DialContext(ctx, "unix", w.Unix)
	case w.Proxy != nil:
		return tunnelled(ctx, w.Proxy, addr)
	}
	for _, p := range w.Pins {
		if p.Covers(addr) {
			return p.dial(ctx)
		}
	}
	return d.DialContext(ctx, "tcp", addr)
}

// dial tries the addresses one after the other; the error is that of the last.
func (p Pin) dial(ctx context.Context) (c net.Conn, err error) {
	var d net.Dialer
	for _, a := range p.Addrs {
		if c, err = d.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), p.Port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}
