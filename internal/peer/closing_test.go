// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

const (
	closeText1000 = `close 0x03e8`
	goingAway     = `close 0x03e9476f696e672041776179`
)

// TestClosing plays the ends of a connection: who says what, and exactly when.
func TestClosing(t *testing.T) {
	closeNow := func(p *peer.Peer) { p.Close(ws.NormalClosure) }
	for name, c := range map[string]struct {
		conversation
		took  time.Duration
		facts string
	}{
		"a peer that never answers our Close is dropped after a second": {
			conversation{script: closeNow, patience: 10 * time.Second, other: func(o *other) {
				o.want(0, closeText1000)
				o.want(time.Second, "RST")
			}},
			time.Second,
			"opened closedByMe droppedByMe closeTimeout local=1000 (peer did not respond (in time) in closing handshake)",
		},
		"a server that leaves TCP open after its answer is dropped after a second": {
			conversation{script: closeNow, patience: 10 * time.Second, other: func(o *other) {
				o.want(0, closeText1000)
				o.sleep(time.Second / 2)
				o.close(1000)
				o.want(time.Second*3/2, "RST")
			}},
			time.Second * 3 / 2,
			"opened closedByMe droppedByMe dropTimeout local=1000 remote=1000 (server did not drop TCP connection (in time))",
		},
		"patience that ends just before the time to drop TCP gives way": {
			conversation{script: closeNow, patience: time.Second, other: func(o *other) {
				o.want(0, closeText1000)
				o.sleep(time.Second / 5)
				o.close(1000)
				o.want(time.Second*6/5, "RST")
			}},
			time.Second * 6 / 5,
			"opened closedByMe droppedByMe dropTimeout local=1000 remote=1000 (server did not drop TCP connection (in time))",
		},
		"patience that ends well before the time to drop TCP does not": {
			conversation{script: closeNow, patience: time.Second, other: func(o *other) {
				o.want(0, closeText1000)
				o.sleep(time.Second / 2)
				o.close(1000)
				o.want(time.Second, "FIN")
			}},
			time.Second, "opened closedByMe failedByMe droppedByMe clean local=1000 remote=1000 ",
		},
		"a server that drops TCP after its answer is clean": {
			conversation{script: closeNow, other: func(o *other) {
				o.want(0, closeText1000)
				o.close(1000)
			}},
			0, "opened closedByMe clean local=1000 remote=1000 ",
		},
		"as a server we drop TCP when the answer has come": {
			conversation{role: ws.Server, script: closeNow, other: func(o *other) {
				o.want(0, closeText1000)
				o.sleep(time.Second / 4)
				o.close(1000)
				o.want(time.Second/4, "FIN")
			}},
			time.Second / 4, "opened closedByMe droppedByMe clean local=1000 remote=1000 ",
		},
		"as a server we drop TCP right after our answer": {
			conversation{role: ws.Server, other: func(o *other) {
				o.close(1001)
				o.want(0, closeText1000)
				o.want(0, "FIN")
			}},
			0, "opened droppedByMe clean local=1000 remote=1001 ",
		},
		"as a client we answer and leave TCP to the server": {
			conversation{other: func(o *other) {
				o.send(ws.Close, "\x03\xe9bye")
				o.want(0, closeText1000)
			}},
			0, "opened clean local=1000 remote=1001bye ",
		},
		"a server that closes and then leaves TCP open is dropped when patience ends": {
			conversation{patience: 3 * time.Second, other: func(o *other) {
				o.close(1000)
				o.want(0, closeText1000)
				o.want(3*time.Second, "FIN")
			}},
			3 * time.Second, "opened failedByMe droppedByMe clean local=1000 remote=1000 ",
		},
		"patience that ends with a Close leaves the server a second more": {
			conversation{end: peer.CloseConnection, other: func(o *other) {
				o.sleep(time.Second / 2)
				o.close(1000)
				o.want(time.Second/2, closeText1000)
				o.want(time.Second*3/2, "RST")
			}},
			time.Second * 3 / 2, "opened droppedByMe dropTimeout local=1000 remote=1000 (peer did not drop TCP connection (in time))",
		},
		"with echoCloseCodeReason the answer has code and reason of the question": {
			conversation{role: ws.Server, config: options(peer.Options{EchoClose: true}), other: func(o *other) {
				o.send(ws.Close, "\x0b\xb8bye")
				o.want(0, `close 0x0bb8627965`)
				o.want(0, "FIN")
			}},
			0, "opened droppedByMe clean local=3000bye remote=3000bye ",
		},
		"when patience ends we fail the connection with 1001": {
			conversation{other: func(o *other) {
				o.want(time.Second, goingAway)
				o.close(1000)
			}},
			time.Second, "opened closedByMe failedByMe clean local=1001Going Away remote=1000 ",
		},
		"when patience ends in the other way we close without a code": {
			conversation{end: peer.CloseConnection, other: func(o *other) {
				o.want(time.Second, `close ""`)
				o.close(1000)
			}},
			time.Second, "opened closedByMe clean local=none remote=1000 ",
		},
		"the timeouts can be set": {
			conversation{config: options(peer.Options{CloseTimeout: 2 * time.Second, DropTimeout: 3 * time.Second}), patience: 9 * time.Second, script: closeNow, other: func(o *other) {
				o.want(0, closeText1000)
				o.sleep(2*time.Second - time.Nanosecond)
				o.close(1000)
				o.want(5*time.Second-time.Nanosecond, "RST")
			}},
			5*time.Second - time.Nanosecond,
			"opened closedByMe droppedByMe dropTimeout local=1000 remote=1000 (server did not drop TCP connection (in time))",
		},
		"a peer that drops TCP without a Close is not clean": {
			conversation{other: func(o *other) { o.sleep(time.Second / 8) }},
			time.Second / 8, "opened (peer dropped the TCP connection without previous WebSocket closing handshake)",
		},
		"a peer that resets TCP is not clean": {
			conversation{other: func(o *other) { o.sleep(time.Second / 8); _ = o.Reset() }},
			time.Second / 8, "opened (peer dropped the TCP connection without previous WebSocket closing handshake)",
		},
		"a second Close of ours is not sent": {
			conversation{script: func(p *peer.Peer) { p.Close(1000); p.Close(1001) }, other: func(o *other) {
				o.want(0, closeText1000)
				o.close(1000)
				o.want(time.Second, "RST")
			}},
			time.Second, "opened closedByMe droppedByMe dropTimeout local=1000 remote=1000 (server did not drop TCP connection (in time))",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.run(t)
			if got.took != c.took {
				t.Errorf("took %v, want %v", got.took, c.took)
			}
			got.wantFacts(t, c.facts)
		})
	}
}

