// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"bytes"
	"hash/maphash"
	"sync"
)

const (
	// memoRoom is how many octets of compressed messages a memo holds.
	memoRoom = 12 << 20
	// memoWorthy is the length in octets from which a message is worth a place in it.
	memoWorthy = 4 << 10
)

// A memo keeps what messages were compressed to, for the connections on which the
// same messages follow each other again: many cases differ only in how what is
// compressed is cut into frames. Whoever needs what another is about to compress
// waits for it. The oldest messages give way to new ones.
type memo struct {
	seed maphash.Seed

	mu    sync.Mutex
	known map[uint64]*memorized
	done  []uint64 // keys of what is complete, oldest first
	room  int      // octets left
}

// memorized is a compressed message. Once done, it does not change.
type memorized struct {
	once sync.Once
	data []byte
}

func newMemo() *memo {
	return &memo{seed: maphash.MakeSeed(), known: map[uint64]*memorized{}, room: memoRoom}
}

// key is that of a message: with the context kept, it depends on all the messages
// before, of which before is the key.
func (m *memo) key(before uint64, params Params, msg []byte) uint64 {
	if params.NoContextTakeover {
		before = 0
	}
	var h maphash.Hash
	h.SetSeed(m.seed)
	maphash.WriteComparable(&h, params)
	maphash.WriteComparable(&h, before)
	h.Write(msg)
	return h.Sum64()
}

// append appends what the message of the key is compressed to, for which it calls
// compress if nobody did. It says whether it was called.
func (m *memo) append(dst []byte, key uint64, compress func(dst []byte) []byte) (out []byte, compressed bool) {
	m.mu.Lock()
	e, ok := m.known[key]
	if !ok {
		e = new(memorized)
		m.known[key] = e
	}
	m.mu.Unlock()

	e.once.Do(func() {
		out, compressed = compress(dst), true
		e.data = bytes.Clone(out[len(dst):])
		m.keep(key, len(e.data))
	})
	if compressed {
		return out, true
	}
	return append(dst, e.data...), false
}

// keep makes room for the message of the key, of which so many octets came.
func (m *memo) keep(key uint64, octets int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done = append(m.done, key)
	m.room -= octets
	for m.room < 0 {
		oldest := m.done[0]
		m.room += len(m.known[oldest].data)
		delete(m.known, oldest)
		m.done = m.done[1:]
	}
}
