// SPDX-License-Identifier: Apache-2.0

package ws_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/wsspec/wsspec/internal/ws"
)

func TestPatternIsItsUnitRepeated(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		unit := make([]byte, 1+rnd.IntN(12))
		for i := range unit {
			unit[i] = byte(rnd.Uint32())
		}
		p := ws.Pattern{Unit: unit, Len: rnd.IntN(60)}
		all := bytes.Repeat(unit, 80)[:p.Len]
		pos := rnd.IntN(p.Len + 1)
		got := make([]byte, p.Len-pos)
		p.Fill(got, pos)
		if !bytes.Equal(got, all[pos:]) {
			t.Fatalf("%x to %d from %d: got %x, want %x", unit, p.Len, pos, got, all[pos:])
		}
		if d := p.DifferFrom(pos, got); d != -1 {
			t.Fatalf("%x to %d from %d differs from itself at %d", unit, p.Len, pos, d)
		}
		if d := p.DifferFrom(pos, append(got, 0)); d != len(got) {
			t.Fatalf("one octet more: difference at %d, want %d", d, len(got))
		}
		if len(got) > 0 {
			at := rnd.IntN(len(got))
			got[at] ^= 1
			if d := p.DifferFrom(pos, got); d != at {
				t.Fatalf("%x to %d from %d: difference at %d, want %d", unit, p.Len, pos, d, at)
			}
		}
	}
}

func TestPatternLongerThanABlock(t *testing.T) {
	p := ws.Pattern{Unit: []byte("BAsd7&jh23"), Len: 300_001}
	got := p.Beginning(p.Len)
	if d := p.Differ(got); d != -1 {
		t.Errorf("differs from itself at %d", d)
	}
	for _, at := range []int{0, 65535, 65536, 65540, 131080, 300_000} {
		got[at] ^= 1
		if d := p.Differ(got); d != at {
			t.Errorf("difference at %d, want %d", d, at)
		}
		got[at] ^= 1
	}
	if d := p.Differ(got[:70_000]); d != 70_000 {
		t.Errorf("shorter: difference at %d", d)
	}
	if d := (ws.Pattern{}).Differ(nil); d != -1 {
		t.Errorf("nothing differs from nothing at %d", d)
	}
}
