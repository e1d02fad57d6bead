// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/deflate"
	"github.com/wsspec/wsspec/internal/ws"
)

// conversations are the same for all backends: what the server does, and what our
// side is told.
func conversations() []conversation {
	return slices.Concat(openings(), messages(), closings(), violations(), packed())
}

type conversation struct {
	name   string
	target Target
	server func(p *peer)
	do     func(c *Conn)      // when open
	late   func(c *Conn) bool // whether what has a limit of time is going on; it then takes too long
	want   []string
	end    string // begins like Closing.String
	phase  Phase
}

func openings() []conversation {
	return []conversation{
		{name: "accept", server: func(p *peer) { p.open() }, want: []string{"opened"}, end: "ended", phase: InOpen},
		{name: "frame in the same write as the answer", server: func(p *peer) { p.send(p.answer() + frame(ws.Text, "now")) },
			want: []string{"opened", "text now"}, end: "ended", phase: InOpen},
		{name: "answer octet by octet", server: func(p *peer) {
			for _, b := range []byte(p.answer() + frame(ws.Text, "slow")) {
				p.send(string([]byte{b}))
			}
		}, want: []string{"opened", "text slow"}, end: "ended", phase: InOpen},
		{name: "interim responses", server: func(p *peer) {
			a := p.answer()
			p.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + a)
		}, want: []string{"opened"}, end: "ended", phase: InOpen},
		{name: "endless interim responses", server: func(p *peer) { p.take(); p.send(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 5000)) },
			end: "handshake: no end", phase: InUpgrade},
		{name: "subprotocol", target: Target{Subprotocols: []string{"a", "b"}}, server: func(p *peer) { p.open("Sec-WebSocket-Protocol: b") },
			want: []string{"opened b"}, end: "ended", phase: InOpen},
		{name: "subprotocol not asked for", target: Target{Subprotocols: []string{"a"}}, server: func(p *peer) { p.open("Sec-WebSocket-Protocol: b") },
			end: "handshake: subprotocol", phase: InUpgrade},
		{name: "extension not offered", server: func(p *peer) { p.open("Sec-WebSocket-Extensions: permessage-deflate") },
			end: "handshake: extension", phase: InUpgrade},
		{name: "wrong Accept", server: func(p *peer) {
			a := p.answer()
			p.send(strings.Replace(a, "Accept: ", "Accept: x", 1))
		}, end: "handshake: Sec-WebSocket-Accept", phase: InUpgrade},
		{name: "no Upgrade", server: func(p *peer) { p.send(strings.Replace(p.answer(), "Upgrade: websocket\r\n", "", 1)) },
			end: "handshake: no Upgrade", phase: InUpgrade},
		{name: "no Connection", server: func(p *peer) { p.send(strings.Replace(p.answer(), "Connection: Upgrade\r\n", "", 1)) },
			end: "handshake: no Connection", phase: InUpgrade},
		{name: "no HTTP", server: func(p *peer) { p.take(); p.send("SSH-2.0-x\r\n\r\n") }, end: "handshake: ", phase: InUpgrade},
		{name: "not even a line", server: func(p *peer) { p.take(); p.send("220"); p.next() }, end: "handshake: not HTTP", phase: InUpgrade},
		{name: "endless head", server: func(p *peer) { p.take(); p.send("HTTP/1.1 101 x\r\n" + strings.Repeat("a: b\r\n", 10_000)) },
			end: "handshake: HTTP head too long", phase: InUpgrade},
		{name: "403", server: func(p *peer) { p.take(); p.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") }, end: "HTTP status 403", phase: InUpgrade},
		{name: "503", server: func(p *peer) { p.take(); p.send("HTTP/1.1 503 \r\n\r\n") }, end: "HTTP status 503", phase: InUpgrade},
		{name: "FIN instead of an answer", server: func(p *peer) { p.take() }, end: "ended", phase: InUpgrade},
		{name: "RST instead of an answer", server: func(p *peer) { p.take(); _ = p.s.Reset() }, end: "reset", phase: InUpgrade},
		{name: "no answer", server: func(p *peer) { p.take(); p.next() },
			late: func(c *Conn) bool { return c.phase == InUpgrade }, end: "timeout", phase: InUpgrade},
	}
}

