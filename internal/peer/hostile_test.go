// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// A peer that does not read holds us up for our patience and no longer.
func TestPeerThatDoesNotRead(t *testing.T) {
	for name, c := range map[string]struct {
		script func(*peer.Peer)
		took   time.Duration
	}{
		"patience of the configuration": {func(p *peer.Peer) { p.Send(text(strings.Repeat("x", 1<<16)), text("more")) }, 7 * time.Second},
		"patience of the script": {func(p *peer.Peer) {
			p.EndAfter(3*time.Second, peer.FailConnection)
			p.Send(text(strings.Repeat("x", 1<<16)))
		}, 3 * time.Second},
		"an octet at a time": {func(p *peer.Peer) {
			p.Send(peer.Frame{Opcode: ws.Text, Payload: []byte("x"), Repeated: true, Repeat: 1 << 16, Chop: 1})
		}, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			got := conversation{
				capacity: 1000, script: c.script,
				config: func(c *peer.Config) { c.Patience = 7 * time.Second },
				other:  func(o *other) { o.sleep(time.Hour) },
			}.run(t)
			if got.took != c.took {
				t.Errorf("took %v, want %v", got.took, c.took)
			}
			got.wantFacts(t, "opened failedByMe droppedByMe (peer did not read what we sent)")
		})
	}
}

// One octet a second keeps nobody waiting longer than the script's patience and
// the closing handshake.
func TestOneOctetASecond(t *testing.T) {
	got := conversation{patience: 10 * time.Second, other: func(o *other) {
		for _, octet := range "\x02\x64Hello, world! This will take a while" {
			o.write(string(octet))
			o.sleep(time.Second)
		}
	}}.run(t)
	if got.took != 11*time.Second {
		t.Errorf("took %v, want 11s", got.took)
	}
}

// An echo that comes while we still send must block nobody: the other side
// reads no more before its echo is written.
func TestEchoWhileWeStillSend(t *testing.T) {
	got := conversation{
		capacity: 4 << 10,
		script: func(p *peer.Peer) {
			p.Mute(true)
			m := peer.Message{Binary: true, Data: ws.Pattern{Unit: []byte("0123456789"), Len: 4 << 20}, Fragment: 1 << 10}
			if !p.Echo(m) {
				t.Errorf("no echo: %s", p.Log().Echo.Difference)
			}
			p.Close(1000)
		},
		other: func(o *other) {
			b := make([]byte, 1<<12)
			mask, at := [4]byte{}, 0
			for total := 0; total < 4<<20; { // frames of 1 KiB, and an empty last one
				for _, n := range []int{2, 2, 4} {
					if _, err := o.readFull(b[at : at+n]); err != nil {
						return
					}
					at += n
				}
				copy(mask[:], b[4:8])
				if _, err := o.readFull(b[8 : 8+1<<10]); err != nil {
					return
				}
				ws.Mask(mask, 0, b[8:8+1<<10])
				o.write(string(b[:1]) + "\x7e\x04\x00" + string(b[8:8+1<<10]))
				total += 1 << 10
				at = 0
			}
			_, _ = o.readFull(b[:6])
			o.write("\x80\x00")
			o.want(0, closeText1000)
			o.close(1000)
		},
	}.run(t)
	if got.took != 0 || got.Echo.Matched != 1 {
		t.Errorf("took %v, %+v", got.took, got.Echo)
	}
}

// Floods cost bounded memory and bounded time, whether we handle what comes or
// are held up meanwhile in a write that nobody reads.
func TestFloods(t *testing.T) {
	for name, flood := range map[string]struct{ first, unit string }{
		"of messages":       {"", "\x82\x7e\x03\xe8" + strings.Repeat("x", 1000)},
		"of empty messages": {"", strings.Repeat("\x81\x00", 500)},
		"of pings":          {"", strings.Repeat("\x89\x01x", 300)},
		"of pongs":          {"", strings.Repeat("\x8a\x01x", 300)},
		"of fragments":      {"\x01\x00", strings.Repeat("\x00\x00", 500)},
		"of long fragments": {"\x02\x00", "\x00\x7e\x03\xe8" + strings.Repeat("x", 1000)},
		"of one frame":      {"\x82\x7f\x00\x00\x00\x00\x00\x3f\xff\xff", strings.Repeat("x", 1000)},
	} {
		for how, script := range map[string]func(*peer.Peer){
			"handled": nil,
			"held up": func(p *peer.Peer) { p.Send(text(strings.Repeat("x", 1<<20))) },
		} {
			t.Run(name+" "+how, func(t *testing.T) { checkFlood(t, flood.first, flood.unit, script) })
		}
	}
}

