// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// An echo is compared octet by octet, and the first difference is told in words.
func TestEcho(t *testing.T) {
	long := strings.Repeat("0123456789", 20_000)
	flip := func(s string, at int) string {
		b := []byte(s)
		b[at] ^= 1
		return string(b)
	}
	for _, c := range []struct {
		sent       string
		op         ws.Opcode
		back       string
		difference string
	}{
		{"Hello", ws.Text, "Hello", ""},
		{"", ws.Text, "", ""},
		{long, ws.Text, long, ""},
		{"Hello", ws.Binary, "Hello", "expected a text message of 5 octets, received a binary message of 5 octets"},
		{"Hello", ws.Text, "Hell", "expected a text message of 5 octets, received 4 octets; the first difference is at offset 4"},
		{"Hello", ws.Text, "Hello!", "expected a text message of 5 octets, received 6 octets; the first difference is at offset 5"},
		{"Hello", ws.Text, "Hallo", "octet 1 of 5 of the echo is 0x61 and should be 0x65"},
		{long, ws.Text, flip(long, 199_999), "octet 199999 of 200000 of the echo is 0x38 and should be 0x39"},
		{long, ws.Text, flip(long, 65_536), "octet 65536 of 200000 of the echo is 0x37 and should be 0x36"},
	} {
		for name, play := range map[string]func(*peer.Peer) bool{
			"message": func(p *peer.Peer) bool {
				return p.Echo(peer.Message{Data: ws.Pattern{Unit: []byte(c.sent[:min(10, len(c.sent))]), Len: len(c.sent)}, Fragment: 1000})
			},
			"frame": func(p *peer.Peer) bool { return p.EchoFrame(text(c.sent)) },
		} {
			got := conversation{
				script: func(p *peer.Peer) {
					if is := play(p); is != (c.difference == "") {
						t.Errorf("%s: the echo is right: %v", name, is)
					}
					p.Close(1000)
				},
				other: func(o *other) {
					for h, _ := o.readFrame(); !h.Fin && o.err == nil; {
						h, _ = o.readFrame()
					}
					o.send(c.op, c.back)
					o.want(0, closeText1000)
					o.close(1000)
				},
			}.run(t)
			if octets := got.Contrast != ""; octets != (c.difference != "" && c.op == ws.Text) {
				t.Errorf("%s: the octets around it: %q", name, got.Contrast)
			}
			if got.Echo.Difference != c.difference || got.Echo.Sent != 1 || got.took != 0 {
				t.Errorf("%s: after %v %+v, want %q", name, got.took, got.Echo, c.difference)
			}
		}
	}
}

// What ends the wait for an echo that does not come.
func TestEchoThatDoesNotCome(t *testing.T) {
	m := peer.Message{Data: ws.Literal([]byte("Hello"))}
	for name, c := range map[string]struct {
		conversation
		took time.Duration
	}{
		"patience of the script": {conversation{script: func(p *peer.Peer) {
			p.EndAfter(3*time.Second, peer.CloseConnection)
			p.Echo(m)
		}, other: func(o *other) { o.sleep(time.Hour) }}, 4 * time.Second},
		"patience of the configuration": {conversation{script: func(p *peer.Peer) {
			p.Echo(m)
			p.Close(1000)
		}, other: func(o *other) { o.sleep(time.Hour) }}, 2 * time.Second},
		"a Close":        {conversation{script: func(p *peer.Peer) { p.Echo(m); p.Echo(m) }, other: func(o *other) { o.sleep(time.Second / 2); o.close(1000); o.next(); o.next() }}, time.Second / 2},
		"the end of TCP": {conversation{script: func(p *peer.Peer) { p.Echo(m); p.Echo(m) }}, 0},
	} {
		got := c.run(t)
		if got.took != c.took || got.Echo.Matched != 0 || got.Echo.Sent != 1 || got.Echo.Difference != "" {
			t.Errorf("%s: took %v, want %v; %+v", name, got.took, c.took, got.Echo)
		}
	}
}

