// SPDX-License-Identifier: Apache-2.0

package drive_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/wsspec/wsspec/internal/load"
	"github.com/wsspec/wsspec/internal/load/wire"
	"github.com/wsspec/wsspec/internal/ws"
)

// Whatever a server does, the totals add up: each connection that was asked for is opened or has
// failed, each that was opened is held or lost, each message of the plan is sent or not sent, and each that was
// sent is answered or missing. The server refuses, drops, keeps silent, answers twice, late, and with
// what nobody sent, as chance has it.
func TestTotalsAddUp(t *testing.T) {
	for seed := range uint64(8) {
		for _, p := range []load.Plan{
			{Kind: load.Connect, Hold: sec(2), Ping: sec(.1)},
			{Kind: load.Echo, Rate: 200, Duration: sec(2)},
			{Kind: load.Echo, InFlight: 3, Duration: sec(2), Verify: true},
			{Kind: load.Broadcast, Rate: 20, Duration: sec(2)},
		} {
			random := rand.New(rand.NewPCG(seed, 7))
			var mu sync.Mutex
			draw := func(n int) int { mu.Lock(); defer mu.Unlock(); return random.IntN(n) }
			r := &room{refuse: func() bool { return draw(5) == 0 }}
			r.relay = func(to []*wire.Conn, from, _ int, opcode ws.Opcode, payload []byte) {
				c := to[from]
				if p.Kind == load.Broadcast {
					c = to[draw(len(to))]
					for _, other := range to {
						if draw(20) > 0 {
							_ = other.Send(opcode, payload)
						}
					}
				}
				switch draw(40) {
				case 0:
					c.Abort()
				case 1:
					c.Close(ws.GoingAway, "enough")
				case 2: // silence
				case 3:
					_ = c.Send(opcode, payload)
					_ = c.Send(opcode, payload)
				case 4:
					_ = c.Send(ws.Binary, []byte{0xFF, 0, 0xFF})
				case 5:
					time.AfterFunc(1500*time.Millisecond, func() { _ = c.Send(opcode, payload) })
				default:
					_ = c.Send(opcode, payload)
				}
			}
			p.Connections, p.Retries, p.RetryDelay = 20, int(seed%2), sec(.1)
			s := broadcasts(t, r, p)
			switch {
			case s.Opened+s.Failed != 20 || s.Opened != s.Held+s.Lost || s.Attempts != 20+s.Retries:
				t.Errorf("%s, seed %d: connections do not add up: %+v", p.Kind, seed, s.Counts)
			case p.Kind == load.Echo && s.Sent != s.Messages+s.Missing, p.Rate > 0 && s.Sent+s.Unsent != int64(p.Rate*2):
				t.Errorf("%s, seed %d: messages do not add up: %+v", p.Kind, seed, s.Counts)
			case s.Series.Held() != s.Held:
				t.Errorf("%s, seed %d: the series ends with %d, held are %d", p.Kind, seed, s.Series.Held(), s.Held)
			}
		}
	}
}