func options(o peer.Options) func(*peer.Config) { return func(c *peer.Config) { c.Options = o } }

// How TCP ended is a record of the log.
func TestFINAndRSTAreToldApart(t *testing.T) {
	for want, end := range map[string]func(*other){
		"# dropped by peer": func(*other) {},
		"# reset by peer":   func(o *other) { o.sleep(1); _ = o.Reset() },
	} {
		got := conversation{other: end}.run(t)
		if last := got.Records[len(got.Records)-1].Text(); last != want {
			t.Errorf("the last record is %q, want %q", last, want)
		}
	}
}

// RFC 6455, 7.1.1: the answer to a Close comes behind the frames that are
// under way, and TCP ends after all of them.
func TestCloseDuringAChoppedFrame(t *testing.T) {
	for role, facts := range map[ws.Role]string{
		ws.Client: "opened clean local=1000 remote=1000 ",
		ws.Server: "opened droppedByMe clean local=1000 remote=1000 ",
	} {
		conversation{
			role: role, capacity: 4, // the frame cannot go out before the other side reads
			script: func(p *peer.Peer) {
				f := text("Hello, world!")
				f.Chop = 1
				p.Send(f, text("more"))
			},
			other: func(o *other) {
				o.close(1000)
				o.sleep(time.Millisecond)
				o.want(time.Millisecond, `text "Hello, world!"`)
				o.want(time.Millisecond, `text "more"`)
				o.want(time.Millisecond, closeText1000)
				if role == ws.Server {
					o.want(time.Millisecond, "FIN")
				}
			},
		}.run(t).wantFacts(t, facts)
	}
}

