// SPDX-License-Identifier: Apache-2.0

package drive

import (
	"sync"
	"time"

	"github.com/wsspec/wsspec/internal/load/stats"
)

// shards is how many goroutines can count at a time without waiting for each other.
const shards = 8

// A tally counts for many goroutines at a time.
type tally struct {
	begin time.Time
	part  [shards]struct {
		mu   sync.Mutex
		snap *stats.Snapshot
		_    [64]byte // no two on one line of a processor's cache
	}
}

func newTally(begin time.Time) *tally {
	t := &tally{begin: begin}
	for i := range t.part {
		t.part[i].snap = new(stats.Snapshot)
	}
	return t
}

// now is the time since the beginning.
func (t *tally) now() time.Duration { return time.Since(t.begin) }

// count has f count in one of the shards, and in the slot of the time.
func (t *tally) count(shard int, at time.Duration, f func(s *stats.Snapshot, slot *stats.Slot)) {
	p := &t.part[uint(shard)%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.snap, p.snap.Series.At(at))
}

// came notes a message that has come back, or to a receiver, and how long that took.
func came(s *stats.Snapshot, slot *stats.Slot, octets int, took time.Duration) {
	s.Messages++
	s.Bytes += int64(octets)
	slot.Messages++
	slot.Bytes += int64(octets)
	s.Record(stats.Message, took)
	slot.Record(took)
}

// take returns what has been counted since the last time.
func (t *tally) take() *stats.Snapshot {
	sum := new(stats.Snapshot)
	for i := range t.part {
		p := &t.part[i]
		p.mu.Lock()
		snap := p.snap
		p.snap = new(stats.Snapshot)
		p.mu.Unlock()
		sum.Merge(snap)
	}
	return sum
}

// note has f change what belongs to no time in particular.
func (t *tally) note(f func(s *stats.Snapshot)) {
	p := &t.part[0]
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.snap)
}
