// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Package bare is what our engine is measured against: loops over epoll that move the
// octets of WebSocket and do nothing else. They check nothing, know one kind of frame, and
// fall over at anything unexpected. Package bare knows nothing of the engine. Start at
// Serve and Connect.
package bare

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

const (
	key  = "dGhlIHNhbXBsZSBub25jZQ=="
	guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

// Request returns the octets that a client sends to open a connection: as many as our
// engine's.
func Request(host string) []byte {
	return fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n", host, key)
}

func answer(request []byte) []byte {
	_, rest, _ := bytes.Cut(request, []byte("Sec-WebSocket-Key: "))
	sum := sha1.Sum(append(rest[:24:24], guid...))
	return fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
}

// Serve is an echo server on a listening socket that does not block. It echoes frames with
// less than 126 octets that come whole, and anything at all on a connection whose first octet is
// 0.
func Serve(listener int) error {
	ep, err := unix.EpollCreate1(0)
	if err != nil {
		return err
	}
	if err := add(ep, listener, unix.EPOLLIN); err != nil {
		return err
	}
	modes := make(map[int32]byte)
	events, buf := make([]unix.EpollEvent, 256), make([]byte, 64<<10)
	for {
		n, err := unix.EpollWait(ep, events, -1)
		if err != nil && err != unix.EINTR {
			return err
		}
		for i := range max(0, n) {
			fd := events[i].Fd
			if fd == int32(listener) {
				if err := acceptAll(ep, listener); err != nil {
					return err
				}
				continue
			}
			n, err := unix.Read(int(fd), buf)
			switch {
			case err == unix.EAGAIN:
				continue
			case n <= 0:
				delete(modes, fd)
				_ = unix.Close(int(fd))
				continue
			}
			b := buf[:n]
			switch mode, known := modes[fd]; {
			case !known && b[0] == 0, known && mode == 0:
				modes[fd] = 0
			case !known:
				modes[fd] = 1
				b = answer(b)
			default:
				b = echo(b)
			}
			if _, err := unix.Write(int(fd), b); err != nil && err != unix.EPIPE && err != unix.ECONNRESET {
				return err
			}
		}
	}
}

func acceptAll(ep, listener int) error {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK)
		switch {
		case err == unix.EAGAIN:
			return nil
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if err := add(ep, fd, unix.EPOLLIN|unix.EPOLLET); err != nil {
			return err
		}
	}
}

// echo makes echoes of masked frames in place.
func echo(b []byte) []byte {
	out := b[:0]
	for len(b) >= 6 {
		n := int(b[1] & 0x7f)
		first, mask := b[0], [4]byte(b[2:6])
		payload := b[6 : 6+n]
		out = append(out, first, byte(n))
		for i := range payload {
			out = append(out, payload[i]^mask[i&3])
		}
		b = b[6+n:]
	}
	return out
}

func add(ep, fd int, events uint32) error {
	return unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

// Connect opens n connections to the address, window of them at a time, from the
// sources in turn, and returns the sockets when all are open.
func Connect(to netip.AddrPort, n, window int, sources []netip.Addr) ([]int, error) {
	ep, err := unix.EpollCreate1(0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(ep)
	o := opener{
		ep: ep, request: Request(to.String()), to: &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()},
		sources: sources, sent: make(map[int32]bool), buf: make([]byte, 4<<10),
	}
	for range min(window, n) {
		if err := o.begin(); err != nil {
			return o.fds, err
		}
	}
	events := make([]unix.EpollEvent, 256)
	for open := 0; open < n; {
		k, err := unix.EpollWait(ep, events, -1)
		if err != nil && err != unix.EINTR {
			return o.fds, err
		}
		for i := range max(0, k) {
			answered, err := o.turn(events[i])
			if err != nil {
				return o.fds, err
			}
			if !answered {
				continue
			}
			if open++; len(o.fds) < n {
				if err := o.begin(); err != nil {
					return o.fds, err
				}
			}
		}
	}
	return o.fds, nil
}

// opener opens connections.
type opener struct {
	ep      int
	request []byte
	to      *unix.SockaddrInet4
	sources []netip.Addr
	fds     []int
	sent    map[int32]bool // the request
	buf     []byte
}

// begin begins one more.
func (o *opener) begin() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	o.fds = append(o.fds, fd)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: o.sources[len(o.fds)%len(o.sources)].As4()}); err != nil {
		return err
	}
	err = unix.Connect(fd, o.to)
	if err == nil {
		o.sent[int32(fd)] = true
		_, err = unix.Write(fd, o.request)
	}
	if err != nil && err != unix.EINPROGRESS {
		return err
	}
	return add(o.ep, fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLET)
}

// turn does what a socket is ready for, and reports whether the answer has come.
func (o *opener) turn(e unix.EpollEvent) (answered bool, err error) {
	fd := e.Fd
	if !o.sent[fd] {
		o.sent[fd] = true
		if _, err := unix.Write(int(fd), o.request); err != nil {
			return false, err
		}
	}
	if e.Events&unix.EPOLLIN == 0 {
		return false, nil
	}
	n, err := unix.Read(int(fd), o.buf)
	if err == unix.EAGAIN {
		return false, nil
	}
	if got := o.buf[:max(0, n)]; err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 101 ")) || !bytes.HasSuffix(got, []byte("\r\n\r\n")) {
		return false, errors.Join(err, fmt.Errorf("answer %q", got))
	}
	return true, nil
}

// Echo sends messages with the payload over the connections, each after the echo of
// the one before, until it has the given number of echoes.
func Echo(fds []int, payload []byte, messages int) error {
	ep, err := unix.EpollCreate1(0)
	if err != nil {
		return err
	}
	defer unix.Close(ep)
	mask := [4]byte{1, 2, 3, 4}
	frame := append([]byte{0x82, 0x80 | byte(len(payload))}, mask[:]...)
	send := func(fd int) error {
		frame = append(frame[:6], payload...)
		for i := range payload {
			frame[6+i] ^= mask[i&3]
		}
		_, err := unix.Write(fd, frame)
		return err
	}
	for _, fd := range fds {
		if err := add(ep, fd, unix.EPOLLIN|unix.EPOLLET); err != nil {
			return err
		}
		if err := send(fd); err != nil {
			return err
		}
	}
	events, buf := make([]unix.EpollEvent, 256), make([]byte, 4<<10)
	for done := 0; done < messages; {
		k, err := unix.EpollWait(ep, events, -1)
		if err != nil && err != unix.EINTR {
			return err
		}
		for i := range max(0, k) {
			fd := int(events[i].Fd)
			n, err := unix.Read(fd, buf)
			if err == unix.EAGAIN {
				continue
			}
			if err != nil || n != 2+len(payload) || !bytes.Equal(buf[2:n], payload) {
				return errors.Join(err, fmt.Errorf("echo of %d octets", n))
			}
			done++
			if err := send(fd); err != nil {
				return err
			}
		}
	}
	return nil
}
