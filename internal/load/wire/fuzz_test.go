// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"net"
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// paper is a transport that goes nowhere and keeps what was sent.
type paper struct{ sent []byte }

func (p *paper) flush(c *Conn) {
	if c.out != nil {
		p.sent = append(p.sent, c.out.b[c.out.sent:]...)
	}
	c.allSent()
}
func (p *paper) wake(*Conn)               {}
func (p *paper) localAddr(*Conn) net.Addr { return nil }

// onPaper feeds the octets in pieces of the given lengths, in turn, and returns what was
// told and sent.
func onPaper(t *testing.T, e *Engine, role ws.Role, octets []byte, cuts []byte) (events []string, sent []byte, end *Closing) {
	s := settings{engine: e, role: role, limits: Limits{MaxMessage: 1 << 16}.withDefaults()}
	d := newDiary()
	c := newConn(&s, d)
	p := new(paper)
	c.via = p
	switch role {
	case ws.Server:
		s.service = &service{Service: Service{Subprotocols: []string{"a"}, Deflate: deflate.FirstAllowing(deflate.Params{})}}
		c.phase = InUpgrade
	default:
		s.dialer = &Dialer{engine: e, target: Target{Subprotocols: []string{"a"}, Deflate: []deflate.Offer{{}}}}
		c.requestUpgrade()
		copy(c.opening.key[:], "dGhlIHNhbXBsZSBub25jZQ==")
		p.sent = nil
	}
	octets = bytes.Clone(octets) // they are unmasked in place
	for i := 0; len(octets) > 0 && !c.over.Load(); i++ {
		n := len(octets)
		if len(cuts) > 0 {
			n = min(n, int(cuts[i%len(cuts)])+1)
		}
		c.feed(octets[:n])
		octets = octets[n:]
		if in := c.in; in != nil && (len(in.head) > maxHead || len(in.ctl) > ws.MaxControlPayload || len(in.msg) > 1<<16) {
			t.Fatalf("keeps %d octets of head, %d of a control frame, %d of a message", len(in.head), len(in.ctl), len(in.msg))
		}
	}
	c.mu.Lock()
	c.unlimit()
	c.mu.Unlock()
	return d.events, p.sent, c.verdict
}

// FuzzFeed: how the octets are cut changes nothing about what they mean, and nothing that
// a peer sends does harm.
func FuzzFeed(f *testing.F) {
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	f.Add(true, []byte(answer+"\r\n"+frame(ws.Text, "Hello")+frame(ws.Ping, "?")+frame(ws.Close, "\x03\xe8")), []byte{0})
	f.Add(true, []byte("HTTP/1.1 103 \r\n\r\n"+answer+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"), []byte{3, 1})
	f.Add(true, []byte(answer+"\r\n"+part(ws.Text, "\xc3")+frame(ws.Pong, "")+frame(ws.Continuation, "\xbc")+"\xff\xff"), []byte{1, 2, 3})
	f.Add(true, []byte("HTTP/1.1 503 No\r\n\r\n"), []byte{9})
	f.Add(false, []byte(request+masked(frame(ws.Text, "Hello"))+masked(part(ws.Binary, "a"))+masked(frame(ws.Continuation, "b"))+masked(frame(ws.Close, ""))), []byte{5})
	f.Add(false, []byte("\r\n"+request[:len(request)-2]+"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: b, a\r\n\r\n\xc1\x87\x00\x00\x00\x00\xf2\x48\xcd\xc9\xc9\x07\x00"), []byte{200})
	f.Add(false, []byte("\x16\x03\x01"), []byte{0})
	e, err := New(Config{Portable: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, client bool, octets, cuts []byte) {
		role := ws.Server
		if client {
			role = ws.Client
		}
		whole, sent, end := onPaper(t, e, role, octets, nil)
		inPieces, sentToo, endToo := onPaper(t, e, role, octets, cuts)
		if !slices.Equal(whole, inPieces) {
			t.Errorf("told %q of the whole\nand %q of the pieces", whole, inPieces)
		}
		if (end == nil) != (endToo == nil) || end != nil && (end.Cause != endToo.Cause || end.Code != endToo.Code) {
			t.Errorf("ends as %v, and in pieces as %v", end, endToo)
		}
		if role == ws.Server && !bytes.Equal(sent, sentToo) { // those of clients are masked
			t.Errorf("sends %q, and in pieces %q", sent, sentToo)
		}
	})
}
