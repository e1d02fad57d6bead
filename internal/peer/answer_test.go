// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// reads returns what each read until the end of the connection brings.
func (o *other) reads() []string {
	var all []string
	_ = o.SetReadDeadline(time.Now().Add(time.Minute))
	for b := make([]byte, 4096); ; {
		n, err := o.Read(b)
		if err != nil {
			return all
		}
		all = append(all, string(b[:n]))
	}
}

// An answer goes out with the frames that the script sends at once, where it may wait for
// them, and with no frame where the script waits or leaves.
func TestHeldAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		hold   bool
		script func(p *peer.Peer)
		first  string // what the first read ends with
	}{
		"held, and a frame":     {true, func(p *peer.Peer) { p.Send(text("a")) }, "\r\n\r\n\x81\x01a"},
		"held, and a Close":     {true, func(p *peer.Peer) { p.Close(1000) }, "\r\n\r\n\x88\x02\x03\xe8"},
		"held, and octets":      {true, func(p *peer.Peer) { p.SendOctets([]byte("z")) }, "\r\n\r\nz"},
		"held, and a wait":      {true, func(p *peer.Peer) { p.Until(time.Second, func() bool { return false }); p.Send(text("a")) }, "\r\n\r\n"},
		"held, and a departure": {true, func(p *peer.Peer) { p.Leave() }, "\r\n\r\n"},
		"held, and half a one":  {true, func(p *peer.Peer) { p.EndWrite() }, "\r\n\r\n"},
		"not held":              {false, func(p *peer.Peer) { p.Send(text("a")) }, "\r\n\r\n"},
	} {
		var got []string
		conversation{
			role: ws.Server, script: c.script, end: peer.GiveUp, config: func(cfg *peer.Config) { cfg.HoldAnswer = c.hold },
			raw: func(o *other) {
				o.write(request + "\r\n")
				got = o.reads()
			},
		}.run(t)
		if len(got) == 0 || !strings.HasSuffix(got[0], c.first) && (c.hold || !strings.Contains(got[0], c.first)) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// A client waits for the answer. What it sends before is a breach, and ends the wait.
func TestWithheldAnswers(t *testing.T) {
	withhold := peer.Opening{Edits: []peer.Edit{func(h *peer.Head) { h.Wait = time.Second }}}
	for name, c := range map[string]struct {
		behind string // the request, in the same write
		later  string // half a second later
		took   time.Duration
		broken int
	}{
		"a client that waits":              {"", "", time.Second, 0},
		"a frame in the same write":        {"\x89\x80\x00\x00\x00\x00", "", 0, 1},
		"half a frame in the same write":   {"\x89", "", 0, 1},
		"a frame while the answer is kept": {"", "\x89\x80\x00\x00\x00\x00", time.Second / 2, 1},
	} {
		var took time.Duration
		got := conversation{
			role: ws.Server, opening: withhold, end: peer.GiveUp, script: func(p *peer.Peer) { p.Abort() },
			raw: func(o *other) {
				begun := time.Now()
				o.write(request + "\r\n" + c.behind)
				if c.later != "" {
					o.sleep(time.Second / 2)
					o.write(c.later)
				}
				_ = o.SetReadDeadline(time.Now().Add(time.Minute))
				_, _ = o.Read(make([]byte, 1))
				took = time.Since(begun)
			},
		}.run(t)
		if took != c.took || len(got.Violations()) != c.broken {
			t.Errorf("%s: answered after %v, %q", name, took, got.Violations())
		}
	}
}

// Where the answer opens nothing, frames but a Close are a breach that ends all.
func TestVoidAnswers(t *testing.T) {
	void := peer.Opening{Edits: []peer.Edit{func(h *peer.Head) { h.Void = true }}}
	for name, c := range map[string]struct {
		frame  ws.Opcode
		broken int
	}{"text": {ws.Text, 1}, "a Ping": {ws.Ping, 1}, "a Pong": {ws.Pong, 1}, "a Close": {ws.Close, 0}} {
		got := conversation{
			role: ws.Server, opening: void, end: peer.GiveUp, patience: time.Minute,
			other: func(o *other) { o.send(c.frame, "") },
		}.run(t)
		if len(got.Violations()) != c.broken || got.took > 0 {
			t.Errorf("%s: %q after %v", name, got.Violations(), got.took)
		}
	}
}

// A case that cannot be played with a client has the connection opened as it should be,
// and closed.
func TestDeclinedCases(t *testing.T) {
	decline := peer.Opening{Edits: []peer.Edit{func(h *peer.Head) { h.Line, h.NotJudged = "HTTP/1.1 500 No", "it offers nothing" }}}
	got := conversation{
		role: ws.Server, opening: decline, end: peer.GiveUp, script: func(p *peer.Peer) { p.Send(text("not sent")) },
		other: func(o *other) {
			o.want(0, `close ""`)
			o.close(1000)
		},
	}.run(t)
	if notes := got.Notes(wirelog.NotJudged); !slices.Equal(notes, []string{"it offers nothing"}) || !strings.HasPrefix(string(got.Response), "HTTP/1.1 101") {
		t.Errorf("%q, %q", notes, got.Response)
	}
}
