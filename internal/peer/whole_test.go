// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
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
		probe, inside bool
		took          time.Duration
	}{
		"probed": {true, false, 30 * time.Millisecond}, "not probed": {false, false, time.Second}, "inside a frame": {true, true, time.Second},
	} {
		got := conversation{
			config: func(cfg *peer.Config) { cfg.Probe = c.probe },
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
