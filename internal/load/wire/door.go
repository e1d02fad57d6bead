// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package wire

import (
	"context"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	acceptsARow = 64                     // before what came is looked at again
	rest        = 100 * time.Millisecond // of a listener, when there is no file or memory for another connection
)

// A door is a listener as one loop has it, with a descriptor of its own. It belongs to the
// loop's goroutine.
type door struct {
	fd      int // -1 when shut
	at      int32
	resting bool
	service *service
	failed  chan<- error
}

// serve has the loops accept connections until the context ends or that fails.
func (s *loops) serve(ctx context.Context, l *net.TCPListener, svc *service) error {
	defer l.Close()
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	failed := make(chan error, len(s.all))
	doors := make([]*door, len(s.all))
	for i := range doors {
		doors[i] = &door{fd: -1, service: svc, failed: failed}
		controlled := raw.Control(func(fd uintptr) {
			doors[i].fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		})
		if err != nil || controlled != nil {
			break
		}
	}
	if err == nil {
		_ = l.Close() // or package net would be told of each connection, too
		for i, d := range doors {
			s.all[i].do(func() { s.all[i].openDoor(d) })
		}
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	for i, d := range doors {
		if d != nil {
			s.all[i].do(func() { s.all[i].shutDoor(d) })
		}
	}
	return err
}

func (l *loop) openDoor(d *door) {
	if d.fd < 0 {
		return
	}
	var err error
	if d.at, err = l.put(slot{door: d}, d.fd); err != nil {
		d.resting = true // it has no slot
		d.failed <- err
		return
	}
	d.resting = false
}

// shutDoor stops listening. A second call does nothing.
func (l *loop) shutDoor(d *door) {
	if d.fd < 0 {
		return
	}
	if !d.resting {
		l.vacate(d.at)
		l.poll.remove(d.fd)
	}
	_ = unix.Close(d.fd)
	d.fd = -1
}

// accept takes the connections that wait.
func (l *loop) accept(d *door) {
	for range acceptsARow {
		fd, err := acceptSocket(d.fd)
		switch err {
		case nil:
			l.welcome(d.service, fd)
		case unix.EAGAIN:
			return
		case unix.EINTR, unix.ECONNABORTED:
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			// Others who listen to the same socket may have room.
			l.vacate(d.at)
			l.poll.remove(d.fd)
			d.resting = true
			time.AfterFunc(rest, func() { l.order(order{call: func() { l.openDoor(d) }}) })
			return
		default:
			l.shutDoor(d)
			d.failed <- err
			return
		}
	}
}

// welcome makes a connection of a socket that came in.
func (l *loop) welcome(s *service, fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // else only slower
	c := s.accept()
	c.via = l
	if l.adopt(c, fd) {
		c.mu.Lock()
		c.limit(s.set.limits.OpenTimeout)
		c.mu.Unlock()
		l.read(c) // its request is here already, as a rule
	}
	l.endIfOver(c)
}
