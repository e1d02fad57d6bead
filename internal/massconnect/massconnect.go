// SPDX-License-Identifier: Apache-2.0

// Package massconnect opens many connections to servers as the reference's mode of this
// name does: in batches, with pauses, and with retries that do not end. It knows nothing of
// files and of what else a load test may want: that is package load. Start at Run.
package massconnect

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/ws"
)

// A Run is what is to be done with one server.
type Run struct {
	Dial      func(wire.Handler) *wire.Conn // as wire.Dialer.Dial
	Name, URL string

	Connections int // to be opened
	Batch       int // opened at a time, and to a mark
	BatchDelay  time.Duration
	RetryDelay  time.Duration

	Out     io.Writer         // marks and the summary
	Trouble func(what string) // told once for each cause that connections fail for
}

// Mass is what came of it.
type Mass struct {
	Opened, Failed, Lost int
	Took                 time.Duration // by the clock, until the last was open
}

// crowd is the connections of a run.
type crowd struct {
	run   Run
	ctx   context.Context
	begun time.Time

	mu      sync.Mutex
	got     Mass
	open    map[*wire.Conn]struct{}
	told    map[string]bool
	pending sync.WaitGroup // connections that are not closed yet, and retries
	full    chan struct{}  // closed when all have been opened
}

// Do opens the connections, says how that went, and closes them. It returns early, with the
// error of ctx, once ctx ends; a connection that fails is tried again until then.
func (r Run) Do(ctx context.Context) (Mass, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m := &crowd{run: r, ctx: ctx, begun: time.Now(), open: map[*wire.Conn]struct{}{}, told: map[string]bool{}, full: make(chan struct{})}
	err := m.fill()
	m.mu.Lock()
	got := m.got
	m.mu.Unlock()
	if err == nil {
		fmt.Fprintf(r.Out, " connected %d clients to %s at %s in %.3f seconds (retries %d = failed %d + lost %d)\n",
			got.Opened, r.Name, r.URL, got.Took.Seconds(), got.Failed+got.Lost, got.Failed, got.Lost)
	} else {
		fmt.Fprintf(r.Out, " interrupted: %d of %d clients were connected to %s at %s (retries %d = failed %d + lost %d)\n",
			got.Opened, r.Connections, r.Name, r.URL, got.Failed+got.Lost, got.Failed, got.Lost)
	}
	stop()
	m.close()
	m.pending.Wait()
	return got, err
}

// fill begins all connections, batch by batch, and waits until they are open.
func (m *crowd) fill() error {
	for begun := 0; begun < m.run.Connections; {
		for range min(m.run.Batch, m.run.Connections-begun) {
			m.dial()
			begun++
		}
		if begun < m.run.Connections && !m.pause(m.run.BatchDelay) {
			return context.Cause(m.ctx)
		}
	}
	select {
	case <-m.full:
		return nil
	case <-m.ctx.Done():
		return context.Cause(m.ctx)
	}
}

// pause waits, unless the run ends meanwhile.
func (m *crowd) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return m.ctx.Err() == nil
	case <-m.ctx.Done():
		return false
	}
}

func (m *crowd) dial() {
	m.pending.Add(1)
	m.run.Dial(&member{crowd: m})
}

// close begins the closing handshake of all that are open.
func (m *crowd) close() {
	m.mu.Lock()
	all := make([]*wire.Conn, 0, len(m.open))
	for c := range m.open {
		all = append(all, c)
	}
	m.mu.Unlock()
	for _, c := range all {
		c.Close(ws.NormalClosure, "")
	}
}

// member is a place in the crowd. It is the Handler of one connection after another.
type member struct{ crowd *crowd }

// Opened counts, and closes what is too late.
func (p *member) Opened(c *wire.Conn, _ wire.Opening) {
	m := p.crowd
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		c.Close(ws.NormalClosure, "")
		return
	}
	m.open[c] = struct{}{}
	m.got.Opened++
	if m.got.Opened%m.run.Batch == 0 {
		fmt.Fprint(m.run.Out, ".")
	}
	if m.got.Opened == m.run.Connections {
		m.got.Took = time.Since(m.begun)
		close(m.full)
	}
}

// Message is nothing that matters here.
func (*member) Message(*wire.Conn, ws.Opcode, []byte) {}

// Pong neither.
func (*member) Pong(*wire.Conn, []byte) {}

// Closed tries again, if the connection was never open; if it was, it is lost.
func (p *member) Closed(c *wire.Conn, end wire.Closing) {
	m := p.crowd
	defer m.pending.Done()
	m.mu.Lock()
	_, wasOpen := m.open[c]
	delete(m.open, c)
	ended := m.ctx.Err() != nil
	switch {
	case ended:
	case wasOpen:
		m.got.Lost++
	default:
		m.got.Failed++
		fmt.Fprint(m.run.Out, "!")
	}
	cause := end.Cause.String()
	tell := !ended && !m.told[cause]
	m.told[cause] = true
	m.mu.Unlock()
	if tell && m.run.Trouble != nil {
		m.run.Trouble(end.String())
	}
	if ended || wasOpen {
		return
	}
	m.pending.Add(1)
	go func() {
		defer m.pending.Done()
		if m.pause(m.run.RetryDelay) {
			m.dial()
		}
	}()
}
