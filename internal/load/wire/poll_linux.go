// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// token is what the events of a socket are known by.
type token struct {
	at   int32
	turn uint32
}

// event is what the kernel reports of a socket.
type event struct {
	token
	readable, writable, failed bool
}

// poller waits for all sockets of a loop with epoll(7).
type poller struct {
	fd, bell int
	found    []unix.EpollEvent
}

// bellAt is the token of the event by which others wake the loop.
const bellAt = -1

func (p *poller) open() (err error) {
	if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if p.bell, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		_ = unix.Close(p.fd)
		return err
	}
	// Edge-triggered, each write is an event, and nobody has to read.
	err = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, p.bell, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: bellAt})
	if err != nil {
		p.close()
	}
	return err
}

func (p *poller) close() {
	_ = unix.Close(p.bell)
	_ = unix.Close(p.fd)
}

// add has the events of a socket reported. Those of a listener are reported to one of the
// loops that wait for it, again and again as long as there is somebody to accept.
func (p *poller) add(fd int, t token, listener bool) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff, Fd: t.at, Pad: int32(t.turn)}
	if listener {
		ev.Events = unix.EPOLLIN | unix.EPOLLEXCLUSIVE
	}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev)
}

// forget is called before a socket is closed, which is enough for epoll.
func (p *poller) forget(int) {}

// remove has no more events of a socket reported that stays open.
func (p *poller) remove(fd int) { _ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil) }

// wake has wait return. Any goroutine may call it while the poller is open.
func (p *poller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.bell, one[:]) // it fails after 2^64-1 calls
}

// wait waits for events, at most so many milliseconds, or for ever if that is negative.
func (p *poller) wait(events []event, ms int) int {
	if p.found == nil {
		p.found = make([]unix.EpollEvent, len(events))
	}
	n, err := unix.EpollWait(p.fd, p.found, ms)
	if err != nil { // EINTR
		return 0
	}
	k := 0
	for _, ev := range p.found[:n] {
		if ev.Fd == bellAt {
			continue
		}
		events[k] = event{
			token:    token{ev.Fd, uint32(ev.Pad)},
			readable: ev.Events&(unix.EPOLLIN|unix.EPOLLRDHUP) != 0,
			writable: ev.Events&unix.EPOLLOUT != 0,
			failed:   ev.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0,
		}
		k++
	}
	return k
}
