// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// conversationOf prints what the log says the other side let us see.
func conversationOf(log *wirelog.Log) string {
	var words []string
	for _, r := range log.Conversation() {
		words = append(words, r.EventText())
	}
	return strings.Join(words, ", ")
}

// TestWholeConversations has the ends that a conversation can come to, where it is
// read to its end, and when that is.
func TestWholeConversations(t *testing.T) {
	hopeless := func(events []wirelog.Record) bool { return len(events) > 1 }
	say := func(p *peer.Peer) { p.Send(text("a")) }
	for name, c := range map[string]struct {
		conversation
		took  time.Duration
		shown string
	}{
		"still open when patience is over": {
			conversation{script: say, patience: 2 * time.Second, end: peer.GiveUp, other: func(o *other) { o.next(); o.want(2*time.Second, "RST") }},
			2 * time.Second, "still open",
		},
		"settled by an event that nothing can make good": {
			conversation{
				script: say, patience: time.Minute, end: peer.GiveUp, config: func(c *peer.Config) { c.Hopeless = hopeless },
				other: func(o *other) {
					o.next()
					o.send(ws.Text, "a")
					o.sleep(time.Second)
					o.send(ws.Text, "b")
					o.want(time.Second, "RST")
				},
			},
			time.Second, `text "a", text "b"`,
		},
		"a server that fails with a code and ends TCP": {
			conversation{script: say, end: peer.GiveUp, other: func(o *other) { o.next(); o.close(1002); o.next() }},
			0, "close 1002, end",
		},
		"a server that resets TCP": {
			conversation{script: say, end: peer.GiveUp, other: func(o *other) { o.next(); _ = o.Reset() }},
			0, "reset",
		},
		"a server that does not end TCP behind the Close frames": {
			conversation{script: say, patience: 3 * time.Second, end: peer.GiveUp, other: func(o *other) {
				o.next()
				o.close(1002)
				o.next()
				o.want(3*time.Second, "RST")
			}},
			3 * time.Second, "close 1002, still open",
		},
		"a client that closes is read to its end": {
			conversation{role: ws.Server, patience: time.Minute, end: peer.GiveUp, config: func(c *peer.Config) { c.ReadOut = true }, other: func(o *other) {
				o.close(1000)
				o.want(0, closeText1000)
				o.want(0, "FIN")
				o.sleep(time.Second / 2)
			}},
			time.Second / 2, "close 1000, end",
		},
		"the beginning of a message where no more of it is wanted": {
			conversation{script: (*peer.Peer).StopAtMessage, patience: time.Minute, end: peer.GiveUp, other: func(o *other) {
				o.send(ws.Pong, "x")
				o.write("\x02\x01a")
				o.want(0, "RST")
			}},
			0, `unasked pong "x", message begun`,
		},
		"the header of a message that is more than we take": {
			conversation{script: (*peer.Peer).StopAtMessage, patience: time.Minute, end: peer.GiveUp, other: func(o *other) {
				o.write("\x82\x7f\x00\x00\x00\xff\x00\x00\x00\x00")
				o.want(0, "RST")
			}},
			0, "message begun",
		},
		"a client that leaves its half of TCP open is left": {
			conversation{role: ws.Server, patience: time.Minute, end: peer.GiveUp, config: func(c *peer.Config) { c.ReadOut = true }, other: func(o *other) {
				o.close(1000)
				o.sleep(time.Minute)
			}},
			time.Second, "close 1000, end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.run(t)
			if shown := conversationOf(got.Log); shown != c.shown || got.took != c.took {
				t.Errorf("%s after %v, want %s after %v\n%s", shown, got.took, c.shown, c.took, got.lines())
			}
		})
	}
}

// Frames behind the peer's own Close are a breach that the reference does not see.
func TestFramesBehindClose(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		for _, readOut := range []bool{true, false} {
			got := conversation{role: role, end: peer.GiveUp, config: func(c *peer.Config) { c.ReadOut = readOut }, other: func(o *other) {
				o.close(1000)
				o.next()
				o.send(ws.Text, "late")
			}}.run(t)
			if broken := len(got.Violations()) == 1; broken != readOut {
				t.Errorf("%v, read out %v: %q", role, readOut, got.Violations())
			}
		}
	}
}

