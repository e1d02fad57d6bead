// SPDX-License-Identifier: Apache-2.0

// Package wsperf carries out the tests of wsperfcontrol: messages to an echo server and
// back on one connection, and how long each took. It knows nothing of files. Start at Test
// and Table.
package wsperf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/spec"
	"github.com/wsspec/wsspec/internal/ws"
)

// Outcome is the reference's word for how a test ended.
type Outcome string

// The outcomes.
const (
	Passed      Outcome = "PASSED"
	Failed      Outcome = "FAILED"      // the server returned something else, or ended the connection
	TimedOut    Outcome = "TIMEOUT"     // echoes are missing when the time is over
	Unreachable Outcome = "UNREACHABLE" // there was no connection
)

// Result is what a test came to.
type Result struct {
	Server  spec.LoadServer
	Case    spec.PerfCase
	Outcome Outcome
	Why     string          // in words, where it is not Passed
	RTTs    []time.Duration // of each message, in the order of sending, from sending to the end of its echo
}

// Test carries out one case. Dial is that of a wire.Dialer, whose limits take messages
// of this size. The error is that of ctx, if it ended meanwhile.
func Test(ctx context.Context, dial func(wire.Handler) *wire.Conn, c spec.PerfCase) (Result, error) {
	t := &test{c: c, payload: payload(c), over: make(chan struct{}), gone: make(chan struct{})}
	late := time.AfterFunc(c.Timeout, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.open {
			t.conclude(TimedOut, fmt.Sprintf("%d of %d echoes within %v", len(t.rtts), c.Count, c.Timeout))
		} else {
			t.conclude(Unreachable, fmt.Sprintf("no connection within %v", c.Timeout))
		}
	})
	defer late.Stop()
	conn := dial(t)
	select {
	case <-ctx.Done():
		conn.Abort()
		<-t.gone
		return Result{}, ctx.Err()
	case <-t.over:
	}
	if t.result.Outcome == Passed {
		conn.Close(ws.NormalClosure, "")
	} else {
		conn.Abort()
	}
	<-t.gone
	t.sender.Wait()
	r := t.result
	r.Case = c
	if r.Outcome == Passed {
		r.RTTs = t.rtts
	}
	return r, nil
}

// test is the Handler of the connection of one test.
type test struct {
	c       spec.PerfCase
	payload []byte
	over    chan struct{} // closed when the result is known
	gone    chan struct{} // closed when the connection is gone
	sender  sync.WaitGroup

	mu     sync.Mutex
	open   bool
	sent   []time.Time // when the messages were sent, in order
	rtts   []time.Duration
	result Result
}

// conclude says how the test ended, unless that is known already. The caller holds the lock.
func (t *test) conclude(o Outcome, why string) {
	if t.result.Outcome == "" {
		t.result.Outcome, t.result.Why = o, why
		close(t.over)
	}
}

// Opened begins to send.
func (t *test) Opened(c *wire.Conn, _ wire.Opening) {
	t.mu.Lock()
	t.open = true
	t.mu.Unlock()
	if t.c.Sync {
		_ = t.send(c) // an error shows in Closed
		return
	}
	t.sender.Go(func() {
		for range t.c.Count {
			for {
				err := t.send(c)
				if errors.Is(err, wire.ErrBacklog) {
					time.Sleep(retry)
					continue
				}
				if err != nil {
					return
				}
				break
			}
		}
	})
}

// retry is how long we wait while the server does not read.
const retry = time.Millisecond

// send sends the next message and notes when.
func (t *test) send(c *wire.Conn) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := time.Now()
	err := c.Send(t.opcode(), t.payload)
	if err == nil {
		t.sent = append(t.sent, at)
	}
	return err
}

func (t *test) opcode() ws.Opcode {
	if t.c.Binary {
		return ws.Binary
	}
	return ws.Text
}

// Message is an echo.
func (t *test) Message(c *wire.Conn, opcode ws.Opcode, p []byte) {
	at := time.Now()
	t.mu.Lock()
	n := len(t.rtts)
	why := ""
	switch {
	case n >= len(t.sent):
		why = "a message that is no echo"
	case len(p) != len(t.payload):
		why = fmt.Sprintf("message %d: %d octets came back instead of %d", n+1, len(p), len(t.payload))
	case t.c.Verify && opcode != t.opcode():
		why = fmt.Sprintf("message %d: %v came back instead of %v", n+1, opcode, t.opcode())
	case t.c.Verify && !bytes.Equal(p, t.payload):
		why = fmt.Sprintf("message %d: other octets came back", n+1)
	}
	if why != "" {
		t.conclude(Failed, why)
		t.mu.Unlock()
		return
	}
	t.rtts = append(t.rtts, at.Sub(t.sent[n]))
	if n+1 == t.c.Count {
		t.conclude(Passed, "")
	}
	t.mu.Unlock()
	if t.c.Sync && n+1 < t.c.Count {
		_ = t.send(c) // an error shows in Closed
	}
}

// Pong is nothing that matters here.
func (*test) Pong(*wire.Conn, []byte) {}

// Closed is too early, unless the result is known.
func (t *test) Closed(_ *wire.Conn, end wire.Closing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open {
		t.conclude(Failed, fmt.Sprintf("after %d of %d echoes: %v", len(t.rtts), t.c.Count, end))
	} else {
		t.conclude(Unreachable, end.String())
	}
	close(t.gone)
}

// payload is what the messages of a case are: letters, or in binary all octets.
func payload(c spec.PerfCase) []byte {
	b := make([]byte, c.Size)
	for i := range b {
		if c.Binary {
			b[i] = byte(i*7 + i>>8)
		} else {
			b[i] = 'a' + byte((i+i/26)%26)
		}
	}
	return b
}
