// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/stream/secure"
	"github.com/wsspec/wsspec/internal/ws"
)

// A diary is a Handler that writes down what it is told, one line an event.
type diary struct {
	do func(c *Conn) // once the connection is open
	on func(c *Conn, event string)

	mu     sync.Mutex
	events []string
	done   chan Closing
}

func newDiary() *diary { return &diary{done: make(chan Closing, 1)} }

func (d *diary) note(c *Conn, format string, args ...any) {
	event := fmt.Sprintf(format, args...)
	d.mu.Lock()
	d.events = append(d.events, event)
	d.mu.Unlock()
	if d.on != nil {
		d.on(c, event)
	}
}

func (d *diary) Opened(c *Conn, o Opening) {
	event := "opened"
	if o.Subprotocol != "" {
		event += " " + o.Subprotocol
	}
	if o.Deflate {
		event += " deflate"
	}
	d.note(c, "%s", event)
	if d.do != nil {
		d.do(c)
	}
}

func (d *diary) Message(c *Conn, op ws.Opcode, p []byte) { d.note(c, "%v %s", op, brief(p)) }
func (d *diary) Pong(c *Conn, p []byte)                  { d.note(c, "pong %s", brief(p)) }
func (d *diary) Closed(c *Conn, end Closing)             { d.done <- end }

// brief keeps long payloads out of what is compared by eye.
func brief(p []byte) string {
	if len(p) > 64 {
		return fmt.Sprintf("%d octets, sum %d", len(p), sum(p))
	}
	return string(p)
}

func sum(p []byte) (n uint32) {
	for _, b := range p {
		n = n*31 + uint32(b)
	}
	return n
}

// peer is the other end of a connection, which a test plays octet by octet.
type peer struct {
	s  stream.Stream
	in *bufio.Reader
}

// take reads the request, and returns its fields.
func (p *peer) take() ws.Request {
	var head []byte
	for ws.HeadEnd(head) == 0 {
		b, err := p.in.ReadByte()
		if err != nil {
			return ws.Request{}
		}
		head = append(head, b)
	}
	req, _ := ws.ParseRequest(head)
	return req
}

// answer reads the request, and returns the right answer to it with further lines.
func (p *peer) answer(lines ...string) string {
	key := p.take().Fields.Get("Sec-WebSocket-Key")
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		ws.AcceptKey(key) + "\r\n" + strings.Join(append(lines, ""), "\r\n") + "\r\n"
}

func (p *peer) send(text string) { _, _ = io.WriteString(p.s, text) }

// open opens the connection.
func (p *peer) open(lines ...string) { p.send(p.answer(lines...)) }

// next reads a frame and prints it: "close 03 e8" or "text Hello".
func (p *peer) next() string {
	var b []byte
	for {
		h, n := ws.ParseHeader(b)
		if n == 0 {
			c, err := p.in.ReadByte()
			if err != nil {
				return "end"
			}
			b = append(b, c)
			continue
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(p.in, payload); err != nil {
			return "cut short"
		}
		if h.Masked {
			ws.Mask(h.Key, 0, payload)
		}
		if h.Opcode == ws.Close {
			return fmt.Sprintf("close % x", payload[:min(2, len(payload))])
		}
		return fmt.Sprintf("%v %s", h.Opcode, brief(payload))
	}
}

// frame is a whole frame without a mask.
func frame(op ws.Opcode, payload string) string {
	return string(ws.Header{Fin: true, Opcode: op, Length: uint64(len(payload))}.Append(nil)) + payload
}

// part is a frame that is not the last of its message.
func part(op ws.Opcode, payload string) string {
	return string(ws.Header{Opcode: op, Length: uint64(len(payload))}.Append(nil)) + payload
}

// A backend is a way to run connections, with what listens at the other end.
type backend struct {
	name string
	// start returns a Dialer whose connections are played by the script.
	start func(t *testing.T, target Target, script func(*peer)) (*Engine, *Dialer)
}

func backends() []backend {
	return []backend{
		{"loop", func(t *testing.T, target Target, script func(*peer)) (*Engine, *Dialer) {
			return overTCP(t, Config{Loops: 1}, target, nil, script)
		}},
		{"portable", func(t *testing.T, target Target, script func(*peer)) (*Engine, *Dialer) {
			return overTCP(t, Config{Portable: true}, target, nil, script)
		}},
		{"tls", func(t *testing.T, target Target, script func(*peer)) (*Engine, *Dialer) {
			server, client := certificate(t)
			target.TLS = client
			return overTCP(t, Config{}, target, server, script)
		}},
		{"memory", overMemory},
	}
}

func overTCP(t *testing.T, cfg Config, target Target, secure *tls.Config, script func(*peer)) (*Engine, *Dialer) {
	t.Helper()
	l, err := stream.Listen("127.0.0.1:0", secure)
	if err != nil {
		t.Fatal(err)
	}
	target.Addr = netip.MustParseAddrPort(l.Addr().String())
	var scripts sync.WaitGroup
	go func() {
		for {
			s, err := stream.Accept(t.Context(), l)
			if err != nil {
				return
			}
			scripts.Go(func() { play(s, script) })
		}
	}()
	t.Cleanup(func() { _ = l.Close(); scripts.Wait() })
	return dialerOf(t, cfg, target)
}

func overMemory(t *testing.T, target Target, script func(*peer)) (*Engine, *Dialer) {
	t.Helper()
	return dialerOf(t, Config{Dial: func(context.Context) (net.Conn, error) {
		ours, theirs := memnet.Pipe(64 << 10)
		go play(theirs, script)
		return ours, nil
	}}, target)
}

// play plays the script, and reads to the end, so that nothing is lost by a reset.
func play(s stream.Stream, script func(*peer)) {
	p := &peer{s, bufio.NewReader(s)}
	script(p)
	_ = s.CloseWrite()
	_, _ = io.Copy(io.Discard, p.in)
	_ = s.Close()
}

func dialerOf(t *testing.T, cfg Config, target Target) (*Engine, *Dialer) {
	t.Helper()
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	target.Host, target.Limits = "example.test", patient(target.Limits)
	d, err := e.Dialer(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, d
}

// patient are limits of which no time of this machine's is one.
func patient(l Limits) Limits {
	l.OpenTimeout, l.CloseTimeout = time.Hour, time.Hour
	return l
}

// takesTooLong waits until something with a limit of time is going on, and has the limit pass.
func takesTooLong(c *Conn, going func(c *Conn) bool) {
	for !c.over.Load() {
		c.mu.Lock()
		late := c.timer != nil && going(c)
		if late {
			c.timer.Reset(0)
		}
		c.mu.Unlock()
		if late {
			return
		}
		runtime.Gosched()
	}
}

// certificate returns the configurations of a server and of a client that trusts it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	const name = "example.test"
	authority, err := secure.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	server, err = authority.Config(nil)
	if err != nil {
		t.Fatal(err)
	}
	return server, &tls.Config{RootCAs: authority.Pool(), ServerName: name}
}
