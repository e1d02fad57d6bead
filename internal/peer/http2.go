// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// What scripts do with frames of HTTP/2 below a WebSocket. Over another version of HTTP it
// does nothing.

// Pad has the DATA frames of the stream padded from now on, with so many octets, 0 to 255. With
// empty each has another in front that has no data.
func (p *Peer) Pad(octets int, empty bool) {
	p.flushHeld()
	if t, ok := p.tunnel.(interface{ Pad(octets int, empty bool) }); ok {
		t.Pad(octets, empty)
	}
}

// GoAway tells the other side that we open no more streams, or take no more.
func (p *Peer) GoAway() {
	p.flushHeld()
	if t, ok := p.tunnel.(interface{ GoAway() }); ok && p.state != closed {
		t.GoAway()
	}
}

// Narrow leaves the other side a window of so many octets on each stream of the connection, which
// gets no wider before they have been read, and waits until it knows.
func (p *Peer) Narrow(octets uint32) error {
	p.flushHeld()
	t, ok := p.tunnel.(interface {
		Narrow(ctx context.Context, octets uint32) error
	})
	if !ok {
		return errNoStreams
	}
	ctx, cancel := context.WithTimeout(p.ctx, besidePatience)
	defer cancel()
	return t.Narrow(ctx, octets)
}

// RoundTrip waits for the answer to a PING of HTTP/2: the other side has seen the frames in front
// of it, if not what is in them.
func (p *Peer) RoundTrip() error {
	p.flushHeld()
	t, ok := p.tunnel.(interface{ Ping(context.Context) error })
	if !ok {
		return errNoStreams
	}
	ctx, cancel := context.WithTimeout(p.ctx, besidePatience)
	defer cancel()
	return t.Ping(ctx)
}

// Beginning is how a server of HTTP/2 or HTTP/3 begins a connection, where that is not as it should be.
type Beginning struct {
	Without bool          // there is no SETTINGS_ENABLE_CONNECT_PROTOCOL
	Connect uint32        // its value otherwise
	Late    time.Duration // before SETTINGS go out, over HTTP/2
}

var errNoStreams = errors.New("this connection has no streams")

// Trap is an address of ours at which nobody has any business.
type Trap struct {
	Addr    string // host:port
	ln      net.Listener
	visited chan struct{}
}

// Trap listens until the script is over, where the other side can reach us. nil: it cannot.
func (p *Peer) Trap() *Trap {
	local, ok := p.s.LocalAddr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: local.IP, Zone: local.Zone})
	if err != nil {
		return nil
	}
	t := &Trap{Addr: ln.Addr().String(), ln: ln, visited: make(chan struct{}, 1)}
	p.traps = append(p.traps, t)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			select {
			case t.visited <- struct{}{}:
			default:
			}
			_ = c.Close() // that it came is all
		}
	}()
	return t
}

// Sprung reports whether somebody has come within a moment.
func (t *Trap) Sprung() bool {
	const moment = 100 * time.Millisecond
	select {
	case <-t.visited:
		return true
	case <-time.After(moment):
		return false
	}
}

// WasReset reports whether the other side has reset the stream, or the connection was reset.
func (b *Beside) WasReset() bool { return stream.IsReset(b.err) }

// CloseCode reads to a Close frame and returns its code; 0: the stream has ended without.
func (b *Beside) CloseCode() ws.CloseCode {
	for b.err == nil || len(b.more) > 0 {
		it, ok := b.frame()
		if ok && it.header.Opcode == ws.Close {
			if len(it.data) < 2 {
				return ws.NoStatus
			}
			return ws.CloseCode(int(it.data[0])<<8 | int(it.data[1]))
		}
	}
	return 0
}
