// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package wire

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

// loops share the connections of an engine.
type loops struct {
	all  []*loop
	turn atomic.Uint32
}

func newLoops(n int) (*loops, error) {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	s := new(loops)
	for range n {
		l, err := newLoop()
		if err != nil {
			s.close()
			return nil, fmt.Errorf("wait for sockets: %w", err)
		}
		s.all = append(s.all, l)
	}
	return s, nil
}

func (s *loops) close() {
	for _, l := range s.all {
		l.close()
	}
}

// dial has the next loop open a connection.
func (s *loops) dial(c *Conn) {
	l := s.all[int(s.turn.Add(1)-1)%len(s.all)]
	c.via = l
	if !l.order(order{conn: c}) {
		c.Abort()
		go c.finish()
	}
}

// each calls f for all connections, on the goroutines of their loops.
func (s *loops) each(f func(c *Conn)) {
	for _, l := range s.all {
		l.do(func() {
			for _, c := range l.dials {
				f(c)
			}
			for _, s := range l.slots {
				if s.conn != nil {
					f(s.conn)
				}
			}
		})
	}
}
