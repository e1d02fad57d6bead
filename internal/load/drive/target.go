// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Locator finds where and how a plan connects.
type Locator func(context.Context, load.Plan) (wire.Target, error)

// NewTarget is where and how the plan connects, with TLS and a way as its fields have them. It looks the
// host up, and reads the files for TLS.
func NewTarget(ctx context.Context, p load.Plan, secure stream.ClientTLS, way stream.Way) (wire.Target, error) {
	t, err := wire.LocateBy(ctx, p.URL, way)
	if err != nil {
		return t, err
	}
	if t.TLS != nil {
		if t.TLS, err = secure.Config(t.TLS.ServerName); err != nil {
			return t, err
		}
	} else if p.CAFile != "" || p.SNI != "" || p.Insecure {
		return t, errors.New("--cafile, --sni and --insecure are for TLS: the URL begins with wss: then")
	}
	for _, line := range p.Header {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(line, "\r\n") {
			return t, fmt.Errorf("header %q: want 'Name: value'", line)
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if strings.EqualFold(name, "Host") {
			t.Host = value
			continue
		}
		t.Fields = append(t.Fields, ws.Field{Name: name, Value: value})
	}
	if p.Origin != "" {
		t.Fields = append(t.Fields, ws.Field{Name: "Origin", Value: p.Origin})
	}
	t.Subprotocols = p.Subprotocol
	if p.Deflate {
		t.Deflate = []deflate.Offer{{ClientMaxWindowBits: deflate.AnyWindow}}
	}
	for _, text := range p.Sources {
		some, err := sources(text)
		if err != nil {
			return t, err
		}
		t.Sources = append(t.Sources, some...)
	}
	if len(t.Sources) > 0 && way.Indirect() {
		return t, errors.New("--source is for connections that go from our address to the server's: not with --proxy or --unix")
	}
	t.OpenTimeout = time.Duration(p.Timeout)
	t.MaxMessage = 2 * load.MaxSize // a server may say more than it was told
	return t, nil
}

// perPart is how many addresses of 127.0.0.0/8 a part connects from.
const perPart = 64

// SourcesOf are the addresses that a part connects from, of so many parts: others than those
// of the other parts where there are enough of them, so that no two look for the same free port.
func SourcesOf(t wire.Target, part, parts int) []netip.Addr {
	switch n := len(t.Sources); {
	case parts <= 1:
		return t.Sources
	case n == 0 && t.Addr.Addr().Is4() && t.Addr.Addr().IsLoopback():
		return wire.Loopback(part*perPart, perPart)
	case n < parts:
		return t.Sources
	}
	var own []netip.Addr
	for i := part; i < len(t.Sources); i += parts {
		own = append(own, t.Sources[i])
	}
	return own
}

// checkSources says which of the addresses that a plan names are not of this machine: what the system says when
// connections are to come from them is what it says when no port is free.
func checkSources(addrs []netip.Addr) error {
	for _, a := range addrs {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
		if err == nil {
			_ = c.Close()
		} else if errors.Is(err, syscall.EADDRNOTAVAIL) {
			return fmt.Errorf("source %s: not an address of this machine", a)
		}
	}
	return nil
}

// mostSources is how many addresses a range may have.
const mostSources = 1 << 12

// sources reads an address, or a range "10.0.0.2-10.0.0.9".
func sources(text string) ([]netip.Addr, error) {
	first, last, ranged := strings.Cut(text, "-")
	from, err := netip.ParseAddr(first)
	if err != nil {
		return nil, fmt.Errorf("source %q: want an address of this machine, such as 10.0.0.2, or a range as in 10.0.0.2-10.0.0.9", text)
	}
	if !ranged {
		return []netip.Addr{from}, nil
	}
	to, err := netip.ParseAddr(last)
	if err != nil || to.Less(from) || to.Is4() != from.Is4() {
		return nil, fmt.Errorf("source %q: want a range that ends behind its beginning, as in 10.0.0.2-10.0.0.9", text)
	}
	all := []netip.Addr{from}
	for a := from; a != to; {
		a = a.Next()
		if all = append(all, a); len(all) > mostSources {
			return nil, fmt.Errorf("source %q: more than %d addresses", text, mostSources)
		}
	}
	return all, nil
}