func checkFlood(t *testing.T, first, unit string, script func(*peer.Peer)) {
	const backlog = 4 << 20
	var peak uint64
	got := conversation{
		capacity: 64 << 10,
		config:   func(c *peer.Config) { c.Backlog = backlog },
		script:   script,
		other: func(o *other) {
			go func() { // takes pongs, but no message
				b := make([]byte, 1<<10)
				for n, err := o.Read(b); err == nil && n < 100; {
					n, err = o.Read(b)
				}
			}()
			o.write(first)
			for i := range 10 * backlog / len(unit) {
				if _, err := o.Write([]byte(unit)); err != nil {
					return
				}
				if i%1000 == 0 {
					peak = max(peak, heap())
				}
			}
		},
	}.run(t)
	if limit := uint64(8*backlog + 16<<20); peak > limit {
		t.Errorf("%d MiB in use, want at most %d", peak>>20, limit>>20)
	}
	if got.took > 3*time.Second {
		t.Errorf("took %v", got.took)
	}
	if len(got.Records) > wirelog.MaxRecords+10 {
		t.Errorf("%d records", len(got.Records))
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The same seed and the same peer give the same log, to the last digit.
func TestLogIsDeterministic(t *testing.T) {
	var first []byte
	for range 200 {
		got := conversation{
			script: func(p *peer.Peer) {
				p.Send(text("one"), peer.Frame{Opcode: ws.Ping, Payload: []byte("two"), Sync: true})
				p.Pause(time.Second, "A")
				p.Send(peer.Frame{Opcode: ws.Text, Payload: []byte("three"), Chop: 2})
			},
			other: func(o *other) {
				for range 2 {
					o.next()
				}
				o.sleep(time.Second / 2)
				o.write(o.frame(ws.Header{Fin: true, Opcode: ws.Text}, "one") + o.frame(ws.Header{Fin: true, Opcode: ws.Pong}, "two") +
					o.frame(ws.Header{Fin: true, Opcode: ws.Ping}, "four"))
				o.want(time.Second/2, `pong "four"`)
				o.want(time.Second, `text "three"`)
				o.want(2*time.Second, goingAway)
				o.close(1000)
			},
		}.run(t)
		var b bytes.Buffer
		for _, r := range got.Records {
			b.WriteString(r.String() + "\n")
		}
		if first == nil {
			first = b.Bytes()
		} else if !bytes.Equal(first, b.Bytes()) {
			t.Fatalf("one log:\n%s\nanother:\n%s", first, b.Bytes())
		}
	}
	if n := bytes.Count(first, []byte("\n")); n < 20 {
		t.Errorf("only %d records:\n%s", n, first)
	}
}

// Another seed gives other masks.
func TestSeedDecidesMasks(t *testing.T) {
	masks := map[[4]byte]bool{}
	for seed := range uint64(20) {
		got := conversation{
			config: func(c *peer.Config) { c.Seed = seed },
			script: func(p *peer.Peer) { p.Send(text("a"), text("b")) },
			other:  func(o *other) { o.want(0, `text "a"`); o.want(0, `text "b"`) },
		}.run(t)
		for _, r := range got.Records {
			if r.Kind == wirelog.SentFrame {
				masks[r.Frame.Key] = true
			}
		}
	}
	if len(masks) < 40 {
		t.Errorf("%d different masks in 40 frames", len(masks))
	}
}

// What a script sends when the connection is gone is noted, not sent.
func TestSendingInTheEnd(t *testing.T) {
	got := conversation{
		script: func(p *peer.Peer) {
			p.Until(time.Second, func() bool { return !p.IsOpen() })
			p.Send(text("late"))
			p.SendMessage(peer.Message{Data: ws.Literal([]byte("never"))})
		},
	}.run(t)
	if want := "# fail after 1s"; strings.Contains(got.lines(), want) {
		t.Errorf("patience began after the end:\n%s", got.lines())
	}
	if want := `# not sent text`; !strings.Contains(got.lines(), want) || strings.Contains(got.lines(), "never") {
		t.Errorf("want %q:\n%s", want, got.lines())
	}
}