func messages() []conversation {
	big := strings.Repeat("0123456789abcdef", 20_000)
	echo := func(p *peer) {
		p.open()
		for f := p.next(); f != "end"; f = p.next() {
			if op, payload, _ := strings.Cut(f, " "); op == "text" {
				p.send(frame(ws.Text, payload))
			}
		}
	}
	return []conversation{
		{name: "text and binary", server: func(p *peer) {
			p.open()
			p.send(frame(ws.Text, "grüß") + frame(ws.Binary, "\xff") + frame(ws.Text, ""))
		},
			want: []string{"opened", "text grüß", "binary \xff", "text "}, end: "ended", phase: InOpen},
		{name: "fragments", server: func(p *peer) {
			p.open()
			p.send(part(ws.Text, "He") + frame(ws.Pong, "!") + part(ws.Continuation, "") + part(ws.Continuation, "l\xc3") + frame(ws.Continuation, "\xbc") + frame(ws.Binary, "b"))
		}, want: []string{"opened", "pong !", "text Helü", "binary b"}, end: "ended", phase: InOpen},
		{name: "octet by octet", server: func(p *peer) {
			p.open()
			for _, b := range []byte(part(ws.Text, "He") + frame(ws.Ping, "?") + frame(ws.Continuation, "llo") + frame(ws.Binary, strings.Repeat("x", 200))) {
				p.send(string([]byte{b}))
			}
			p.send(frame(ws.Pong, p.next()))
		}, want: []string{"opened", "text Hello", "binary " + brief([]byte(strings.Repeat("x", 200))), "pong pong ?"}, end: "ended", phase: InOpen},
		{name: "a long message", server: func(p *peer) { p.open(); p.send(frame(ws.Binary, big) + frame(ws.Text, big)) },
			want: []string{"opened", "binary " + brief([]byte(big)), "text " + brief([]byte(big))}, end: "ended", phase: InOpen},
		{name: "a thousand messages in one write", server: func(p *peer) { p.open(); p.send(strings.Repeat(frame(ws.Text, "x"), 1000)) },
			want: append([]string{"opened"}, slices.Repeat([]string{"text x"}, 1000)...), end: "ended", phase: InOpen},
		{name: "echo", server: echo, do: func(c *Conn) {
			for _, m := range []string{"a", "b", "c"} {
				_ = c.Send(ws.Text, []byte(m))
			}
		}, want: []string{"opened", "text a", "text b", "text c"}, end: "aborted", phase: InOpen},
		{name: "much of ours at a time", server: func(p *peer) {
			p.open()
			for range 3 {
				p.send(frame(ws.Text, p.next()))
			}
		}, do: func(c *Conn) {
			_ = c.Send(ws.Text, []byte(big))
			_ = c.Send(ws.Binary, []byte(big))
			_ = c.Ping([]byte("?"))
		}, want: []string{"opened", "text text " + brief([]byte(big)), "text binary " + brief([]byte(big)), "text ping ?"}, end: "ended", phase: InOpen},
		{name: "ping", server: func(p *peer) { p.open(); p.send(frame(ws.Ping, "abc")); p.send(frame(ws.Text, p.next())) },
			want: []string{"opened", "text pong abc"}, end: "ended", phase: InOpen},
	}
}

