// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package wire

import (
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	readBuffer = 64 << 10 // octets; one for all connections of a loop
	dialsARow  = 32       // before what came is looked at again
	readsARow  = 4        // of one connection, before the others have their turn
)

// A loop owns the sockets of many connections, on one goroutine.
type loop struct {
	poll poller
	buf  []byte

	slots []slot  // the connections, by the number that their events have
	free  []int32 // slots without one
	dials []*Conn // to be connected
	again []*Conn // that may have more to read

	mu     sync.Mutex
	orders []order
	woken  bool // wait returns for the orders
	closed bool // takes no more orders
	gone   chan struct{}
}

// An order is what the loop's goroutine is to do for others: to look at a connection, or
// to call a function.
type order struct {
	conn *Conn
	call func()
}

// slot is where a loop keeps a connection or a listener. Events of the one that was there
// before are known by the turn.
type slot struct {
	conn *Conn
	door *door
	turn uint32
}

func newLoop() (*loop, error) {
	l := &loop{buf: make([]byte, readBuffer), gone: make(chan struct{})}
	if err := l.poll.open(); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

// order has the loop's goroutine carry out the order. It reports false if there is no loop any more.
func (l *loop) order(o order) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.orders = append(l.orders, o)
	if !l.woken {
		l.woken = true
		l.poll.wake()
	}
	return true
}

// do calls f on the loop's goroutine and returns when that is done, or at once if there is no
// loop any more.
func (l *loop) do(f func()) {
	done := make(chan struct{})
	if l.order(order{call: func() { f(); close(done) }}) {
		<-done
	}
}

// run is the loop.
func (l *loop) run() {
	defer close(l.gone)
	events := make([]event, 256)
	var orders []order
	for {
		wait := -1
		if len(l.dials)+len(l.again) > 0 || l.closed {
			wait = 0
		}
		for _, ev := range events[:l.poll.wait(events, wait)] {
			l.event(ev)
		}
		l.mu.Lock()
		orders, l.orders = l.orders, orders[:0]
		l.woken = false
		l.mu.Unlock()
		for i, o := range orders {
			if o.call != nil {
				o.call()
			} else {
				l.look(o.conn)
			}
			orders[i] = order{}
		}
		if l.closed && len(orders) == 0 { // nor can there be new ones
			l.poll.close()
			return
		}
		l.connectSome()
		l.readOn()
	}
}

// look sees what somebody else has done to a connection.
func (l *loop) look(c *Conn) {
	switch {
	case c.over.Load():
		l.end(c)
	case l.closed:
		c.Abort()
		l.end(c)
	case c.phase == InQueue:
		l.dials = append(l.dials, c)
	}
}

// put gives a connection a slot and has the kernel report its events.
func (l *loop) put(s slot, fd int) (int32, error) {
	var at int32
	if n := len(l.free); n > 0 {
		at, l.free = l.free[n-1], l.free[:n-1]
	} else {
		at = int32(len(l.slots))
		l.slots = append(l.slots, slot{})
	}
	s.turn = l.slots[at].turn + 1
	l.slots[at] = s
	if err := l.poll.add(fd, token{at, s.turn}, s.door != nil); err != nil {
		l.vacate(at)
		return 0, err
	}
	return at, nil
}

func (l *loop) vacate(at int32) {
	l.slots[at] = slot{turn: l.slots[at].turn + 1}
	l.free = append(l.free, at)
}

// event handles what the kernel reports.
func (l *loop) event(ev event) {
	s := l.slots[ev.at]
	switch {
	case s.turn != ev.turn: // of the one before
		return
	case s.door != nil:
		l.accept(s.door)
		return
	}
	c := s.conn
	if c.phase == InTCP && (ev.writable || ev.failed) {
		l.connected(c, ev.failed)
	} else if ev.writable {
		c.mu.Lock()
		if c.out != nil && !c.over.Load() {
			l.flush(c)
		}
		c.mu.Unlock()
	}
	if ev.readable || ev.failed || c.unread {
		l.read(c)
	}
	l.endIfOver(c)
}

// read takes what has come, but not so much that others have to wait for long.
func (l *loop) read(c *Conn) {
	c.unread = false
	for range readsARow {
		if c.over.Load() || c.fd < 0 {
			return
		}
		n, err := unix.Read(int(c.fd), l.buf)
		switch {
		case err == unix.EAGAIN:
			return
		case err == unix.EINTR:
			continue
		case err != nil:
			c.ended(err)
			return
		case n == 0:
			c.ended(io.EOF)
			return
		}
		c.feed(l.buf[:n])
		if c.stuck() {
			c.unread = true // until the output is out
			return
		}
	}
	c.unread = true
	l.again = append(l.again, c)
}

