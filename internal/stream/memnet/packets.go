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
	x.other, y.other = y, x
	return x, y
}

// socket is one end.
type socket struct {
	addr  net.UDPAddr
	other *socket

	mu       sync.Mutex
	packets  [][]byte // that have come
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
			n := copy(p, s.packets[0])
			s.packets = s.packets[1:]
			s.mu.Unlock()
			return n, &s.other.addr, nil
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

func (s *socket) WriteTo(p []byte, _ net.Addr) (int, error) {
	o := s.other
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && len(o.packets) < inFlight {
		o.packets = append(o.packets, slices.Clone(p))
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
