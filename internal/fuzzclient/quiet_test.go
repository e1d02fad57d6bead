// SPDX-License-Identifier: Apache-2.0

package fuzzclient

import (
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsspec/wsspec/internal/stream/memnet"
)

// notes are taken of when a case rests and acts.
type notes struct {
	start time.Time
	rests bool
	at    []time.Duration // when it began to rest, to act, to rest, …
	late  time.Duration   // how long it takes until the case may act
}

func (n *notes) Rest() {
	if !n.rests {
		n.rests, n.at = true, append(n.at, time.Since(n.start))
	}
}

func (n *notes) Resume() {
	if n.rests {
		time.Sleep(n.late)
		n.rests, n.at = false, append(n.at, time.Since(n.start))
	}
}

// A connection is quiet when nothing has moved for ten times as long as the peer has
// let us wait, and 20 ms at least; how long we waited of our own accord does not count.
func TestQuiet(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name   string
		answer time.Duration // how long the peer takes for its answer
		late   time.Duration
		want   []time.Duration
	}{
		{"soon answered", 0, 0, []time.Duration{20 * ms, 1000 * ms, 1020 * ms}},
		{"answered after a while", 5 * ms, 0, []time.Duration{55 * ms, 1005 * ms, 1060 * ms}},
		{"kept waiting for its turn", 0, 300 * ms, []time.Duration{20 * ms, 1300 * ms, 1320 * ms}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := memnet.Pipe(1 << 10)
				n := &notes{start: time.Now(), late: tt.late}
				w := watch(ours, n)
				go func() {
					b := make([]byte, 1)
					for {
						if _, err := io.ReadFull(theirs, b); err != nil {
							return
						}
						time.Sleep(tt.answer)
						if _, err := theirs.Write(b); err != nil {
							return
						}
					}
				}()
				b := make([]byte, 1)
				for range 2 {
					if _, err := w.Write(b); err != nil {
						t.Fatal(err)
					}
					if _, err := io.ReadFull(w, b); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				if !slices.Equal(n.at, tt.want) {
					t.Errorf("rested and acted after %v, want %v", n.at, tt.want)
				}
				_ = theirs.Close()
			})
		})
	}
}
