// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

// Connections beside each other send the same messages, long and short ones, from
// the first or a later one on: each peer inflates what it should.
func TestMemoSharesMessages(t *testing.T) {
	for _, p := range []Params{{}, {NoContextTakeover: true}, {WindowBits: 9}} {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			pool := NewPool()
			message := func(n int) []byte {
				return bytes.Repeat(fmt.Appendf(nil, "message %d of them; ", n), 1+n%5*1000)
			}
			var connections sync.WaitGroup
			for first := range 8 {
				connections.Go(func() {
					c, f := pool.Compressor(p), NewInflater(p)
					defer pool.PutCompressor(c)
					for n := first / 2; n < 100; n++ {
						out, _, err := f.Inflate(nil, c.Compress(nil, message(n)), 1<<20)
						if err != nil || !bytes.Equal(out, message(n)) {
							t.Errorf("connection %d, message %d: %v", first, n, err)
							return
						}
					}
				})
			}
			connections.Wait()
		})
	}
}

// What another compressor did is not done again, unless what was sent before or
// what was agreed differs.
func TestMemoKnows(t *testing.T) {
	a, b := bytes.Repeat([]byte("a message "), 1000), bytes.Repeat([]byte("another one "), 1000)
	tests := []struct {
		name   string
		params Params
		before []byte
		known  bool
	}{
		{"the same", Params{}, a, true},
		{"after another message", Params{}, b, false},
		{"of another window", Params{WindowBits: 9}, a, false},
		{"without context takeover", Params{NoContextTakeover: true}, b, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pool := NewPool()
			first := pool.Compressor(Params{})
			first.Compress(nil, a)
			first.Compress(nil, a)

			c := pool.Compressor(tt.params)
			c.Compress(nil, tt.before)
			before := len(pool.memo.done)
			c.Compress(nil, a)
			if got := len(pool.memo.done) == before; got != tt.known {
				t.Errorf("known: %t, want %t", got, tt.known)
			}
		})
	}
}

// However much is sent, the memo holds no more than it has room for.
func TestMemoIsBounded(t *testing.T) {
	pool := NewPool()
	c := pool.Compressor(Params{})
	m := make([]byte, 1<<20)
	for n := range 3 * memoRoom / len(m) {
		for i := range m {
			m[i] = byte(i * i * (i + n) >> 7)
		}
		c.Compress(nil, m)
		held := 0
		for _, e := range pool.memo.known {
			held += len(e.data)
		}
		if held > memoRoom || held+pool.memo.room != memoRoom || len(pool.memo.known) != len(pool.memo.done) {
			t.Fatalf("after %d messages: %d octets held, %d left; %d known, %d in line", n+1, held, pool.memo.room, len(pool.memo.known), len(pool.memo.done))
		}
	}
}
