// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/stream"
	"github.com/wsspec/wsspec/internal/stream/memnet"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A conversation is a Peer with a script and the other side of its connection,
// played by the test, in a bubble of virtual time.
type conversation struct {
	role     ws.Role // of the Peer
	config   func(*peer.Config)
	opening  peer.Opening
	capacity int              // octets the network holds in each direction, 0 for any
	script   func(*peer.Peer) // after the opening handshake; then Finish
	patience time.Duration    // 0 is a second
	end      peer.Ending
	other    func(*other) // after the opening handshake; then FIN
	// raw stands instead of the opening handshake of the other side.
	raw func(*other)
	// extensions is the other side's Sec-WebSocket-Extensions.
	extensions string
	context    context.Context
	turns      time.Duration // that each write has to wait until it is its turn
}

// byTurns is a stream that has the Peer wait before it writes.
type byTurns struct {
	stream.Stream
	late  time.Duration
	ready bool
}

func (s *byTurns) AwaitTurn() {
	if !s.ready {
		time.Sleep(s.late)
		s.ready = true
	}
}

func (s *byTurns) Write(p []byte) (int, error) {
	s.AwaitTurn()
	s.ready = false
	return s.Stream.Write(p)
}

// outcome is how a conversation ended.
type outcome struct {
	*wirelog.Log
	opened bool
	took   time.Duration // from the end of the opening handshake
}

// other is the side that the test plays.
type other struct {
	stream.Stream
	t     *testing.T
	role  ws.Role // of the Peer
	start time.Time
	key   string // of the Peer's request
	err   error  // why readFrame read none
}

func (c conversation) run(t *testing.T) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { got = c.play(t) })
	return got
}

// play is run for a test that is in a bubble already.
func (c conversation) play(t *testing.T) outcome {
	t.Helper()
	ours, theirs := memnet.Pipe(c.capacity)
	if c.turns > 0 {
		ours = &byTurns{Stream: ours, late: c.turns}
	}
	cfg := peer.Config{Role: c.role, Seed: 1}
	if c.config != nil {
		c.config(&cfg)
	}
	if c.context == nil {
		c.context = t.Context()
	}
	o := &other{Stream: theirs, t: t, role: c.role, start: time.Now()}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if c.raw != nil {
			c.raw(o)
		} else {
			o.shake(c.extensions)
		}
		if c.other != nil {
			o.start = time.Now()
			c.other(o)
		}
		_ = o.Close()
	}()
	p := peer.New(c.context, ours, cfg)
	opened := openHandshake(p, c.opening)
	start := time.Now()
	if opened {
		if c.script != nil {
			c.script(p)
		}
		p.Finish(max(c.patience, time.Second), c.end)
	} else if c.role == ws.Client {
		p.Hangup()
	}
	took := time.Since(start)
	<-gone
	return outcome{p.Log(), opened, took}
}

func openHandshake(p *peer.Peer, o peer.Opening) bool {
	if p.Role() == ws.Client {
		return p.Dial(peer.Request{Host: "localhost:9001", Target: "/chat", Agent: "wsspec/test"}, o)
	}
	r, ok := p.AwaitRequest()
	if !ok {
		return false
	}
	if no := peer.CheckRequest(r); no != nil {
		p.Refuse(no.Status, no.Why, no.Fields)
		return false
	}
	p.Accept(r, ws.Fields{{Name: "Server", Value: "wsspec/test"}}, o)
	return true
}

const request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

// shake plays the other half of the opening handshake.
func (o *other) shake(extensions string) {
	if extensions != "" {
		extensions = "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	if o.role == ws.Server {
		o.write(request + extensions + "\r\n")
		o.head()
		return
	}
	o.head()
	o.write(o.response(extensions) + "\r\n")
}

// response is a good answer to the Peer's request, without the empty line.
func (o *other) response(fields string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + ws.AcceptKey(o.key) + "\r\n" + fields
}

// head reads an HTTP head.
func (o *other) head() {
	var b []byte
	for one := make([]byte, 1); ws.HeadEnd(b) == 0; b = append(b, one[0]) {
		if _, err := o.Read(one); err != nil {
			return
		}
	}
	if r, err := ws.ParseRequest(b); err == nil {
		o.key = r.Fields.Get("Sec-WebSocket-Key")
	}
}

// write writes octets.
func (o *other) write(s string) { _, _ = o.Write([]byte(s)) }

// frame is a frame as the other side would send it.
func (o *other) frame(h ws.Header, payload string) string {
	h.Length = uint64(len(payload))
	b := []byte(payload)
	if h.Masked = o.role == ws.Server; h.Masked {
		h.Key = [4]byte{1, 2, 3, 4}
		ws.Mask(h.Key, 0, b)
	}
	return string(h.Append(nil)) + string(b)
}

