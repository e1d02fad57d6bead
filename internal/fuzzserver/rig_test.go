// SPDX-License-Identifier: Apache-2.0

package fuzzserver_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/cases"
	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/fuzzserver"
	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/runner"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/verdict"
	"github.com/wsspec/wsspec/internal/ws"
)

// key and accept are the example of RFC 6455, 1.3.
const (
	key    = "dGhlIHNhbXBsZSBub25jZQ=="
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// identity is what the server under test calls itself.
var identity = ws.Fields{{Name: "Server", Value: "wsspec/test"}, {Name: "X-Powered-By", Value: "tests"}}

// rig is a server on a network in memory, and what it has told.
type rig struct {
	t      *testing.T
	server *fuzzserver.Server
	store  *memory
	served chan error
	l      *listener
	cancel context.CancelFunc

	mu     sync.Mutex
	events []fuzzserver.Event
}

// start serves. Where the configuration has no plan it is all of 1–7 and 10; the
// store is one in memory where there is none. The rig ends with finish, which the
// bubble needs.
func start(t *testing.T, cfg fuzzserver.Config) *rig {
	t.Helper()
	r := &rig{t: t, served: make(chan error, 1), l: newListener()}
	if cfg.Plan == nil {
		cfg.Plan = plan(t, cases.Current, "1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*")
	}
	if cfg.Store == nil {
		r.store = newMemory()
		cfg.Store = r.store
	}
	if cfg.Identity == nil {
		cfg.Identity = identity
	}
	cfg.Events = func(e fuzzserver.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	}
	r.server = fuzzserver.New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.served <- r.server.Serve(ctx, r.l) }()
	return r
}

// finish ends the server and fails the test where that was not in order.
func (r *rig) finish() {
	r.t.Helper()
	r.cancel()
	if err := <-r.served; err != nil {
		r.t.Errorf("Serve: %v", err)
	}
	r.served <- nil
}

// told returns the events of a kind as "agent id".
func (r *rig) told(kind fuzzserver.EventKind) (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Kind == kind {
			list = append(list, strings.TrimSpace(e.Agent+" "+e.ID))
		}
	}
	return list
}

// troubles returns what went wrong on the server's side.
func (r *rig) troubles() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Kind == fuzzserver.Trouble {
			list = append(list, e.Err.Error())
		}
	}
	return list
}

func plan(t *testing.T, e cases.Edition, patterns ...string) []runner.Planned {
	t.Helper()
	picked, err := conform.Select(cases.All(e), patterns, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runner.Plan(picked, ws.Server)
}

// one is a plan of a single case.
func one(c conform.Case) []runner.Planned { return runner.Plan([]conform.Case{c}, ws.Server) }

// settings are those of most tests.
func settings() runner.Settings { return runner.Settings{Seed: 1, Deflate: new(deflate.Pool)} }

// listener is a net.Listener in memory.
type listener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newListener() *listener {
	return &listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *listener) Addr() net.Addr { return new(net.TCPAddr) }

// from is a stream whose other end has an address.
type from struct {
	stream.Stream
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

var (
	loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 50000}
	remote   = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000}
)

// connect opens a connection from this machine.
func (r *rig) connect() stream.Stream { return r.connectFrom(loopback) }

func (r *rig) connectFrom(addr net.Addr) stream.Stream {
	r.t.Helper()
	client, server := memnet.Pipe(0)
	select {
	case r.l.conns <- from{server, addr}:
		return client
	case <-r.l.done:
		r.t.Fatal("the server does not listen any more")
		return nil
	}
}

// client is one connection, octet by octet.
type client struct {
	t      *testing.T
	s      stream.Stream
	r      *bufio.Reader
	status int
	answer ws.Response
	body   string // of an HTTP error
}

// request is a handshake for a target, with more lines where given.
func request(target string, lines ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n" + strings.Join(append(lines, ""), "\r\n") + "\r\n"
}

// open performs a handshake for a target.
func (r *rig) open(target string, lines ...string) *client {
	r.t.Helper()
	return r.ask(r.connect(), request(target, lines...))
}

// ask sends a request and reads the answer.
func (r *rig) ask(s stream.Stream, head string) *client {
	r.t.Helper()
	c := &client{t: r.t, s: s, r: bufio.NewReader(s)}
	c.write(head)
	c.readAnswer()
	return c
}

func (c *client) readAnswer() {
	c.t.Helper()
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatalf("answer to the handshake: %q, %v", head.String()+line, err)
		}
		head.WriteString(line)
	}
	var err error
	if c.answer, err = ws.ParseResponse([]byte(head.String())); err != nil {
		c.t.Fatal(err)
	}
	if c.status = c.answer.Status; c.status != 101 {
		body, err := io.ReadAll(c.r)
		if err != nil {
			c.t.Fatalf("status %d: content: %v", c.status, err)
		}
		c.body = string(body)
		_ = c.s.Close() // it is in memory
	}
}

func (c *client) write(octets string) {
	c.t.Helper()
	if _, err := io.WriteString(c.s, octets); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// text sends a text message.
func (c *client) text(message string) {
	c.t.Helper()
	c.write(string(frame(ws.Header{Fin: true, Opcode: ws.Text}, message)))
}

// frame is a frame as a client sends it, under the key 00000000.
func frame(h ws.Header, payload string) []byte {
	h.Masked, h.Length = true, uint64(len(payload))
	return append(h.Append(nil), payload...)
}

// closing completes the closing handshake, without a code, and reports what
// still came before the end of TCP.
func (c *client) closing() string {
	c.t.Helper()
	c.write("\x88\x80\x00\x00\x00\x00")
	return c.rest()
}

// rest reads to the end of TCP.
func (c *client) rest() string {
	c.t.Helper()
	b, err := io.ReadAll(c.r)
	if err != nil {
		c.t.Fatalf("read to the end: %v after %q", err, b)
	}
	_ = c.s.Close() // it is in memory
	return string(b)
}

// exactly reads as many octets as are wanted and compares them.
func (c *client) exactly(what, want string) {
	c.t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(c.r, b); err != nil || string(b) != want {
		c.t.Fatalf("%s: want %q, got %q, %v", what, want, b[:n], err)
	}
}

// answers wants one text message, then a Close without a code, then the end.
func (c *client) answers(what, message string) {
	c.t.Helper()
	want := "\x88\x00"
	if message != "" {
		want = string(ws.Header{Fin: true, Opcode: ws.Text, Length: uint64(len(message))}.Append(nil)) + message + want
	}
	if c.status != 101 {
		c.t.Fatalf("%s: status %d: %s", what, c.status, c.body)
	}
	c.exactly(what, want)
	if more := c.closing(); more != "" {
		c.t.Fatalf("%s: after the Close came %q", what, more)
	}
}

// patient is a case that waits for a peer that says nothing, for so long.
func patient(d time.Duration) conform.Case {
	return conform.Case{
		ID: "1.1.1", Title: "Wait", Play: func(p *peer.Peer) {}, Limit: d,
		Want: verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK, Events: []verdict.Event{{Data: ws.Literal([]byte("x"))}}}}},
	}
}

// quick is a case in which we close at once.
func quick() conform.Case {
	return conform.Case{
		ID: "1.1.1", Title: "Close", Play: func(p *peer.Peer) { p.Close(ws.NormalClosure) },
		Want:  verdict.Want{Outcomes: []verdict.Outcome{{Grade: verdict.OK}}},
		Close: verdict.Closing{ByUs: true, Codes: []ws.CloseCode{ws.NormalClosure}, Clean: true},
	}
}
