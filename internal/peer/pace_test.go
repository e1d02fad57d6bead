// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/wirelog"
	"github.com/wsspec/wsspec/internal/ws"
)

// Patience with echoes goes by the pace of the other side: who is steady has more of
// it, and who stalls less.
func TestPace(t *testing.T) {
	const second, patience = time.Second, time.Minute
	echoes := func(every time.Duration, times int) func(*other) {
		return func(o *other) {
			for range times {
				if _, b := o.readFrame(); o.err != nil {
					return
				} else {
					o.sleep(every)
					o.send(ws.Text, string(b))
				}
			}
			_, _ = io.Copy(io.Discard, o) // it stalls
		}
	}
	// writes a frame with the message, so many octets a second.
	drips := func(size, rate int) func(*other) {
		return func(o *other) {
			o.readFrame()
			b := append(ws.Header{Fin: true, Opcode: ws.Text, Length: uint64(size)}.Append(nil), strings.Repeat("x", size)...)
			for len(b) > 0 {
				n := min(rate, len(b))
				o.write(string(b[:n]))
				b = b[n:]
				o.sleep(second)
			}
			_, _ = io.Copy(io.Discard, o)
		}
	}
	for _, tt := range []struct {
		name     string
		stall    time.Duration
		messages int
		size     int
		capacity int
		other    func(*other)
		took     time.Duration // the echoes
		echo     wirelog.Echo
	}{
		{"quick", 5 * second, 1000, 16, 0, echoes(0, 1000), 0, wirelog.Echo{Sent: 1000, Matched: 1000}},
		{"slow and steady", 5 * second, 1000, 16, 0, echoes(101*time.Millisecond, 1000), 101 * second, wirelog.Echo{Sent: 1000, Matched: 1000, Overtime: 41 * second}},
		{"slow and steady, by the reference", 0, 1000, 16, 0, echoes(101*time.Millisecond, 1000), 60 * second, wirelog.Echo{Sent: 595, Matched: 594}},
		{"much too slow", 5 * second, 1000, 16, 0, echoes(4100*time.Millisecond, 1000), 300 * second, wirelog.Echo{Sent: 74, Matched: 73}},
		{"nothing comes", 5 * second, 1000, 0, 0, echoes(0, 0), 5 * second, wirelog.Echo{Sent: 1, Stalled: 5 * second}},
		{"nothing comes, by the reference", 0, 1000, 0, 0, echoes(0, 0), 60 * second, wirelog.Echo{Sent: 1}},
		{"nothing comes after a while", 5 * second, 1000, 0, 0, echoes(3*second, 7), 26 * second, wirelog.Echo{Sent: 8, Matched: 7, Stalled: 5 * second}},
		{"nothing comes for a large one", 5 * second, 1, 2 << 20, 0, echoes(0, 0), 10 * second, wirelog.Echo{Sent: 1, Stalled: 10 * second}},
		{"a large one, bit by bit", 5 * second, 1, 90_000, 0, drips(90_000, 1000), 90 * second, wirelog.Echo{Sent: 1, Matched: 1, Overtime: 30 * second}},
		{"an octet now and then", 5 * second, 1, 90_000, 0, drips(90_000, 1), 60 * second, wirelog.Echo{Sent: 1}},
		{"does not read", 5 * second, 1, 2 << 20, 64 << 10, func(o *other) { o.sleep(time.Hour) }, 10 * second, wirelog.Echo{Sent: 1, Stalled: 10 * second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var took time.Duration
			got := conversation{
				config: func(c *peer.Config) { c.Stall, c.Patience = tt.stall, patience }, capacity: tt.capacity,
				script: func(p *peer.Peer) {
					begun := time.Now()
					p.Mute(true)
					p.EndAfter(patience, peer.CloseConnection)
					for range tt.messages {
						if !p.Echo(peer.Message{Data: ws.Pattern{Unit: []byte("x"), Len: tt.size}}) {
							break
						}
					}
					took = time.Since(begun)
					p.Close(1000)
				},
				other: tt.other,
			}.run(t)
			echo := got.Echo
			echo.Stalled, echo.Difference = echo.Stalled.Round(second/10), ""
			// The last echo may still come while the connection is being closed.
			if tt.echo.Matched > 0 && echo.Matched == tt.echo.Matched+1 {
				echo.Matched, echo.Sent = tt.echo.Matched, tt.echo.Sent
			}
			if echo != tt.echo || took.Round(second/10) != tt.took {
				t.Errorf("%+v after %v, want %+v after %v", got.Echo, took, tt.echo, tt.took)
			}
		})
	}
}

// A peer that reads slowly has time for that.
func TestPaceOfReading(t *testing.T) {
	var took time.Duration
	got := conversation{
		config:   func(c *peer.Config) { c.Stall = 5 * time.Second },
		capacity: 16 << 10,
		script: func(p *peer.Peer) {
			begun := time.Now()
			p.EndAfter(10*time.Second, peer.CloseConnection)
			p.Echo(peer.Message{Data: ws.Pattern{Unit: []byte("x"), Len: 200 << 10}})
			took = time.Since(begun)
			p.Close(1000)
		},
		other: func(o *other) {
			head := make([]byte, ws.MaxHeaderLen-0) // 2 and 8 of length, 4 of key
			_, _ = io.ReadFull(o, head)
			for range 20 {
				_, _ = io.ReadFull(o, make([]byte, 10<<10))
				o.sleep(time.Second)
			}
			go func() { _, _ = io.Copy(io.Discard, o) }()
			o.send(ws.Text, strings.Repeat("x", 200<<10))
			o.sleep(time.Second)
		},
	}.run(t)
	if got.Echo.Matched != 1 || got.Echo.Stalled != 0 || took < 18*time.Second || took > 21*time.Second {
		t.Errorf("%+v after %v\n%s", got.Echo, took, got.lines())
	}
}
