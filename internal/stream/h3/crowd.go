// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/wsspec/wsspec/internal/stream"
)

// MaxConns is how many connections a Listener has at once unless it is told otherwise, those
// included whose handshake is not complete.
const MaxConns = 500

var errCrowded = errors.New("too many connections")

// crowd counts connections.
type crowd struct {
	most int // at once

	mu   sync.Mutex
	all  int
	from map[string]int // by source
}

// fromOne is how many may be from one source.
func (c *crowd) fromOne() int { return c.most * 3 / 4 }

// isLarge reports whether there are so many that clients have to show that their address is theirs.
func (c *crowd) isLarge() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all > c.most/5
}

// idleAbove is how many there may be before one that idles makes room for each that comes.
func (c *crowd) idleAbove() int { return c.most / 2 }

// enter counts one more and reports how many there are, unless that is too many.
func (c *crowd) enter(source string) (all int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most || c.from[source] >= c.fromOne() {
		return c.all, false
	}
	if c.from == nil {
		c.from = map[string]int{}
	}
	c.all++
	c.from[source]++
	return c.all, true
}

func (c *crowd) leave(source string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.from[source]--; c.from[source] == 0 {
		delete(c.from, source)
	}
}

// enter lets a connection begin, before its handshake. Where there are many, the one that has
// been without a request for the longest makes room.
func (l *Listener) enter(ctx context.Context, who *quic.ClientInfo) (context.Context, error) {
	source := stream.Source(who.RemoteAddr)
	all, ok := l.crowd.enter(source)
	if all > l.crowd.idleAbove() {
		l.conns.endIdle()
	}
	if !ok {
		return ctx, errCrowded
	}
	context.AfterFunc(ctx, func() { l.crowd.leave(source) })
	return ctx, nil
}

// endIdle ends the connection that has been without a request for the longest, if there is one.
func (o *open) endIdle() {
	o.mu.Lock()
	var longest *Conn
	var since time.Time
	for c := range o.conns {
		if at, idle := c.idleSince(); idle && (longest == nil || at.Before(since)) {
			longest, since = c, at
		}
	}
	o.mu.Unlock()
	if longest != nil {
		go longest.Close(NoError, "")
	}
}

// idleSince is since when a connection of a client has had no request, where it has none and goes on.
func (c *Conn) idleSince() (at time.Time, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since, c.streams == 0 && c.failure == nil
}
