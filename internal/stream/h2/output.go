// SPDX-License-Identifier: Apache-2.0

package h2

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// output is the writing side of a connection. One goroutine at a time has the right to
// write; control frames wait in a buffer of their own, so that who reads need not wait
// for it.
type output struct {
	right  chan struct{} // holds one value while somebody has the right
	buf    bytes.Buffer  // octets that are not written yet, of who has the right
	framer *http2.Framer
	block  bytes.Buffer
	henc   *hpack.Encoder

	mu      sync.Mutex
	waiting bytes.Buffer // control frames
	control *http2.Framer
	kick    chan struct{}
}

func (o *output) init() {
	o.right, o.kick = make(chan struct{}, 1), make(chan struct{}, 1)
	o.framer, o.control = http2.NewFramer(&o.buf, nil), http2.NewFramer(&o.waiting, nil)
	o.framer.AllowIllegalWrites, o.control.AllowIllegalWrites = true, true
	o.henc = hpack.NewEncoder(&o.block)
}

// errFlood ends a connection whose peer has us answer more than it reads.
var errFlood = http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)

// control queues a control frame, and tells it.
func (c *conn) control(told *wirelog.HTTPFrame, write func(*http2.Framer) error) {
	o := &c.out
	o.mu.Lock()
	full := o.waiting.Len() > maxControl
	if !full {
		c.tell(true, told)
		_ = write(o.control) // into memory
	}
	o.mu.Unlock()
	if full {
		c.fail(&FaultError{http2.ErrCodeEnhanceYourCalm, "the peer does not read what answers it"})
		_ = c.under.Reset() // it does not read: nobody can be told
		return
	}
	select {
	case o.kick <- struct{}{}:
	default:
	}
}

// write is the goroutine that writes control frames.
func (c *conn) write() {
	for {
		select {
		case <-c.out.kick:
		case <-c.done:
			return
		}
		if c.take(time.Time{}) != nil {
			return
		}
		err := c.flush(time.Now().Add(controlWrite))
		c.release()
		if err != nil {
			c.fail(err)
			_ = c.under.Reset() // it does not read
			return
		}
	}
}

// take waits for the right to write. The error is that of the connection, or errLate.
func (c *conn) take(by time.Time) error {
	var late <-chan time.Time
	if !by.IsZero() {
		t := time.NewTimer(time.Until(by))
		defer t.Stop()
		late = t.C
	}
	select {
	case c.out.right <- struct{}{}:
		return nil
	case <-c.done:
		return c.over()
	case <-late:
		return errLate
	}
}

func (c *conn) release() { <-c.out.right }

// behind puts frames behind the control frames that wait, so that all go out in the order
// in which they were told: an acknowledgement of the peer's SETTINGS, for one, goes before
// the first request that rests on them (RFC 9113, 6.5.3). The caller has the right to write.
func (c *conn) behind(frames func()) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = o.waiting.WriteTo(&o.buf) // memory to memory
	frames()
}

// flush writes what there is. The caller has the right to write. What could not be written
// in time goes out before what comes next.
func (c *conn) flush(by time.Time) error {
	o := &c.out
	c.behind(func() {})
	if o.buf.Len() == 0 {
		return nil
	}
	_ = c.under.SetWriteDeadline(by) // a stream that cannot has ended
	n, err := c.under.Write(o.buf.Bytes())
	o.buf.Next(n)
	return err
}

// parting writes what there is, as far as the peer takes it at once.
func (o *output) parting(c *conn) {
	by := time.Now().Add(partingWrite)
	t := time.NewTimer(partingWrite)
	defer t.Stop()
	select {
	case o.right <- struct{}{}:
		_ = c.flush(by) // nobody is left to be told
		c.release()
	case <-t.C:
	}
}

// writeHead writes a header section, in as many frames as it needs.
func (c *conn) writeHead(s *Stream, section ws.Fields, end bool, by time.Time) error {
	if err := c.take(by); err != nil {
		return err
	}
	defer c.release()
	o := &c.out
	o.block.Reset()
	o.henc.SetMaxDynamicTableSizeLimit(c.tableSize.Load())
	for _, l := range section {
		_ = o.henc.WriteField(hpack.HeaderField{Name: l.Name, Value: l.Value}) // into memory
	}
	rest, longest := o.block.Bytes(), c.longest()
	var err error
	c.behind(func() {
		first := rest[:min(len(rest), longest)]
		rest = rest[len(first):]
		c.tell(true, headersFrame(s.id, end, section))
		err = o.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: first, EndStream: end, EndHeaders: len(rest) == 0})
		for err == nil && len(rest) > 0 {
			part := rest[:min(len(rest), longest)]
			rest = rest[len(part):]
			err = o.framer.WriteContinuation(s.id, len(rest) == 0, part)
		}
	})
	return errors.Join(err, c.flush(by))
}

// longest is the longest frame that the peer takes.
func (c *conn) longest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frameSize
}

// writeData writes octets, for which there is room in the windows, in as many frames as
// they need.
func (c *conn) writeData(s *Stream, p []byte, end bool, by time.Time) error {
	if err := c.take(by); err != nil {
		return err
	}
	defer c.release()
	longest := c.longest()
	c.behind(func() {
		for first := true; first || len(p) > 0; first = false {
			part := p[:min(len(p), longest)]
			p = p[len(part):]
			if len(part) == 0 && !end {
				break // there is only something left to flush
			}
			c.writeFrame(s, part, end && len(p) == 0)
		}
	})
	return c.flush(by)
}

// writeFrame writes a DATA frame, into memory.
func (c *conn) writeFrame(s *Stream, p []byte, last bool) {
	c.mu.Lock()
	padding, empty := s.padding, s.empties
	c.mu.Unlock()
	if empty {
		c.tell(true, dataFrame(s.id, false, 0, 0))
		_ = c.out.framer.WriteData(s.id, false, nil)
	}
	c.tell(true, dataFrame(s.id, last, len(p), padding))
	if padding == 0 {
		_ = c.out.framer.WriteData(s.id, last, p)
		return
	}
	_ = c.out.framer.WriteDataPadded(s.id, last, p, make([]byte, padding))
}
