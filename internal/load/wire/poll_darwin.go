// SPDX-License-Identifier: Apache-2.0

package wire

import "golang.org/x/sys/unix"

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

// poller waits for all sockets of a loop with kqueue(2).
type poller struct {
	fd     int
	tokens map[uint64]token // by socket
	found  []unix.Kevent_t
}

// bell is the identifier of the event by which others wake the loop.
const bell = 1

func (p *poller) open() (err error) {
	p.tokens = make(map[uint64]token)
	if p.fd, err = unix.Kqueue(); err != nil {
		return err
	}
	unix.CloseOnExec(p.fd)
	_, err = unix.Kevent(p.fd, []unix.Kevent_t{{Ident: bell, Filter: unix.EVFILT_USER, Flags: unix.EV_ADD | unix.EV_CLEAR}}, nil, nil)
	if err != nil {
		p.close()
	}
	return err
}

func (p *poller) close() { _ = unix.Close(p.fd) }

// add has the events of a socket reported; those of a listener as long as there is somebody
// to accept.
func (p *poller) add(fd int, t token, listener bool) error {
	changes := []unix.Kevent_t{
		{Ident: uint64(fd), Filter: unix.EVFILT_READ, Flags: unix.EV_ADD | unix.EV_CLEAR},
		{Ident: uint64(fd), Filter: unix.EVFILT_WRITE, Flags: unix.EV_ADD | unix.EV_CLEAR},
	}
	if listener {
		changes = changes[:1]
		changes[0].Flags = unix.EV_ADD
	}
	if _, err := unix.Kevent(p.fd, changes, nil, nil); err != nil {
		return err
	}
	p.tokens[uint64(fd)] = t
	return nil
}

// forget is called before a socket is closed, which is enough for kqueue.
func (p *poller) forget(fd int) { delete(p.tokens, uint64(fd)) }

// remove has no more events of a listener reported that stays open.
func (p *poller) remove(fd int) {
	p.forget(fd)
	_, _ = unix.Kevent(p.fd, []unix.Kevent_t{{Ident: uint64(fd), Filter: unix.EVFILT_READ, Flags: unix.EV_DELETE}}, nil, nil)
}

// wake has wait return. Any goroutine may call it while the poller is open.
func (p *poller) wake() {
	_, _ = unix.Kevent(p.fd, []unix.Kevent_t{{Ident: bell, Filter: unix.EVFILT_USER, Fflags: unix.NOTE_TRIGGER}}, nil, nil)
}

// wait waits for events, at most so many milliseconds, or for ever if that is negative.
func (p *poller) wait(events []event, ms int) int {
	if p.found == nil {
		p.found = make([]unix.Kevent_t, len(events))
	}
	var limit *unix.Timespec
	if ms >= 0 {
		ts := unix.NsecToTimespec(int64(ms) * 1e6)
		limit = &ts
	}
	n, err := unix.Kevent(p.fd, nil, p.found, limit)
	if err != nil { // EINTR
		return 0
	}
	k := 0
	for _, ev := range p.found[:n] {
		t, ok := p.tokens[ev.Ident]
		if ev.Filter == unix.EVFILT_USER || !ok {
			continue
		}
		events[k] = event{
			token:    t,
			readable: ev.Filter == unix.EVFILT_READ,
			writable: ev.Filter == unix.EVFILT_WRITE,
			failed:   ev.Flags&unix.EV_EOF != 0 && ev.Fflags != 0 || ev.Flags&unix.EV_ERROR != 0,
		}
		k++
	}
	return k
}
