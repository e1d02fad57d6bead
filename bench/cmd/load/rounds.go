// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wsspec/wsspec/bench/bare"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/ws"
)

// size is that of the payloads, in octets.
const size = 64

// few is over how many connections messages go.
const few = 100

func bareFigures(at netip.AddrPort) (f figures, err error) {
	begun := time.Now()
	fds, err := bare.Connect(at, *connections, *window, wire.Loopback(0, 64))
	f.rate = perSecond(*connections, begun)
	defer func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	}()
	if err != nil {
		return f, err
	}
	begun = time.Now()
	if err := bare.Echo(fds[:few], make([]byte, size), *messages); err != nil {
		return f, err
	}
	f.echoes = perSecond(*messages, begun)
	f.ping, err = pingPong(at)
	return f, err
}

// pingPong is TCP without WebSocket, over package net: what a Go program has at best.
func pingPong(at netip.AddrPort) (float64, error) {
	c, err := net.Dial("tcp4", at.String())
	if err != nil {
		return 0, err
	}
	defer c.Close()
	buf := make([]byte, size) // begins with 0: see bare.Serve
	took := make([]time.Duration, *pings)
	for i := range took {
		begun := time.Now()
		if _, err := c.Write(buf); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return 0, err
		}
		took[i] = time.Since(begun)
	}
	return microseconds(took), nil
}

// caller opens connections and sends messages with the engine.
type caller struct {
	dialer *wire.Dialer
	begun  atomic.Int64
	done   chan error // of what is being measured

	mu      sync.Mutex
	open    []*wire.Conn
	took    []time.Duration // of messages over one connection, where that is measured
	sent    time.Time
	left    int // echoes to come
	payload []byte
}

func (c *caller) Opened(conn *wire.Conn, _ wire.Opening) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = append(c.open, conn)
	if len(c.open) == *connections {
		c.done <- nil
	}
	if c.begun.Add(1) <= int64(*connections) {
		c.dialer.Dial(c)
	}
}

func (c *caller) Message(conn *wire.Conn, opcode ws.Opcode, payload []byte) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.took != nil {
		c.took[len(c.took)-c.left] = now.Sub(c.sent)
	}
	if c.left--; c.left <= 0 {
		if c.left == 0 {
			c.done <- nil
		}
		return
	}
	c.sent = time.Now()
	if err := conn.Send(opcode, payload); err != nil {
		c.done <- err
	}
}

func (c *caller) Pong(*wire.Conn, []byte) {}

func (c *caller) Closed(_ *wire.Conn, end wire.Closing) {
	if end.Failed() {
		c.done <- errors.New(end.String())
	}
}

// talk has messages echoed over the first connections and waits for all of them.
func (c *caller) talk(over, messages int) error {
	c.mu.Lock()
	c.left, c.sent = messages, time.Now()
	for _, conn := range c.open[:over] {
		if err := conn.Send(ws.Binary, c.payload); err != nil {
			c.mu.Unlock()
			return err
		}
	}
	c.mu.Unlock()
	return <-c.done
}

func engineFigures(at netip.AddrPort) (f figures, err error) {
	before, err := resident()
	if err != nil {
		return f, err
	}
	e, err := wire.New(wire.Config{})
	if err != nil {
		return f, err
	}
	defer e.Close()
	c := &caller{payload: make([]byte, size), done: make(chan error, *connections+1)}
	if c.dialer, err = e.Dialer(wire.Target{Addr: at, Host: at.String()}); err != nil {
		return f, err
	}
	c.open = make([]*wire.Conn, 0, *connections)
	begun := time.Now()
	c.begun.Store(int64(min(*window, *connections)))
	for range c.begun.Load() {
		c.dialer.Dial(c)
	}
	if err := <-c.done; err != nil {
		return f, err
	}
	f.rate = perSecond(*connections, begun)
	after, err := resident()
	if err != nil {
		return f, err
	}
	f.memory = float64(after-before) / float64(*connections)
	begun = time.Now()
	if err := c.talk(few, *messages); err != nil {
		return f, err
	}
	f.echoes = perSecond(*messages, begun)
	time.Sleep(100 * time.Millisecond) // the last echoes, which nobody waited for
	c.took = make([]time.Duration, *pings)
	if err := c.talk(1, *pings); err != nil {
		return f, err
	}
	f.ping = microseconds(c.took)
	return f, nil
}

// resident is the memory of this process, in octets, once what is garbage is gone.
func resident() (int64, error) {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var all, here int64
	if _, err := fmt.Fscan(strings.NewReader(string(b)), &all, &here); err != nil {
		return 0, err
	}
	return here * int64(os.Getpagesize()), nil
}

func perSecond(n int, since time.Time) float64 { return float64(n) / time.Since(since).Seconds() }

// microseconds is the median.
func microseconds(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/2].Nanoseconds()) / 1e3
}
