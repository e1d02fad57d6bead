// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Target says where and how to connect. Locate makes one of a URL.
type Target struct {
	Addr netip.AddrPort // where to connect; unused with Config.Dial, or a Way that is indirect
	TLS  *tls.Config    // nil for plain TCP
	Host string         // of the Host field
	Path string         // the request target, with its query; empty is "/"

	// Way is a proxy or a socket to go by, to Authority, the host:port of the URL. Each connection then has a
	// goroutine, and no source address of ours.
	Way       stream.Way
	Authority string

	Fields       ws.Fields // further fields of the request
	Subprotocols []string  // in order of preference
	Deflate      []deflate.Offer

	// Sources are the local addresses, taken in turn. Without any, connections to a
	// loopback address of IPv4 come from the addresses of Loopback, and others from
	// where the system has them come.
	Sources []netip.Addr

	Limits
}

// Locate returns the target of a ws or wss URL. It looks the host up, and takes the
// first of its addresses, of IPv4 if there is one.
func Locate(ctx context.Context, raw string) (Target, error) {
	return LocateBy(ctx, raw, stream.Way{})
}

// LocateBy is Locate for a server that is reached in another way: what is looked up is where that
// leads to at once.
func LocateBy(ctx context.Context, raw string, way stream.Way) (Target, error) {
	u, port, err := ws.ParseURL(raw)
	if err != nil {
		return Target{}, fmt.Errorf("URL %q: %w", raw, err)
	}
	t := Target{Host: u.Host, Path: u.RequestURI(), Authority: net.JoinHostPort(u.Hostname(), port)}
	if u.Scheme == "wss" {
		t.TLS = &tls.Config{ServerName: u.Hostname(), NextProtos: []string{"http/1.1"}}
	}
	if way.Indirect() {
		t.Way = way
	}
	if way.Unix == "" {
		t.Addr, err = lookUp(ctx, way.Direct(t.Authority))
	}
	return t, err
}

// lookUp finds an address for a host:port.
func lookUp(ctx context.Context, at string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s: no such port", at)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	i := max(0, slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Unmap().Is4() }))
	return netip.AddrPortFrom(addrs[i].Unmap(), uint16(n)), nil
}

// PerSource is how many connections to one address should come from one source
// address. Beyond half of the usual range of ports (28,232 of them) the kernel of
// Linux has to search longer and longer for a free one.
const PerSource = 10_000

// Loopback returns n different addresses of 127.0.0.0/8, beginning with the one that
// has the number first. Processes that share the work begin at different ones.
func Loopback(first, n int) []netip.Addr {
	const most = 1<<24 - 1<<16 - 1 // from 127.1.0.0 on, without the broadcast address
	all := make([]netip.Addr, n)
	for i := range all {
		k := uint32((first+i)%most) + 1<<16
		all[i] = netip.AddrFrom4([4]byte{127, byte(k >> 16), byte(k >> 8), byte(k)})
	}
	return all
}

// A Dialer opens connections to one target.
type Dialer struct {
	engine *Engine
	target Target
	set    settings
	before []byte // the request up to the key
	after  []byte // and from behind it
	turn   atomic.Uint32
}

// Dialer checks the target and returns its Dialer.
func (e *Engine) Dialer(t Target) (*Dialer, error) {
	switch {
	case !t.Addr.IsValid() && e.cfg.Dial == nil && !t.Way.Indirect():
		return nil, errors.New("target without an address")
	case t.Path != "" && (t.Path[0] != '/' || slices.ContainsFunc([]byte(t.Path), notInTarget)):
		return nil, fmt.Errorf("path %q: want one that begins with / and has only printable ASCII without spaces and #", t.Path)
	case t.Host == "" || slices.ContainsFunc([]byte(t.Host), notInTarget):
		return nil, fmt.Errorf("host %q: want a name or an address, and a port where it is not the usual one", t.Host)
	}
	for _, f := range t.Fields {
		if !ws.IsToken(f.Name) || slices.ContainsFunc([]byte(f.Value), func(c byte) bool { return c < ' ' && c != '\t' || c == 0x7F }) {
			return nil, fmt.Errorf("field %q: not a field of HTTP", f.Name+": "+f.Value)
		}
		if slices.ContainsFunc(ours(), func(name string) bool { return ws.EqualFold(name, f.Name) }) {
			return nil, fmt.Errorf("field %q: is always sent, or has a setting of its own", f.Name)
		}
	}
	for i, p := range t.Subprotocols {
		if !ws.IsToken(p) || slices.Contains(t.Subprotocols[:i], p) {
			return nil, fmt.Errorf("subprotocol %q: want different words without spaces, commas and the like", p)
		}
	}
	if t.Sources == nil && t.Addr.Addr().Is4() && t.Addr.Addr().IsLoopback() {
		t.Sources = Loopback(0, 64)
	}
	for _, s := range t.Sources {
		if t.Addr.IsValid() && s.Is4() != t.Addr.Addr().Is4() {
			return nil, fmt.Errorf("source address %s: not of the family of %s", s, t.Addr.Addr())
		}
	}
	d := &Dialer{engine: e, target: t, set: settings{engine: e, role: ws.Client, limits: t.Limits.withDefaults()}}
	d.set.dialer = d
	d.before, d.after = t.request()
	return d, nil
}

func notInTarget(c byte) bool { return c <= ' ' || c >= 0x7F || c == '#' }

// ours are the fields that only we set.
func ours() []string {
	return []string{
		"Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding",
		"Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
	}
}

// request returns what goes before and behind the key of the request (RFC 6455, 4.1).
func (t Target) request() (before, after []byte) {
	path := t.Path
	if path == "" {
		path = "/"
	}
	before = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ", path, t.Host)
	after = []byte("\r\nSec-WebSocket-Version: 13\r\n")
	for i, p := range t.Subprotocols {
		if i == 0 {
			after = append(after, "Sec-WebSocket-Protocol: "...)
		} else {
			after = append(after, ", "...)
		}
		after = append(after, p...)
	}
	if len(t.Subprotocols) > 0 {
		after = append(after, "\r\n"...)
	}
	if len(t.Deflate) > 0 {
		offers := make([]ws.Extension, len(t.Deflate))
		for i, o := range t.Deflate {
			offers[i] = o.Extension()
		}
		after = fmt.Appendf(after, "Sec-WebSocket-Extensions: %s\r\n", ws.FormatExtensions(offers))
	}
	for _, f := range t.Fields {
		after = fmt.Appendf(after, "%s: %s\r\n", f.Name, f.Value)
	}
	return before, append(after, "\r\n"...)
}

// source returns the local address for the next connection; the zero Addr
// leaves it to the system.
func (d *Dialer) source() netip.Addr {
	if len(d.target.Sources) == 0 {
		return netip.Addr{}
	}
	return d.target.Sources[int(d.turn.Add(1)-1)%len(d.target.Sources)]
}

// Dial begins a connection and returns at once. What becomes of it the Handler is
// told, never before Dial has begun but perhaps before it has returned.
func (d *Dialer) Dial(h Handler) *Conn {
	c := newConn(&d.set, h)
	if d.engine.loops != nil && d.target.TLS == nil && !d.target.Way.Indirect() {
		d.engine.loops.dial(c)
	} else {
		d.engine.net.dial(c, d)
	}
	return c
}
