// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
)

const ms = time.Millisecond

// ran are beats every 10 ms up to a time.
func ran(from, to time.Duration) (beats []time.Duration) {
	for d := from; d <= to; d += 10 * ms {
		beats = append(beats, d)
	}
	return beats
}

// Time in which a process did not run is lost, as far as it lies in the time asked about.
func TestPulse(t *testing.T) {
	start := time.Now()
	p := peer.BeatingAt(start, append(append(ran(10*ms, 100*ms), 105*ms, 130*ms, 510*ms), ran(520*ms, 900*ms)...)...)
	for _, tt := range []struct{ from, to, want time.Duration }{
		{0, 100 * ms, 0},
		{0, 900 * ms, 370 * ms}, // 130 ms came 15 ms late, which is nothing
		{200 * ms, 900 * ms, 310 * ms},
		{200 * ms, 300 * ms, 100 * ms},
		{600 * ms, 900 * ms, 0},
		{600 * ms, 925 * ms, 0},
		{600 * ms, 1000 * ms, 90 * ms}, // and still has not run
		{950 * ms, 1000 * ms, 50 * ms},
	} {
		if got := p.Lost(start.Add(tt.from), start.Add(tt.to)); got != tt.want {
			t.Errorf("from %v to %v: lost %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
	var none *peer.Pulse
	if none.Lost(start, start.Add(time.Hour)) != 0 {
		t.Error("no pulse has lost time")
	}
}

func TestPulseBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := peer.NewPulse()
		begun := time.Now()
		time.Sleep(time.Minute)
		if lost := p.Lost(begun, time.Now()); lost != 0 {
			t.Errorf("lost %v of virtual time", lost)
		}
		p.Stop()
		synctest.Wait()
		time.Sleep(time.Second)
		if lost := p.Lost(begun, time.Now()); lost < 900*ms {
			t.Errorf("lost %v of the second after its end", lost)
		}
	})
}

// Patience is stretched by the time that we have lost, and the log says so.
func TestPatienceStretchesWithLateness(t *testing.T) {
	for name, tt := range map[string]struct {
		lost, answer  time.Duration
		fails, closes time.Duration // when we fail the connection, and end it
		late          time.Duration
	}{
		"never late":         {0, time.Hour, 1000 * ms, 2000 * ms, 0},
		"late":               {300 * ms, time.Hour, 1300 * ms, 2300 * ms, 300 * ms},
		"late, and so is it": {300 * ms, 1200 * ms, 0, 1200 * ms, 300 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				beats := ran(10*ms, 500*ms)
				beats = append(beats, ran(510*ms+tt.lost, time.Minute)...)
				got := conversation{
					config: func(c *peer.Config) { c.Pulse = peer.BeatingAt(time.Now(), beats...) },
					script: func(p *peer.Peer) { p.Send(text("a")) },
					other: func(o *other) {
						o.next()
						if tt.answer < time.Minute {
							o.sleep(tt.answer)
							o.close(1000)
							o.next()
							return
						}
						o.sleep(time.Minute)
					},
				}.play(t)
				var fails time.Duration
				for _, r := range got.Records {
					if r.Kind == wirelog.FailFired {
						fails = r.At
					}
				}
				if fails != tt.fails || got.Late != tt.late || tt.answer == time.Hour && got.took != tt.closes {
					t.Errorf("failed at %v, took %v, late %v; want %v, %v, %v\n%s", fails, got.took, got.Late, tt.fails, tt.closes, tt.late, got.lines())
				}
			})
		})
	}
}

// So is patience with a peer that does not read: a deadline for writing may be over before we have written.
func TestWritesStretchWithLateness(t *testing.T) {
	for name, tt := range map[string]struct {
		lost time.Duration
		why  string
	}{
		"never late": {0, "peer did not read what we sent"},
		"late":       {300 * ms, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				beats := append(ran(10*ms, 500*ms), ran(510*ms+tt.lost, time.Minute)...)
				got := conversation{
					capacity: 1000,
					config:   func(c *peer.Config) { c.Pulse = peer.BeatingAt(time.Now(), beats...) },
					script: func(p *peer.Peer) {
						p.EndAfter(time.Second, peer.FailConnection)
						p.Send(text(strings.Repeat("x", 1<<16)))
						p.Close(1000)
					},
					other: func(o *other) {
						o.sleep(1200 * ms)
						_, _ = io.Copy(io.Discard, o)
					},
				}.play(t)
				if unread := strings.Contains(got.Facts.WasNotCleanReason, "did not read"); unread != (tt.why != "") || got.Late != tt.lost {
					t.Errorf("%q, late %v; want %q, %v\n%s", got.Facts.WasNotCleanReason, got.Late, tt.why, tt.lost, got.lines())
				}
			})
		})
	}
}