// A message that answers nothing is a difference, too.
func TestEchoTwice(t *testing.T) {
	got := conversation{
		script: func(p *peer.Peer) {
			p.Echo(peer.Message{Data: ws.Literal([]byte("Hello"))})
			p.Pause(time.Second, "")
			if p.Echo(peer.Message{Data: ws.Literal([]byte("again"))}) {
				t.Error("an echo after a wrong one is counted")
			}
			p.Close(1000)
		},
		other: func(o *other) {
			o.next()
			o.send(ws.Text, "Hello")
			o.send(ws.Text, "Hello")
			o.next()
			o.send(ws.Text, "again")
			o.close(1000)
		},
	}.run(t)
	if want := "a message of 5 octets that was no answer to ours"; got.Echo.Difference != want || got.Echo.Matched != 1 {
		t.Errorf("%+v, want %q", got.Echo, want)
	}
}

// Several messages can be on their way: each has to come back, in order.
func TestEchoAll(t *testing.T) {
	for answers, want := range map[string]struct {
		all        bool
		matched    int
		difference string
	}{
		"one two three": {true, 3, ""},
		"one three":     {false, 1, "expected a text message of 3 octets, received 5 octets; the first difference is at offset 1"},
		"one":           {false, 1, ""},
	} {
		var all bool
		got := conversation{
			script: func(p *peer.Peer) {
				tail := peer.Frame{Opcode: ws.Continuation, Payload: []byte("ree")}
				head := text("th")
				head.More = true
				all = p.EchoAll(time.Second, text("one"), text("two"), head, tail)
				p.Close(1000)
			},
			other: func(o *other) {
				for range 4 {
					o.next()
				}
				for word := range strings.FieldsSeq(answers) {
					o.send(ws.Text, word)
				}
				o.next()
			},
		}.run(t)
		if all != want.all || got.Echo.Matched != want.matched || got.Echo.Difference != want.difference || got.Echo.Sent != 3 {
			t.Errorf("%s: %v, %+v", answers, all, got.Echo)
		}
	}
}

// What frames come to can be told beside them.
func TestEchoAllOf(t *testing.T) {
	said := []peer.Message{{Data: ws.Literal([]byte("one"))}, {Binary: true, Data: ws.Literal([]byte("two"))}}
	for second, want := range map[ws.Opcode]int{ws.Binary: 2, ws.Text: 1} {
		var all bool
		got := conversation{
			script: func(p *peer.Peer) {
				all = p.EchoAllOf(time.Second, said, text("1"), text("2"))
				p.Close(1000)
			},
			other: func(o *other) {
				o.next()
				o.next()
				o.send(ws.Text, "one")
				o.send(second, "two")
				o.next()
			},
		}.run(t)
		if all != (want == 2) || got.Echo.Matched != want || got.Echo.Sent != 2 {
			t.Errorf("%v: %v, %+v", second, all, got.Echo)
		}
	}
}

// Patience with several begins anew with each that comes.
func TestEchoAllWhileTheyCome(t *testing.T) {
	for pause, want := range map[time.Duration]int{900 * time.Millisecond: 5, 1100 * time.Millisecond: 0} {
		got := conversation{
			script: func(p *peer.Peer) {
				p.EchoAll(time.Second, slices.Repeat([]peer.Frame{text("x")}, 5)...)
				p.Close(1000)
			},
			other: func(o *other) {
				for range 5 {
					o.next()
				}
				for range 5 {
					o.sleep(pause)
					o.send(ws.Text, "x")
				}
			},
		}.run(t)
		if want > 0 && got.Echo.Matched != want || got.took > 5*pause+2*time.Second {
			t.Errorf("%v apart: %+v after %v", pause, got.Echo, got.took)
		}
	}
}

