// SPDX-License-Identifier: Apache-2.0

package memnet

import (
	"context"
	"net"
	"sync"
	"syscall"

	"github.com/wsspec/wsspec/internal/stream"
)

// A Listener is where a server in memory takes its connections from: Dial makes one. There
// is no queue, so that none is made that nobody accepts.
type Listener struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Listen returns a listener without a name: only who has it can dial.
func Listen() *Listener { return &Listener{dialed: make(chan net.Conn), closed: make(chan struct{})} }

// Dial connects as soon as the server accepts; the directions are those of Pipe. Once
// the listener is closed the error is syscall.ECONNREFUSED, as with TCP, and else
// the cause of the context's end.
func (l *Listener) Dial(ctx context.Context, capacity int) (stream.Stream, error) {
	ours, theirs := Pipe(capacity)
	select {
	case l.dialed <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept returns the other end of a connection that was dialed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialed:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends accepting, for good; connections stay as they are.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is a placeholder, as that of the connections.
func (l *Listener) Addr() net.Addr { return addr{} }
