// SPDX-License-Identifier: Apache-2.0

// Package wire is many WebSocket connections at a time: it dials or accepts them,
// shakes hands, splits what comes into messages, and tells a Handler. It knows
// nothing of who uses it, of plans, clocks or statistics. Start at Engine and Handler.
//
// A connection that only waits has neither a goroutine nor a buffer where the
// system lets us wait for all of them at once (epoll, kqueue) and TCP is plain. Over
// TLS, over a Config.Dial of the caller's, by way of a proxy or through a socket of Unix, and on other systems
// each has a goroutine. Both ways share everything above the octets, and are told apart by
// nothing but what they cost.
//
// Everything a peer sends is hostile: heads, messages and what waits to be sent are
// limited, and a frame that RFC 6455 does not allow fails the connection.
package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Handler is told what happens on a connection. Calls for one connection come one
// after another: Opened at most once, then messages and Pongs, and Closed
// exactly once, last. Those for different connections come from several goroutines at a
// time. They must not block: other connections wait meanwhile.
type Handler interface {
	// Opened says that the opening handshake is done, and how long each part took.
	Opened(c *Conn, o Opening)
	// Message is a whole message, inflated, and valid UTF-8 if it is text. The payload
	// is only valid during the call.
	Message(c *Conn, opcode ws.Opcode, payload []byte)
	// Pong is a Pong frame, asked for or not. The payload is only valid during the call.
	Pong(c *Conn, payload []byte)
	// Closed says that the connection is gone, and how that came. It is called for
	// connections that were never opened, too.
	Closed(c *Conn, end Closing)
}

// Opening is what opening a connection took, and what was agreed on.
type Opening struct {
	Queued  time.Duration // from Dial until we turned to it; 0 for a server
	TCP     time.Duration // until TCP was connected; 0 for a server
	TLS     time.Duration // for the TLS handshake, 0 without TLS
	Upgrade time.Duration // from our request until the answer was read; of a server, from accepting until answering

	Subprotocol string // as agreed, or empty
	Deflate     bool   // whether permessage-deflate was agreed on
}

// Limits where none are given.
const (
	DefaultMaxMessage   = 16 << 20 // octets
	DefaultMaxQueue     = 1 << 20  // octets
	DefaultOpenTimeout  = 30 * time.Second
	DefaultCloseTimeout = 5 * time.Second
)

// maxHead is the longest HTTP head that is read, in octets.
const maxHead = 16 << 10

// Limits bound what a connection may take. A zero field has its default.
type Limits struct {
	// MaxMessage is the longest message that is taken, in octets, before and after
	// inflating. A longer one fails the connection with 1009.
	MaxMessage int
	// MaxQueue is how many octets may wait to be sent before Send refuses more. A
	// message may exceed it if nothing else waits.
	MaxQueue int
	// OpenTimeout is for everything from the beginning of TCP to the end of the opening
	// handshake.
	OpenTimeout time.Duration
	// CloseTimeout is for the peer to answer our Close, and then once more to end TCP.
	CloseTimeout time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.MaxMessage <= 0 {
		l.MaxMessage = DefaultMaxMessage
	}
	if l.MaxQueue <= 0 {
		l.MaxQueue = DefaultMaxQueue
	}
	if l.OpenTimeout <= 0 {
		l.OpenTimeout = DefaultOpenTimeout
	}
	if l.CloseTimeout <= 0 {
		l.CloseTimeout = DefaultCloseTimeout
	}
	return l
}

// Config says how an Engine works. The zero value is right for most.
type Config struct {
	// Loops is how many goroutines wait for the sockets of all connections; 0 is one a
	// core.
	Loops int
	// Portable has each connection use package net and a goroutine, as those over TLS do.
	Portable bool
	// Dial replaces TCP, for instance by package memnet in tests. Each connection then
	// has a goroutine. It is called with a context that ends with the timeout.
	Dial func(ctx context.Context) (net.Conn, error)
}

// An Engine runs connections. Its methods may be called from any goroutine.
type Engine struct {
	cfg   Config
	net   portable
	loops *loops // nil if each connection has a goroutine

	inputs, outputs, buffers sync.Pool
	deflate                  deflate.Pool
}

// New starts an engine.
func New(cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg}
	e.net.conns = make(map[*Conn]struct{})
	if cfg.Portable || cfg.Dial != nil {
		return e, nil
	}
	var err error
	if e.loops, err = newLoops(cfg.Loops); err != nil {
		return nil, err
	}
	return e, nil
}

// Close drops all connections, and returns when the Handlers of all of them have been
// told. It must not be called by a Handler.
func (e *Engine) Close() error {
	if e.loops != nil {
		e.loops.close()
	}
	e.net.close()
	return nil
}

// Errors of Conn's methods.
var (
	// ErrNotOpen: the opening handshake is not done, or a Close was sent, or the
	// connection is gone.
	ErrNotOpen = errors.New("connection is not open")
	// ErrBacklog: the peer does not read, and as much waits to be sent as may.
	ErrBacklog = errors.New("too much waits to be sent")
)

// settings are what the connections of one Dialer or Service have in common.
type settings struct {
	engine  *Engine
	role    ws.Role
	limits  Limits
	dialer  *Dialer  // of clients
	service *service // of servers
}