// A Pong is asked for by a Ping of ours, once, or answers a Pong of ours.
func TestUnaskedPongs(t *testing.T) {
	got := conversation{
		script: func(p *peer.Peer) {
			p.Send(peer.Frame{Opcode: ws.Ping, Payload: []byte("a")}, peer.Frame{Opcode: ws.Pong, Payload: []byte("b")})
			p.Until(time.Second, func() bool { return p.Events() == 4 })
			p.Close(1000)
		},
		other: func(o *other) {
			o.next()
			o.next()
			for _, s := range []string{"a", "a", "b", "c"} {
				o.send(ws.Pong, s)
			}
			o.next()
			o.close(1000)
		},
	}.run(t)
	const want = `pong "a", unasked pong "a", pong "b", unasked pong "c", close 1000, end`
	if shown := conversationOf(got.Log); shown != want {
		t.Errorf("%s, want %s", shown, want)
	}
}

// A wait ends as soon as a Ping says that the other side lets it pass, unless we are
// inside a frame.
func TestProbedWait(t *testing.T) {
	for name, c := range map[string]struct {
		probe, inside, passes bool
		took                  time.Duration
	}{
		"probed": {true, false, true, 30 * time.Millisecond}, "not probed": {false, false, false, time.Second}, "inside a frame": {true, true, false, time.Second},
		"inside a frame, in any case": {true, true, true, 50 * time.Millisecond},
	} {
		got := conversation{
			config: func(cfg *peer.Config) {
				cfg.Probe, cfg.Passes = c.probe, func(tag string) bool { return c.passes && tag == "A" }
			},
			script: func(p *peer.Peer) {
				if c.inside {
					p.BeginFrame(3)
					p.FrameData([]byte("a"))
				}
				p.Pause(time.Second, "A")
				p.Abort()
			},
			other: func(o *other) {
				if !c.inside && c.probe {
					o.next()
					o.sleep(30 * time.Millisecond)
					o.send(ws.Pong, "wait A")
				}
				o.sleep(2 * time.Second)
			},
		}.run(t)
		if got.took != c.took || conversationOf(got.Log) != "timeout A" {
			t.Errorf("%s: %s after %v", name, conversationOf(got.Log), got.took)
		}
	}
}

// A pause of the script is over once its Pings are answered; where there are none, or
// not all are answered, it is as long as it should be.
func TestPauseBehindPings(t *testing.T) {
	for name, c := range map[string]struct {
		probe bool
		pings []string
		took  time.Duration
	}{
		"answered":     {true, []string{"a"}, 30 * time.Millisecond},
		"not probed":   {false, []string{"a"}, time.Second},
		"not all":      {true, []string{"a", "b"}, time.Second},
		"nothing sent": {true, nil, time.Second},
	} {
		got := conversation{
			config: func(cfg *peer.Config) { cfg.Probe = c.probe },
			script: func(p *peer.Peer) {
				for _, payload := range c.pings {
					p.Send(peer.Frame{Opcode: ws.Ping, Payload: []byte(payload)})
				}
				p.Pause(time.Second, "")
				p.Abort()
			},
			other: func(o *other) {
				if len(c.pings) > 0 {
					o.next()
					o.sleep(30 * time.Millisecond)
					o.send(ws.Pong, "a")
				}
				o.sleep(2 * time.Second)
			},
		}.run(t)
		if got.took != c.took {
			t.Errorf("%s: took %v, want %v", name, got.took, c.took)
		}
	}
}

// Interim responses are no answer (RFC 9110, 15.2); what comes without end is.
func TestInterimResponses(t *testing.T) {
	const hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
	for n, opens := range map[int]bool{0: true, 1: true, 3: true, 20: false} {
		got := conversation{raw: func(o *other) {
			o.head()
			o.write(strings.Repeat(hints, n) + o.response("") + "\r\n")
			o.close(1000)
		}}.run(t)
		if got.opened != opens {
			t.Errorf("%d interim responses: opened %v, %s", n, got.opened, got.Refused)
		}
	}
}

