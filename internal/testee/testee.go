// SPDX-License-Identifier: Apache-2.0

// Package testee is an echo endpoint, client or server: a complete and strict
// implementation of RFC 6455 and RFC 7692 that returns each message unchanged. It knows
// nothing of cases or verdicts. Start at Server and Dial.
//
// It is the second implementation that the test suite is tested against, and
// shares with it only the wire format, the compression and the byte stream. To
// find out whether a case notices what it is meant to notice, the endpoint can
// be given faults: named, precise wrong behaviours ([AllFaults]). What it does of
// its own accord, such as closing, it can be told to do ([ws.Command]).
package testee

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/ws"
)

// Config says how an endpoint behaves. The zero value is a correct one.
type Config struct {
	Faults Faults // what it does wrong
	Agent  string // its Server or User-Agent header; empty is "wsspec-echo"

	// MaxMessage is the longest message it takes, in octets, before and after
	// decompression; a longer one is failed with 1009. 0 is DefaultMaxMessage.
	MaxMessage int

	NoDeflate bool            // neither offer nor accept permessage-deflate
	Offers    []deflate.Offer // what a client offers; nil is any use of the extension
	Accept    deflate.Accept  // what a server agrees to; nil is the first offer

	// Subprotocols are those that a server speaks and a client requests. A server
	// answers the first of the client's that it speaks.
	Subprotocols []string
	// ForbiddenOrigins are values of Origin that a server answers with 403.
	ForbiddenOrigins []string
	// Redial, where set, connects to the server again. Only a fault does.
	Redial func(context.Context) (stream.Stream, error)

	HandshakeTimeout time.Duration // for the peer's half of it; 0 is 5 s
	CloseTimeout     time.Duration // for the peer to close TCP after our Close; 0 is 2 s

	// Commands is what a client does once the connection is open. A server finds its
	// commands in the request (see [ws.Command]).
	Commands []ws.Command

	// Pool keeps compressors and inflaters for the next connection of a client; nil: each
	// connection has its own. A Server has one by itself.
	Pool *deflate.Pool

	die func() // ends the Server, nil without one

	scratch *scratch // of all connections of a Server, for a fault
	turn    int      // of the connection among those of a Server or a Redial, from 1
}

// DefaultMaxMessage is the limit on messages, in octets, where none is configured.
const DefaultMaxMessage = 64 << 20

// writeTimeout is how long a peer may leave a part of our output unread.
const writeTimeout = time.Minute

func (cfg Config) withDefaults() Config {
	if cfg.Agent == "" {
		cfg.Agent = "wsspec-echo"
	}
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = DefaultMaxMessage
	}
	if cfg.Faults[failsAbove64K] {
		cfg.MaxMessage = 65535
	}
	if cfg.HandshakeTimeout == 0 {
		cfg.HandshakeTimeout = 5 * time.Second
	}
	if cfg.CloseTimeout == 0 {
		cfg.CloseTimeout = 2 * time.Second
	}
	return cfg
}

// ProtocolError is why the endpoint failed the connection (RFC 6455, 7.1.7).
type ProtocolError struct {
	Code   ws.CloseCode // sent in the Close frame
	Reason string       // sent with it
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("failed the connection with %d: %s", e.Code, e.Reason)
}

var (
	errClosed  = errors.New("closing handshake done")
	errDropped = errors.New("peer ended the connection without a Close frame")
	errStopped = errors.New("told to stop")

	errUnanswered = errors.New("peer did not answer our Close")

	errDied = errors.New("process died") // of a fault
)

// Conn is one side of a WebSocket connection. Its methods may be called from one
// goroutine at a time.
type Conn struct {
	ctx    context.Context
	detach func() bool // from the context
	s      stream.Stream
	role   ws.Role
	cfg    Config

	in   input
	out  []byte // frames that wait to be written
	rest uint64 // octets of the current frame's payload that have not been read
	pos  int    // octets of it that have
	msg  message

	commands []ws.Command // to be performed once the connection is open

	masked bool    // the current frame is
	key    [4]byte // with which

	compression *compression // nil where not agreed
	closeSent   bool

	wrong // what only faults need
}

