// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
)

func TestCompressEmptyMessage(t *testing.T) {
	for _, p := range []deflate.Params{{}, {NoContextTakeover: true}, {WindowBits: 8}} {
		c := deflate.NewCompressor(p)
		for i := range 3 {
			if z := c.Compress([]byte("ab"), nil); string(z) != "ab\x00" {
				t.Errorf("%+v, message %d: % x, want 61 62 00", p, i, z)
			}
			c.Compress(nil, []byte(strings.Repeat("something else ", 100*i)))
		}
	}
}

// A peer that forgets the context has to stumble over messages of any length, the
// shortest rows of the cases included.
func TestContextIsUsed(t *testing.T) {
	for _, size := range []int{16, 64, 150, 256, 1024} {
		for _, forget := range []bool{false, true} {
			p := deflate.Params{NoContextTakeover: forget}
			c, f := deflate.NewCompressor(p), deflate.NewInflater(p)
			s := corpus.New().Set(corpus.JSON)
			earlier := 0
			for i := range 100 {
				m := s.Window(i, size)
				out, st, err := f.Inflate(nil, c.Compress(nil, m), len(m))
				if err != nil || !bytes.Equal(out, m) {
					t.Fatalf("size %d, message %d: %v", size, i, err)
				}
				if st.Earlier {
					earlier++
				}
			}
			if forget && earlier > 0 || !forget && earlier < 80 {
				t.Errorf("size %d, no context takeover: %t: %d of 100 messages refer to earlier ones", size, forget, earlier)
			}
		}
	}
}

// What has no repetition is compressed by how frequent its octets are where that
// saves a quarter, and else sent as it is.
func TestCompressWithoutRepetition(t *testing.T) {
	c, f := deflate.NewCompressor(deflate.Params{}), deflate.NewInflater(deflate.Params{})
	for bits := 1; bits <= 8; bits++ {
		m := noise(4096)
		for i := range m {
			m[i] >>= 8 - bits
		}
		z := c.Compress(nil, m)
		out, st, err := f.Inflate(nil, z, len(m))
		if err != nil || !bytes.Equal(out, m) {
			t.Fatalf("%d bits an octet: %v", bits, err)
		}
		if coded := bits < 6; coded && (st.Dynamic != 1 || len(z) > len(m)*3/4) || !coded && (st.Dynamic != 0 || len(z) > len(m)+6) {
			t.Errorf("%d bits an octet: %d octets became %d in %d blocks with codes of their own", bits, len(m), len(z), st.Dynamic)
		}
	}
}

func TestShortMessagesNeverGrowMuch(t *testing.T) {
	c, f := deflate.NewCompressor(deflate.Params{}), deflate.NewInflater(deflate.Params{})
	for size := 1; size < 192; size++ {
		m := make([]byte, size)
		for i := range m {
			m[i] = byte(150 + 37*i*size) // nine bits each with the fixed codes
		}
		z := c.Compress(nil, m)
		if len(z) > size+6 {
			t.Errorf("%d octets became %d", size, len(z))
		}
		if out, _, err := f.Inflate(nil, z, size); err != nil || !bytes.Equal(out, m) {
			t.Errorf("%d octets: %x, %v", size, out, err)
		}
	}
}

// All lengths of matches and, with time, all distances, in short messages.
func TestShortMatches(t *testing.T) {
	for _, windowBits := range []int{8, 12, 15} {
		p := deflate.Params{WindowBits: windowBits}
		c, f := deflate.NewCompressor(p), deflate.NewInflater(p)
		farthest := 0
		for i := range 3000 {
			phrase := fmt.Sprintf("<%d>%s", i*i*7919%1_000_003, strings.Repeat("=", i%60))
			if i%3 > 0 {
				phrase = fmt.Sprintf("<%d>", (i/2)*(i/2)*7919%1_000_003)
			}
			out, st, err := f.Inflate(nil, c.Compress(nil, []byte(phrase)), 192)
			if err != nil || string(out) != phrase {
				t.Fatalf("%d bits, message %d: %q, want %q, %v", windowBits, i, out, phrase, err)
			}
			farthest = max(farthest, st.Farthest)
		}
		if window := p.Window(); farthest > window || farthest < window*3/4 {
			t.Errorf("%d bits: farthest distance %d", windowBits, farthest)
		}
	}
}

func TestPool(t *testing.T) {
	var pool deflate.Pool
	for _, p := range []deflate.Params{{}, {WindowBits: 15}, {WindowBits: 8}, {NoContextTakeover: true}, {WindowBits: 8, NoContextTakeover: true}, {}} {
		c, f := pool.Compressor(p), pool.Inflater(p)
		for i, text := range []string{"short and short and short", strings.Repeat("long and ", 50), "short and long and", strings.Repeat("long and ", 50)} {
			out, st, err := f.Inflate(nil, c.Compress(nil, []byte(text)), len(text))
			if err != nil || string(out) != text {
				t.Fatalf("%+v, message %d: %q, %v", p, i, out, err)
			}
			if i == 0 && st.Earlier {
				t.Errorf("%+v: something is left of another connection", p)
			}
			if st.Farthest > p.Window() {
				t.Errorf("%+v, message %d: distance %d", p, i, st.Farthest)
			}
		}
		pool.PutCompressor(c)
		pool.PutInflater(f)
	}
}
