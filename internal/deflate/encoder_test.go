// SPDX-License-Identifier: Apache-2.0

package deflate_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wsspec/wsspec/internal/corpus"
	"github.com/wsspec/wsspec/internal/deflate"
)

// noise is what nothing can be done about.
func noise(size int) []byte {
	r := rand.New(rand.NewPCG(7692, uint64(size)))
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// boundarySizes are where the encoder does something for the first or last time.
func boundarySizes(window int) []int {
	sizes := []int{258, 259, 260, 261, 262, 513, 516, 200 << 10}
	for n := range 20 {
		sizes = append(sizes, n)
	}
	for _, n := range []int{128, window, 2 * window, 3 * window, 4 * window, 1<<16 - 1, 2*(1<<16-1) + 1} {
		sizes = append(sizes, n-1, n, n+1)
	}
	return sizes
}

// Sizes at the limits of blocks, matches and memory, each after all others: zeros,
// text and noise.
func TestBoundarySizes(t *testing.T) {
	allParams(t, func(t *testing.T, p deflate.Params) {
		c, f := deflate.NewCompressor(p), deflate.NewInflater(p)
		prose := corpus.New().Set(corpus.Prose)
		var stream, plain, out []byte
		sizes := boundarySizes(p.Window())
		rand.New(rand.NewPCG(1, uint64(p.Window()))).Shuffle(len(sizes), func(i, j int) { sizes[i], sizes[j] = sizes[j], sizes[i] })
		for i, size := range sizes {
			for kind, m := range [][]byte{make([]byte, size), prose.Window(i, size), noise(size)} {
				z := c.Compress(nil, m)
				var err error
				out, _, err = f.Inflate(out[:0], z, size)
				if err != nil || !bytes.Equal(out, m) {
					t.Fatalf("%d octets of kind %d: %v", size, kind, err)
				}
				if most := size + 5*(size/(1<<16-1)+1) + 1; len(z) > most {
					t.Errorf("%d octets of kind %d became %d, want %d at most", size, kind, len(z), most)
				}
				stream = append(append(stream, z...), "\x00\x00\xff\xff"...)
				plain = append(plain, m...)
			}
		}
		checkLibraries(t, stream, plain)
	})
}

// What is appended to stays, whatever is behind it in memory.
func TestCompressAppends(t *testing.T) {
	for _, m := range [][]byte{nil, []byte("short"), bytes.Repeat([]byte("long "), 1000), noise(1000)} {
		want := append([]byte("before"), deflate.NewCompressor(deflate.Params{}).Compress(nil, m)...)
		for spare := range 40 {
			dst := append(make([]byte, 0, 6+spare), "before"...)
			if got := deflate.NewCompressor(deflate.Params{}).Compress(dst, m); !bytes.Equal(got, want) {
				t.Fatalf("%d octets, %d spare: %x, want %x", len(m), spare, got, want)
			}
		}
	}
}

// What repeats itself becomes about as small as with zlib's fast levels.
func TestRatios(t *testing.T) {
	want := map[corpus.Kind][3]float64{ // windows of 512, 4096 and 32768 octets
		corpus.JSON:   {0.08, 0.06, 0.05},
		corpus.Bitmap: {1.001, 1.001, 1.001}, // codes would save an eighth: not worth the time
		corpus.Prose:  {0.56, 0.49, 0.42},
		corpus.HTML:   {0.12, 0.08, 0.065},
		corpus.PDF:    {1.001, 1.001, 1.001}, // nor a sixth
	}
	for k, most := range want {
		for i, most := range most {
			c := deflate.NewCompressor(deflate.Params{WindowBits: 9 + 3*i})
			s := corpus.New().Set(k)
			plain, compressed := 0, 0
			for i := range 8 {
				m := s.Window(i, 128<<10)
				plain += len(m)
				compressed += len(c.Compress(nil, m))
			}
			if got := float64(compressed) / float64(plain); got > most {
				t.Errorf("%v, %d window bits: %.4f, want %.4f at most", k, 9+3*i, got, most)
			}
		}
	}
}

func TestCompressDoesNotAllocate(t *testing.T) {
	c := deflate.NewCompressor(deflate.Params{})
	s := corpus.New().Set(corpus.Prose)
	z := c.Compress(nil, s.Data())
	i := 0
	if n := testing.AllocsPerRun(50, func() {
		i++
		z = c.Compress(z[:0], s.Window(i, 100*i))
	}); n > 0 {
		t.Errorf("%v allocations a message", n)
	}
}

// FuzzCompress: any messages come back from our inflater, which checks the window
// and the context, and as a stream from the libraries. The messages are cut from
// data, where a seed says.
func FuzzCompress(f *testing.F) {
	for i, m := range mixed(5, 30) {
		f.Add(m[:min(len(m), 600)], uint64(i), uint8(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, windowBits uint8, forget bool) {
		p := deflate.Params{WindowBits: 8 + int(windowBits%8), NoContextTakeover: forget}
		c, inflater := deflate.NewCompressor(p), deflate.NewInflater(p)
		r := rand.New(rand.NewPCG(seed, 2))
		var stream, plain []byte
		for range 5 {
			from := r.IntN(len(data) + 1)
			m := data[from : from+r.IntN(len(data)-from+1)]
			if r.IntN(8) == 0 && len(m) > 0 {
				m = slices.Repeat(m, r.IntN(70_000)/len(m))
			}
			z := c.Compress(nil, m)
			out, _, err := inflater.Inflate(nil, z, len(m))
			if err != nil || !bytes.Equal(out, m) {
				t.Fatalf("message of %d octets: %v", len(m), err)
			}
			stream = append(append(stream, z...), "\x00\x00\xff\xff"...)
			plain = append(plain, m...)
		}
		checkLibraries(t, stream, plain)
	})
}