// readOn gives those another turn that had more than a share.
func (l *loop) readOn() {
	if len(l.again) == 0 {
		return
	}
	turn := l.again
	l.again = nil
	for _, c := range turn {
		if c.unread && !c.stuck() {
			l.read(c)
			l.endIfOver(c)
		}
	}
}

// endIfOver lets go of a connection whose verdict is final.
func (l *loop) endIfOver(c *Conn) {
	if c.over.Load() {
		l.end(c)
	}
}

// end lets go of a connection and tells its Handler. A second call does nothing.
func (l *loop) end(c *Conn) {
	if c.told {
		return
	}
	c.told = true
	if c.in != nil {
		c.set.engine.release(c.in)
		c.in = nil
	}
	c.mu.Lock()
	fd := int(c.fd)
	c.fd = -1
	if fd >= 0 && !c.tidy() {
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	c.mu.Unlock()
	if fd >= 0 {
		l.vacate(c.slot)
		l.poll.forget(fd)
		_ = unix.Close(fd)
	}
	c.finish()
}

// connectSome begins some of the connections that were dialled.
func (l *loop) connectSome() {
	n := min(len(l.dials), dialsARow)
	for _, c := range l.dials[:n] {
		l.connect(c)
		l.endIfOver(c)
	}
	clear(l.dials[:n])
	l.dials = l.dials[n:]
	if len(l.dials) == 0 {
		l.dials = nil
	}
}

// connect begins to connect.
func (l *loop) connect(c *Conn) {
	if c.over.Load() {
		return
	}
	c.enter(InTCP)
	c.mu.Lock()
	c.limit(c.set.limits.OpenTimeout)
	c.mu.Unlock()
	d := c.set.dialer
	fd, done, err := dialSocket(d.target.Addr, d.source())
	if err != nil {
		c.ended(err)
		return
	}
	if !l.adopt(c, fd) {
		return
	}
	if done {
		l.connected(c, false)
	}
}

// adopt makes the socket that of the connection.
func (l *loop) adopt(c *Conn, fd int) bool {
	at, err := l.put(slot{conn: c}, fd)
	if err != nil {
		_ = unix.Close(fd)
		c.ended(err)
		return false
	}
	c.mu.Lock()
	c.fd, c.slot = int32(fd), at
	c.mu.Unlock()
	return true
}

// connected sends the request, or finds out why connecting failed.
func (l *loop) connected(c *Conn, failed bool) {
	if failed {
		n, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && n != 0 {
			err = unix.Errno(n)
		}
		if err != nil {
			c.ended(err)
			return
		}
	}
	c.enter(InTLS)
	c.enter(InUpgrade)
	c.requestUpgrade()
}

// flush sends what the kernel takes. The rest goes when it reports that there is room.
func (l *loop) flush(c *Conn) {
	if c.fd < 0 {
		return
	}
	for o := c.out; o != nil && o.sent < len(o.b); {
		n, err := unix.Write(int(c.fd), o.b[o.sent:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			o.compact()
			return
		case err != nil:
			c.lost = err == unix.ECONNRESET // reading no longer says so, but may find what came before
			o.sent, o.waiting = len(o.b), 0
		default:
			o.sent += n
			o.waiting -= n
		}
	}
	if c.allSent() {
		_ = unix.Shutdown(int(c.fd), unix.SHUT_WR)
	}
}

// wake has the loop look at the connection. If there is no loop any more, the
// connection has ended with it.
func (l *loop) wake(c *Conn) { l.order(order{conn: c}) }

func (l *loop) localAddr(c *Conn) net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return nil
	}
	sa, err := unix.Getsockname(int(c.fd))
	if err != nil {
		return nil
	}
	return tcpAddr(sa)
}

// close drops all connections and returns when they are gone.
func (l *loop) close() {
	l.order(order{call: func() {
		l.mu.Lock()
		l.closed = true
		l.mu.Unlock()
		for _, s := range l.slots {
			switch {
			case s.door != nil:
				l.shutDoor(s.door)
			case s.conn != nil:
				s.conn.Abort()
				l.end(s.conn)
			}
		}
		for _, c := range l.dials {
			c.Abort()
			l.end(c)
		}
		l.dials = nil
	}})
	<-l.gone
}
