// SPDX-License-Identifier: Apache-2.0

package peer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/peer"
	"github.com/wsspec/wsspec/internal/ws"
)

// However frames are written, what arrives is what was sent, in that order.
func TestFramesArriveAsSent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for run := range 60 {
		var frames []peer.Frame
		var want []string
		for i := range 1 + rnd.IntN(6) {
			f := peer.Frame{Opcode: ws.Binary, Payload: fmt.Appendf(nil, "%d.", i)}
			f.Repeated, f.Repeat = true, []int{0, 1, 125, 126, 64<<10 - 14, 64 << 10, 200_000}[rnd.IntN(7)]
			if rnd.IntN(2) == 0 {
				f.Chop = []int{1, 3, 997, 1 << 20}[rnd.IntN(4)]
				if f.Chop < 997 {
					f.Repeat = min(f.Repeat, 126)
				}
			}
			f.Sync = rnd.IntN(4) == 0
			frames = append(frames, f)
			want = append(want, fmt.Sprintf("%d octets of %.2s", f.Repeat, fmt.Sprintf("%d.", i)[:min(2, f.Repeat)]))
		}
		var got []string
		conversation{
			role:   ws.Role(run % 2),
			script: func(p *peer.Peer) { p.Send(frames...); p.Close(ws.NormalClosure) },
			other: func(o *other) {
				for h, payload := o.readFrame(); o.err == nil && h.Opcode == ws.Binary; h, payload = o.readFrame() {
					got = append(got, fmt.Sprintf("%d octets of %s", len(payload), payload[:min(2, len(payload))]))
				}
			},
		}.run(t)
		if !slices.Equal(got, want) {
			t.Fatalf("run %d: got %q, want %q", run, got, want)
		}
	}
}