// A refused handshake is told by its status, and by silence or the end of TCP.
func TestRefusedConversations(t *testing.T) {
	for shown, raw := range map[string]func(o *other){
		"http 404":   func(o *other) { o.head(); o.write("HTTP/1.1 404 Not Found\r\n\r\n") },
		"http 0":     func(o *other) { o.head(); o.write("SSH-2.0\r\n\r\n") },
		"http 101":   func(o *other) { o.head(); o.write("HTTP/1.1 101 Yes\r\n\r\n") },
		"end":        func(o *other) { o.head() },
		"reset":      func(o *other) { o.head(); _ = o.Reset() },
		"still open": func(o *other) { o.head(); o.sleep(time.Minute) },
	} {
		got := conversation{raw: raw}.run(t)
		if conversationOf(got.Log) != shown || got.Refused == "" {
			t.Errorf("%s, want %s (%s)", conversationOf(got.Log), shown, got.Refused)
		}
	}
}

// An opening handshake goes out the way a case has edited it, and is read apart where
// it is written apart.
func TestEditedHead(t *testing.T) {
	field := func(name, value string) peer.Edit {
		return func(h *peer.Head) { h.Fields = h.Fields.With(name, value) }
	}
	for name, c := range map[string]struct {
		edits []peer.Edit
		reads int
		holds string
	}{
		"another value":    {[]peer.Edit{field("Connection", "keep-alive, Upgrade")}, 1, "\r\nConnection: keep-alive, Upgrade\r\n"},
		"an empty value":   {[]peer.Edit{field("Origin", "")}, 1, "\r\nOrigin:\r\n"},
		"a line":           {[]peer.Edit{func(h *peer.Head) { h.Fields = append(h.Fields, ws.Field{Value: "X:y"}) }}, 1, "\r\nX:y\r\n"},
		"in front":         {[]peer.Edit{func(h *peer.Head) { h.Before = []byte("\r\n") }}, 1, "\r\nGET /chat HTTP/1.1\r\n"},
		"LF":               {[]peer.Edit{func(h *peer.Head) { h.LF = true }}, 1, "GET /chat HTTP/1.1\nUser-Agent"},
		"in two":           {[]peer.Edit{func(h *peer.Head) { h.Cut, h.Pause = -1, time.Second }}, 2, "\r\n\r\n"},
		"raw":              {[]peer.Edit{func(h *peer.Head) { h.Raw = []byte("GET / HTTP/1.1\r\nA: b\r\n\r\n") }}, 1, "A: b"},
		"frames behind it": {[]peer.Edit{func(h *peer.Head) { h.Behind = []peer.Frame{text("x")} }}, 1, "\r\n\r\n\x81\x81"},
	} {
		var got strings.Builder
		reads := 0
		conversation{opening: peer.Opening{Edits: c.edits}, raw: func(o *other) {
			buf := make([]byte, 4096)
			_ = o.SetReadDeadline(time.Now().Add(3 * time.Second))
			for {
				n, err := o.Read(buf)
				if err != nil {
					return
				}
				reads++
				got.Write(buf[:n])
			}
		}}.run(t)
		if reads != c.reads || !strings.Contains(got.String(), c.holds) {
			t.Errorf("%s: %d reads, want %d: %q", name, reads, c.reads, got.String())
		}
	}
}

