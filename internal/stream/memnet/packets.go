// SPDX-License-Identifier: Apache-2.0

package memnet

import (
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// inFlight is how many packets may wait for whoever receives them. Later ones are lost, as
// they are on a network.
const inFlight = 10_000

// Packets returns two sockets that send packets to each other, whatever address is given.
func Packets() (a, b net.PacketConn) {
	x := &socket{addr: net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, changed: make(chan struct{})}
	y := &socket{addr: net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2}, changed: make(chan struct{})}
	x.find = func(net.Addr) *socket { return y }
	y.find = func(net.Addr) *socket { return x }
	return x, y
}

// Hub is a network of sockets that send packets to each other by their addresses. What is sent to
// none of them is lost.
type Hub struct {
	mu      sync.Mutex
	sockets map[string]*socket
}

// Socket returns a socket with an address. There is none with it yet.
func (h *Hub) Socket(addr net.UDPAddr) net.PacketConn {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sockets == nil {
		h.sockets = map[string]*socket{}
	}
	s := &socket{addr: addr, find: h.find, changed: make(chan struct{})}
	h.sockets[addr.String()] = s
	return s
}

func (h *Hub) find(addr net.Addr) *socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sockets[addr.String()]
}

// packet is one on its way.
type packet struct {
	octets []byte
	from   net.Addr
}

// socket is one end.
type socket struct {
	addr net.UDPAddr
	find func(net.Addr) *socket // that packets for an address go to, nil for none

	mu       sync.Mutex
	packets  []packet // that have come
	closed   bool
	deadline time.Time     // of reads
	changed  chan struct{} // closed and replaced at every change
}

// wake tells every waiter to look again. The caller holds the lock.
func (s *socket) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *socket) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		s.mu.Lock()
		changed, left := s.changed, time.Until(s.deadline)
		switch {
		case s.closed:
			s.mu.Unlock()
			return 0, nil, net.ErrClosed
		case !s.deadline.IsZero() && left <= 0:
			s.mu.Unlock()
			return 0, nil, os.ErrDeadlineExceeded
		case len(s.packets) > 0:
			n, from := copy(p, s.packets[0].octets), s.packets[0].from
			s.packets = s.packets[1:]
			s.mu.Unlock()
			return n, from, nil
		}
		var expired <-chan time.Time
		if !s.deadline.IsZero() {
			t := time.NewTimer(left)
			defer t.Stop()
			expired = t.C
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-expired:
		}
	}
}

func (s *socket) WriteTo(p []byte, to net.Addr) (int, error) {
	o := s.find(to)
	if o == nil {
		return len(p), nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && len(o.packets) < inFlight {
		o.packets = append(o.packets, packet{slices.Clone(p), &s.addr})
		o.wake()
	}
	return len(p), nil
}

func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
	return nil
}

func (s *socket) LocalAddr() net.Addr { return &s.addr }

func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	s.wake()
	return nil
}

func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

func (s *socket) SetWriteDeadline(time.Time) error { return nil } // writes do not wait

// SetReadBuffer and SetWriteBuffer are there for those who would complain if they were not.
func (s *socket) SetReadBuffer(int) error { return nil }

// SetWriteBuffer: see SetReadBuffer.
func (s *socket) SetWriteBuffer(int) error { return nil }
