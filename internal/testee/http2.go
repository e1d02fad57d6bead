// SPDX-License-Identifier: Apache-2.0

package testee

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// What the endpoint holds to in HTTP/2 (RFC 9113), in octets.
const (
	h2Window  = 65535    // that each side begins with
	h2Payload = 16 << 10 // of the longest frame
	h2Credit  = 16 << 10 // is given back at once
	h2Backlog = 64 << 10 // that waits to be written, behind which messages wait
	h2Replies = 1 << 20  // that wait to be written because the peer asks and does not read
)

// h2Conn is one connection of HTTP/2. One goroutine reads and one writes.
type h2Conn struct {
	under   stream.Stream
	role    ws.Role
	faults  Faults
	in      *http2.Framer // of the goroutine that reads
	hdec    *hpack.Decoder
	written chan struct{} // closed once nothing more is
	block   []byte        // a header block that is coming in
	ends    bool          // the stream ends with it
	serve   func(*h2Stream)

	mu       sync.Mutex // of all that follows, streams too
	news     *sync.Cond
	out      bytes.Buffer // frames that are not written yet
	framer   *http2.Framer
	henc     *hpack.Encoder
	packed   bytes.Buffer
	streams  map[uint32]*h2Stream
	last     uint32 // of the streams of the client
	window   int64  // for what we send, on all streams
	initial  int64  // for what we send, on a new stream
	longest  int    // frame that the peer takes
	eaten    int64  // octets on all streams for which the peer has got no new window
	allowed  int64  // what the peer's SETTINGS say of extended CONNECT, -1 before they came
	draining bool   // the connection ends once all streams have
	leaving  bool   // the connection ends once all is written
	err      error  // why it is over
}

func newH2Conn(under stream.Stream, role ws.Role, faults Faults) *h2Conn {
	c := &h2Conn{
		written: make(chan struct{}),
		under:   under, role: role, faults: faults, in: http2.NewFramer(nil, under), hdec: hpack.NewDecoder(4096, nil),
		streams: map[uint32]*h2Stream{}, window: h2Window, initial: h2Window, longest: h2Payload, allowed: -1,
	}
	c.in.SetMaxReadFrameSize(h2Payload)
	c.hdec.SetMaxStringLength(maxHead)
	c.news = sync.NewCond(&c.mu)
	c.framer = http2.NewFramer(&c.out, nil)
	c.framer.AllowIllegalWrites = true // for faults
	c.henc = hpack.NewEncoder(&c.packed)
	return c
}

// send queues what the function writes. The caller holds the lock.
func (c *h2Conn) send(write func(*http2.Framer) error) {
	if c.err == nil {
		_ = write(c.framer) // into memory
	}
	c.news.Broadcast()
}

// write writes what is queued until the connection is over, and ends our half of it then.
func (c *h2Conn) write() {
	defer close(c.written)
	for {
		c.mu.Lock()
		for c.out.Len() == 0 && c.err == nil && !c.leaving {
			c.news.Wait()
		}
		b := bytes.Clone(c.out.Bytes())
		c.out.Reset()
		over, patience := c.leaving || c.err != nil, writeTimeout
		c.news.Broadcast()
		c.mu.Unlock()
		if over {
			patience = h2Settle
		}
		_ = c.under.SetWriteDeadline(time.Now().Add(patience)) // a stream that cannot has ended
		if _, err := c.under.Write(b); err != nil {
			c.fail(err)
			return
		}
		if over {
			return
		}
	}
}

// fail ends all streams, and the reading.
func (c *h2Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	_ = c.under.SetReadDeadline(time.Unix(1, 0)) // a stream that cannot has ended
	c.news.Broadcast()
}

// leave says goodbye and ends the connection.
func (c *h2Conn) leave(code http2.ErrCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving {
		return
	}
	c.send(func(f *http2.Framer) error { return f.WriteGoAway(c.last, code, nil) })
	c.leaving = true
	_ = c.under.SetReadDeadline(time.Now().Add(h2Settle)) // a stream that cannot has ended
}

// h2Settle is how long a peer may take to end a connection that we have ended, and to read
// that we have.
const h2Settle = time.Second

// run reads until the connection is over.
func (c *h2Conn) run() {
	err := c.read()
	if code, ok := errors.AsType[http2.ConnectionError](err); ok {
		c.leave(http2.ErrCode(code))
		err = errors.Join(stream.ErrReset, err)
	}
	c.fail(err)
	<-c.written
	_ = stream.CloseGently(c.under, h2Settle) // it is over either way
}

func (c *h2Conn) read() error {
	for {
		f, err := c.in.ReadFrame()
		if err == nil {
			err = c.frame(f)
		}
		if se, ok := errors.AsType[http2.StreamError](err); ok {
			c.reset(se.StreamID, se.Code)
			err = nil
		}
		if errors.Is(err, http2.ErrFrameTooLarge) {
			err = http2.ConnectionError(http2.ErrCodeFrameSize)
		}
		if err != nil {
			return err
		}
	}
}

// reset ends a stream by force.
func (c *h2Conn) reset(id uint32, code http2.ErrCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.send(func(f *http2.Framer) error { return f.WriteRSTStream(id, code) })
	if s := c.streams[id]; s != nil && s.err == nil {
		s.err = errH2Reset
	}
}

// frame does what a frame says.
func (c *h2Conn) frame(f http2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out.Len() > h2Replies {
		return http2.ConnectionError(http2.ErrCodeEnhanceYourCalm)
	}
	switch f := f.(type) {
	case *http2.HeadersFrame:
		c.block = append(c.block[:0], f.HeaderBlockFragment()...)
		c.ends = f.StreamEnded()
		return c.headers(f.StreamID, f.HeadersEnded())
	case *http2.ContinuationFrame:
		c.block = append(c.block, f.HeaderBlockFragment()...)
		return c.headers(f.StreamID, f.HeadersEnded())
	case *http2.DataFrame:
		return c.data(f)
	case *http2.WindowUpdateFrame:
		return c.windowUpdate(f.StreamID, int64(f.Increment))
	case *http2.SettingsFrame:
		return c.settings(f)
	case *http2.RSTStreamFrame:
		if s := c.streams[f.StreamID]; s != nil && s.err == nil {
			s.err, s.cut = stream.ErrReset, true
			c.news.Broadcast()
		}
		if c.faults[resetEndsConnection] {
			return http2.ConnectionError(http2.ErrCodeCancel)
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			c.send(func(w *http2.Framer) error { return w.WritePing(true, f.Data) })
		}
	case *http2.GoAwayFrame:
		if c.faults[goAwayEnds] {
			return http2.ConnectionError(http2.ErrCodeNo)
		}
	case *http2.PushPromiseFrame:
		return http2.ConnectionError(http2.ErrCodeProtocol)
	case *http2.UnknownFrame:
		if c.faults[chokesOnUnknown] {
			return http2.ConnectionError(http2.ErrCodeProtocol)
		}
	}
	return nil
}