// While we are deaf, what we send goes on until the network is full; then all is read.
func TestEchoesWhileDeaf(t *testing.T) {
	var blocked time.Duration
	got := conversation{
		capacity: 1 << 10,
		config:   func(c *peer.Config) { c.Patience = 10 * time.Second },
		script: func(p *peer.Peer) {
			p.DeafFor(time.Second)
			if !p.EchoAll(10*time.Second, slices.Repeat([]peer.Frame{text(strings.Repeat("x", 1000))}, 10)...) {
				t.Error("not all came back")
			}
			blocked = time.Since(p.Log().Start)
			p.Close(1000)
		},
		other: func(o *other) { // reads when what it has written is taken
			for range 10 {
				_, payload := o.readFrame()
				o.send(ws.Text, string(payload))
			}
			o.next()
			o.close(1000)
		},
	}.run(t)
	if blocked != time.Second || got.Echo.Matched != 10 {
		t.Errorf("after %v: %+v", blocked, got.Echo)
	}
}

// Reading slowly takes as long as there are reads.
func TestReadSlowly(t *testing.T) {
	got := conversation{
		script: func(p *peer.Peer) {
			p.ReadSlowly(10 * time.Millisecond)
			p.EchoFrame(peer.Frame{Opcode: ws.Binary, Payload: []byte("x"), Repeated: true, Repeat: 640_000})
			p.ReadSlowly(0)
			p.Close(1000)
		},
		other: func(o *other) {
			_, payload := o.readFrame()
			o.send(ws.Binary, string(payload))
			o.next()
			o.close(1000)
		},
	}.run(t)
	if got.took < 90*time.Millisecond || got.took > 110*time.Millisecond || got.Echo.Matched != 1 {
		t.Errorf("after %v: %+v", got.took, got.Echo)
	}
}

// A frame can be sent in pieces with time between them, under one mask.
func TestFrameInPieces(t *testing.T) {
	for _, role := range []ws.Role{ws.Client, ws.Server} {
		conversation{
			role: role,
			script: func(p *peer.Peer) {
				p.BeginFrame(10)
				p.FrameData([]byte("abc"))
				p.Pause(time.Second, "A")
				p.FrameData([]byte("defghij"))
			},
			other: func(o *other) {
				o.want(time.Second, `text more "abcdefghij"`)
				o.want(2*time.Second, goingAway)
				o.close(1000)
			},
		}.run(t)
	}
}

// A pause with a tag is an event, and the script goes on while the connection is
// open; without one it goes on until TCP is closed.
func TestPause(t *testing.T) {
	script := func(tag string) func(*peer.Peer) {
		return func(p *peer.Peer) {
			p.Pause(time.Second, tag)
			p.Send(text("after"))
			p.Pause(time.Second, tag)
		}
	}
	for name, c := range map[string]struct {
		tag   string
		other func(*other)
		lines string
	}{
		"tag and silence":           {"A", func(o *other) { o.sleep(5 * time.Second) }, "# wait 1s A\n# waited A\n= timeout A\n> text"},
		"tag and a Close":           {"A", func(o *other) { o.sleep(time.Second / 2); o.close(1000); o.next(); o.sleep(time.Second) }, "# waited A"},
		"tag and the end of TCP":    {"A", nil, "# wait 1s A\n# dropped by peer\n"},
		"no tag and silence":        {"", func(o *other) { o.sleep(5 * time.Second) }, "# wait 1s\n# waited\n> text"},
		"no tag and a Close":        {"", func(o *other) { o.sleep(time.Second / 2); o.close(1000); o.next(); o.sleep(time.Second) }, "# waited\n> text"},
		"no tag and the end of TCP": {"", nil, "# wait 1s\n# dropped by peer\n"},
	} {
		got := conversation{script: script(c.tag), other: c.other}.run(t)
		lines := string(maskless(got.lines()))
		if !strings.Contains(lines, c.lines) {
			t.Errorf("%s: want %q in\n%s", name, c.lines, lines)
		}
		if open := strings.Contains(name, "silence") || name == "no tag and a Close"; strings.Contains(lines, `"after"`) != open {
			t.Errorf("%s: the script goes on: %v, want %v\n%s", name, !open, open, lines)
		}
	}
}

// maskless takes masks out of a log.
func maskless(lines string) []byte {
	var b bytes.Buffer
	for word := range strings.SplitSeq(lines, " ") {
		if !strings.HasPrefix(word, "mask=") {
			b.WriteString(word + " ")
		}
	}
	return b.Bytes()
}