func newConn(ctx context.Context, s stream.Stream, role ws.Role, cfg Config) *Conn {
	c := &Conn{ctx: ctx, s: s, role: role, cfg: cfg.withDefaults(), commands: cfg.Commands}
	// A deadline in the past is what wakes a blocked Read.
	c.detach = context.AfterFunc(ctx, func() { _ = s.SetReadDeadline(time.Unix(1, 0)) })
	return c
}

// Serve is the server's side of a connection: it answers the opening handshake
// and echoes until the connection ends, and leaves the stream closed. When ctx
// ends it closes with 1001. The result is nil after a closing handshake, a
// [*ProtocolError] where the peer had to be failed.
func Serve(ctx context.Context, s stream.Stream, cfg Config) error {
	c := newConn(ctx, s, ws.Server, cfg)
	defer c.release()
	if err := c.answerHandshake(); err != nil {
		return err
	}
	return c.Echo()
}

// Dial opens a connection as the client, over a stream that is connected
// already. Host is what goes into the Host header, target is the request target
// with its query. The context is that of the whole connection: when it ends, the
// endpoint closes with 1001. After an error the stream is closed.
func Dial(ctx context.Context, s stream.Stream, host, target string, cfg Config) (*Conn, error) {
	c := newConn(ctx, s, ws.Client, cfg)
	if err := c.openHandshake(host, target); err != nil {
		c.abandon()
		if again, ok := c.reconnect(ctx); ok {
			cfg.turn++
			return Dial(ctx, again, host, target, cfg)
		}
		return nil, err
	}
	return c, nil
}

// Echo is the client's side of a connection: [Dial] and [Conn.Echo].
func Echo(ctx context.Context, s stream.Stream, host, target string, cfg Config) error {
	c, err := Dial(ctx, s, host, target, cfg)
	if err != nil {
		return err
	}
	return c.Echo()
}

// Echo returns each message that comes until the connection ends, and leaves the
// stream closed. For the result see [Serve].
func (c *Conn) Echo() error {
	c.opened = true
	err := c.greet()
	if err == nil {
		err = c.perform()
	}
	if err != nil {
		return c.end(err)
	}
	for {
		err := c.receive()
		if err == nil {
			err = c.echo()
		}
		if err != nil && !c.carriesOn(err) {
			return c.end(err)
		}
	}
}

// ReceiveText returns the next message, which has to be text. It answers pings
// meanwhile. After an error the connection is closed; the error is io.EOF where
// the peer closed it properly.
func (c *Conn) ReceiveText() (string, error) {
	err := c.receive()
	switch {
	case err == nil && c.msg.opcode != ws.Text:
		return "", c.end(&ProtocolError{ws.UnsupportedData, "text expected"})
	case err != nil:
		if err = c.end(err); err == nil {
			err = io.EOF
		}
		return "", err
	}
	return string(c.msg.payload()), nil
}

// Close begins the closing handshake with 1000, or completes one that the peer
// has begun, and leaves the stream closed. What still arrives is thrown away.
func (c *Conn) Close() error {
	defer c.release()
	c.sendClose(ws.AppendClosePayload(nil, ws.NormalClosure, ""))
	return c.closeTCP()
}

// release lets go of everything but the stream.
func (c *Conn) release() {
	c.detach()
	c.compression.release()
}

// read reads what there is, after everything that waits has been written.
func (c *Conn) read(p []byte) (int, error) {
	if c.faulty() {
		return c.wrongRead(p)
	}
	return c.readNow(p)
}

func (c *Conn) readNow(p []byte) (int, error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	n, err := c.s.Read(p)
	switch {
	case n > 0:
		return n, nil // an error comes again
	case err == io.EOF:
		return 0, errDropped
	case stream.IsTimeout(err) && c.ctx.Err() != nil:
		return 0, errStopped
	}
	return 0, err
}

// maskKey draws a masking key that the peer cannot foresee (RFC 6455, 5.3).
func maskKey() (key [4]byte) {
	k := rand.Uint32() // ChaCha8, seeded by the system
	return [4]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}
}