// Answers to what goes before our request are events, and only the next one counts.
func TestAnswersBeforeOurs(t *testing.T) {
	const page = "GET / HTTP/1.1\r\n\r\n"
	const found = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	first := func(h *peer.Head) { h.First = []byte(page) }
	before := func(h *peer.Head) { h.Before, h.Answers = []byte(page), 1 }
	for name, c := range map[string]struct {
		edit  peer.Edit
		raw   func(o *other)
		shown string
	}{
		"one after the other": {first, func(o *other) {
			o.head()
			o.write(found)
			o.head()
			o.write(o.response("") + "\r\n")
			o.close(1000)
		}, "http 200, close 1000, end"},
		"at once": {before, func(o *other) {
			o.head()
			o.head()
			o.write(found + o.response("") + "\r\n")
			o.close(1000)
		}, "http 200, close 1000, end"},
		"two refusals":             {before, func(o *other) { o.head(); o.head(); o.write(found + "HTTP/1.1 400 No\r\n\r\n") }, "http 200, http 400"},
		"the end behind the first": {first, func(o *other) { o.head(); o.write(found) }, "http 200, end"},
		"content to the end":       {first, func(o *other) { o.head(); o.write("HTTP/1.1 200 OK\r\n\r\nhi") }, "http 200, end"},
		"silence":                  {first, func(o *other) { o.head(); o.sleep(time.Minute) }, "still open"},
		"101 to the first": {before, func(o *other) {
			o.head()
			o.write(o.response("") + "\r\n")
		}, "http 101"},
	} {
		got := conversation{opening: peer.Opening{Edits: []peer.Edit{c.edit}}, raw: c.raw}.run(t)
		if shown := conversationOf(got.Log); shown != c.shown {
			t.Errorf("%s: %s, want %s (%s)", name, shown, c.shown, got.Refused)
		}
	}
}

// A request can be left before it is answered, or go on until it is.
func TestRequestsWithoutEnd(t *testing.T) {
	for name, c := range map[string]struct {
		edit  peer.Edit
		raw   func(o *other)
		shown string
		took  time.Duration
	}{
		"left":    {func(h *peer.Head) { h.Leave = true }, func(o *other) { o.head(); o.want(0, "FIN") }, "", 0},
		"aborted": {func(h *peer.Head) { h.Leave, h.Abort = true, true }, func(o *other) { o.want(0, "RST") }, "", 0},
		"endless, and nobody minds": {func(h *peer.Head) { h.Endless = 100_000 }, func(o *other) {
			b := make([]byte, 1<<20)
			n, _ := io.ReadFull(o, b)
			if n < 100_000 || bytes.Contains(b[:n], []byte("\r\n\r\n")) {
				o.t.Errorf("%d octets: %q", n, b[:100])
			}
		}, "still open", 5 * time.Second},
		"endless until it is answered": {func(h *peer.Head) { h.Endless = 1 << 20 }, func(o *other) {
			_, _ = o.readFull(make([]byte, 50_000))
			o.write("HTTP/1.1 431 No\r\n\r\n")
			if n, _ := io.Copy(io.Discard, o); n > 200_000 {
				o.t.Errorf("%d octets more", n)
			}
		}, "http 431", 0},
	} {
		begun := time.Duration(0)
		got := conversation{capacity: 64 << 10, opening: peer.Opening{Edits: []peer.Edit{c.edit}}, raw: func(o *other) {
			c.raw(o)
			begun = time.Since(o.start)
		}}.run(t)
		if shown := conversationOf(got.Log); shown != c.shown || begun != c.took {
			t.Errorf("%s: %s after %v, want %s after %v (%s)", name, shown, begun, c.shown, c.took, got.Refused)
		}
	}
}

// What an answer may accept follows from the offers that were sent.
func TestOffersAsSent(t *testing.T) {
	offering := func(value string) peer.Opening {
		return peer.Opening{Edits: []peer.Edit{func(h *peer.Head) { h.Fields = h.Fields.With("Sec-WebSocket-Extensions", value) }}}
	}
	for _, c := range []struct {
		offer, answer, refused string
	}{
		{"x-a, permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=9", ""},
		{"permessage-deflate;", "permessage-deflate", "which nobody can accept as it was offered"},
		{"permessage-deflate; client_max_window_bits=16", "permessage-deflate", "which nobody can accept as it was offered"},
		{"x-a", "x-a", "which nobody can accept as it was offered"},
		{"x-a", "permessage-deflate", "was not offered"},
	} {
		got := conversation{opening: offering(c.offer), extensions: c.answer, other: func(o *other) { o.close(1000) }}.run(t)
		if got.opened != (c.refused == "") || !strings.Contains(got.Refused, c.refused) {
			t.Errorf("%q answered with %q: opened %v, %s", c.offer, c.answer, got.opened, got.Refused)
		}
	}
}
