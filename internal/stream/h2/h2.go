// SPDX-License-Identifier: Apache-2.0

// Package h2 has streams of HTTP/2 (RFC 9113) that an extended CONNECT (RFC 8441) opens,
// for both sides, as a stream.Stream: END_STREAM is its FIN and RST_STREAM its RST. Each
// frame of the connection can be watched. It knows nothing of WebSocket frames, nor of
// what is right in a request. Start at Dial and Serve.
//
// A connection has one goroutine that reads, and never writes: what it has to say
// waits as control frames that a second goroutine writes, or whoever writes next. So two
// ends that send more than fits between them do not block each other.
package h2

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Sizes, in octets, and numbers.
const (
	// Window is what a peer may send on a stream before we have read it, so that the memory
	// of a connection is bounded by it and by MaxStreams.
	Window = 256 << 10
	// MaxStreams is how many streams a client may have open at a time.
	MaxStreams = 100

	connWindow    = 1 << 20   // of the connection: given back at once, as streams have their own
	maxFrame      = 16 << 10  // of a frame that we read
	maxBlock      = 64 << 10  // of a header block, before and after decompression
	maxFragments  = 32        // frames of a header block
	maxHeads      = 16        // header sections on a stream that nobody has read
	maxControl    = 256 << 10 // of control frames that wait for the peer to read
	keepEarly     = 64        // frames kept for who begins to watch later
	controlWrite  = 10 * time.Second
	partingWrite  = 100 * time.Millisecond
	defaultWindow = 65535
)

// ResetError says that the peer has reset the stream. It is stream.ErrReset too.
type ResetError struct {
	Code  http2.ErrCode
	Whole bool // the connection, by a GOAWAY
}

func (e *ResetError) Error() string {
	if e.Whole {
		return fmt.Sprintf("the connection was ended by the peer: %v", e.Code)
	}
	return fmt.Sprintf("the stream was reset by the peer: %v", e.Code)
}

// Is makes it stream.ErrReset.
func (e *ResetError) Is(target error) bool { return target == stream.ErrReset }

// A FaultError says that the peer broke a rule of HTTP/2, for which we have reset the
// stream or ended the connection.
type FaultError struct {
	Code   http2.ErrCode
	Detail string // may be empty
}

func (e *FaultError) Error() string { return e.Rule() }

// Rule is the rule that was broken.
func (e *FaultError) Rule() string {
	rule := fmt.Sprintf("RFC 9113: the peer broke a rule of HTTP/2, which is a %s", codeName(e.Code))
	if e.Detail != "" {
		rule += ": " + e.Detail
	}
	return rule
}

// conn is one HTTP/2 connection.
type conn struct {
	under  stream.Stream
	role   ws.Role
	framer *http2.Framer // of the goroutine that reads
	hdec   *hpack.Decoder
	block  block // a header block that is coming in
	budget stream.Budget
	accept func(*Stream) // as a server: what becomes of a request
	seen   func(sent bool, frame *wirelog.HTTPFrame)

	out output

	mu         sync.Mutex
	streams    map[uint32]*Stream
	last       uint32 // the last stream that the peer has opened
	handlers   sync.WaitGroup
	active     int   // handlers
	err        error // why the connection is over
	done       chan struct{}
	sendWindow int64
	initial    int64         // the peer's initial window of a stream
	frameSize  int           // longest frame that the peer takes
	tableSize  atomic.Uint32 // of the peer's HPACK decoder, as it says
	settled    chan struct{}
	connect    bool  // the peer's last word on SETTINGS_ENABLE_CONNECT_PROTOCOL
	received   int64 // octets of the connection's window that are not given back
	early      []seen
	ours       int64             // window that we leave the peer on a stream
	next       uint32            // as a client: the last stream beside the first
	acks       []func()          // what our SETTINGS are followed by, once acknowledged
	pings      map[uint64]func() // and our PINGs
	pinged     uint64
	away       *ResetError // what a GOAWAY has said
	idle       *time.Timer // as a server, while there is no stream
}

// seen is a frame that was told.
type seen struct {
	at    time.Time
	sent  bool
	frame *wirelog.HTTPFrame
}