// Ends of the context are the end of the connection, whatever a Peer is doing.
func TestContextEnds(t *testing.T) {
	stopped := "opened droppedByMe (the run was stopped)"
	for name, c := range map[string]conversation{
		"while waiting": {patience: time.Hour, other: func(o *other) { o.want(2*time.Second, "RST") }},
		"while a write is blocked": {
			capacity: 1 << 10,
			config:   func(c *peer.Config) { c.Patience = time.Hour },
			script:   func(p *peer.Peer) { p.Send(text(strings.Repeat("x", 1<<20))) },
			other:    func(o *other) { o.sleep(3 * time.Second) },
		},
		"in a pause": {
			script: func(p *peer.Peer) { p.Pause(time.Hour, "A"); p.Send(text("never")) },
			other:  func(o *other) { o.want(2*time.Second, "RST") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(2*time.Second, cancel)
				c.context = ctx
				got := c.play(t)
				if got.took != 2*time.Second {
					t.Errorf("took %v, want 2s", got.took)
				}
				got.wantFacts(t, stopped)
			})
		})
	}
}

func TestFailByDrop(t *testing.T) {
	got := conversation{config: options(peer.Options{FailByDrop: true}), other: func(o *other) {
		o.write("\x83\x00")
		o.want(0, "RST")
	}}.run(t)
	got.wantFacts(t, "opened failedByMe droppedByMe (we dropped the TCP connection: RFC 6455, 5.2: reserved opcode 3)")
}

func TestSecondViolationDrops(t *testing.T) {
	conversation{other: func(o *other) {
		o.write("\x83\x00")
		o.want(0, closing(ws.ProtocolError, "RFC 6455, 5.2: reserved opcode 3"))
		o.write("\x84\x00")
		o.want(0, "FIN")
	}}.run(t).wantFacts(t, "opened closedByMe failedByMe droppedByMe local=1002RFC 6455, 5.2: reserved opcode 3 ")
}

// Two things are due when a busy machine lets us go on: what was due first is done.
func TestAppointmentsAreKeptInOrder(t *testing.T) {
	got := conversation{
		script: func(p *peer.Peer) {
			p.EndAfter(time.Second/2, peer.FailConnection)
			p.Close(ws.NormalClosure)
			p.Until(time.Second/2, func() bool { return !p.IsOpen() && p.Log().Facts.Remote.Sent })
			time.Sleep(time.Minute)
		},
		other: func(o *other) {
			o.want(0, closeText1000)
			o.sleep(time.Second / 4)
			o.close(1000)
			o.want(time.Minute+time.Second/4, "FIN")
		},
	}.run(t)
	if f := got.Facts; !f.FailedByMe || f.WasServerConnectionDropTimeout || !f.WasClean {
		t.Errorf("patience ended at 0.5 s, the time to drop TCP at 1.25 s: got %+v", f)
	}
}

// What came in time is answered, however late a busy machine lets us go on.
func TestAnswersWhenPatienceIsOver(t *testing.T) {
	got := conversation{
		script: func(p *peer.Peer) {
			p.EndAfter(time.Second, peer.FailConnection)
			time.Sleep(time.Minute)
		},
		other: func(o *other) {
			o.send(ws.Ping, "in time")
			o.want(time.Minute, `pong "in time"`)
			o.want(time.Minute, goingAway)
			o.close(1001)
		},
	}.run(t)
	got.wantFacts(t, "opened closedByMe failedByMe clean local=1001Going Away remote=1001 ")
}

// Time in which we wait for our turn to write is none of the other side's: neither our
// patience with a write nor that with the answer to a Close is shorter for it.
func TestTurns(t *testing.T) {
	for name, c := range map[string]struct {
		conversation
	}{
		"an echo and a Close": {
			conversation{
				config: options(peer.Options{CloseTimeout: time.Second}), end: peer.CloseConnection,
				script: func(p *peer.Peer) {
					p.Send(text("a"))
					p.Until(time.Second, func() bool { return p.Events() > 0 })
					p.Close(ws.NormalClosure)
				},
				other: func(o *other) { o.next(); o.send(ws.Text, "a"); o.next(); o.close(1000) },
			},
		},
		"an answer to a Close": {
			conversation{end: peer.GiveUp, patience: time.Second, other: func(o *other) { o.close(1000); o.next() }},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.turns, c.capacity = time.Minute, 1<<10
				got := c.play(t)
				if f := got.Facts; !f.WasClean || f.FailedByMe || f.WasNotCleanReason != "" {
					t.Errorf("clean %v, failed by us %v, not clean for %q: %v", f.WasClean, f.FailedByMe, f.WasNotCleanReason, got.Records)
				}
			})
		})
	}
}
