// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package wire

import (
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A connection that waits has no goroutine, and nothing but its Conn.
func TestHeldConnections(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 256 {
		t.Errorf("a Conn takes %d octets, want at most 256", n)
	}
	addr, _ := serveEcho(t, Config{Loops: 1}, Service{})
	e, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	target, err := Locate(t.Context(), "ws://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	d, err := e.Dialer(target)
	if err != nil {
		t.Fatal(err)
	}
	const held = 300
	opened := make(chan *Conn, held)
	dial := func() {
		r := newDiary()
		r.do = func(c *Conn) { opened <- c }
		d.Dial(r)
	}
	all := make([]*Conn, held)
	dial()
	all[0] = <-opened
	before := runtime.NumGoroutine() // when all of both engines have begun
	for range held - 1 {
		dial()
	}
	for i := range all[1:] {
		all[i+1] = <-opened
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines more with %d connections than without", after-before, held)
	}
	sources := make(map[string]int)
	for _, c := range all {
		c.mu.Lock()
		if c.out != nil || c.opening != nil || c.timer != nil {
			t.Error("a connection that waits has more than it needs")
		}
		c.mu.Unlock()
		sources[c.LocalAddr().String()]++
	}
	if len(sources) != held {
		t.Errorf("%d connections come from %d addresses and ports", held, len(sources))
	}
}

// Where no more files may be open, that is the cause; the listener rests and goes on.
func TestFileLimit(t *testing.T) {
	addr, _ := serveEcho(t, Config{Loops: 1}, Service{})
	e, err := New(Config{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	target, err := Locate(t.Context(), "ws://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	d, err := e.Dialer(target)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan *Conn, 1)
	first := newDiary()
	first.do = func(c *Conn) { opened <- c }
	d.Dial(first)
	<-opened // the server has all the files that it needs

	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 200, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &old)
	var taken []int
	for {
		fd, err := unix.Dup(1)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	give := func() {
		if err := unix.Close(taken[0]); err != nil {
			t.Fatal(err)
		}
		taken = taken[1:]
	}
	defer func() {
		for len(taken) > 0 {
			give()
		}
	}()

	r := newDiary()
	d.Dial(r)
	if end := <-r.done; end.Cause != Files {
		t.Errorf("no file left: %v", end)
	}
	give() // one for us, and none for the server
	r = newDiary()
	r.do = func(c *Conn) { opened <- c }
	c := d.Dial(r)
	for c.LocalAddr() == nil {
		runtime.Gosched()
	}
	give()
	<-opened
}