func newConn(under stream.Stream, role ws.Role, in io.Reader) *conn {
	c := &conn{
		under: under, role: role, framer: http2.NewFramer(nil, in), streams: map[uint32]*Stream{}, done: make(chan struct{}),
		sendWindow: defaultWindow, initial: defaultWindow, frameSize: maxFrame, settled: make(chan struct{}), ours: Window,
	}
	c.framer.SetMaxReadFrameSize(maxFrame)
	c.framer.SetReuseFrames()
	c.hdec = hpack.NewDecoder(4096, nil)
	c.hdec.SetMaxStringLength(maxBlock)
	c.tableSize.Store(4096)
	c.out.init()
	return c
}

// tell has a frame told to who watches: its stream, or all where it is one of the
// connection.
func (c *conn) tell(sent bool, f *wirelog.HTTPFrame) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen != nil {
		c.seen(sent, f)
	}
	if f.Stream > 0 {
		if s := c.streams[uint32(f.Stream)]; s != nil {
			s.tell(seen{now, sent, f})
		}
		return
	}
	if len(c.early) < keepEarly {
		c.early = append(c.early, seen{now, sent, f})
	}
	for _, s := range c.streams {
		s.tell(seen{now, sent, f})
	}
}

// fail ends the connection: nothing more comes in.
func (c *conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done)
	for _, s := range c.streams {
		s.wake()
	}
}

// over is why the connection is, nil where it is not.
func (c *conn) over() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// read handles what comes in until the connection ends.
func (c *conn) read() {
	for {
		f, err := c.framer.ReadFrame()
		if err == nil {
			err = c.frame(f)
		}
		if se, ok := errors.AsType[http2.StreamError](err); ok {
			c.resetStream(se.StreamID, se.Code)
			continue
		}
		if err == nil {
			continue
		}
		c.end(err)
		return
	}
}

// end ends the connection for the error that reading has come to. Where it is the peer's
// fault a GOAWAY says so.
func (c *conn) end(err error) {
	how := &wirelog.HTTPFrame{Proto: "h2", Type: "connection_end", Stream: -1}
	ce, fault := errors.AsType[http2.ConnectionError](err)
	switch {
	case errors.Is(err, http2.ErrFrameTooLarge):
		ce, fault = http2.ConnectionError(http2.ErrCodeFrameSize), true
	case stream.IsReset(err):
		how.Words = []string{"reset"}
		c.tell(false, how)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = io.EOF
		c.tell(false, how)
	}
	if c.away != nil && !fault {
		err = c.away
	}
	if fault {
		e := &FaultError{Code: http2.ErrCode(ce)}
		if detail := c.framer.ErrorDetail(); detail != nil {
			e.Detail = detail.Error()
		}
		c.goAway(e.Code, e.Detail)
		c.fail(e)
		c.part(false)
		return
	}
	c.fail(err)
}

// goAway queues a GOAWAY.
func (c *conn) goAway(code http2.ErrCode, debug string) {
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	c.control(goAwayFrame(last, code, debug), func(f *http2.Framer) error { return f.WriteGoAway(last, code, []byte(debug)) })
}

// part writes what is queued, as far as the peer takes it at once, and lets go of the
// connection.
func (c *conn) part(abort bool) {
	c.out.parting(c)
	if abort {
		_ = c.under.Reset() // gone either way
		return
	}
	_ = c.under.Close() // gone either way
}

// resetStream ends a stream with RST_STREAM.
func (c *conn) resetStream(id uint32, code http2.ErrCode) {
	c.control(&wirelog.HTTPFrame{Proto: "h2", Type: "rst_stream", Stream: int64(id), Words: []string{codeName(code)}},
		func(f *http2.Framer) error { return f.WriteRSTStream(id, code) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[id]; s != nil && s.err == nil {
		s.err = &FaultError{Code: code}
		s.wake()
	}
}

// closed is what reading and writing come to once a stream was closed by us.
var errClosed = net.ErrClosed

// errLate is what they come to after their deadline.
var errLate = os.ErrDeadlineExceeded