func closings() []conversation {
	return []conversation{
		{name: "we close", server: func(p *peer) { p.open(); p.next(); p.send(frame(ws.Close, "\x03\xe8bye")) },
			do: func(c *Conn) { c.Close(ws.NormalClosure, "") }, want: []string{"opened"}, end: "closed with 1000", phase: InClosing},
		{name: "messages come while we close", server: func(p *peer) {
			p.open()
			f := p.next()
			p.send(frame(ws.Text, f) + frame(ws.Close, "") + frame(ws.Text, "after"))
		}, do: func(c *Conn) { c.Close(ws.GoingAway, "") }, want: []string{"opened", "text close 03 e9"}, end: "closed", phase: InClosing},
		{name: "our Close without a code", server: func(p *peer) { p.open(); p.send(frame(ws.Text, p.next()) + frame(ws.Close, "")) },
			do: func(c *Conn) { c.Close(ws.NoStatus, "") }, want: []string{"opened", "text close "}, end: "closed", phase: InClosing},
		{name: "peer closes", server: func(p *peer) {
			p.open()
			p.send(frame(ws.Close, "\x0b\xb8"))
			if p.next() != "close 0b b8" {
				_ = p.s.Reset()
			}
		}, want: []string{"opened"}, end: "closed by peer with 3000", phase: InClosing},
		{name: "peer does not answer our Close", server: func(p *peer) { p.open(); p.next(); p.next() },
			do:   func(c *Conn) { c.Close(ws.NormalClosure, "") },
			late: func(c *Conn) bool { return c.sentClose }, want: []string{"opened"}, end: "timeout: no answer to our Close", phase: InClosing},
		{name: "peer answers our Close and does not end TCP", server: func(p *peer) { p.open(); p.next(); p.send(frame(ws.Close, "")); p.next() },
			do:   func(c *Conn) { c.Close(ws.NormalClosure, "") },
			late: func(c *Conn) bool { return c.verdict != nil }, want: []string{"opened"}, end: "closed", phase: InClosing},
		{name: "FIN for our Close", server: func(p *peer) { p.open(); p.next() },
			do: func(c *Conn) { c.Close(ws.NormalClosure, "") }, want: []string{"opened"}, end: "ended", phase: InClosing},
		{name: "RST", server: func(p *peer) { p.open(); p.next(); _ = p.s.Reset() },
			do: func(c *Conn) { _ = c.Send(ws.Text, nil) }, want: []string{"opened"}, end: "reset", phase: InOpen},
		{name: "abort", server: func(p *peer) { p.open(); p.next() }, do: (*Conn).Abort, want: []string{"opened"}, end: "aborted", phase: InOpen},
		{name: "nothing after an abort", server: func(p *peer) { p.send(p.answer() + frame(ws.Text, "x")); p.next() }, do: (*Conn).Abort, want: []string{"opened"}, end: "aborted", phase: InOpen},
	}
}