// send sends a frame that is the last of its message.
func (o *other) send(op ws.Opcode, payload string) {
	o.write(o.frame(ws.Header{Fin: true, Opcode: op}, payload))
}

// close sends a Close with a code.
func (o *other) close(code ws.CloseCode) {
	o.send(ws.Close, string(ws.AppendClosePayload(nil, code, "")))
}

// next reads a frame of the Peer and returns it in the notation of logs, without
// its mask, or the end of input in words.
func (o *other) next() string {
	h, payload := o.readFrame()
	if o.err != nil {
		return endOf(o.err)
	}
	h.Masked = false
	return wirelog.Frame{Header: h, Payload: wirelog.Beginning(payload, wirelog.KeepPayload)}.String()
}

// readFrame reads a frame of the Peer, or sets err.
func (o *other) readFrame() (h ws.Header, payload []byte) {
	b := make([]byte, 0, ws.MaxHeaderLen)
	for n := 0; n == 0; h, n = ws.ParseHeader(b) {
		b = b[:len(b)+1]
		if _, o.err = o.Read(b[len(b)-1:]); o.err != nil {
			return h, nil
		}
	}
	payload = make([]byte, h.Length)
	if _, o.err = o.readFull(payload); o.err != nil {
		return h, nil
	}
	if h.Masked != (o.role == ws.Client) {
		o.t.Errorf("masked %v as a %v", h.Masked, o.role)
	}
	if h.Masked {
		ws.Mask(h.Key, 0, payload)
	}
	return h, payload
}

func endOf(err error) string {
	switch {
	case err == io.EOF:
		return "FIN"
	case stream.IsReset(err):
		return "RST"
	}
	return err.Error()
}

// readFull fills b.
func (o *other) readFull(b []byte) (int, error) { return io.ReadFull(o, b) }

// want reads a frame, or the end of input, and checks it and the time, in
// that of the bubble since the opening handshake.
func (o *other) want(at time.Duration, what string) {
	o.t.Helper()
	got := o.next()
	if now := time.Since(o.start); got != what || now != at {
		o.t.Errorf("after %v: %s\nwant after %v: %s", now, got, at, what)
	}
}

// sleep lets virtual time pass.
func (o *other) sleep(d time.Duration) { time.Sleep(d) }

// closing is a Close with code and reason as next returns it.
func closing(code ws.CloseCode, reason string) string {
	body := ws.AppendClosePayload(nil, code, reason)
	f := wirelog.Frame{Header: ws.Header{Fin: true, Opcode: ws.Close, Length: uint64(len(body))}, Payload: wirelog.Beginning(body, wirelog.KeepPayload)}
	return f.String()
}

// text is a text frame of a script.
func text(s string) peer.Frame { return peer.Frame{Opcode: ws.Text, Payload: []byte(s)} }

// lines prints the records of a log that are not octets, without times.
func (o outcome) lines() string {
	s := ""
	for _, r := range o.Records {
		if r.Kind > wirelog.ReceivedOctets {
			s += r.Text() + "\n"
		}
	}
	return s
}

// wantFacts compares the facts that matter to verdicts, in words.
func (o outcome) wantFacts(t *testing.T, want string) {
	t.Helper()
	if got := factsOf(o.Log); got != want {
		t.Errorf("facts: %s\nwant:  %s", got, want)
	}
}

// factsOf prints facts as the words that are true of them.
func factsOf(log *wirelog.Log) string {
	f := log.Facts
	s := ""
	for _, w := range []struct {
		is   bool
		word string
	}{
		{f.Opened, "opened"}, {f.ClosedByMe, "closedByMe"}, {f.FailedByMe, "failedByMe"}, {f.DroppedByMe, "droppedByMe"},
		{f.WasClean, "clean"}, {f.WasServerConnectionDropTimeout, "dropTimeout"}, {f.WasOpenHandshakeTimeout, "openTimeout"},
		{f.WasCloseHandshakeTimeout, "closeTimeout"}, {f.Local.Sent, closeText("local", f.Local)}, {f.Remote.Sent, closeText("remote", f.Remote)},
	} {
		if w.is {
			s += w.word + " "
		}
	}
	if f.WasNotCleanReason != "" {
		s += "(" + f.WasNotCleanReason + ")"
	}
	return s
}

// closeFacts is a Close frame as facts.
func closeFacts(code ws.CloseCode, reason string) wirelog.CloseFacts {
	return wirelog.CloseFacts{Sent: true, Coded: true, Code: code, Reason: reason}
}

func closeText(who string, c wirelog.CloseFacts) string {
	if !c.Coded {
		return who + "=none"
	}
	return fmt.Sprintf("%s=%d%s", who, c.Code, c.Reason)
}
