// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// TestScriptedEnds plays what scripts do with the end of a connection.
func TestScriptedEnds(t *testing.T) {
	readOut := func(c *peer.Config) { c.ReadOut = true }
	frames := []peer.Frame{text("a"), {Opcode: ws.Close, Payload: []byte{0x03, 0xe8}}, text("b")}
	for name, c := range map[string]struct {
		conversation
		took  time.Duration
		facts string
	}{
		"a Close among other frames begins the closing handshake": {
			conversation{script: func(p *peer.Peer) { p.BeginClose(frames...) }, other: func(o *other) {
				o.want(0, `text "a"`)
				o.want(0, closeText1000)
				o.want(0, `text "b"`)
				o.close(1000)
			}},
			0, "opened closedByMe clean local=1000 remote=1000 ",
		},
		"a Close is not answered while the answer is withheld": {
			conversation{script: func(p *peer.Peer) {
				p.Withhold(true)
				p.Until(time.Second, func() bool { return false })
				p.Withhold(false)
			}, other: func(o *other) {
				o.close(1000)
				o.want(time.Second, closeText1000)
			}},
			time.Second, "opened clean local=1000 remote=1000 ",
		},
		"a server does not end TCP while that is withheld": {
			conversation{role: ws.Server, config: readOut, script: func(p *peer.Peer) {
				p.Withhold(true)
				p.Close(1000)
				p.Until(time.Second, func() bool { return false })
				p.Withhold(false)
			}, other: func(o *other) {
				o.want(0, closeText1000)
				o.close(1000)
				o.want(time.Second, "FIN")
			}},
			time.Second, "opened closedByMe clean local=1000 remote=1000 ",
		},
		"what is withheld is not made up for by itself": {
			conversation{role: ws.Server, config: readOut, end: peer.GiveUp, patience: 3 * time.Second, script: func(p *peer.Peer) {
				p.Withhold(true)
				p.Close(1000)
			}, other: func(o *other) {
				o.want(0, closeText1000)
				o.close(1000)
				o.want(3*time.Second, "RST")
			}},
			3 * time.Second, "opened closedByMe droppedByMe clean local=1000 remote=1000 ",
		},
		"a code from beyond all ranges may be returned": {
			conversation{config: readOut, script: func(p *peer.Peer) { p.Close(5000) }, other: func(o *other) {
				o.want(0, closing(5000, ""))
				o.close(5000)
			}},
			0, "opened closedByMe clean local=5000 remote=5000 ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.run(t)
			got.wantFacts(t, c.facts)
			if got.took != c.took {
				t.Errorf("took %v, want %v", got.took, c.took)
			}
		})
	}
}

// What comes while we are deaf is read when the time is over, but for what a read
// brings that has begun before.
func TestDeafFor(t *testing.T) {
	conversation{
		script: func(p *peer.Peer) { p.DeafFor(time.Second / 2) }, patience: 2 * time.Second,
		config: func(c *peer.Config) {
			c.Complete, c.CompleteCode = func(es []wirelog.Record) bool { return len(es) == 2 }, ws.NormalClosure
		},
		other: func(o *other) {
			o.sleep(time.Second / 8)
			o.send(ws.Text, "first")
			o.sleep(time.Second / 8)
			o.send(ws.Text, "second")
			o.want(time.Second/2, closeText1000)
			o.close(1000)
		},
	}.run(t)
}

// With PlayOut a script is played to its end, whatever has come.
func TestPlayOut(t *testing.T) {
	for _, playOut := range []bool{false, true} {
		conversation{
			config: func(c *peer.Config) {
				c.Complete, c.CompleteCode, c.PlayOut = func(es []wirelog.Record) bool { return len(es) == 1 }, ws.NormalClosure, playOut
			},
			script: func(p *peer.Peer) {
				p.Send(text("a"))
				p.Until(time.Second, func() bool { return p.Events() > 0 })
				p.Send(text("b"))
			},
			other: func(o *other) {
				o.want(0, `text "a"`)
				o.send(ws.Text, "a")
				second := closeText1000
				if playOut {
					second = `text "b"`
				}
				o.want(0, second)
				o.close(1000)
			},
		}.run(t)
	}
}