func violations() []conversation {
	bad := func(name, octets, end string) conversation {
		return conversation{name: name, server: func(p *peer) {
			p.open()
			p.send(octets)
			for f := p.next(); f != "end"; f = p.next() {
			}
		}, want: []string{"opened"}, end: end, phase: InOpen}
	}
	long := bad("message too long", "\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00", "message too big")
	long.target.MaxMessage = 1<<20 - 1
	longer := bad("message too long in fragments", part(ws.Binary, strings.Repeat("x", 600))+part(ws.Continuation, strings.Repeat("x", 600)), "message too big")
	longer.target.MaxMessage = 1000
	return []conversation{
		long, longer,
		bad("masked", "\x81\x81\x00\x00\x00\x00x", "protocol error: masked"),
		bad("RSV1", "\xc1\x00", "protocol error: reserved bits"),
		bad("opcode 3", "\x83\x00", "protocol error: reserved opcode"),
		bad("control frame in fragments", "\x09\x00", "protocol error: fragmented control"),
		bad("long control frame", "\x89\x7e\x00\x7e", "protocol error: control frame above"),
		bad("continuation of nothing", "\x80\x00", "protocol error: continuation"),
		bad("new message inside another", part(ws.Text, "a")+frame(ws.Text, "b"), "protocol error: new message"),
		bad("length of 64 bits that needs 7", "\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01x", "protocol error: length not"),
		bad("length above 2^63", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", "protocol error: length above"),
		bad("text that is not UTF-8", frame(ws.Text, "\xff"), "protocol error: text"),
		bad("text that ends within a character", part(ws.Text, "\xc3")+frame(ws.Continuation, ""), "protocol error: text"),
		bad("the beginning of a text is not UTF-8", "\x81\x7d\xff", "protocol error: text"),
		bad("half a code", frame(ws.Close, "\x03"), "protocol error: Close with half"),
		bad("code 1005", frame(ws.Close, "\x03\xed"), "protocol error: Close with a code"),
		bad("reason that is not UTF-8", frame(ws.Close, "\x03\xe8\xff"), "protocol error: Close reason"),
	}
}

func packed() []conversation {
	offer := Target{Deflate: []deflate.Offer{{}}}
	small := Target{Deflate: []deflate.Offer{{}}, Limits: Limits{MaxMessage: 1000}}
	message := func(rsv uint8, b []byte) string {
		return string(ws.Header{Fin: true, RSV: rsv, Opcode: ws.Text, Length: uint64(len(b))}.Append(nil)) + string(b)
	}
	script := func(answer string, frames ...string) func(p *peer) {
		return func(p *peer) {
			p.send(p.answer("Sec-WebSocket-Extensions: "+answer) + strings.Join(frames, ""))
		}
	}
	compress := func(p deflate.Params, msgs ...string) (frames []string) {
		c := deflate.NewCompressor(p)
		for _, m := range msgs {
			frames = append(frames, message(rsv1, c.Compress(nil, []byte(m))))
		}
		return frames
	}
	bomb := strings.Repeat("x", 100_000)
	return []conversation{
		{name: "compressed", target: offer, server: script("permessage-deflate", append(compress(deflate.Params{}, "Hello", "Hello"), message(0, []byte("plain")))...),
			want: []string{"opened deflate", "text Hello", "text Hello", "text plain"}, end: "ended", phase: InOpen},
		{name: "compressed without takeover", target: offer, server: script("permessage-deflate; server_no_context_takeover", compress(deflate.Params{NoContextTakeover: true}, "Hello", "Hello")...),
			want: []string{"opened deflate", "text Hello", "text Hello"}, end: "ended", phase: InOpen},
		{name: "compressed not UTF-8", target: offer, server: script("permessage-deflate", compress(deflate.Params{}, "\xff")...),
			want: []string{"opened deflate"}, end: "protocol error: text", phase: InOpen},
		{name: "bomb", target: small, server: script("permessage-deflate", compress(deflate.Params{}, bomb)...),
			want: []string{"opened deflate"}, end: "message too big", phase: InOpen},
		{name: "not DEFLATE", target: offer, server: script("permessage-deflate", message(rsv1, []byte("\xff\xff"))),
			want: []string{"opened deflate"}, end: "protocol error: ", phase: InOpen},
		{name: "an answer that was not offered", target: offer, server: script("permessage-deflate; client_max_window_bits=9"),
			end: "handshake: ", phase: InUpgrade},
		{name: "we compress", target: offer, server: func(p *peer) {
			p.open("Sec-WebSocket-Extensions: permessage-deflate")
			f := deflate.NewInflater(deflate.Params{})
			for range 2 {
				_, payload, _ := strings.Cut(p.next(), " ")
				msg, _, _ := f.Inflate(nil, []byte(payload), 1000)
				p.send(frame(ws.Text, string(msg)))
			}
		}, do: func(c *Conn) { _ = c.Send(ws.Text, []byte("Hello")); _ = c.Send(ws.Text, []byte("Hello")) },
			want: []string{"opened deflate", "text Hello", "text Hello"}, end: "ended", phase: InOpen},
	}
}

// Every backend tells the same of the same server.
func TestConversations(t *testing.T) {
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			for _, cv := range conversations() {
				t.Run(cv.name, func(t *testing.T) {
					t.Parallel()
					cv.run(t, b)
				})
			}
		})
	}
}

func (cv conversation) run(t *testing.T, b backend) {
	_, dialer := b.start(t, cv.target, cv.server)
	d := newDiary()
	d.do = cv.do
	if strings.HasPrefix(cv.end, "aborted") {
		last := cv.want[len(cv.want)-1]
		d.on = func(c *Conn, event string) {
			if event == last {
				c.Abort()
			}
		}
	}
	c := dialer.Dial(d)
	if cv.late != nil {
		takesTooLong(c, cv.late)
	}
	end := <-d.done
	if got := d.events; !slices.Equal(got, cv.want) {
		t.Errorf("told %q\nwant %q", got, cv.want)
	}
	if !strings.HasPrefix(end.String(), cv.end) {
		t.Errorf("ended as %q, want %q", end, cv.end)
	}
	if end.Phase != cv.phase {
		t.Errorf("ended in phase %v, want %v", end.Phase, cv.phase)
	}
}
